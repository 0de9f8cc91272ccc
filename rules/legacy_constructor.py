"""A tensor made by its old type: `torch.FloatTensor(..)` takes sizes or values, and has one device.

## What it does
Finds calls of `torch.Tensor`, `torch.FloatTensor`, `torch.cuda.LongTensor` and the other types of that kind. Off by
default: they still work.

## Why is this bad?
The same call makes a tensor of given values or an uninitialised one of given sizes, depending on what it is given:
`torch.FloatTensor(3)` holds three arbitrary numbers, `torch.FloatTensor([3])` the number three. The types of
`torch.cuda` tie the code to one kind of device. PyTorch calls them legacy: `torch.tensor`, `torch.empty` and `dtype=`
replaced them in torch 0.4, and those for sparse tensors warn.

## Example
```python
weights = torch.FloatTensor([0.3, 0.7])
```
Use instead:
```python
weights = torch.tensor([0.3, 0.7], dtype=torch.float32)
```

## Fix safety
A fix is offered for a list or tuple that is written out. It is safe where the numbers in it are written out, too, and
the dtype holds them; other elements may be refused or rounded in another way. There is none where what is given may be
sizes, an array or another tensor.

## When not to use it
It is off by default: the calls still work, and it is for code that is being brought to one way of making tensors.

## References
- [torch.Tensor](https://docs.pytorch.org/docs/stable/tensors.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import INFO, BoundCall, Changes, Check, Claim, External, Frame, Problem, Same

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_DTYPES = {
    "FloatTensor": "float32",
    "DoubleTensor": "float64",
    "HalfTensor": "float16",
    "BFloat16Tensor": "bfloat16",
    "ByteTensor": "uint8",
    "CharTensor": "int8",
    "ShortTensor": "int16",
    "IntTensor": "int32",
    "LongTensor": "int64",
    "BoolTensor": "bool",
}
_INTEGERS = frozenset({"ByteTensor", "CharTensor", "ShortTensor", "IntTensor", "LongTensor"})
_SMALL = range(128)
_HOMES = {"torch": "", "torch.cuda": "cuda"}
_SPARSE = "torch.sparse"
_TENSOR = "torch.Tensor"
_NEW_SINCE = "0.4"


class LegacyConstructor(Check):
    code = "TLT815"
    since = "0.2"
    related = ("TLT802", "TLT814")
    severity = INFO
    default = False
    message = "A tensor is made by its old type, which takes sizes or values: use `torch.tensor` or `torch.empty`"
    title = "Use `torch.tensor`"
    help = "Use `torch.tensor(values, dtype=..)`, or `torch.empty(sizes, dtype=..)`"
    calls = (_TENSOR, *(f"{home}.{name}" for home in (*_HOMES, _SPARSE) for name in _DTYPES))

    def check_call(self, call: BoundCall, frame: Frame) -> Iterator[Problem]:
        callee = frame.callees.get(call.node)
        if not isinstance(callee, External) or frame.module.target.lacks(_NEW_SINCE):
            return
        home, _, name = callee.qualname.rpartition(".")
        if home == _SPARSE:
            yield Problem(call.node, f"`{callee.qualname}` is deprecated and warns: use `torch.sparse_coo_tensor`")
            return
        message = f"`{callee.qualname}` takes sizes or values, and is legacy: use `torch.tensor` or `torch.empty`"
        yield _problem(frame, call.node, message, home, name)


def _problem(frame: Frame, call: ast.Call, message: str, home: str, name: str) -> Problem:
    values = call.args[0] if len(call.args) == 1 and not call.keywords else None
    if not isinstance(values, ast.List | ast.Tuple):
        return Problem(call, message)

    def fix(editor: Editor) -> None:
        torch = editor.import_module("torch", scope_names=frame.local_names)
        dtype = f"{torch}.{_DTYPES[name]}" if name in _DTYPES else f"{torch}.get_default_dtype()"
        editor.replace(call.func, f"{torch}.tensor")
        editor.add_argument(call, f"dtype={dtype}")
        if _HOMES[home]:
            editor.add_argument(call, f"device={editor.quoted(_HOMES[home])}")

    claim: Claim = Same() if all(_fits(leaf, name) for leaf in _leaves(values)) else Changes("elements may be refused")
    return Problem(call, message, fix, claim)


def _leaves(values: ast.expr) -> Iterator[ast.expr]:
    """The elements of a display, and of those in it."""
    if isinstance(values, ast.List | ast.Tuple):
        for element in values.elts:
            yield from _leaves(element)
    else:
        yield values


def _fits(leaf: ast.expr, name: str) -> bool:
    """Whether an element is a number that is written out, and that each tensor of a type can hold as it is."""
    if name not in _INTEGERS:
        number = leaf.operand if isinstance(leaf, ast.UnaryOp) else leaf
        return name != "BoolTensor" and isinstance(number, ast.Constant) and isinstance(number.value, int | float)
    return isinstance(leaf, ast.Constant) and type(leaf.value) is int and leaf.value in _SMALL
