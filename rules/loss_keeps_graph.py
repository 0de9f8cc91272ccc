"""A loss that is summed or collected with its graph.

## What it does
Finds the variable that `backward()` was called on, also as `scaler.scale(loss).backward()` or `accelerator.backward(loss)`,
when the same loop adds it to a sum, a list or a dict that outlives the turn, without `item()`, `detach()` or `float()`.
Silent where `backward()` is called on the sum too.

## Why is this bad?
A loss is a tensor that keeps the graph it was computed with, and a sum of losses keeps the graphs of all of them. Memory
grows with every batch until the sum is dropped; printing such a sum at the end of an epoch is a common cause of
running out of memory.

## Example
```python
loss.backward()
optimizer.step()
total += loss
```
Use instead:
```python
loss.backward()
optimizer.step()
total += loss.detach()
```

## Fix safety
The numbers are the same. `detach()` keeps the sum a tensor, so that what is done with it later still works, and does not
wait for the device as `item()` does.

## References
- [My model reports "cuda runtime error(2): out of memory"](https://docs.pytorch.org/docs/stable/notes/faq.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from torchlint.rule import (
    Check,
    Constant,
    Frame,
    FunctionRef,
    Instance,
    Op,
    Place,
    Problem,
    Same,
    Value,
    own_nodes,
    trees,
)

from ._nodes import Loop, is_within, loops_around
from ._training import Event, Kind, events, is_without_grad

if TYPE_CHECKING:
    from torchlint.rewrite import Editor

# Methods that give back a tensor with the same graph.
_KEEPING = frozenset({"mean", "sum", "clone", "cpu", "cuda", "to", "float", "double", "squeeze", "view", "reshape"})
_MAX_STEPS = 4
_COLLECTING = frozenset({"append", "extend", "insert"})


class LossKeepsGraph(Check):
    code = "TLT703"
    since = "0.1"
    message = "The loss is kept with its graph: memory grows with every turn of the loop"
    title = "Add `.detach()`"
    words = (("for:1", "for:n", "while:"), ("backward", "manual_backward"))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if not frame.loops:
            return
        backward = [event for event in events(frame, 0) if event.kind is Kind.BACKWARD and event.frame is frame]
        scope = frame.function.node if frame.function else frame.module.tree
        roots = {id(value): event for event in backward for value in _roots(frame, event)}
        if not roots or any(_keeps_on_purpose(event.node) for event in backward):
            return
        for statement in own_nodes(scope):
            for target, kept in _sinks(frame, statement):
                for name in _carried(kept):
                    event = _root_of(frame.values.get(name), roots)
                    if event is None or not isinstance(statement, ast.stmt):
                        continue
                    if _outlives(frame, statement, target, event) and not _is_summed_for_training(
                        frame, target, backward
                    ):
                        yield _problem(name, event)


def _problem(name: ast.expr, event: Event) -> Problem:
    def fix(editor: Editor) -> None:
        editor.replace(name, f"{editor.text(name)}.detach()", keeps=[name])

    return Problem(name, "", fix, Same(), places=(Place(event.node, "`backward` is called here"),))


def _roots(frame: Frame, event: Event) -> Iterator[Value]:
    """The values that a backward pass is started from: the loss, and what it is a multiple or sum of."""
    call = event.node
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return
    nodes: list[ast.expr] = [call.func.value, *call.args[:1]]
    while nodes:
        node = nodes.pop()
        value = frame.values.get(node)
        if isinstance(node, ast.BinOp):
            nodes += [node.left, node.right]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "scale":
            nodes += node.args[:1]
        elif (
            isinstance(node, ast.Name | ast.Attribute)
            and value is not None
            and not isinstance(value, Constant | Instance)
        ):
            yield value


def _root_of(value: Value | None, roots: dict[int, Event]) -> Event | None:
    """The backward pass of a value, or of what it is a multiple of: `loss *= n`."""
    for _ in range(_MAX_STEPS):
        if value is None or id(value) in roots:
            break
        value = value.input if isinstance(value, Op) and value.name in ("mul", "div") and value.grad else None
    return roots.get(id(value))


def _keeps_on_purpose(call: ast.AST) -> bool:
    """Whether the graph is to be used again."""
    return isinstance(call, ast.Call) and any(
        keyword.arg in ("retain_graph", "create_graph") for keyword in call.keywords
    )


def _sinks(frame: Frame, statement: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What a statement adds to something: where to, and the expression that is added."""
    match statement:
        case ast.AugAssign(op=ast.Add() | ast.Sub()):
            if not is_without_grad(frame, statement):
                elements = statement.value.elts if isinstance(statement.value, ast.List) else [statement.value]
                for element in elements:
                    yield statement.target, element
        case ast.Assign(targets=[target], value=ast.BinOp(op=ast.Add()) as added):
            sides = [(added.left, added.right), (added.right, added.left)]
            for same, other in sides:
                if ast.unparse(same) == ast.unparse(target) and not is_without_grad(frame, added):
                    yield target, other
        case ast.Expr(value=ast.Call(func=ast.Attribute() as func) as call) if call.args:
            if func.attr in _COLLECTING and not isinstance(frame.callees.get(call), FunctionRef):
                last = call.args[-1]
                for element in last.elts if isinstance(last, ast.List) else [last]:
                    yield func.value, element
            elif _is_meter(frame, call):
                yield func.value, call.args[0]


