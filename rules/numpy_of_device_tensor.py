"""`.numpy()` of a tensor that requires grad or is on another device: it raises.

## What it does
Finds `x.numpy()` where `x` certainly requires grad, such as the output of a layer with parameters while gradients are
on, or was certainly moved to a device by `.cuda()`, `.to("cuda")` or a factory's `device="cuda"` before.

## Why is this bad?
NumPy shares the memory of a tensor on the CPU and knows nothing of graphs: `Can't call numpy() on Tensor that requires
grad` or `can't convert cuda:0 device type tensor to numpy` is raised.

## Example
```python
prediction = torch.sigmoid(self.fc(x)).numpy()
```
Use instead:
```python
prediction = torch.sigmoid(self.fc(x)).detach().cpu().numpy()
```

## Fix safety
The fix makes code run that raised, so it is unsafe. What is computed with NumPy has no gradient.

## When not to use it
There is no program in which such a call returns. A test that wants it to raise says `# torchlint: ignore[TLT731]`.

## References
- [torch.Tensor.numpy](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.numpy.html)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import ERROR, Changes, Check, Constant, Frame, Op, Problem, Value, agree, is_test, members, ops
from torchlint.vocabulary.autograd import requires_grad
from torchlint.vocabulary.grad_mode import is_without_grad

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_MOVED = "`numpy()` of a tensor on another device raises: move it to the CPU before"
# What leaves a tensor where it is.
_STAYING = ops.that(elements=("same", "moved", "some", "repeated"), moves=False) | ops.that(
    elementwise=True, moves=False
)


class NumpyOfDeviceTensor(Check):
    code = "TLT731"
    since = "0.2"
    related = ("TLT408", "TLT704")
    severity = ERROR
    message = "`numpy()` of a tensor that requires grad raises: detach it before"
    title = "Detach it and move it to the CPU"
    help = "Write `x.detach().cpu().numpy()`"
    ops = ("numpy",)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        if not isinstance(op.node, ast.Call) or is_test(frame.module) or op.args.keys() - {"input"}:
            return
        node = op.nodes.get("input")
        # On another path the name may hold something else, such as a list.
        calls = [
            each if isinstance(each, Op) and each.name == op.name else None for each in members(_result(op, frame))
        ]
        if all(each is not None and _needs_grad(each, frame) for each in calls):
            yield Problem(op.node, "", _detached(node), Changes("code runs that raised"))
        elif all(each is not None and agree(each.input, _is_elsewhere) for each in calls):
            yield Problem(op.node, _MOVED, _detached(node), Changes("code runs that raised"))


def _result(op: Op, frame: Frame) -> Value:
    """What the call of an operation gives on all paths."""
    return frame.values.get(op.node, op) if isinstance(op.node, ast.expr) else op


def _needs_grad(op: Op, frame: Frame) -> bool:
    return op.grad and requires_grad(op.input) is True and not is_without_grad(frame, op.node or frame.scope)


def _is_elsewhere(value: Value) -> bool:
    """Whether a tensor is certainly on a GPU."""
    while isinstance(value, Op) and value.name in _STAYING:
        value = value.input
    if not isinstance(value, Op):
        return False
    if value.name == "cuda":
        return True
    named = value.args.get("device", value.args.get("target"))
    return isinstance(named, Constant) and str(named.value).startswith("cuda")


def _detached(node: ast.expr | None) -> Callable[[Editor], None] | None:
    if node is None:
        return None

    def fix(editor: Editor) -> None:
        simple = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
        text = editor.text(node) if simple else f"({editor.text(node)})"
        editor.replace(node, f"{text}.detach().cpu()", [node])

    return fix
