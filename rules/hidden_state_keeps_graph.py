"""A recurrent state that goes from one training step into the next with its graph.

## What it does
Finds loops that call `backward()` in each turn, and give a recurrent layer or model the very state that it returned in
the turn before, without `detach()` in between. The state must be certain to have a graph: what makes it is a layer
with parameters, here or in a model of the project.

Silent where the state is detached anywhere in the loop, starts anew in each turn, or comes from a call that is not
known.

## Why is this bad?
The graph of the state leads back into the turn before, whose graph `backward()` has freed: the second turn raises
`Trying to backward through the graph a second time`. With `retain_graph=True` it runs, back through all turns since
the start, and takes more time and memory with each of them.

## Example
```python
for x, y in loader:
    out, hidden = model(x, hidden)
    loss = criterion(out, y)
    loss.backward()
```
Use instead:
```python
for x, y in loader:
    hidden = hidden.detach()
    out, hidden = model(x, hidden)
    loss = criterion(out, y)
    loss.backward()
```

## Fix safety
The fix is only shown. It ends the gradient at the start of each turn, which is truncated backpropagation through time;
to train through all turns, add their losses up and call `backward()` once, after the loop.

## When not to use it
It is off by default: truncated backpropagation over a few steps keeps the graph on purpose.

## References
- [torch.Tensor.detach](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.detach.html)
- [torch.autograd.backward](https://docs.pytorch.org/docs/stable/generated/torch.autograd.backward.html)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    Changes,
    Check,
    Choice,
    Element,
    Frame,
    Items,
    Loop,
    LoopCarried,
    Mutated,
    Op,
    Place,
    Problem,
    Value,
    facts,
    is_within,
    ops,
    trees,
    walk,
)
from torchlint.vocabulary.autograd import requires_grad
from torchlint.vocabulary.grad_mode import is_without_grad
from torchlint.vocabulary.training import Event, Kind, events, loop_of, may_train_in_loop

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

    Fix = Callable[[Editor], None]

_MAX_STEPS = 60
_CUTTING = ops.that(elements="same", grad=False)


class HiddenStateKeepsGraph(Check):
    code = "TLT719"
    since = "0.1"
    related = ("TLT703", "TLT729")
    default = False
    message = "The state goes into the next turn with its graph, which `backward` has freed: the next one raises"
    title = "Detach the state"
    help = "Detach the state at the start of each turn: `state = state.detach()`"
    words = (("for", "while"), ("backward", "manual_backward"))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if not may_train_in_loop(frame):
            return
        for event in events(frame, 0):
            loop = loop_of(frame.module, event.at) if event.kind is Kind.BACKWARD and event.frame is frame else None
            if loop is not None and not is_without_grad(frame, event.at):
                yield from _carried_states(frame, loop, event)


def _carried_states(frame: Frame, loop: Loop, event: Event) -> Iterator[Problem]:
    used: set[Value] | None = None
    for name, values in frame.bindings.items():
        carried = next((value for value in values if isinstance(value, LoopCarried) and value.node is loop), None)
        if carried is None or "." in name:
            continue
        last = _last_in(loop, values, carried, frame)
        ops: list[Op] = []
        if last is None or not _carries(last, carried, ops) or not any(requires_grad(op) is True for op in ops):
            continue
        if used is None:
            used = set(_made_of(event.subject))
        read = _first_read(loop, name)
        if read is None or used.isdisjoint(ops) or _is_cut(loop, name):
            continue
        place = Place(event.node, "`backward` frees the graph here")
        claim = Changes("the gradient ends at the start of the turn")
        fix = _fix(frame, loop, name, read, carried)
        yield Problem(read, fix=fix, claim=claim, display=True, places=(place,))


def _last_in(loop: Loop, values: list[Value], carried: LoopCarried, frame: Frame) -> Value | None:
    """What a turn leaves in a name."""
    later = values[values.index(carried) + 1 :]
    inside = [value for value in later if not isinstance(value, LoopCarried) and _is_made_in(value, loop, frame)]
    return inside[-1] if inside else None


def _is_made_in(value: Value, loop: Loop, frame: Frame) -> bool:
    statement = frame.definitions.get(value)
    return statement is not None and is_within(frame.module, statement, loop)


def _first_read(loop: Loop, name: str) -> ast.Name | None:
    """Where a turn takes what the one before has left."""
    for statement in loop.body:
        for node in trees.walk(statement):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                return node
    return None


def _carries(value: Value, carried: Value, ops: list[Op], steps: int = _MAX_STEPS) -> bool:
    """Whether the graph of a value certainly leads to the carried one; `ops` are the operations on the way."""
    if value is carried or steps == 0:
        return value is carried
    match value:
        case LoopCarried(initial=Value() as initial):
            return _carries(initial, carried, ops, steps - 1)
        case Element():
            return _carries(value.base, carried, ops, steps - 1)
        case Items():
            return any(_carries(item, carried, ops, steps - 1) for item in value.items)
        case Choice():
            return all(_carries(member, carried, ops, steps - 1) for member in value.members)
        case Op() if value.grad and requires_grad(value) is not False:
            ops.append(value)
            return any(_carries(arg, carried, ops, steps - 1) for arg in value.args.values())
    return False


def _made_of(value: Value | None) -> Iterator[Value]:
    """All that a loss is made of, through loops that add it up."""
    left = [value]
    seen: set[Value] = set()
    while left:
        for part in walk(value) if (value := left.pop()) is not None else ():
            if part in seen:
                continue
            seen.add(part)
            yield part
            if isinstance(part, LoopCarried):
                left.append(part.initial)
            elif isinstance(part, Mutated):
                left.append(part.base)


def _is_cut(loop: Loop, name: str) -> bool:
    """Whether the loop takes the graph off the name anywhere: in place, for some turns, or under another name."""
    cuts = [node.value for node in trees.walk(loop) if isinstance(node, ast.Attribute) and node.attr in _CUTTING]
    return any(isinstance(part, ast.Name) and part.id == name for cut in cuts for part in trees.walk(cut))


def _fix(frame: Frame, loop: Loop, name: str, read: ast.expr, carried: LoopCarried) -> Fix | None:
    statement = next((inner for inner in loop.body if is_within(frame.module, read, inner)), None)
    initial = carried.initial
    if statement is None or initial is None:
        return None
    if isinstance(initial, Items):
        line = f"{name} = tuple(part.detach() for part in {name})"
    elif facts.is_tensor(initial):
        line = f"{name} = {name}.detach()"
    else:
        return None

    def fix(editor: Editor) -> None:
        editor.insert_before(statement, [line])

    return fix
