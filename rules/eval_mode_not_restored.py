"""`eval()` inside of the training loop, and no `train()` after it.

## What it does
Finds a model that is put into eval mode inside of the loop that trains it, there or in a helper that the loop calls,
where neither the loop nor its helpers put it back with `train()`.

## Why is this bad?
From the first evaluation on the model trains in eval mode: dropout drops nothing, and batch norm uses and keeps the
statistics of the first epoch. Training goes on without an error, to a worse result.

## Example
```python
model.train()
for epoch in range(epochs):
    for x, y in loader:
        step(model, x, y)
    model.eval()
    test(model)
```
Use instead:
```python
for epoch in range(epochs):
    model.train()
    for x, y in loader:
        step(model, x, y)
    model.eval()
    test(model)
```

## References
- [torch.nn.Module.train](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import ERROR, Call, Check, Frame, FunctionRef, Method, Place, Problem, Value, members, walk

from ._evaluation import mode_calls
from ._nodes import is_test, loops_around
from ._training import Event, Kind, events, in_loop, is_optimizer, settled


class EvalModeNotRestored(Check):
    code = "TLT705"
    since = "0.1"
    severity = ERROR
    message = "The model stays in eval mode: training goes on with dropout off and batch norm frozen"
    words = (("for:1", "for:n", "while:"), ("eval",), ("backward", "manual_backward"), ("step",))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if not frame.loops or is_test(frame.module):
            return
        found = events(frame)
        for loop in frame.loops:
            inside = [event for event in found if in_loop(frame.module, event.at, loop)]
            models = [model for event in inside for model in _trained(event)]
            if (
                not models
                or not any(event.kind is Kind.BACKWARD for event in inside)
                or loops_around(frame.module, loop)
            ):
                continue
            if any(True for _ in _modes(frame, loop, "train")):
                continue
            for call, at, value in _modes(frame, loop, "eval"):
                if any(settled(value) is model for model in models):
                    yield Problem(
                        call, places=(Place(loop, "in this loop it is trained"), Place(at, "eval mode starts here"))
                    )
                    break


def _trained(event: Event) -> Iterator[Value]:
    """The models whose `parameters()` were given to the optimiser that steps."""
    if event.kind is not Kind.STEP or event.subject is None or not is_optimizer(event.subject):
        return
    for member in members(event.subject):
        given = member.args[0] if isinstance(member, Call) and member.args else None
        for part in walk(given) if given is not None else ():
            if isinstance(part, Call) and isinstance(part.callee, Method) and part.callee.name == "parameters":
                receiver = settled(part.callee.receiver)
                if receiver is not None:
                    yield receiver


def _modes(frame: Frame, loop: ast.AST, name: str, depth: int = 2) -> Iterator[tuple[ast.Call, ast.AST, Value | None]]:
    """The calls of `eval()` or `train()` in a loop and in the helpers that it calls: call, place in the loop, model."""
    for call, model in mode_calls(frame, name):
        if in_loop(frame.module, call, loop):
            yield call, call, frame.values.get(model)
    for call, callee in frame.callees.items():
        if in_loop(frame.module, call, loop):
            for inner, value in _inside(frame, callee, name, depth):
                yield inner, call, value


def _inside(frame: Frame, callee: Value, name: str, depth: int) -> Iterator[tuple[ast.Call, Value | None]]:
    for member in members(callee):
        if not isinstance(member, FunctionRef) or depth == 0 or frame.evaluator.is_busy(member.function):
            continue
        inner = frame.evaluator.frame(member.function)
        for call, model in mode_calls(inner, name):
            yield call, inner.values.get(model)
        for other in inner.callees.values():
            yield from _inside(inner, other, name, depth - 1)
