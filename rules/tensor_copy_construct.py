"""A tensor given to `torch.tensor`: a copy that is cut off from the graph, with a warning.

## What it does
Finds `torch.tensor(x)` where `x` is certainly a tensor already: the result of an operation, directly or through a
local.

## Why is this bad?
`torch.tensor` takes data. Given a tensor it copies it, warns (`To copy construct from a tensor, it is recommended to
use sourceTensor.detach().clone()`), and cuts the copy off from the graph: `torch.tensor(loss,
requires_grad=True).backward()` runs without an error and trains nothing.

## Example
```python
w = torch.tensor(torch.randn(3, 4), requires_grad=True)
```
Use instead:
```python
w = torch.randn(3, 4).detach().clone().requires_grad_()
```

## Fix safety
Equal, and offered only where the tensor has no graph that the copy loses. Where it may have one, what is meant is for
you to say: the tensor itself, or a copy of its data.

## When not to use it
Turn it off where the copy and its warning are wanted, such as in code that takes tensors and numbers alike.

## References
- [torch.tensor](https://docs.pytorch.org/docs/stable/generated/torch.tensor.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    BoundCall,
    Check,
    External,
    Frame,
    Op,
    Parameter,
    Problem,
    Same,
    Value,
    facts,
    is_test,
    written_calls,
)
from torchlint.vocabulary.autograd import requires_grad

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_ATOMS = ast.Name | ast.Call | ast.Attribute | ast.Subscript
_ARGUMENTS = frozenset({"data", "dtype", "device", "requires_grad"})
_NO_TENSORS = (ast.Constant, ast.List, ast.Tuple, ast.ListComp, ast.Dict, ast.UnaryOp)
_QUESTIONS = frozenset({"builtins.isinstance", "torch.is_tensor", "builtins.type", "builtins.hasattr"})


class TensorCopyConstruct(Check):
    code = "TLT708"
    since = "0.1"
    related = ("TLT733", "TLT803")
    message = "`torch.tensor` of a tensor copies it with a warning, and the copy has no graph"
    title = "Use `detach().clone()`"
    help = "Use `x.detach().clone()` for a copy without a graph, `x.clone()` for one with it"
    needs = (("tensor",),)
    words = (("tensor",),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if any(map(_may_be_given_tensor, written_calls(frame, "torch.tensor"))):
            for op in frame.ops:
                yield from _problem(op, frame) if op.name == "tensor" else ()


def _problem(op: Op, frame: Frame) -> Iterator[Problem]:
    data, node = op.args.get("data"), op.nodes.get("data")
    if op.form != "torch" or data is None or node is None or not isinstance(op.node, ast.Call):
        return
    if facts.is_tensor(data) is not True or _is_doubted(frame, data, node) or is_test(frame.module):
        return
    graph = requires_grad(data)
    fix = None
    if graph is False and op.nodes.keys() <= _ARGUMENTS and len(op.nodes) == len(op.node.args) + len(op.node.keywords):
        call = op.node

        def fix(editor: Editor) -> None:
            editor.replace(call, _copy(editor, op, node), keeps=list(op.nodes.values()))
            editor.proof.is_tensor(data, editor.text(node), besides=[call])
            if "device" not in op.nodes:
                editor.proof.is_made_on_its_device(editor.text(node))

    lost = graph is True and op.constant("requires_grad", False) is True
    message = "`torch.tensor(x, requires_grad=True)` cuts the graph of `x`: no gradient gets through" if lost else ""
    yield Problem(op.node, message, fix, Same())


def _may_be_given_tensor(call: BoundCall) -> bool:
    """Whether the data of a call of `torch.tensor` is not written as something else than a tensor."""
    return call.is_open or not isinstance(call.argument("data"), _NO_TENSORS)


def _is_doubted(frame: Frame, data: Value, node: ast.expr) -> bool:
    """Whether the value may be something else: the code asks what it is, or it is only annotated as a tensor."""
    if isinstance(data, Parameter):
        return True
    return any(
        isinstance(callee, External)
        and callee.qualname in _QUESTIONS
        and call.args
        and ast.dump(call.args[0]) == ast.dump(node)
        for call, callee in frame.callees.items()
    )


def _copy(editor: Editor, op: Op, node: ast.expr) -> str:
    text = editor.text(node)
    text = f"{text}.detach()" if isinstance(node, _ATOMS) else f"({text}).detach()"
    moved = [f"{name}={editor.text(op.nodes[name])}" for name in ("device", "dtype") if name in op.nodes]
    text += f".to({', '.join([*moved, 'copy=True'])})" if moved else ".clone()"
    flag = op.nodes.get("requires_grad")
    if flag is None or (isinstance(flag, ast.Constant) and flag.value is False):
        return text
    return f"{text}.requires_grad_({'' if isinstance(flag, ast.Constant) else editor.text(flag)})"
