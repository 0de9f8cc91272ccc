"""A graph that is built before a loop and backpropagated through in every turn: the second turn raises.

## What it does
Finds `loss.backward()` in a loop whose loss is computed from a value that was made before the loop by layers with
parameters. Only where the value certainly requires grad, the backward pass is run in every turn, and everything between
the two is known: operations of torch, and models whose parameters an optimiser of the function was given.

Silent with `retain_graph`, where the value is detached or made without gradients, and where the loop has one turn.

## Why is this bad?
The first backward pass frees what the layers kept for it. The second one comes to the same layers again and raises
`Trying to backward through the graph a second time`. With `retain_graph=True` it would run, and use a value that was
computed with the weights from before the first step.

## Example
```python
features = encoder(x)
for _ in range(steps):
    optimizer.zero_grad()
    F.mse_loss(head(features), y).backward()
    optimizer.step()
```
Use instead:
```python
for _ in range(steps):
    optimizer.zero_grad()
    features = encoder(x)
    F.mse_loss(head(features), y).backward()
    optimizer.step()
```

## Fix safety
There is no fix: the value is computed in each turn where its layers are trained, and detached, or made under
`torch.no_grad()`, where they are not.

## When not to use it
Turn it off for loops that are left after their first backward pass in a way that the code does not show.

## References
- [torch.Tensor.backward](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.backward.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import (
    ERROR,
    Call,
    Check,
    Constant,
    Element,
    Frame,
    Loop,
    Method,
    Op,
    Place,
    Problem,
    Value,
    frame_of,
    is_test,
    members,
    ops,
    trees,
)
from torchlint.vocabulary.autograd import requires_grad
from torchlint.vocabulary.nn_modules import has_parameters
from torchlint.vocabulary.training import Kind, events, in_loop, loop_of, settled, trained_models
from torchlint.vocabulary.turns import is_in_every_turn, position

_DEPTH = 40


class GraphFromOutsideTheLoop(Check):
    code = "TLT729"
    since = "0.2"
    related = ("TLT714", "TLT719")
    severity = ERROR
    message = "The loss goes through a graph from before the loop: the second `backward` raises a RuntimeError"
    help = "Compute the value in each turn, or detach it if its layers are not trained here"
    words = (("backward",),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if not frame.loops or is_test(frame.module):
            return
        found = events(frame, 0)
        models = {text for event in found for text, _ in trained_models(event.subject, frame)}
        for event in found:
            loop = loop_of(frame.module, event.at) if event.kind is Kind.BACKWARD else None
            if loop is None or not is_in_every_turn(frame, event, loop) or _runs_once(frame, loop):
                continue
            if _is_kept(event.node) or event.subject is None:
                continue
            made = next(iter(_made_before(frame, event.subject, loop, models)), None)
            if made is not None:
                yield Problem(event.node, places=(Place(made, "this part of the graph is built once"),))


def _is_kept(call: ast.AST) -> bool:
    """Whether a call may keep the graph for a further pass."""
    keywords = call.keywords if isinstance(call, ast.Call) else []
    return any(key.arg in ("retain_graph", "create_graph", None) for key in keywords)


def _runs_once(frame: Frame, loop: Loop) -> bool:
    """Whether a loop may be left in its first turn, or has one only."""
    if any(isinstance(node, ast.Break | ast.Return | ast.Raise) for node in trees.walk(loop)):
        return True
    turns = frame.values.get(loop.iter) if isinstance(loop, ast.For) else None
    if isinstance(turns, Call) and turns.qualname == "builtins.range":
        return any(isinstance(arg, Constant) and arg.value in (0, 1) for arg in turns.args[-1:])
    return False


def _made_before(frame: Frame, value: Value, loop: Loop, models: set[str], depth: int = _DEPTH) -> Iterator[ast.stmt]:
    """The statements before a loop that make parts of a value's graph, all of whose way to the value is known."""
    if depth == 0:
        return
    made = frame.definitions.get(value)
    if made is not None and not in_loop(frame.module, made, loop):
        if position(made) < position(loop) and requires_grad(value) is True and _keeps_buffers(value):
            yield made
        return
    for part in _inputs(frame, value, models):
        yield from _made_before(frame, part, loop, models, depth - 1)


def _inputs(frame: Frame, value: Value, models: set[str]) -> Iterator[Value]:
    """What a value's gradient goes on to."""
    match value:
        case Element():
            yield value.base
        case Op() if value.grad and value.name not in ops.CUTS and ops.of(value.name) is not None:
            yield from value.args.values()
        case Call(callee=Method(name="scale")) if len(value.args) == 1:
            yield value.args[0]
        case Call() if value.frame is frame and _is_model(value, models):
            yield from value.args


def _is_model(call: Call, models: set[str]) -> bool:
    """Whether what is called is a model that an optimiser of the function trains."""
    return isinstance(call.node, ast.Call) and ast.unparse(call.node.func) in models


def _keeps_buffers(value: Value, depth: int = _DEPTH) -> bool:
    """Whether the graph of a value certainly holds a layer with weights, whose buffers a backward pass frees."""
    if depth == 0 or not all(isinstance(member, Op | Element) for member in members(value)):
        return False
    if isinstance(value, Element):
        return _keeps_buffers(value.base, depth - 1)
    if not isinstance(value, Op) or not value.grad or value.name in ops.CUTS:
        return False
    layer = settled(value.layer)
    made_in = frame_of(layer)
    if layer is not None and made_in is not None and value.name in _WEIGHTED and has_parameters(made_in, layer):
        return True
    return any(_keeps_buffers(arg, depth - 1) for arg in value.args.values())


# Layers that multiply by their weights.
_WEIGHTED = ops.that(affine=True) | ops.that(weights=True)
