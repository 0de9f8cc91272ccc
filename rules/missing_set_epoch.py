"""A `DistributedSampler` that delivers the same order in every epoch.

## What it does
Finds loops over epochs that train on a `DataLoader` with a `DistributedSampler` that shuffles, in a file in which
nothing calls `set_epoch` of that sampler. Loader and sampler are followed through helpers, attributes and branches.
Silent where a call in the loop hands them, or the object that holds them, to code that is not known.

## Why is this bad?
The sampler shuffles with a generator that is seeded with `seed + epoch`, and it counts no epochs itself. Without
`set_epoch` all epochs see the samples in one and the same order, and each process the same part of them.

## Example
```python
loader = DataLoader(dataset, batch_size=32, sampler=DistributedSampler(dataset))
for epoch in range(epochs):
    for x, y in loader:
        step(x, y)
```
Use instead:
```python
sampler = DistributedSampler(dataset)
loader = DataLoader(dataset, batch_size=32, sampler=sampler)
for epoch in range(epochs):
    sampler.set_epoch(epoch)
    for x, y in loader:
        step(x, y)
```

## Fix safety
There is no fix.

## When not to use it
Turn it off where the same order in each epoch is wanted, such as to compare two runs, or a trainer calls `set_epoch`.

## References
- [torch.utils.data.distributed.DistributedSampler](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.distributed.DistributedSampler)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import (
    BoundCall,
    Call,
    Check,
    Constant,
    External,
    Field,
    Frame,
    FunctionRef,
    Instance,
    Items,
    Loop,
    Mapped,
    Place,
    Problem,
    Value,
    inventory_of,
    is_test,
    loops_around,
    made_by,
    members,
    trees,
)
from torchlint.vocabulary.datasets import LOADER
from torchlint.vocabulary.nn_modules import is_module
from torchlint.vocabulary.training import Kind, events, in_loop, settled

_SAMPLER = "torch.utils.data.DistributedSampler"
# What gives the elements of its first argument, one after the other.
_PASSES_ON = frozenset(
    {"builtins.enumerate", "builtins.iter", "tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.notebook.tqdm", "tqdm.std.tqdm"}
)
# These set no epoch of what they are given.
_KNOWN = ("torch.", "builtins.", "tqdm.")
_MAX_CALLERS_UP = 2


class MissingSetEpoch(Check):
    code = "TLT712"
    since = "0.1"
    related = ("TLT508",)
    message = "No epoch of this loop calls `set_epoch` of the `DistributedSampler`: all have the same order"
    help = "Call `sampler.set_epoch(epoch)` at the start of each epoch"
    words = (("for",), ("DistributedSampler",), ("backward", "manual_backward"))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        module = frame.module
        if not inventory_of(frame.scope).has(ast.For) or is_test(module):
            return
        # `sampler.epoch = epoch` is what `set_epoch` does.
        if "epoch" in module.foreign_writes:
            return
        for loop in frame.loops:
            if not isinstance(loop, ast.For):
                continue
            found = _shuffled(frame.values.get(loop.iter))
            if found is None or not _trains(frame, loop):
                continue
            loader, sampler = found
            if _is_set(frame, loader, sampler):
                continue
            for epochs, outer in _epochs(frame, loop, _MAX_CALLERS_UP):
                fixed = not any(_is_made_in(outer, value, epochs) for value in found)
                if fixed and not _is_once(outer, epochs) and not _hands_over(outer, epochs, found):
                    yield Problem(epochs, places=_places(outer, loader, sampler))


def _shuffled(value: Value | None) -> tuple[Call, Call] | None:
    """The loader that a loop goes over, and its distributed sampler that shuffles, on some path."""
    for member in members(value) if value is not None else ():
        inner = settled(member)
        if not isinstance(inner, Call):
            continue
        if inner.qualname in _PASSES_ON:
            return _shuffled(inner.args[0]) if inner.args else None
        loader = made_by(inner)
        given = loader.value("sampler") if loader is not None and loader.qualname == LOADER else None
        for held in members(given) if given is not None else ():
            sampler = settled(held)
            if isinstance(sampler, Call) and _shuffles(made_by(sampler)):
                return inner, sampler
    return None


def _is_set(frame: Frame, loader: Call, sampler: Call) -> bool:
    """Whether `set_epoch` is named in the file, except where it is certainly that of another sampler."""
    for node, _, caller in frame.module.references("set_epoch"):
        if not isinstance(node, ast.Attribute) or (caller is not None and frame.evaluator.is_busy(caller)):
            return True
        outer = frame.evaluator.frame(caller) if caller else frame.evaluator.module_frame(frame.module)
        receiver = outer.values.get(node.value)
        if receiver is None or any(_may_be(member, loader, sampler) for member in members(receiver)):
            return True
    return any(isinstance(node, ast.Constant) and node.value == "set_epoch" for node in trees.walk(frame.module.tree))


def _may_be(value: Value, loader: Call, sampler: Call) -> bool:
    inner = settled(value)
    if isinstance(inner, Field) and inner.name in ("sampler", "batch_sampler"):
        base = made_by(settled(inner.base))
        return base is None or base.qualname != LOADER or base.node is loader.node
    made = made_by(inner)
    return made is None or made.qualname != _SAMPLER or made.node is sampler.node


def _shuffles(sampler: BoundCall | None) -> bool:
    """Whether a distributed sampler draws an order from a seed that is the same in every epoch."""
    if sampler is None or sampler.qualname != _SAMPLER or sampler.is_open or sampler.gives("seed"):
        return False
    return sampler.constant("shuffle") is True


def _trains(frame: Frame, loop: ast.For) -> bool:
    return any(event.kind is Kind.BACKWARD and in_loop(frame.module, event.at, loop) for event in events(frame))


def _epochs(frame: Frame, node: ast.AST, up: int) -> Iterator[tuple[Loop, Frame]]:
    """The innermost loops that run a node over and over: around it, or around the calls of its function."""
    around = loops_around(frame.module, node)
    if around or frame.function is None:
        yield from ((loop, frame) for loop in around[:1])
        return
    evaluator = frame.evaluator
    for _, call, caller in frame.module.references(frame.function.name) if up else ():
        if call is None or caller is frame.function or (caller is not None and evaluator.is_busy(caller)):
            continue
        outer = evaluator.frame(caller) if caller else evaluator.module_frame(frame.module)
        callee = outer.callees.get(call)
        for member in members(callee) if callee is not None else ():
            if isinstance(member, FunctionRef) and member.function is frame.function:
                yield from _epochs(outer, call, up - 1)


def _is_made_in(frame: Frame, value: Value, loop: ast.AST) -> bool:
    return value.node is not None and in_loop(frame.module, value.node, loop)


def _is_once(frame: Frame, loop: Loop) -> bool:
    """Whether a loop has no second turn: `range(1)`, or a loop that is left at the end."""
    if isinstance(loop.body[-1], ast.Break | ast.Return):
        return True
    value = frame.values.get(loop.iter) if isinstance(loop, ast.For) else None
    if not isinstance(value, Call) or value.qualname != "builtins.range" or not value.args:
        return False
    count = value.args[-1]
    return isinstance(count, Constant) and count.value in (0, 1)


def _hands_over(frame: Frame, loop: Loop, found: tuple[Call, Call]) -> bool:
    """Whether a call in the loop gives the loader, the sampler or what holds them to code that is not known."""
    for call, callee in frame.callees.items():
        if not in_loop(frame.module, call, loop):
            continue
        for member in members(callee):
            if isinstance(member, FunctionRef):
                if "set_epoch" in member.function.module.source.text:
                    return True
            elif not (isinstance(member, External) and member.qualname.startswith(_KNOWN)) and _gives(
                frame, call, found
            ):
                return True
    return False


def _gives(frame: Frame, call: ast.Call, found: tuple[Call, Call]) -> bool:
    for arg in (*call.args, *(keyword.value for keyword in call.keywords)):
        value = frame.values.get(arg)
        if isinstance(arg, ast.Starred):
            return True
        for part in _held(value) if value is not None else ():
            if any(settled(part) is one for one in found):
                return True
            if isinstance(part, Instance) and not is_module(frame, part):
                return True
    return False


def _held(value: Value) -> Iterator[Value]:
    """A value and what it holds: `len(loader)` does not hold the loader."""
    for member in members(value):
        yield member
        inner = (
            member.items if isinstance(member, Items) else member.items.values() if isinstance(member, Mapped) else ()
        )
        for item in inner:
            yield from _held(item)


def _places(frame: Frame, loader: Call, sampler: Call) -> tuple[Place, ...]:
    """Where loader and sampler are made, as far as that is in this file."""
    made = ((sampler, "the sampler is made here"), (loader, "and given to this loader"))
    return tuple(
        Place(value.node, message)
        for value, message in made
        if value.node is not None and value.frame is not None and value.frame.module is frame.module
    )
