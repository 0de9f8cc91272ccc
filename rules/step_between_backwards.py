"""An optimiser step between two backward passes through one graph.

## What it does
Finds two `backward()` calls whose losses come from the same output of a model, with a step of the optimiser of that
model between them: `loss_a.backward(retain_graph=True); optimizer.step(); loss_b.backward()`.

## Why is this bad?
The step changes the weights in place. The second backward pass needs the weights that the forward pass used, and
raises `RuntimeError: one of the variables needed for gradient computation has been modified by an inplace operation`.

## Example
```python
loss_g.backward(retain_graph=True)
optimizer_g.step()
loss_d.backward()
```
Use instead:
```python
loss_g.backward(retain_graph=True)
loss_d.backward()
optimizer_g.step()
```

## When not to use it
There is no order of such calls that does not raise, unless the step writes no weight of the graph: then turn it off.

## References
- [In-place correctness checks](https://docs.pytorch.org/docs/stable/notes/autograd.html#in-place-correctness-checks)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torchlint.rule import (
    ERROR,
    Check,
    Element,
    Frame,
    Instance,
    Layer,
    Op,
    Place,
    Problem,
    Value,
    block_of,
    bound_call,
    classes,
    frame_of,
    ops,
    statement_of,
)
from torchlint.vocabulary.autograd import requires_grad
from torchlint.vocabulary.training import BACKWARD, Event, Kind, events, is_optimizer, trained_models

_DEPTH = 40


class StepBetweenBackwards(Check):
    code = "TLT714"
    since = "0.1"
    related = ("TLT729",)
    severity = ERROR
    message = "A step between two backward passes through one graph: the second raises a RuntimeError"
    help = "Do both backward passes before the step, or compute the second loss anew after it"
    words = (("backward",), ("step",), ("retain_graph",))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        found = [event for event in events(frame, 0) if event.frame is frame]
        for first in found:
            backward = bound_call(frame, first.node, BACKWARD) if first.kind is Kind.BACKWARD else None
            if backward is not None and backward.constant("retain_graph") is True:
                yield from _second(frame, first, found)


def _second(frame: Frame, first: Event, found: Sequence[Event]) -> Iterator[Problem]:
    """The next backward pass in the same block, where a step before it changed what the shared graph needs."""
    statement = statement_of(frame.module, first.node)
    block = block_of(frame.module, statement) if statement else ()
    if statement is None or statement not in block:
        return
    after = list(block)[list(block).index(statement) + 1 :]
    steps: list[Event] = []
    for following in after:
        for event in found:
            if statement_of(frame.module, event.node) is not following:
                continue
            if event.kind is Kind.STEP and is_optimizer(event.subject):
                steps.append(event)
            elif event.kind is Kind.BACKWARD:
                step = next((step for step in steps if _is_needed(step, first, event)), None)
                if step is not None:
                    yield Problem(
                        event.node,
                        places=(
                            Place(first.node, "the first backward pass is here"),
                            Place(step.node, "the step is here"),
                        ),
                    )
                return


def _is_needed(step: Event, first: Event, second: Event) -> bool:
    """Whether both graphs have a layer that the step changes, and whose weights the second pass needs."""
    models = set(_models(step.subject))
    ours, theirs = set(_graph(first.subject)), set(_graph(second.subject))
    return any(op.layer in models and requires_grad(op.input) is True for op in ours & theirs)


def _models(optimizer: Value | None) -> Iterator[Value]:
    """The layers whose parameters an optimiser was given."""
    frame = frame_of(optimizer)
    for _, model in trained_models(optimizer):
        yield from _layers(model, frame)


def _layers(value: Value | None, frame: Frame | None, depth: int = 3) -> Iterator[Value]:
    """The layers of a model that have parameters."""
    if frame is None or value is None or depth == 0:
        return
    if isinstance(value, Layer):
        if not value.children:
            yield value
        for child in value.children:
            yield from _layers(child, frame, depth - 1)
    elif isinstance(value, Instance):
        for name in value.cls.writers:
            yield from _layers(classes.attribute(frame, value, name), frame, depth - 1)


def _graph(value: Value | None, depth: int = _DEPTH) -> Iterator[Op]:
    """The operations that a value was computed with, up to where the graph is cut."""
    if depth == 0 or value is None:
        return
    if isinstance(value, Element):
        yield from _graph(value.base, depth - 1)
    if not isinstance(value, Op) or value.name in ops.CUTS or not value.grad:
        return
    yield value
    for arg in value.args.values():
        yield from _graph(arg, depth - 1)
