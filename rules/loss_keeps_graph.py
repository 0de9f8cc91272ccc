"""A loss that is summed or collected with its graph.

## What it does
Finds the variable that `backward()` was called on, also as `scaler.scale(loss).backward()` or
`accelerator.backward(loss)`, when the same loop adds it to a sum, a list or a dict that outlives the turn, without
`item()`, `detach()` or `float()`. The same goes for the terms of a loss that is a sum, and for the items of a dict that
the loss is read from.

Silent where `backward()` is called on the sum too, and where the losses of the parts of one batch are collected, after
which the optimiser steps. Silent in tests: they take a few steps.

## Why is this bad?
A loss is a tensor that keeps the graph it was computed with, and a sum of losses keeps the graphs of all of them.
Memory grows with every batch until the sum is dropped; printing such a sum at the end of an epoch is a common cause
of running out of memory.

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
The numbers are the same. `detach()` keeps the sum a tensor, so that what is done with it later still works, and does
not wait for the device as `item()` does.

## When not to use it
Turn it off where `backward()` is called on the sum later, by code of another file.

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
    Instance,
    Op,
    Place,
    Problem,
    Same,
    Value,
    bound_call,
    facts,
    is_test,
    is_within,
    loops_around,
    own_nodes,
    trees,
)
from torchlint.vocabulary.running_sums import carried, is_started_anew, outlives, sinks
from torchlint.vocabulary.training import BACKWARD, Event, Kind, events, may_train_in_loop, scaled_by

from ._loss_terms import Terms

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_MAX_STEPS = 4
_TERM = "A term of the loss is kept with its graph: memory grows with every turn of the loop"


class LossKeepsGraph(Check):
    code = "TLT703"
    since = "0.1"
    related = ("TLT408", "TLT719", "TLT721")
    message = "The loss is kept with its graph: memory grows with every turn of the loop"
    title = "Add `.detach()`"
    help = "Keep `loss.detach()` or `loss.item()`"
    words = (("for", "while"), ("backward", "manual_backward"))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if not may_train_in_loop(frame) or is_test(frame.module):
            return
        backward = [event for event in events(frame, 0) if event.kind is Kind.BACKWARD and event.frame is frame]
        scope = frame.scope
        started = [(event, list(_roots(frame, event))) for event in backward if not _keeps_on_purpose(event.node)]
        roots = {id(value): event for event, values in started for value in values}
        terms = [(event, Terms(values)) for event, values in started]
        steps = [event for event in events(frame, 0) if event.kind is Kind.STEP]
        if not roots:
            return
        for statement in own_nodes(scope):
            for target, kept in sinks(frame, statement):
                for name in carried(kept):
                    event = _root_of(frame.values.get(name), roots)
                    is_term = event is None
                    if is_term:
                        event = _with_term(frame.values.get(name), terms)
                    if event is None or not isinstance(statement, ast.stmt):
                        continue
                    if not outlives(frame, statement, target, event.at) or _has_few_turns(frame, statement, target):
                        continue
                    if _is_of_one_step(frame, statement, target, steps):
                        continue
                    if not _is_summed_for_training(frame, target, backward):
                        yield _problem(frame, name, event, is_term)


def _with_term(value: Value | None, terms: Sequence[tuple[Event, Terms]]) -> Event | None:
    """The backward pass of a loss that a value is a term of."""
    return next((event for event, held in terms if value is not None and value in held), None)


def _problem(frame: Frame, name: ast.expr, event: Event, is_term: bool) -> Problem:
    value = frame.values.get(name)
    message = _TERM if is_term else ""
    if is_term and (value is None or facts.is_tensor(value) is not True):
        # A term of another kind may be a number, which has no `detach`.
        return Problem(name, message, places=(Place(event.node, "`backward` is called here"),))

    def fix(editor: Editor) -> None:
        editor.replace(name, f"{editor.text(name)}.detach()", keeps=[name])
        editor.proof.need("nobody takes a gradient of what is kept")

    return Problem(name, message, fix, Same(), places=(Place(event.node, "`backward` is called here"),))


def _roots(frame: Frame, event: Event) -> Iterator[Value]:
    """The values that a backward pass is started from: the loss, and what it is a multiple or sum of."""
    backward = bound_call(frame, event.node, BACKWARD)
    if backward is None or not isinstance(backward.node.func, ast.Attribute):
        return
    # `x.backward(y.grad)` is given a gradient; an engine's `backward(loss)` a loss.
    given = backward.argument("gradient")
    nodes: list[ast.expr] = [backward.node.func.value, *([given] if given and not _reads_gradient(given) else [])]
    while nodes:
        node = nodes.pop()
        value = frame.values.get(node)
        if isinstance(node, ast.BinOp):
            nodes += [node.left, node.right]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "scale":
            scaled = scaled_by(frame, node)
            nodes += [scaled] if scaled else []
        elif (
            isinstance(node, ast.Name | ast.Attribute)
            and value is not None
            and not isinstance(value, Constant | Instance)
        ):
            yield value


def _reads_gradient(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Attribute) and part.attr == "grad" for part in trees.walk(node))


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


def _has_few_turns(frame: Frame, statement: ast.stmt, target: ast.expr) -> bool:
    """Whether the loop goes over what is written out, `for batch in (real, fake)`, and each time anew."""
    inner, *outer = loops_around(frame.module, statement)
    written = isinstance(inner, ast.For) and isinstance(inner.iter, ast.Tuple | ast.List)
    return written and all(is_started_anew(target, loop, statement) for loop in outer[:1])


def _is_of_one_step(frame: Frame, statement: ast.stmt, target: ast.expr, steps: Sequence[Event]) -> bool:
    """Whether losses are collected over the parts of one batch: the optimiser steps after them, and starts anew."""
    inner, *outer = loops_around(frame.module, statement)
    if not outer or not steps or not is_started_anew(target, outer[0], statement):
        return False
    return all(
        not is_within(frame.module, step.at, inner) and is_within(frame.module, step.at, outer[0]) for step in steps
    )


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
