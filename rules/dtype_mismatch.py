"""A tensor of a dtype that the operation cannot take.

## What it does
Finds operations that torch refuses for the dtype that a tensor certainly has: `mean`, `std`, `softmax` and norms of
integers, layers that are given integers, or data of float64 as numpy makes it, a mask that is subtracted, an index of
floats, a product of matrices of two dtypes, an embedding of floats, integers that are to require gradients, and a
result of floats that is written into integers.

What an operation takes was found out by running it. Silent where a dtype is not known, under autocast, in files that
speak of half precision or of another default dtype, where the code may not be reached, and where an error is expected
(`pytest.raises`).

## Why is this bad?
The program raises as soon as it gets there.

## Example
```python
counts = torch.tensor([1, 2, 3])
centred = counts - counts.mean()
```
Use instead:
```python
counts = torch.tensor([1, 2, 3])
centred = counts - counts.float().mean()
```

## When not to use it
Turn it off for code whose default dtype is changed elsewhere (`torch.set_default_dtype(torch.float64)`): data of
numpy then has the dtype of the weights.

## References
- [torch.Tensor.to](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to.html)
- [Type promotion](https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from torchlint.rule import (
    ERROR,
    Check,
    Constant,
    Frame,
    Items,
    Module,
    Op,
    Problem,
    Value,
    dtypes,
    facts,
    members,
    ops,
)
from torchlint.vocabulary.certain_runs import evaluations, is_expected_to_raise, is_undecided, runs_for_certain
from torchlint.vocabulary.refused_operations import called_from, layer_made, subject
from torchlint.vocabulary.written_dtypes import writes_dtypes

_WORDS = {"int": "integers", "bool": "truth values", "float": "floating-point numbers", "complex": "complex numbers"}
# They take integers, too, with some of their arguments or on some devices.
_LENIENT = frozenset({"bernoulli", "local_response_norm", "requires_grad_"})
# What an assignment such as `x += y` computes, and what writes the result into its input.
_WRITING = frozenset({"add", "sub", "mul", "div"})
_CASTS = ("autocast", "custom_fwd", "set_default_dtype", "set_default_tensor_type", "half", "bfloat16")


class DtypeMismatch(Check):
    code = "TLT321"
    since = "0.2"
    related = ("TLT320", "TLT115")
    severity = ERROR
    message = "Torch raises here: it does not take this dtype"
    help = "Convert the tensor first, with `.float()`, `.long()` or `.to(dtype)`"

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if not writes_dtypes(frame) or any(frame.module.references(name) for name in _CASTS):
            return
        given_doubles = False
        for inner in evaluations(frame):
            for op in inner.ops:
                reason = _refused(op) or ("" if given_doubles else _double(op, inner.module))
                if not reason or op.node is None or not _is_certain(op.node, inner):
                    continue
                # The layers that follow are given the same.
                given_doubles = given_doubles or "float64" in reason
                places = (*layer_made(op), *called_from(inner))
                yield Problem(op.node, f"{subject(op)} raises here: {reason}", places=places)


def _is_certain(node: ast.AST, frame: Frame) -> bool:
    """Whether an operation is certainly run, and nobody waits for its error."""
    part = node.value if isinstance(node, ast.AugAssign) else node
    if not isinstance(part, ast.expr) or is_expected_to_raise(part, frame.module):
        return False
    return not is_undecided(part, frame) and runs_for_certain(part, frame)


def _refused(op: Op) -> str:
    """What torch refuses about the dtypes; empty where it may take them."""
    row = ops.of(op.name)
    if row is None or "**" in op.args or "out" in op.args:
        return ""
    if isinstance(op.node, ast.AugAssign):
        return _written_into(op) if op.name in _WRITING else ""
    handler = _REFUSALS.get(op.name)
    reason = handler(op) if handler is not None else ""
    return reason or _place(op, row) or _gradient(op) or _operand(op, row)


# -- what single operations refuse --------------------------------------------------------------------------------


def _of_two_dtypes(op: Op) -> str:
    other = next((op.args[name] for name in ("other", "mat2", "vec2") if name in op.args), None)
    if other is None:
        return ""
    first, second = _dtype_of(op.input), _dtype_of(other)
    if first is None or second is None:
        kinds = _class_of(op.input), _class_of(other)
        if None in kinds:
            return ""
        first, second = (_WORDS[str(kind)] for kind in kinds)
    return "" if first == second else f"the factors have two dtypes, {first} and {second}"


def _difference(op: Op) -> str:
    """`1 - mask`: torch subtracts no truth values, and nothing from them."""
    if op.form == "operator" and "bool" in (_class_of(arg) for arg in op.args.values()):
        return "torch does not subtract truth values; write `~mask` for the opposite of a mask"
    return ""


def _written_into(op: Op) -> str:
    """`count += 0.5`: the result is of floats, and is to be written into integers."""
    if _class_of(op.input) not in ("int", "bool"):
        return ""
    others = [value for name, value in op.args.items() if name != "input"]
    floats = op.name == "div" or any(_class_of(value) == "float" or _is_float(value) for value in others)
    return "the result is of floating-point numbers, and is to be written into integers" if floats else ""


_REFUSALS: Mapping[str, Callable[[Op], str]] = {
    **dict.fromkeys(("dot", *sorted(ops.PRODUCTS - {"baddbmm"})), _of_two_dtypes),
    **dict.fromkeys(("sub", "rsub"), _difference),
    **dict.fromkeys(("add_", "sub_", "mul_"), _written_into),
}


# -- what the table of operations says ----------------------------------------------------------------------------


def _place(op: Op, row: ops.Operation) -> str:
    """Labels of floats, and masks of anything but truth values."""
    if row.loss or _asks_where(op) or (op.name == "getitem" and not facts.is_tensor(op.input)):
        return ""
    for name, kind in (part.split(":") for part in row.arguments.split()):
        value = op.args.get(name)
        if value is None or kind not in ("labels", "bool"):
            continue
        held = _class_of(value)
        if kind == "labels" and held == "float" and op.name == "getitem":
            return "an index has to hold integers or truth values, and is of floats"
        if kind == "labels" and held == "float":
            return f"it takes integers as `{name}`, and is given floating-point numbers"
        if kind == "bool" and held in ("float", "int") and _dtype_of(value) != "uint8":
            return f"it takes truth values as `{name}`, and is given {_WORDS[str(held)]}"
    return ""


def _asks_where(op: Op) -> bool:
    """Whether `where` is given a condition alone: it gives the places of what is not zero."""
    return op.name == "where" and len(op.args) == 1


def _gradient(op: Op) -> str:
    """`torch.tensor([1, 2], requires_grad=True)`, `torch.arange(3).requires_grad_()`."""
    is_method = op.name == "requires_grad_"
    if op.constant("requires_grad", is_method) is not True:
        return ""
    held = _class_of(op.input if is_method else op)
    whole = held is not None and held in ("int", "bool")
    return f"only tensors of floats can require gradients, and this is of {_WORDS[str(held)]}" if whole else ""


def _double(op: Op, module: Module) -> str:
    """Data of float64, as numpy makes it, for weights of float32."""
    row = ops.of(op.name) if op.layer is not None else None
    if row is None or not row.weights or "dtype" in op.args or module.references("double"):
        return ""
    is_double = row.accepts("float") and _dtype_of(op.input) == "float64"
    return "its weights are float32, and it is given float64" if is_double else ""


def _operand(op: Op, row: ops.Operation) -> str:
    """An operand of a dtype that no call of the operation takes."""
    if "dtype" in op.args or row.loss or row.random == "training" or op.name in _LENIENT:
        return ""
    held = _class_of(op.input)
    refused = row.raises.split()
    if held is None or held == "complex" or held not in refused:
        return ""
    if not (row.weights and op.layer is not None) and not _is_alone(op, row):
        return ""
    wanted = "integers" if held == "float" else "numbers" if "int" not in refused else "floating-point numbers"
    return f"it takes {wanted}, and is given {_WORDS[held]}"


def _is_alone(op: Op, row: ops.Operation) -> bool:
    """Whether an operation has no other operand, which could make it of another dtype; pools take some integers."""
    if row.dtype == "promoted" or row.shape == "spatial":
        return False
    return all(_is_setting(value) for name, value in op.args.items() if name != "input")


def _is_setting(value: Value) -> bool:
    return isinstance(value, Constant) or (isinstance(value, Items) and all(map(_is_setting, value.items)))


def _is_float(value: Value) -> bool:
    return isinstance(value, Constant) and type(value.value) is float


def _class_of(value: Value) -> str | None:
    """What a tensor holds on every path."""
    found = {dtypes.dtype_class(member) if facts.is_tensor(member) else None for member in members(value)}
    return found.pop() if len(found) == 1 else None


def _dtype_of(value: Value) -> str | None:
    return dtypes.dtype(value) if facts.is_tensor(value) else None
