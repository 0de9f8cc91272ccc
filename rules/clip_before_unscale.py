"""Gradients clipped while a `GradScaler` still scales them.

## What it does
Finds `clip_grad_norm_` and `clip_grad_value_` between `scaler.scale(loss).backward()` and `scaler.step(optimizer)` with
no `scaler.unscale_(optimizer)` before the clipping. Also where `backward` is called elsewhere, if the scaler is one of
torch and nothing in the file unscales. Silent where the threshold is scaled too.

## Why is this bad?
The scaler multiplies the loss, and with it all gradients, by 65,536 at first. A threshold of 1.0 then cuts gradients
down to a norm of 1 / 65,536: the steps are tiny, and their size changes whenever the scaler adapts its factor.

## Example
```python
scaler.scale(loss).backward()
torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
scaler.step(optimizer)
scaler.update()
```
Use instead:
```python
scaler.scale(loss).backward()
scaler.unscale_(optimizer)
torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
scaler.step(optimizer)
scaler.update()
```

## Fix safety
There is no fix: `unscale_` may be called once for each optimiser and step.

## When not to use it
Turn it off where the threshold is meant for scaled gradients.

## References
- [Working with unscaled gradients](https://docs.pytorch.org/docs/stable/notes/amp_examples.html#gradient-clipping)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from torchlint.rule import (
    Check,
    Frame,
    FunctionRef,
    Module,
    Place,
    Problem,
    Value,
    is_test,
    members,
    trees,
)
from torchlint.vocabulary.clipping import CLIPS, clips, is_scaler, may_be_scaler
from torchlint.vocabulary.eval_mode import attributes
from torchlint.vocabulary.training import stepped_by
from torchlint.vocabulary.turns import branches, position

# Gradients that are unscaled by hand.
_SCALES = frozenset({"get_scale", "inv_scale", "_scale", "loss_scale"})
# Words of tests that tell apart with and without a scaler.
_PRECISION = re.compile(r"scaler|amp|16|half|precision|mixed", re.IGNORECASE)


class ClipBeforeUnscale(Check):
    code = "TLT713"
    since = "0.1"
    related = ("TLT720", "TLT725")
    message = "Gradients are clipped while scaled, so by far too much: call `scaler.unscale_(optimizer)` before"
    help = "Call `scaler.unscale_(optimizer)` before the gradients are clipped"
    words = (CLIPS, ("step",), ("scale", "GradScaler"))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        found = [] if is_test(frame.module) else clips(frame)
        for clip in found:
            backward = _last([call for call in _scaled(frame) if _goes_on(frame.module, call, clip)])
            for step in frame.callees:
                if _is_step(frame, step, backward) and _goes_on(frame.module, clip, step):
                    others = [step] if backward is None else [backward, step]
                    if not _is_apart(frame.module, clip, others) and not _is_unscaled(frame, backward, clip, step):
                        places = (Place(backward, "gradients are scaled here"),) if backward is not None else ()
                        yield Problem(clip, places=(*places, Place(step, "and unscaled here at the earliest")))
                    break


def _last(calls: list[ast.Call]) -> ast.Call | None:
    return max(calls, key=position, default=None)


def _scaled(frame: Frame) -> Iterator[ast.Call]:
    """The calls `scaler.scale(loss).backward()`."""
    for call in frame.callees:
        match call.func:
            case ast.Attribute(
                value=ast.Call(func=ast.Attribute(value=scaler, attr="scale"), args=[_]), attr="backward"
            ) if may_be_scaler(frame.values.get(scaler)):
                yield call


def _is_step(frame: Frame, call: ast.Call, backward: ast.Call | None) -> bool:
    """Whether a call is `scaler.step(optimizer)`: of the scaler that scaled, or of one that is certainly a scaler."""
    func = call.func
    if not (isinstance(func, ast.Attribute) and func.attr == "step") or stepped_by(frame, call) is None:
        return False
    if backward is not None:
        scale = backward.func.value.func.value  # type: ignore[attr-defined]
        return ast.unparse(scale) == ast.unparse(func.value)
    # Gradients that were scaled elsewhere: nothing in the file may unscale them.
    return is_scaler(frame.values.get(func.value)) and "unscale" not in frame.module.source.text


def _goes_on(module: Module, first: ast.AST, second: ast.AST) -> bool:
    """Whether one call comes after another, and no test runs only one of the two."""
    before, after = branches(module, first), branches(module, second)
    return position(first) < position(second) and all(before.get(test, side) == side for test, side in after.items())


def _is_apart(module: Module, clip: ast.Call, others: list[ast.Call]) -> bool:
    """Whether a test of its own may keep the clipping to runs without a scaler."""
    around = [branches(module, other) for other in others]
    own = branches(module, clip).keys() - set().union(*around)
    known = set().union(*(_names(test.test) for branches in around for test in branches))
    return any(_PRECISION.search(ast.unparse(test.test)) or _names(test.test) & known for test in own)


def _names(test: ast.expr) -> set[str]:
    """The names that a test reads."""
    return {ast.unparse(node) for node in trees.walk(test) if isinstance(node, ast.Name | ast.Attribute)} - {"self"}


def _is_unscaled(frame: Frame, backward: ast.Call | None, clip: ast.Call, step: ast.Call) -> bool:
    """Whether something before the clipping may unscale, or the threshold is scaled too."""
    scope = frame.scope
    if _SCALES.intersection(attributes(scope)) or "scale" in ast.unparse(clip):
        return True
    start = position(backward) if backward is not None else (0, 0)
    scaler = ast.unparse(step.func.value)  # type: ignore[attr-defined]
    return any(
        _may_unscale(call, callee, scaler)
        for call, callee in frame.callees.items()
        if start < position(call) < position(clip)
    )


def _may_unscale(call: ast.Call, callee: Value, scaler: str) -> bool:
    """Whether a call unscales by its name, is given the scaler, or is of a function that speaks of it."""
    name = ast.unparse(call.func)
    given = {ast.unparse(arg) for arg in (*call.args, *(keyword.value for keyword in call.keywords))}
    if "unscale" in name or scaler in given:
        return True
    functions = (member.function for member in members(callee) if isinstance(member, FunctionRef))
    return any("unscale" in ast.unparse(function.node) for function in functions)
