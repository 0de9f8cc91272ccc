"""A number that is read from the device in each training step: the CPU waits, and the device runs dry.

## What it does
Finds `.item()`, `.tolist()`, `.cpu()`, `.numpy()`, `float(..)` and `int(..)` of the loss, or of what is computed from
what the loss is given, in each turn of a loop over batches that calls `backward()` and moves its data or model to a
device.

Silent where it is done in some turns only, as for a log line every hundred steps, where the number decides what is done
next, in loops over epochs, and outside of training.

## Why is this bad?
A device works through a queue that the CPU fills ahead of time. To read a number the CPU waits until the queue is
empty, and the device then waits until there is something in it again. That time is lost in every step, for numbers
that are looked at once per epoch.

## Example
```python
loss.backward()
optimizer.step()
total += loss.item()
```
Use instead:
```python
loss.backward()
optimizer.step()
total += loss.detach()
```

## Fix safety
There is none: what is read, and how often, is for you to say. Where the sums stay on the device, one `.item()` after
the loop reads them.

## When not to use it
It is off by default: on a CPU nobody waits, and a number that decides something has to be read.

## References
- [Performance Tuning Guide: avoid unnecessary CPU-GPU synchronization](https://docs.pytorch.org/tutorials/recipes/recipes/tuning_guide.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import (
    INFO,
    UNKNOWN,
    Call,
    Check,
    Choice,
    ClassRef,
    Constant,
    Element,
    External,
    Frame,
    FunctionRef,
    Instance,
    Item,
    Layer,
    LoopCarried,
    Method,
    Mutated,
    Op,
    Place,
    Problem,
    Value,
    bound_call,
    facts,
    is_conditional,
    ops,
    statement_of,
    trees,
    walk,
)
from torchlint.vocabulary.training import (
    BACKWARD,
    Event,
    Kind,
    events,
    loop_of,
    may_train_in_loop,
    scaled_by,
)

# What reads a tensor to the CPU: all of it, or its one element.
_READING = ops.methods(*ops.that(gives=("number", "list", "other"), syncs=True), *(ops.MOVES & ops.that(syncs=True)))
_NUMBERS = frozenset({"builtins.float", "builtins.int"})
# The size of a tensor is known without asking the device.
_OFF_DEVICE = _READING | ops.QUESTIONS
_NO_LOSSES = Constant | External | Instance | Layer | FunctionRef | ClassRef
_MOVES = ops.methods(*(ops.MOVES - _READING))
_MAX_STEPS = 40


class ItemInLoop(Check):
    code = "TLT408"
    since = "0.1"
    related = ("TLT703", "TLT731")
    severity = INFO
    default = False
    message = "This waits for the device in every step; keep the value there, and read it once after the loop"
    help = "Keep the value on the device, such as a sum of `loss.detach()`, and read it once after the loop"
    words = (
        ("for",),
        ("backward", "manual_backward"),
        (*sorted(_READING), "float", "int"),
        ("cuda", "to", "xpu", "accelerator"),
    )

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if not may_train_in_loop(frame):
            return
        backward = [event for event in events(frame, 0) if event.kind is Kind.BACKWARD and event.frame is frame]
        seen: set[ast.stmt | None] = set()
        for event in backward:
            loop = loop_of(frame.module, event.at)
            if not isinstance(loop, ast.For) or not _is_on_device(frame, event):
                continue
            roots = _roots(event, frame)
            made = list(_made_of(roots))
            if any(_is_batch(value, loop, frame) for value in made):
                yield from _reads(frame, loop, event, _sources(made, roots), seen)


def _reads(
    frame: Frame, loop: ast.For, event: Event, sources: set[Value], seen: set[ast.stmt | None]
) -> Iterator[Problem]:
    """The statements, not `seen` before, in which a turn reads a number that is computed from these values."""
    for call, callee in frame.callees.items():
        read = _read(call, callee)
        value = frame.values.get(read) if read is not None else None
        if value is None or loop_of(frame.module, call) is not loop or is_conditional(frame.module, call, loop):
            continue
        if not _comes_from(value, sources) or _decides(frame, loop, call):
            continue
        statement = statement_of(frame.module, call)
        if statement not in seen:
            # A line that prints five losses waits once.
            seen.add(statement)
            yield Problem(call, places=(Place(event.node, "in the loop that trains"),))


def _read(call: ast.Call, callee: Value) -> ast.expr | None:
    """What a call reads to the CPU."""
    if isinstance(call.func, ast.Attribute):
        return call.func.value if call.func.attr in _READING and not call.args else None
    if isinstance(callee, External) and callee.qualname in _NUMBERS and len(call.args) == 1:
        return call.args[0]
    return None


def _roots(event: Event, frame: Frame) -> list[Value]:
    """The losses that a backward pass starts from: one, or those of a sum, scaled or not."""
    found: list[Value] = []
    nodes: list[ast.expr] = []
    backward = bound_call(frame, event.node, BACKWARD)
    if backward is not None and isinstance(backward.node.func, ast.Attribute):
        given = backward.argument("gradient")
        nodes += [backward.node.func.value, *([given] if given else [])]
    while nodes:
        node = nodes.pop()
        value = frame.values.get(node)
        if isinstance(node, ast.BinOp):
            nodes += [node.left, node.right]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "scale":
            scaled = scaled_by(frame, node)
            nodes += [scaled] if scaled else []
        elif value is not None and not isinstance(value, _NO_LOSSES):
            found.append(value)
    return found


def _made_of(roots: list[Value]) -> Iterator[Value]:
    """All that values are made of, calls that are not known included."""
    left, seen = [*roots], set[Value]()
    while left:
        for part in walk(left.pop()):
            if part in seen:
                continue
            seen.add(part)
            yield part
            if isinstance(part, Call) and isinstance(part.callee, Method):
                left.append(part.callee.receiver)
            elif isinstance(part, LoopCarried) and part.initial is not None:
                left.append(part.initial)
            elif isinstance(part, Mutated):
                left.append(part.base)


def _is_batch(value: Value, loop: ast.For, frame: Frame) -> bool:
    """Whether a value is what a loop takes in each turn, from something that is not a range of numbers."""
    if not isinstance(value, Item) or not any(node is value.node for node in trees.walk(loop.target)):
        return False
    source = frame.values.get(loop.iter)
    parts = walk(source) if source is not None else iter(())
    return not any(isinstance(part, Call) and part.qualname == "builtins.range" for part in parts)


def _is_on_device(frame: Frame, event: Event) -> bool:
    """Whether a function moves something to a device, or leaves it to an engine that takes the loss."""
    if isinstance(event.node, ast.Call) and isinstance(event.node.func, ast.Attribute):
        engine = ast.unparse(event.node.func.value)
        if engine.endswith("accelerator") and event.node.args:
            return True
    return any(_moves(call, frame) for call in frame.callees)


def _moves(call: ast.Call, frame: Frame) -> bool:
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _MOVES:
        return False
    if call.func.attr != "to":
        return True
    given = frame.values.get(call.args[0]) if call.args else None
    keyword = any(keyword.arg == "device" for keyword in call.keywords)
    return keyword or not (given is None or isinstance(given, External) or facts.is_tensor(given) or _is_cpu(given))


def _is_cpu(value: Value) -> bool:
    named = value.args.get("type", value) if isinstance(value, Op) and value.name == "device" else value
    return isinstance(named, Constant) and str(named.value).startswith("cpu")


def _sources(made: list[Value], roots: list[Value]) -> set[Value]:
    """The values that are certainly tensors on the device of the model: the loss, and what losses are given."""
    found = set(roots)
    for value in made:
        if isinstance(value, Op) and value.name in ops.LOSSES:
            given = (value.args[name] for name in ("input", "target") if name in value.args)
            found.update(member for one in given for member in (one, *(one.members if isinstance(one, Choice) else ())))
    return found


def _comes_from(value: Value, sources: set[Value], steps: int = _MAX_STEPS) -> bool:
    """Whether a value is certainly computed from one of these on the device."""
    if value in sources or steps == 0:
        return value in sources
    match value:
        case Element() | Mutated():
            return _comes_from(value.base, sources, steps - 1)
        case Choice():
            return all(_comes_from(member, sources, steps - 1) for member in value.members)
        case Op() if value.name not in _OFF_DEVICE and not _is_cpu(value.args.get("device", UNKNOWN)):
            return any(_comes_from(arg, sources, steps - 1) for arg in value.args.values())
    return False


def _decides(frame: Frame, loop: ast.For, call: ast.Call) -> bool:
    """Whether what is done next depends on the number that is read."""
    statement = statement_of(frame.module, call)
    if not isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr):
        return True
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", statement)]
    names = {ast.unparse(target) for target in targets if isinstance(target, ast.Name | ast.Attribute)}
    tests = (node.test for node in trees.walk(loop) if isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert))
    parts = (part for test in tests for part in trees.walk(test) if isinstance(part, ast.Name | ast.Attribute))
    return any(ast.unparse(part) in names for part in parts)
