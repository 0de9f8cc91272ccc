"""`zero_grad()` between `backward()` and `step()`, or outside of the loop that steps.

## What it does
Finds `zero_grad()` of an optimiser right between the `backward()` and the `step()` that should use its gradients, and
`zero_grad()` that is called only outside of the loop in which `backward()` and `step()` are. Silent on gradient
accumulation, where the step is taken under a condition.

## Why is this bad?
Between `backward()` and `step()` it throws the gradients away: the optimiser steps with nothing, and the model is not
trained. Outside of the loop it is called too rarely: each step uses the sum of the gradients of all batches so far.

## Example
```python
loss.backward()
optimizer.zero_grad()
optimizer.step()
```
Use instead:
```python
optimizer.zero_grad()
loss.backward()
optimizer.step()
```

## When not to use it
Turn it off for loops that step with gradients which another function put there after they were cleared.

## References
- [torch.optim.Optimizer.zero_grad](https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.zero_grad.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from torchlint.rule import (
    ERROR,
    Check,
    External,
    Frame,
    FunctionRef,
    Loop,
    Method,
    Place,
    Problem,
    Value,
    ancestors,
    block_of,
    is_conditional,
    statement_of,
)
from torchlint.vocabulary.roles import resting_on_use
from torchlint.vocabulary.training import (
    Event,
    Kind,
    certainly_clears,
    events,
    in_loop,
    is_made_in,
    is_optimizer,
    loop_of,
    may_clear,
)
from torchlint.vocabulary.turns import exclude_each_other

# The events in each statement.
_Inside = dict[ast.stmt, list[Event]]
_OUTSIDE = "`zero_grad` is called outside of the loop that steps: gradients add up from step to step"


class MisplacedZeroGrad(Check):
    code = "TLT702"
    since = "0.1"
    related = ("TLT701", "TLT720", "TLT724")
    severity = ERROR
    message = "`zero_grad` between `backward` and `step` throws the gradients away: nothing is trained"
    help = "Call it in each turn before `backward`, or after `step`"
    words = (
        ("backward", "manual_backward", "step", "zero_grad"),
        ("backward", "manual_backward"),
        ("step",),
        ("zero_grad",),
    )

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        found = [event for event in events(frame) if event.frame.module is frame.module]
        inside = _by_statement(frame, found)
        for zero in found:
            if zero.kind is Kind.ZERO and zero.at is zero.node:
                yield from _between(frame, zero, inside)
        for step in found:
            if step.kind is Kind.STEP and is_optimizer(step.subject):
                for problem in _outside(frame, step, found):
                    yield resting_on_use(problem, _OUTSIDE, step.subject)


def _by_statement(frame: Frame, found: Sequence[Event]) -> _Inside:
    """The events in each statement, those of the statements in it included, in order."""
    inside: _Inside = {}
    for event in found:
        for outer in (event.at, *ancestors(frame.module, event.at)):
            if isinstance(outer, ast.stmt):
                inside.setdefault(outer, []).append(event)
    return inside


def _between(frame: Frame, zero: Event, inside: _Inside) -> Iterator[Problem]:
    """`backward(); zero_grad(); step()` in one block, with nothing between that may make new gradients."""
    statement = statement_of(frame.module, zero.at)
    block = block_of(frame.module, statement) if statement else ()
    if not isinstance(statement, ast.Expr) or statement not in block:
        return
    place = list(block).index(statement)
    after = _direct(frame, block[place + 1 :], inside)
    before = _direct(frame, block[:place], inside)
    step = next((event for event in after if event.kind in (Kind.STEP, Kind.BACKWARD, Kind.CLEAR, Kind.UNKNOWN)), None)
    if (
        step is None
        or step.kind is not Kind.STEP
        or not certainly_clears(zero, step)
        or (isinstance(step.at, ast.Call) and step.at.args[1:])
    ):
        return
    last = next((event for event in reversed(before) if event.kind is not Kind.ZERO), None)
    if last is None or last.kind is not Kind.BACKWARD or _is_given_closure(frame, step):
        return
    between = [call for call in frame.callees if zero.at.lineno < call.lineno < step.at.lineno]  # type: ignore[attr-defined]
    if not any(_may_make_gradients(frame.callees[call]) for call in between):
        places = (Place(last.at, "the gradients are made here"), Place(step.at, "and would be used here"))
        yield Problem(zero.node, places=places)


def _direct(frame: Frame, block: Sequence[ast.stmt], inside: _Inside) -> list[Event]:
    """The events of a block, those under a condition as unknown."""
    events_: list[Event] = []
    for statement in block:
        for event in inside.get(statement, ()):
            if statement_of(frame.module, event.at) is statement and not isinstance(statement, Loop | ast.If):
                events_.append(event)
            elif event.at is not statement:
                conditional = not isinstance(statement, ast.With)
                kind = Kind.UNKNOWN if conditional else event.kind
                events_.append(Event(kind, event.node, event.at, event.subject, event.key, event.frame))
    return events_


def _is_given_closure(frame: Frame, step: Event) -> bool:
    return isinstance(step.at, ast.Call) and any(
        isinstance(frame.values.get(arg), FunctionRef) or isinstance(arg, ast.Lambda) for arg in step.at.args
    )


def _may_make_gradients(callee: Value) -> bool:
    """Whether a call between the two may run another backward pass."""
    if isinstance(callee, External):
        return not callee.qualname.startswith(("torch.", "builtins.", "time.", "logging."))
    if isinstance(callee, Method):
        return "backward" in callee.name
    return True


def _outside(frame: Frame, step: Event, found: Sequence[Event]) -> Iterator[Problem]:
    """`zero_grad` of the same optimiser in the function, and none in the loop in which each turn steps."""
    module = frame.module
    loop = loop_of(module, step.at)
    if loop is None or is_made_in(frame, step.subject, loop) or is_conditional(module, step.at, loop):
        return
    inside = [event for event in found if in_loop(module, event.at, loop)]
    backward = [event for event in inside if event.kind is Kind.BACKWARD]
    if not backward or any(is_conditional(module, event.at, loop) for event in backward):
        return
    clearing = [event for event in inside if may_clear(event, step)]
    if not all(exclude_each_other(module, event.at, step.at, loop) for event in clearing):
        return
    if any(
        isinstance(node, ast.Break | ast.Return) for node in block_of(module, statement_of(module, step.at) or loop)
    ):
        return
    zeros = [
        event for event in found if event.kind is Kind.ZERO and certainly_clears(event, step) and event.at is event.node
    ]
    if zeros and zeros[0] not in inside:
        yield Problem(zeros[0].node, _OUTSIDE, places=(Place(step.at, "this steps on every turn"),))
