"""Gradients clipped after the step, or before the backward pass: it does nothing.

## What it does
Finds `clip_grad_norm_` and `clip_grad_value_` at a place where nobody uses what they clip: after `optimizer.step()`
with a `zero_grad()` before the next one, or between `zero_grad()` and `backward()`. Only where the optimiser and
`zero_grad` are about the parameters that are clipped, as far as the file shows, and where none of the three stands
under a test of its own.

## Why is this bad?
Before the step that should use them, gradients are as large as they come: one bad batch throws the weights far away,
which is what the clipping was written against. Nothing raises. After the step the gradients are clipped, and thrown
away.

## Example
```python
optimizer.zero_grad()
loss.backward()
optimizer.step()
clip_grad_norm_(model.parameters(), 1.0)
```
Use instead:
```python
optimizer.zero_grad()
loss.backward()
clip_grad_norm_(model.parameters(), 1.0)
optimizer.step()
```

## Fix safety
The fix moves the clipping to just before the step. It changes how the model is trained, which is its purpose, and is
only ever shown: the threshold was chosen without its having any effect.

## When not to use it
A clipping whose returned norm is logged, and nothing else, may stand anywhere: say `# torchlint: ignore[TLT720]`, or
take `get_total_norm`.

## References
- [torch.nn.utils.clip_grad_norm_](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html)
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
    Place,
    Problem,
    Value,
    block_of,
    bound_call,
    frame_of,
    is_test,
    statement_of,
)
from torchlint.vocabulary.clipping import CLIPS, clips
from torchlint.vocabulary.training import Event, Kind, events, loop_of, settled, trained_models
from torchlint.vocabulary.turns import excludes, follows_always, position, steps_of, turn_of

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_GRADIENTS = (Kind.BACKWARD, Kind.ZERO, Kind.CLEAR, Kind.UNKNOWN)
_BEFORE = "Gradients are clipped before `backward` makes them: the step uses them as they are"


class MisplacedClip(Check):
    code = "TLT720"
    since = "0.2"
    related = ("TLT702", "TLT713")
    severity = ERROR
    message = "Gradients are clipped after the step that uses them, and then cleared: the clipping does nothing"
    title = "Clip before the step"
    help = "Clip between `backward()` and `step()`"
    words = (CLIPS, ("backward", "manual_backward"), ("step",), ("zero_grad",))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        found = [] if is_test(frame.module) else clips(frame)
        happened = events(frame) if found else []
        for clip in found:
            statement = statement_of(frame.module, clip)
            if not isinstance(statement, ast.Expr) or statement.value is not clip:
                # Its result, the norm, is used.
                continue
            yield from _judge(frame, clip, turn_of(frame, happened, loop_of(frame.module, clip)))


def _judge(frame: Frame, clip: ast.Call, turn: Sequence[Event]) -> Iterator[Problem]:
    steps = _steps_that_use(frame, clip, turn)
    kinds = {event.kind for event in turn}
    if not steps or not {Kind.BACKWARD, Kind.ZERO} <= kinds or kinds & {Kind.CLEAR, Kind.UNKNOWN}:
        return
    matters = [event for event in turn if event.kind in _GRADIENTS or event in steps]
    earlier = [event for event in matters if position(event.at) < position(clip)]
    later = [event for event in matters if position(event.at) > position(clip)]
    earlier = [event for event in earlier if not excludes(frame.module, event.at, clip)]
    before, after = [*later, *earlier], [*later, *earlier]
    last, following = before[-1] if before else None, after[0] if after else None
    if last is None or following is None or not follows_always(frame.module, last.at, clip):
        return
    # A backward pass under a test comes after the clipping, too, wherever it is run at all.
    if following.kind is not Kind.BACKWARD and not follows_always(frame.module, following.at, clip):
        return
    if last in steps and following.kind is Kind.ZERO:
        yield _problem(frame, clip, last, "", "the gradients are used here")
    elif last.kind is Kind.ZERO and following.kind is Kind.BACKWARD and position(last.at) < position(clip):
        step = next((event for event in after if event in steps), None)
        if step is not None:
            yield _problem(frame, clip, step, _BEFORE, "the step is here")


def _steps_that_use(frame: Frame, clip: ast.Call, turn: Sequence[Event]) -> list[Event]:
    """The steps in a turn that take what is clipped; none where several optimisers take steps or are cleared."""
    steps = steps_of(turn)
    cleared = {event.key for event in turn if event.kind is Kind.ZERO}
    if len({key for _, key in steps}) != 1 or len(cleared) != 1 or _is_of_others(frame, clip, steps[0][0].subject):
        return []
    return [step for step, _ in steps]


def _is_of_others(frame: Frame, clip: ast.Call, optimizer: Value | None) -> bool:
    """Whether an optimiser was made in this function for models none of which is clipped."""
    model, trained = _clipped_model(frame, clip), list(trained_models(optimizer))
    if model is None or not trained or frame_of(settled(optimizer)) is not frame:
        return False
    text, value = ast.unparse(model), settled(frame.values.get(model))
    return not any(_overlap(text, other) or held is value for other, held in trained)


def _overlap(a: str, b: str) -> bool:
    return f"{a}.".startswith(f"{b}.") or f"{b}.".startswith(f"{a}.")


def _clipped_model(frame: Frame, clip: ast.Call) -> ast.expr | None:
    """The model whose `parameters()` are clipped."""
    call = bound_call(frame, clip)
    match call.argument("parameters") if call is not None else None:
        case ast.Call(func=ast.Attribute(value=model, attr="parameters")):
            return model
    return None


def _problem(frame: Frame, clip: ast.Call, step: Event, message: str, place: str) -> Problem:
    return Problem(
        clip,
        message,
        _moved(frame, clip, step),
        Changes("the step uses clipped gradients"),
        places=(Place(step.at, place),),
        display=True,
    )


def _moved(frame: Frame, clip: ast.Call, step: Event) -> Callable[[Editor], None] | None:
    """A fix that puts the clipping before the step, with the test around it, where both stand in one block."""
    statement, target = statement_of(frame.module, clip), statement_of(frame.module, step.at)
    if statement is None or target is None or not isinstance(target, ast.Expr) or step.key.endswith("scaler"):
        return None
    block = block_of(frame.module, target)
    guard = next((outer for outer in block if isinstance(outer, ast.If) and outer.body == [statement]), None)
    moved: ast.stmt = statement if guard is None or guard.orelse else guard
    if moved not in block:
        return None

    def fix(editor: Editor) -> None:
        text = editor.text(clip)
        lines = [f"if {editor.text(moved.test)}:", f"    {text}"] if isinstance(moved, ast.If) else [text]
        editor.insert_before(target, lines)
        editor.delete_statement(moved)

    return fix
