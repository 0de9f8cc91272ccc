"""A training loop that never clears gradients.

## What it does
Finds loops in which `backward()` is called and an optimiser steps, and in which nothing clears the gradients that the
optimiser steps with: no `zero_grad()` of the optimiser or of a model, no `grad = None`, here or in the helpers that
are called. A `zero_grad()` in one branch of a test clears nothing for a step in the other, where the test comes out the
same in each turn. Optimisers are told apart by where they are made; a parameter is one if the function uses it so.
Silent where the optimiser is made anew on each turn. Loops that update parameters themselves, `w -= rate * w.grad`,
are found where nothing in the function clears a gradient.

## Why is this bad?
`backward()` adds to `.grad`. Without `zero_grad()` each step uses the sum of all gradients since the start: the step
size grows with time, and old batches count as much as the present one.

## Example
```python
for x, y in loader:
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
```
Use instead:
```python
for x, y in loader:
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
```

## When not to use it
Turn it off for loops whose gradients are cleared by code that is not in sight, such as a hook of the optimiser.

## References
- [torch.optim.Optimizer.zero_grad](https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.zero_grad.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import (
    ERROR,
    Call,
    Check,
    Frame,
    Method,
    Place,
    Problem,
    Value,
    inventory_of,
    loops_around,
    own_nodes,
    trees,
)
from torchlint.vocabulary.roles import resting_on_use
from torchlint.vocabulary.training import (
    Event,
    Kind,
    events,
    in_loop,
    is_made_in,
    is_optimizer,
    loop_of,
    may_clear,
    settled,
)
from torchlint.vocabulary.turns import exclude_each_other

_HAND = "Parameters are updated by hand in this loop and nothing clears their gradients: they add up over the steps"
_ELSEWHERE = "No `zero_grad` clears the gradients in the branch of this step: they add up over the steps"


class MissingZeroGrad(Check):
    code = "TLT701"
    since = "0.1"
    related = ("TLT702", "TLT716", "TLT724")
    severity = ERROR
    message = "The optimizer steps in this loop and no `zero_grad` clears gradients: they add up over the steps"
    help = "Call `optimizer.zero_grad()` once in each turn, before `backward`"
    words = (("for", "while"), ("backward", "manual_backward"), ("step", "grad"))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if not inventory_of(frame.scope).loops:
            return
        found = events(frame)
        yield from _by_hand(frame, found)
        for step in found:
            if step.kind is not Kind.STEP or not is_optimizer(step.subject):
                continue
            loop = loop_of(frame.module, step.at)
            if loop is None or _is_made_anew(frame, step, loop) or _is_of_an_inner_loop(frame, step, found):
                continue
            backward = [
                event for event in found if event.kind is Kind.BACKWARD and in_loop(frame.module, event.at, loop)
            ]
            clearing = [event for event in found if may_clear(event, step)]
            elsewhere = all(exclude_each_other(frame.module, event.at, step.at, loop) for event in clearing)
            if not backward or not elsewhere or _caller_clears(frame, step):
                continue
            if not clearing:
                yield resting_on_use(_never(loop, step, frame), self.message, step.subject)
            elif len(backward) > 1:
                places = (Place(clearing[0].at, "they are cleared in this branch only"),)
                yield resting_on_use(Problem(step.at, _ELSEWHERE, places=places), self.message, step.subject)


def _by_hand(frame: Frame, found: list[Event]) -> Iterator[Problem]:
    """A loop that updates its parameters itself, `w -= rate * w.grad`, and never clears what they gather."""
    if any(event.kind in (Kind.ZERO, Kind.CLEAR, Kind.UNKNOWN) for event in found) or _clears_by_hand(frame):
        return
    backward = [event.at for event in found if event.kind is Kind.BACKWARD]
    for statement in frame.statements if backward else ():
        updated = _updated(statement)
        loops = loops_around(frame.module, statement) if updated else []
        loop = next((loop for loop in loops if any(in_loop(frame.module, at, loop) for at in backward)), None)
        if loop is not None and not _is_bound_in(loop, updated, statement):
            yield Problem(loop, _HAND, places=(Place(statement, "the update is here"),))
            return


def _updated(statement: ast.stmt) -> str:
    """The parameter of `w -= rate * w.grad` and `w.data = w.data - rate * w.grad.data`; empty for anything else."""
    match statement:
        case ast.AugAssign(target=target, op=ast.Sub(), value=value):
            pass
        case ast.Assign(targets=[ast.Attribute(attr="data") as target], value=value):
            pass
        case _:
            return ""
    text = ast.unparse(target).removesuffix(".data")
    parts = (ast.unparse(node) for node in trees.walk(value) if isinstance(node, ast.Attribute))
    return text if text.isidentifier() and f"{text}.grad" in parts else ""


def _clears_by_hand(frame: Frame) -> bool:
    """Whether anything in a function may clear gradients, by its name or as it writes to them."""
    for node in own_nodes(frame.scope):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name == "grad" and isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            return True
        if "zero" in name.lower() and not name.startswith("zeros"):
            return True
    return False


def _is_bound_in(loop: ast.AST, name: str, update: ast.stmt) -> bool:
    """Whether a loop makes a parameter anew, other than by going over those of a model."""
    assigned = (node for node in trees.walk(loop) if isinstance(node, ast.Assign) and node is not update)
    return any(isinstance(target, ast.Name) and target.id == name for node in assigned for target in node.targets)


def _never(loop: ast.AST, step: Event, frame: Frame) -> Problem:
    shown = step.frame.module is frame.module
    return Problem(loop, places=(Place(step.node, "the step is here", step.frame),) if shown else ())


def _is_made_anew(frame: Frame, step: Event, loop: ast.AST) -> bool:
    """Whether the loop, or the helper that it calls for each step, makes an optimizer for that step alone."""
    if is_made_in(frame, step.subject, loop):
        return True
    helper = step.frame.function
    return step.frame is not frame and helper is not None and is_made_in(step.frame, step.subject, helper.node)


def _is_of_an_inner_loop(frame: Frame, step: Event, found: list[Event]) -> bool:
    """Whether the step belongs to a training loop of a helper, which is where it is reported."""
    inner = loop_of(step.frame.module, step.node) if step.frame is not frame else None
    return inner is not None and any(
        event.kind is Kind.BACKWARD and event.frame is step.frame and in_loop(step.frame.module, event.node, inner)
        for event in found
    )


def _caller_clears(frame: Frame, step: Event) -> bool:
    """Whether a function of the file that calls this one may clear the gradients."""
    if frame.function is None:
        return False
    for _, call, caller in frame.module.references(frame.function.name):
        if caller is frame.function:
            continue
        if caller is not None and frame.evaluator.is_busy(caller):
            return True
        outer = frame.evaluator.frame(caller) if caller else frame.evaluator.module_frame(frame.module)
        if call is not None and _is_of_torch(outer.callees.get(call)):
            continue  # `scaler.update()` calls no `update` of the file
        if any(may_clear(event, step) for event in events(outer, 0)):
            return True
    return False


def _is_of_torch(callee: Value | None) -> bool:
    """Whether a method is one of an object that torch made."""
    receiver = settled(callee.receiver) if isinstance(callee, Method) else None
    return isinstance(receiver, Call) and receiver.qualname.startswith("torch.")
