"""A `GradScaler` that steps in a loop and is never updated: the second turn raises.

## What it does
Finds `scaler.step(optimizer)` in a loop where nothing calls the scaler's `update()`: in the function for a local
scaler, else in the file, under the same name; and two calls of `update()` with no step between them.

## Why is this bad?
A scaler takes one step of an optimiser for each update: `step() has already been called since the last update()` is
raised in the second turn. Without `update()` the scale would not adapt either. An update without a step raises as well:
`No inf checks were recorded prior to update`. A scaler that is switched off, as on a CPU, hides both.

## Example
```python
for x, y in loader:
    optimizer.zero_grad()
    scaler.scale(criterion(model(x), y)).backward()
    scaler.step(optimizer)
```
Use instead:
```python
for x, y in loader:
    optimizer.zero_grad()
    scaler.scale(criterion(model(x), y)).backward()
    scaler.step(optimizer)
    scaler.update()
```

## Fix safety
The fix adds the update after the step. With several optimisers it belongs after the last step of all, so that it is
only ever shown.

## When not to use it
Turn it off for scalers that another library updates.

## References
- [torch.amp.GradScaler](https://docs.pytorch.org/docs/stable/amp.html#gradient-scaling)
- [Automatic mixed precision examples](https://docs.pytorch.org/docs/stable/notes/amp_examples.html)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    ERROR,
    Changes,
    Check,
    External,
    Frame,
    Loop,
    Place,
    Problem,
    block_of,
    is_test,
    last_name,
    loops_around,
    statement_of,
    trees,
)
from torchlint.vocabulary.clipping import is_scaler, may_be_scaler
from torchlint.vocabulary.training import stepped_by
from torchlint.vocabulary.turns import position

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_TWICE = "The second `update` of a scaler without a step between them raises: it has nothing to go by"


class ScalerWithoutUpdate(Check):
    code = "TLT725"
    since = "0.2"
    related = ("TLT713",)
    severity = ERROR
    message = "A scaler that steps and is never updated: the next `step` raises a RuntimeError"
    title = "Update the scaler"
    help = "Call `scaler.update()` once in each turn, after the last step"
    words = ((".step", ".update"), ("scale", "GradScaler"))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if is_test(frame.module):
            return
        steps = [call for call in frame.callees if _method(call) == "step" and _is_scaler(frame, call)]
        in_loops = [call for call in steps if loops_around(frame.module, call)]
        last = {_name(call): call for call in sorted(in_loops, key=position)}
        for name, step in last.items():
            if name not in _updated(frame, step) and not _is_handed_on(frame, step):
                fix = _updates(frame, step)
                yield Problem(step, "", fix, Changes("the scaler is updated"), display=True)
        yield from _twice(frame)


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _receiver(call: ast.Call) -> ast.expr:
    assert isinstance(call.func, ast.Attribute)
    return call.func.value


def _name(call: ast.Call) -> str:
    return last_name(_receiver(call))


def _is_scaler(frame: Frame, call: ast.Call) -> bool:
    """Whether a method is called on what is a scaler: made as one here, or what scales a loss and is nothing else."""
    if stepped_by(frame, call) is None:
        return False
    value = frame.values.get(_receiver(call))
    if is_scaler(value):
        return True
    text = ast.unparse(_receiver(call))
    return may_be_scaler(value) and any(
        isinstance(other.func, ast.Attribute)
        and isinstance(other.func.value, ast.Call)
        and _method(other) == "backward"
        and _method(other.func.value) == "scale"
        and ast.unparse(_receiver(other.func.value)) == text
        for other in frame.callees
    )


def _updated(frame: Frame, step: ast.Call) -> set[str]:
    """The last names of all that `update` is called on, or named of, where a scaler can be reached: in the function
    for a local name, else in the file."""
    receiver = _receiver(step)
    is_local = frame.function is not None and isinstance(receiver, ast.Name) and receiver.id in frame.function.locals
    return {
        last_name(node.value)
        for node in trees.walk(frame.scope if is_local else frame.module.tree)
        if isinstance(node, ast.Attribute) and node.attr == "update"
    }


def _is_handed_on(frame: Frame, step: ast.Call) -> bool:
    """Whether something else is given the scaler, and may update it."""
    text = ast.unparse(_receiver(step))
    for call, callee in frame.callees.items():
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        known = isinstance(callee, External) and callee.qualname.startswith("builtins.")
        if not known and any(ast.unparse(arg) == text for arg in given):
            return True
    return False


def _updates(frame: Frame, step: ast.Call) -> Callable[[Editor], None] | None:
    """A fix that updates after the step."""
    statement = statement_of(frame.module, step)
    if not isinstance(statement, ast.Expr) or statement.value is not step:
        return None

    def fix(editor: Editor) -> None:
        lines = [editor.text(step), f"{editor.text(_receiver(step))}.update()"]
        editor.replace_statements(statement, statement, lines, carry_comments=True)

    return fix


def _twice(frame: Frame) -> Iterator[Problem]:
    """Two updates in one block, and between them no statement that may take a step."""
    updates = [call for call in frame.callees if _method(call) == "update" and not call.args]
    for second in updates:
        statement = statement_of(frame.module, second)
        block = block_of(frame.module, statement) if statement else ()
        if statement is None or not is_scaler(frame.values.get(_receiver(second))):
            continue
        for before in reversed(block[: list(block).index(statement)]):
            first = next((call for call in updates if statement_of(frame.module, call) is before), None)
            if first is not None and ast.unparse(first.func) == ast.unparse(second.func):
                yield Problem(second, _TWICE, places=(Place(first, "the first update is here"),))
            if isinstance(before, Loop | ast.If | ast.With | ast.Try) or any(
                isinstance(node, ast.Call) for node in trees.walk(before)
            ):
                break