def _is_meter(frame: Frame, call: ast.Call) -> bool:
    """Whether a method of the file adds its first argument to an attribute as it is."""
    callee = frame.callees.get(call)
    if not isinstance(callee, FunctionRef) or not isinstance(callee.bound, Instance):
        return False
    parameters = callee.function.parameters[1:]
    if not parameters:
        return False
    for node in own_nodes(callee.function.node):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == parameters[0].arg:
            return False
    return any(
        isinstance(node, ast.AugAssign)
        and isinstance(node.target, ast.Attribute)
        and any(isinstance(name, ast.Name) and name.id == parameters[0].arg for name in _carried(node.value))
        for node in own_nodes(callee.function.node)
    )


def _carried(node: ast.expr) -> Iterator[ast.expr]:
    """The variables whose graph an expression carries on."""
    match node:
        case ast.Name() | ast.Attribute():
            yield node
        case ast.BinOp():
            yield from _carried(node.left)
            yield from _carried(node.right)
        case ast.Call(func=ast.Attribute() as func) if func.attr in _KEEPING:
            yield from _carried(func.value)


def _outlives(frame: Frame, statement: ast.stmt, target: ast.expr, event: Event) -> bool:
    """Whether the sum is carried over the turns of the loop in which it is added to and `backward` is called."""
    loops = loops_around(frame.module, statement)
    if not loops or not is_within(frame.module, event.at, loops[0]):
        return False
    base = target
    while isinstance(base, ast.Subscript):
        base = base.value
    name = ast.unparse(base)
    return not any(_is_reset(node, name, statement) for node in own_nodes(loops[0])) and not _is_target(loops, name)


def _is_reset(node: ast.AST, name: str, statement: ast.stmt) -> bool:
    """Whether a statement of the loop starts the sum anew."""
    if node is statement:
        return False
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets: Sequence[ast.expr] = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(ast.unparse(target) == name for target in targets)
    cleared = (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("clear", "reset", "pop")
    )
    return (
        cleared
        and isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value) == name
    )


def _is_target(loops: Sequence[Loop], name: str) -> bool:
    return any(isinstance(loop, ast.For) and ast.unparse(loop.target) == name for loop in loops[:1])


def _is_summed_for_training(frame: Frame, target: ast.expr, backward: Sequence[Event]) -> bool:
    """Whether `backward` is called on the sum as well, or on something that is made of it."""
    name = ast.unparse(target)
    if any(name == part.strip() for event in backward for part in _names(event.node)):
        return True
    values = {id(value) for event in backward for value in _roots(frame, event)}
    return any(isinstance(op, Op) and id(op) in values and _reads(op, name) for op in frame.ops)


def _names(node: ast.AST) -> set[str]:
    return {
        ast.unparse(inner) for inner in trees.walk(node) if isinstance(inner, ast.Name | ast.Attribute | ast.Subscript)
    }


def _reads(op: Op, name: str) -> bool:
    return op.node is not None and name in _names(op.node)
