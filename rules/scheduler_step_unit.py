"""A schedule whose length is counted in epochs and that is stepped in each batch, or the other way round.

## What it does
Compares the length that `CosineAnnealingLR` (`T_max`), `OneCycleLR` (`total_steps`, `epochs` and `steps_per_epoch`),
`LinearLR` and `PolynomialLR` (`total_iters`) were made with, and the loop that their `step()` stands in, also in a
function that the epoch loop calls:

- the length is the number of turns of the epoch loop, and the step is taken in a loop over batches within it,
- the length holds `len(..)` of something, such as `epochs * len(loader)`, and the step is taken once in each epoch.

Silent where the step is under a test or is given an epoch, and where the length is something else.

## Why is this bad?
Stepped too often, a cosine is at its end within the first batches and goes up and down with each further epoch's worth
of steps; `OneCycleLR` raises. Stepped too rarely, the learning rate stays in the first part of the schedule, such as
the warm-up, until training ends. Nothing but the curve of the learning rate shows it.

## Example
```python
scheduler = CosineAnnealingLR(optimizer, T_max=epochs)
for epoch in range(epochs):
    for x, y in loader:
        train_step(x, y)
        scheduler.step()
```
Use instead:
```python
scheduler = CosineAnnealingLR(optimizer, T_max=epochs)
for epoch in range(epochs):
    for x, y in loader:
        train_step(x, y)
    scheduler.step()
```

## Fix safety
There is no fix: whether the length or the place of the step is wrong is not in the code.

## When not to use it
Turn it off for a learning rate that is to go up and down within each epoch.

## References
- [torch.optim.lr_scheduler.CosineAnnealingLR](https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html)
- [torch.optim.lr_scheduler.OneCycleLR](https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import (
    ERROR,
    BoundCall,
    Check,
    Constant,
    External,
    Frame,
    Loop,
    Place,
    Problem,
    bound_call,
    frame_of,
    is_conditional,
    is_test,
    last_name,
    loops_around,
    made_by,
    same,
    trees,
)
from torchlint.vocabulary.training import Event, Kind, events, loop_of, settled

# The argument that says how many steps a schedule has.
_LENGTHS = {
    "torch.optim.lr_scheduler.CosineAnnealingLR": "T_max",
    "torch.optim.lr_scheduler.OneCycleLR": "total_steps",
    "torch.optim.lr_scheduler.LinearLR": "total_iters",
    "torch.optim.lr_scheduler.PolynomialLR": "total_iters",
}
_RARELY = "This schedule is as long as all batches, and is stepped once an epoch: it stays at its beginning"


class SchedulerStepUnit(Check):
    code = "TLT734"
    since = "0.2"
    related = ("TLT706",)
    severity = ERROR
    message = "This schedule is as long as the epochs, and is stepped in each batch: it ends in the first epoch"
    help = "Step the scheduler as often as its length says"
    words = (("range",), ("for",), ("step",), tuple(name.rpartition(".")[2] for name in _LENGTHS))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if is_test(frame.module) or not any(map(_counted, frame.loops)):
            return
        for event in events(frame):
            made = made_by(settled(event.subject)) if event.kind is Kind.STEP else None
            if made is None or made.qualname not in _LENGTHS or made.is_open or not _is_plain(event):
                continue
            message = _judge(frame, event, made)
            if message is not None and event.frame.module is frame.module:
                places = (Place(made.node, "its length is given here", frame_of(settled(event.subject))),)
                yield Problem(event.node, message, places=places)


def _is_plain(event: Event) -> bool:
    """Whether a step is taken without an argument."""
    call = bound_call(event.frame, event.node, "torch.optim.lr_scheduler.LRScheduler.step")
    return call is not None and isinstance(event.node, ast.Call) and not event.node.args and not event.node.keywords


def _loops(frame: Frame, event: Event) -> list[tuple[Frame, Loop]] | None:
    """The loops around a step, innermost first, those around the call of its function included; None where a test
    decides whether it is taken."""
    found: list[tuple[Frame, Loop]] = []
    for home, node in ((event.frame, event.node), (frame, event.at)):
        around = loops_around(home.module, node)
        outer = around[-1] if around else home.scope
        if is_conditional(home.module, node, outer):
            return None
        found += [(home, loop) for loop in around]
        if event.at is event.node:
            break
    return found


def _judge(frame: Frame, event: Event, made: BoundCall) -> str | None:
    loops = _loops(frame, event)
    if not loops:
        return None
    position = next((index for index, (_, loop) in enumerate(loops) if _counted(loop) is not None), None)
    if position is None:
        return None
    home, epochs = loops[position]
    if position > 0 and loops[0][1] is not epochs and _walks_data(loops[0][1]):
        return "" if _is_number_of_turns(home, epochs, made) else None
    if position == 0 and _is_of_batches(made) and _has_training(frame, epochs):
        return _RARELY
    return None


def _counted(loop: Loop) -> ast.expr | None:
    """The number of turns of `for epoch in range(n)`."""
    match loop:
        case ast.For(iter=ast.Call(func=ast.Name(id="range" | "trange"), args=[turns] | [_, turns])):
            match turns:
                case ast.BinOp(left=inner, op=ast.Add(), right=ast.Constant(value=1)):
                    return inner
            return turns
        case ast.For(iter=ast.Call(func=bar, args=[ast.Call() as inner, *_])) if last_name(bar) == "tqdm":
            return _counted(ast.For(target=loop.target, iter=inner, body=[], orelse=[]))
    return None


def _walks_data(loop: Loop) -> bool:
    """Whether a loop goes over something that is not counted."""
    return isinstance(loop, ast.For) and _counted(loop) is None


def _length(made: BoundCall) -> ast.expr | None:
    length = made.argument(_LENGTHS[made.qualname])
    if length is None and made.qualname.endswith("OneCycleLR"):
        per_epoch = made.value("steps_per_epoch")
        is_one = isinstance(per_epoch, Constant) and per_epoch.value == 1
        return made.argument("epochs") if is_one else None
    return length


def _is_number_of_turns(home: Frame, loop: Loop, made: BoundCall) -> bool:
    """Whether a schedule is certainly as long as a loop."""
    turns, length = _counted(loop), _length(made)
    if turns is None or length is None:
        return False
    if isinstance(length, ast.Name | ast.Attribute) and ast.unparse(length) == ast.unparse(turns):
        return True
    ours, theirs = home.values.get(turns), made.frame.values.get(length)
    if ours is None or theirs is None or isinstance(ours, Constant | External):
        # Two equal numbers may count different things, unless one name holds both.
        return False
    return same(ours, theirs)


def _is_of_batches(made: BoundCall) -> bool:
    """Whether the length of a schedule is a multiple of `len(..)`, which is called on what is walked in an epoch."""
    length = _length(made)
    per_epoch = made.argument("steps_per_epoch")
    if length is None:
        return isinstance(per_epoch, ast.Call) and last_name(per_epoch.func) == "len"
    match length:
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            return any(isinstance(side, ast.Call) and last_name(side.func) == "len" for side in (left, right))
    return False


def _has_training(frame: Frame, loop: Loop) -> bool:
    """Whether batches are walked and backpropagated within a loop."""
    for event in events(frame):
        if event.kind is Kind.BACKWARD:
            # The batches may be walked here, and backpropagated in a helper.
            inner = loop_of(event.frame.module, event.node) or loop_of(frame.module, event.at)
            is_within = any(outer is loop for outer in loops_around(frame.module, event.at))
            if (
                is_within
                and inner is not None
                and inner is not loop
                and any(isinstance(node, ast.For) for node in trees.walk(inner))
            ):
                return True
    return False
