"""`scheduler.step()` before `optimizer.step()`: the first learning rate of the schedule is skipped.

## What it does
Finds loops that step a scheduler of `torch.optim.lr_scheduler` before the optimiser that it belongs to: in one block,
or at the top of the epoch loop with the optimiser in an inner loop or a helper after it. Silent on
`ReduceLROnPlateau`, on steps with an explicit epoch, and on steps under a condition, except where the optimiser steps
after them in the same branch and nowhere else, or under the same test again (`if phase == "train":`).

## Why is this bad?
A scheduler sets the learning rate of the first turn when it is made. Stepping it first skips that value, so that the
whole schedule is one step early: torch warns about it (`Detected call of lr_scheduler.step() before
optimizer.step()`).

## Example
```python
for epoch in range(epochs):
    scheduler.step()
    train(model, optimizer)
```
Use instead:
```python
for epoch in range(epochs):
    train(model, optimizer)
    scheduler.step()
```

## When not to use it
Turn it off for schedulers of other libraries that are meant to be called first.

## References
- [How to adjust learning rate](https://docs.pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from torchlint.rule import (
    Changes,
    Check,
    Frame,
    Place,
    Problem,
    Value,
    block_of,
    bound_call,
    inventory_of,
    is_conditional,
    is_within,
    loops_around,
    made_by,
    members,
    statement_of,
    trees,
)
from torchlint.vocabulary.roles import resting_on_use
from torchlint.vocabulary.training import Event, Kind, events, in_loop, is_optimizer, origin, settled
from torchlint.vocabulary.turns import under_same_tests

_BASE = "torch.optim.lr_scheduler.LRScheduler"
_SCHEDULER = re.compile(r"torch\.optim\.(?:lr_scheduler|swa_utils)\.(?!ReduceLROnPlateau|SWALR)[A-Z]\w*$")
# What the schedulers of torch are made through.
_SCHEDULERS = (
    *("lr_scheduler", "ChainedScheduler", "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CyclicLR"),
    *("ExponentialLR", "LambdaLR", "LinearLR", "MultiStepLR", "MultiplicativeLR", "OneCycleLR", "PolynomialLR"),
    *("SequentialLR", "StepLR"),
)


class SchedulerBeforeOptimizer(Check):
    code = "TLT706"
    since = "0.1"
    related = ("TLT725",)
    message = "The scheduler steps before the optimizer: the first learning rate is skipped"
    title = "Step the scheduler last"
    help = "Call `scheduler.step()` after `optimizer.step()`"
    words = (("for", "while"), ("step",), _SCHEDULERS)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if not inventory_of(frame.scope).loops:
            return
        found = [event for event in events(frame) if event.kind is Kind.STEP]
        for event in found:
            step = bound_call(frame, event.node, f"{_BASE}.step") if event.at is event.node else None
            if step is None or step.is_open or step.gives("epoch"):
                continue
            optimizer = _optimizer_of(event.subject)
            if optimizer is not None:
                for problem in _early(frame, event, optimizer, found):
                    yield resting_on_use(problem, self.message, optimizer)


def _optimizer_of(value: Value | None) -> Value | None:
    """The optimiser that a scheduler of torch was made for."""
    scheduler = made_by(settled(value))
    if scheduler is None or not _SCHEDULER.match(scheduler.qualname):
        return None
    given = scheduler.value("optimizer")
    return given if is_optimizer(given) else None


def _early(frame: Frame, event: Event, optimizer: Value, found: Sequence[Event]) -> Iterator[Problem]:
    module = frame.module
    loops = loops_around(module, event.at)
    if not loops or _is_guarded(loops[0].body, event.at):
        return
    found = [other for other in found if is_optimizer(other.subject) and _is_of(other.subject, optimizer)]
    steps = [other for other in found if in_loop(module, other.at, loops[0])]
    # One that comes first, in a branch or for a warm-up, makes the order right.
    if not steps or any(_position(other.at) < _position(event.at) for other in found):
        return
    statement = statement_of(module, event.at)
    places = (Place(steps[0].at, "the optimizer steps here"),)
    block = block_of(module, statement) if statement else ()
    if statement is None or statement not in block:
        return
    is_followed = _is_followed(frame, statement, block, steps) or all(
        under_same_tests(module, event.at, step.at, loops[0]) for step in steps
    )
    if is_conditional(module, event.at, loops[0]) and not is_followed:
        return  # A test may let only later turns reach it.
    claim = Changes("the schedule starts with its first value")
    yield Problem(event.node, places=places, claim=claim, display=True)


def _is_followed(frame: Frame, statement: ast.stmt, block: Sequence[ast.stmt], steps: Sequence[Event]) -> bool:
    """Whether all steps of the optimiser in the loop are in the same branch as a step of the scheduler, after it, and
    no test within the branch guards them."""
    after = block[list(block).index(statement) + 1 :]
    return all(any(is_within(frame.module, step.at, later) for later in after) for step in steps)


def _is_of(value: Value | None, optimizer: Value) -> bool:
    return value is not None and {origin(member) for member in members(value)} == {
        origin(one) for one in members(optimizer)
    }


def _position(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _is_guarded(body: Sequence[ast.stmt], at: ast.AST) -> bool:
    """Whether an `if ..: continue` before the step lets only later turns reach it."""
    return any(
        isinstance(statement, ast.If)
        and any(isinstance(node, ast.Continue | ast.Break) for node in trees.walk(statement))
        and _position(statement) < _position(at)
        for statement in body
    )
