"""`loss.requires_grad = True` before `loss.backward()`: hides a graph that was cut.

## What it does
Finds `requires_grad = True` and `requires_grad_()` on a computed tensor on which `backward()` is then called. Silent
on leaves: inputs, newly made tensors, `detach()`.

## Why is this bad?
A loss that was computed from parameters requires grad by itself. Where it does not, its graph was cut (`item()`,
`argmax`, `torch.tensor(..)`, `no_grad`), and `backward()` rightly fails. With `requires_grad = True` it runs, and
reaches no parameter: nothing is trained, without an error.

## Example
```python
loss = criterion(model(x).argmax(1).float(), y)
loss.requires_grad = True
loss.backward()
```
Use instead:
```python
loss = criterion(model(x), y)
loss.backward()
```

## When not to use it
Turn it off where a loss may have no graph by construction, and nothing is to be trained then.

## References
- [torch.Tensor.requires_grad](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.requires_grad.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import (
    ERROR,
    Check,
    Constant,
    Frame,
    Mutated,
    Op,
    Place,
    Problem,
    Value,
    is_test,
    members,
    ops,
    own_nodes,
)

_LEAVES = ops.FACTORIES | ops.SAME_ELEMENTS | ops.that(kind=("attribute", "python"))


class RequiresGradOnLoss(Check):
    code = "TLT717"
    since = "0.1"
    related = ("TLT711", "TLT728")
    severity = ERROR
    message = "`requires_grad` set on a computed loss hides that its graph was cut: nothing is trained"
    help = "Leave it out, and find what cut the graph: `detach`, `item`, `no_grad`, a new tensor"
    words = (("requires_grad", "requires_grad_"), ("backward",))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if is_test(frame.module):
            return
        nodes = list(own_nodes(frame.scope))
        backward = [node for node in nodes if isinstance(node, ast.Attribute) and node.attr == "backward"]
        for node in nodes if backward else ():
            marked = _marked(node)
            if marked is None or not _is_computed(frame.values.get(marked)):
                continue
            text = ast.unparse(marked)
            called = [call for call in backward if ast.unparse(call.value) == text and _starts(call) > _starts(marked)]
            if called and not _is_assigned(nodes, text, marked, called[0]):
                yield Problem(node, places=(Place(called[0], "`backward` is called here"),))


def _marked(node: ast.AST) -> ast.expr | None:
    """What a statement marks as requiring grad."""
    match node:
        case ast.Assign(targets=[ast.Attribute(attr="requires_grad") as target], value=ast.Constant(value=True)):
            return target.value
        case ast.Call(func=ast.Attribute(attr="requires_grad_") as func, args=[], keywords=[]):
            return func.value
        case ast.Call(func=ast.Attribute(attr="requires_grad_") as func, args=[ast.Constant(value=True)], keywords=[]):
            return func.value
    return None


def _is_computed(value: Value | None) -> bool:
    """Whether a value is certainly the result of a computation, which is not a leaf by intention."""
    while isinstance(value, Mutated):
        value = value.base
    if value is None:
        return False
    return all(_is_operation(member) for member in members(value))


def _is_operation(value: Value) -> bool:
    if not isinstance(value, Op) or value.name in _LEAVES:
        return False
    # Arithmetic on new tensors makes an input: `x = torch.randn(3) * 2`.
    if value.form == "operator":
        return any(_is_operation(arg) for arg in value.args.values())
    return not all(isinstance(arg, Constant) or _is_new(arg) for arg in value.args.values())


def _is_new(value: Value) -> bool:
    return isinstance(value, Op) and value.name in ops.FACTORIES


def _starts(node: ast.expr) -> tuple[int, int]:
    return node.end_lineno or 0, node.end_col_offset or 0


def _is_assigned(nodes: list[ast.AST], text: str, first: ast.expr, last: ast.expr) -> bool:
    """Whether the name is given something else before `backward`."""
    return any(
        isinstance(node, ast.Name | ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and _starts(first) < _starts(node) < _starts(last)
        and ast.unparse(node) == text
        for node in nodes
    )
