"""`loss.requires_grad = True` before `loss.backward()`: hides a graph that was cut.

## What it does
Finds `requires_grad = True` and `requires_grad_()` on a computed tensor on which `backward()` is then called. Silent
on leaves: inputs, newly made tensors, `detach()`. And finds losses of which nothing is left but a new tensor,
`torch.tensor(losses, requires_grad=True).mean()`, where an optimiser that was made before steps after `backward()`.

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
    Items,
    Mutated,
    Op,
    Place,
    Problem,
    Value,
    inventory_of,
    is_test,
    loops_around,
    members,
    ops,
    own_nodes,
)
from torchlint.vocabulary.gradient_flow import backward_loss
from torchlint.vocabulary.training import Kind, events, in_loop, is_made_in, is_optimizer

_NEW = (
    "`requires_grad=True` hides that the loss is a new tensor, without the graph of what it holds: nothing is trained"
)
_LEAVES = ops.FACTORIES | ops.SAME_ELEMENTS | ops.that(kind=("attribute", "python"))


class RequiresGradOnLoss(Check):
    code = "TLT717"
    since = "0.1"
    related = ("TLT711", "TLT728")
    severity = ERROR
    message = "`requires_grad` set on a computed loss hides that its graph was cut: nothing is trained"
    help = "Leave it out, and find what cut the graph: `detach`, `item`, `no_grad`, a new tensor"
    words = (("backward",), ("requires_grad", "requires_grad_"))

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
        if backward and inventory_of(frame.scope).loops:
            yield from _made_anew(frame)


def _made_anew(frame: Frame) -> Iterator[Problem]:
    """The losses that are nothing but a new tensor, before an optimiser of something else steps."""
    found = events(frame)
    steps = [event for event in found if event.kind is Kind.STEP and is_optimizer(event.subject)]
    for event in found:
        loss = backward_loss(frame, event.node) if isinstance(event.node, ast.Call) and event.at is event.node else None
        leaf = _leaf(frame.values.get(loss)) if event.kind is Kind.BACKWARD and loss is not None else None
        if leaf is None or leaf.node is None or not isinstance(leaf.frame, Frame):
            continue
        for loop in loops_around(frame.module, event.node):
            made_here = in_loop(frame.module, leaf.node, loop) if leaf.frame is frame else leaf.frame.caller is not None
            taken = [step for step in steps if in_loop(frame.module, step.at, loop)]
            if made_here and taken and not any(is_made_in(frame, step.subject, loop) for step in taken):
                is_here = leaf.frame.module is frame.module
                node = leaf.node if is_here else event.node
                places = (Place(taken[0].at, "this step changes no weight"),)
                yield Problem(node, _NEW, places=places)
                break


def _leaf(value: Value | None) -> Op | None:
    """The new tensor of which a loss is computed, where it is computed of nothing else but numbers."""
    if not isinstance(value, Op):
        return None
    if value.name == "tensor":
        data = value.args.get("data")
        is_marked = value.constant("requires_grad", False) is True
        return value if is_marked and not isinstance(data, Constant | Items) else None
    given = [arg for arg in value.args.values() if not isinstance(arg, Constant)]
    return _leaf(given[0]) if len(given) == 1 else None


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
