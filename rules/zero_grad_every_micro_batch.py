"""`zero_grad()` in every turn while the step is taken in every n-th: gradients do not accumulate.

## What it does
Finds a loop with `backward()` and `zero_grad()` in every turn, and the step of the same optimiser under
`(i + 1) % n == 0`, perhaps with `or` and another test, such as one for the last batch.

## Why is this bad?
Each turn throws away what the turns before it added. The step uses the gradient of the last of n batches, divided by n
in most code: n - 1 batches are computed for nothing, and the effective batch is as small as before.

## Example
```python
for i, (x, y) in enumerate(loader):
    optimizer.zero_grad()
    (criterion(model(x), y) / n).backward()
    if (i + 1) % n == 0:
        optimizer.step()
```
Use instead:
```python
for i, (x, y) in enumerate(loader):
    (criterion(model(x), y) / n).backward()
    if (i + 1) % n == 0:
        optimizer.step()
        optimizer.zero_grad()
```

## Fix safety
The fix moves `zero_grad` behind the step. It changes how the model is trained, which is its purpose, and is only ever
shown. It is not offered where the two do not stand in one loop body.

## When not to use it
Turn it off where only every n-th batch is to be learnt from, and the others are there for their statistics.

## References
- [Gradient accumulation](https://docs.pytorch.org/docs/stable/notes/amp_examples.html#gradient-accumulation)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from torchlint.rule import (
    ERROR,
    Changes,
    Check,
    Frame,
    Loop,
    Place,
    Problem,
    is_test,
    statement_of,
)
from torchlint.vocabulary.training import Event, Kind, certainly_clears, events, in_loop
from torchlint.vocabulary.turns import is_in_every_turn, nth_turn, steps_of, tests_of_turns

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor


class ZeroGradEveryMicroBatch(Check):
    code = "TLT724"
    since = "0.2"
    related = ("TLT702", "TLT716", "TLT726")
    severity = ERROR
    message = "`zero_grad` in every turn, a step in every n-th: the gradients of n - 1 batches are thrown away"
    title = "Clear after the step"
    help = "Call `zero_grad` where the step is taken, after it"
    words = (("zero_grad",), ("step",), ("backward", "manual_backward"), ("%",))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if not frame.loops or is_test(frame.module):
            return
        found: list[Event] | None = None
        for test, _, loop in tests_of_turns(frame, _nth_or_last, above=1):
            found = events(frame) if found is None else found
            yield from _judge(frame, test, loop, found)


def _nth_or_last(test: ast.expr) -> ast.BinOp | None:
    """The `i % n` of a test that holds in every n-th turn, and perhaps in the last one."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return next((found for part in test.values if (found := nth_turn(part)) is not None), None)
    return nth_turn(test)


def _judge(frame: Frame, test: ast.If, loop: Loop, found: Sequence[Event]) -> Iterator[Problem]:
    turn = [event for event in found if in_loop(frame.module, event.at, loop)]
    inside = [event for event in turn if in_loop(frame.module, event.at, test)]
    steps = [event for event, _ in steps_of(turn)]
    if any(event.kind in (Kind.BACKWARD, Kind.CLEAR, Kind.UNKNOWN) for event in inside):
        return
    if not any(event.kind is Kind.BACKWARD and is_in_every_turn(frame, event, loop) for event in turn):
        return
    for zero in turn:
        if zero.kind is not Kind.ZERO or zero.at is not zero.node or not is_in_every_turn(frame, zero, loop):
            continue
        taken = [step for step in steps if certainly_clears(zero, step)]
        if taken and all(step in inside for step in taken):
            fix = _moved(frame, zero, taken[-1], loop)
            places = (Place(taken[-1].at, "the step is taken here"),)
            yield Problem(zero.node, "", fix, Changes("gradients accumulate"), places=places, display=True)


def _moved(frame: Frame, zero: Event, step: Event, loop: Loop) -> Callable[[Editor], None] | None:
    """A fix that clears behind the step."""
    cleared, stepped = statement_of(frame.module, zero.at), statement_of(frame.module, step.at)
    if cleared not in loop.body or not isinstance(cleared, ast.Expr) or not isinstance(stepped, ast.Expr):
        return None

    def fix(editor: Editor) -> None:
        lines = [editor.text(stepped.value), editor.text(cleared.value)]
        editor.replace_statements(stepped, stepped, lines, carry_comments=True)
        editor.delete_statement(cleared)

    return fix
