"""Accumulated gradients of the last batches that no step takes.

## What it does
Finds `if (i + 1) % n == 0:` around the step and `zero_grad()` of an optimiser, with `backward()` in every turn of a
loop over a loader, and no other step of that optimiser in the function. Only where the loop runs over a `DataLoader`,
or over something whose length the function asks for.

## Why is this bad?
Where the number of batches is not a multiple of n, up to n - 1 batches at the end of the loop have been backpropagated
and no step has taken their gradients. They stay in `.grad`: the first step of the next epoch takes them together with
gradients of n more batches, which is a larger and older sum than any other, and in the last epoch they are lost.

## Example
```python
for i, (x, y) in enumerate(loader):
    (criterion(model(x), y) / n).backward()
    if (i + 1) % n == 0:
        optimizer.step()
        optimizer.zero_grad()
```
Use instead:
```python
for i, (x, y) in enumerate(loader):
    (criterion(model(x), y) / n).backward()
    if (i + 1) % n == 0 or i + 1 == len(loader):
        optimizer.step()
        optimizer.zero_grad()
```

## Fix safety
The fix takes one more step in an epoch, which is its purpose, so it is unsafe. That step is smaller where the loss was
divided by n.

## When not to use it
Turn it off where the number of batches is a multiple of n by construction, or where some leftover gradient in an epoch
of thousands of batches does not matter.

## References
- [Gradient accumulation](https://docs.pytorch.org/docs/stable/notes/amp_examples.html#gradient-accumulation)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from torchlint.rule import (
    INFO,
    Changes,
    Check,
    Frame,
    Place,
    Problem,
    is_test,
    loops_around,
    made_by,
    members,
    trees,
)
from torchlint.vocabulary.datasets import LOADER
from torchlint.vocabulary.training import Event, Kind, certainly_clears, events, in_loop, settled
from torchlint.vocabulary.turns import is_in_every_turn, nth_turn, steps_of, tests_of_turns

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor


class AccumulationRemainder(Check):
    code = "TLT726"
    since = "0.2"
    related = ("TLT716", "TLT724")
    severity = INFO
    message = "No step takes the gradients of the last batches: they are lost, or leak into the next epoch"
    title = "Step after the last batch, too"
    help = "Step after the last batch of the loader as well: `or i + 1 == len(loader)`"
    words = (("zero_grad",), ("step",), ("backward", "manual_backward"), ("%",), ("enumerate",))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if is_test(frame.module):
            return
        found: list[Event] | None = None
        for node, _, loop in tests_of_turns(frame, nth_turn, above=1):
            loader = _enumerated(loop.iter) if isinstance(loop, ast.For) and not node.orelse else None
            if not isinstance(loop, ast.For) or loader is None or not _ends(frame, loader, loop):
                continue
            found = events(frame) if found is None else found
            step = _lone_step(frame, node, loop, found)
            if step is not None:
                fix = _at_the_end(node, loop, loader)
                claim = Changes("a step takes the gradients of the last batches")
                yield Problem(node.test, "", fix, claim, places=(Place(step.at, "the only step is here"),))


def _enumerated(node: ast.expr) -> ast.expr | None:
    """The loader of `enumerate(loader)`, through what shows progress."""
    while isinstance(node, ast.Call) and node.args:
        inner = node.args[0]
        if isinstance(node.func, ast.Name) and node.func.id == "enumerate":
            while isinstance(inner, ast.Call) and inner.args and _shows_progress(inner):
                inner = inner.args[0]
            return inner if isinstance(inner, ast.Name | ast.Attribute) else None
        if not _shows_progress(node):
            return None
        node = inner
    return None


def _shows_progress(call: ast.Call) -> bool:
    return ast.unparse(call.func).rpartition(".")[2] in ("tqdm", "trange", "track")


def _ends(frame: Frame, loader: ast.expr, loop: ast.For) -> bool:
    """Whether a loop over a loader certainly ends: the loader is one of torch's, the function asks for its length, or
    it is walked once in each epoch."""
    epochs = loops_around(frame.module, loop)
    if epochs and not any(isinstance(node, ast.Break | ast.Return) for node in trees.walk(loop)):
        return True
    value = frame.values.get(loader)
    made = [made_by(settled(member)) for member in members(value)] if value is not None else []
    if made and all(call is not None and call.qualname == LOADER for call in made):
        return True
    text = ast.unparse(loader)
    return any(
        isinstance(call.func, ast.Name) and call.func.id == "len" and call.args and ast.unparse(call.args[0]) == text
        for call in frame.callees
    )


def _lone_step(frame: Frame, test: ast.If, loop: ast.For, found: Sequence[Event]) -> Event | None:
    """The step of an optimiser that is taken and cleared under a test, and nowhere else in the function."""
    inside = [event for event in found if in_loop(frame.module, event.at, test)]
    steps = [(event, key) for event, key in steps_of(found)]
    ours = {key for event, key in steps if event in inside}
    if len(ours) != 1 or any(key in ours and event not in inside for event, key in steps):
        return None
    if any(event.kind in (Kind.BACKWARD, Kind.CLEAR, Kind.UNKNOWN) for event in inside):
        return None
    if not any(event.kind is Kind.BACKWARD and is_in_every_turn(frame, event, loop) for event in found):
        return None
    step = next(event for event, _ in steps if event in inside)
    zeros = [event for event in inside if event.kind is Kind.ZERO]
    others = [event for event in found if event.kind is Kind.ZERO and event not in inside]
    if any(in_loop(frame.module, event.at, loop) for event in others):
        return None
    called = {ast.unparse(call.func) for call in frame.callees if in_loop(frame.module, call, loop)}
    clears = any(certainly_clears(zero, step) or zero.key in ours or zero.key in called for zero in zeros)
    return step if clears else None


def _at_the_end(test: ast.If, loop: ast.For, loader: ast.expr) -> Callable[[Editor], None] | None:
    """A fix that lets the test hold for the last batch, too; None where the counter does not start from 0."""
    counter = loop.target.elts[0] if isinstance(loop.target, ast.Tuple) else None
    enumerates = [
        node for node in trees.walk(loop.iter) if isinstance(node, ast.Call) and ast.unparse(node.func) == "enumerate"
    ]
    starts = [(call.args[1:], call.keywords) for call in enumerates]
    if not isinstance(counter, ast.Name) or starts != [([], [])]:
        return None

    def fix(editor: Editor) -> None:
        last = f"{counter.id} + 1 == len({editor.text(loader)})"
        editor.replace(test.test, f"{editor.text(test.test)} or {last}", [test.test])

    return fix
