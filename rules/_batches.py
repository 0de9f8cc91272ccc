"""Where a batch comes from, and whether it may be of one sample."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from torchlint.rule import (
    Call,
    Constant,
    Element,
    External,
    Field,
    Frame,
    Item,
    Items,
    LoopCarried,
    Method,
    Module,
    Mutated,
    Op,
    Parameter,
    Value,
    children,
    made_by,
    members,
    once_per_file,
    ops,
    trees,
)
from torchlint.vocabulary.datasets import LOADER

# `torch.utils.data.DataLoader`, and those of graphs and of accelerators.
_LOADER = re.compile(r"(?:^|\.)\w*DataLoader$")
# These give what they are given, perhaps with a counter or a bar.
_PASSING = re.compile(r"^builtins\.(?:enumerate|zip|iter)$|(?:^|\.)tqdm$|(?:^|\.)track$")
# A memory is asked for as many samples as it is told.
_DRAWS = re.compile(r"sample|batch|draw|choice", re.IGNORECASE)
_NUMBERS = frozenset({"int", "float", "bool", "str"})


def may_be_of_one(frame: Frame, value: Value) -> bool:
    """Whether a value is made of a batch from outside whose last one may be of one sample: of what a loop takes from a
    loader, or of an argument."""
    answers = [_may_be_one(origin) for origin in _origins(value)]
    if False in answers or not answers:
        return False
    return True in answers or not _drops_last(frame.module)


def _may_be_one(origin: Item | Parameter) -> bool | None:
    """Whether a batch may be of one sample; None where the loader is not known."""
    if isinstance(origin, Parameter):
        return None
    answers = [_ends_with_one(member) for member in members(_unwrapped(origin.iterable))]
    return False if False in answers else None if None in answers else True


def _ends_with_one(iterable: Value) -> bool | None:
    match iterable:
        case Call() if _LOADER.search(iterable.qualname):
            # Loaders of others derive from torch's.
            loader = made_by(iterable, LOADER)
            if loader is None or loader.is_open:
                return None
            return loader.constant("batch_size") not in (1, None) and loader.constant("drop_last") is False
        case Call(callee=External()) | Items() | Constant():
            return False
    return None


def _unwrapped(iterable: Value) -> Value:
    """The iterable itself, without counters and progress bars around it."""
    while isinstance(iterable, Call) and _PASSING.search(iterable.qualname) and iterable.args:
        iterable = iterable.args[0]
    return iterable


def _origins(value: Value) -> Iterator[Item | Parameter]:
    """What a value is computed from: loop items, and parameters that are given as they are (`data.x` is not)."""
    seen: set[Value] = set()
    stack = [value]
    while stack:
        part = stack.pop()
        if part in seen:
            continue
        seen.add(part)
        match part:
            case Item() if not _is_counter(part):
                yield part
            case Parameter() if not _is_number(part):
                yield part
            case Field():
                stack.extend(_of_item(part.base))
            case Op():
                stack.extend(_made_of(part))
            case Call() if not (isinstance(part.callee, Method) and _DRAWS.search(part.callee.name)):
                stack.extend((*part.args, *part.keywords.values()))
            case Element() | Mutated():
                stack.append(part.base)
            case LoopCarried() if part.initial is not None:
                stack.append(part.initial)
            case _:
                stack.extend(children(part))


def _made_of(op: Op) -> tuple[Value, ...]:
    if op.name in ops.FACTORIES:
        return ()
    return (op.input,) if op.name == "getitem" else tuple(op.args.values())


def _of_item(base: Value) -> Iterator[Value]:
    """The loop item that `batch.x` is a part of; what belongs to an object that was passed is not a batch by itself."""
    while isinstance(base, Field | Element):
        base = base.base
    if isinstance(base, Item):
        yield base


def _is_counter(item: Item) -> bool:
    return isinstance(item.iterable, Call) and item.iterable.qualname == "builtins.range"


def _is_number(parameter: Parameter) -> bool:
    return isinstance(parameter.annotation, ast.Name) and parameter.annotation.id in _NUMBERS


@once_per_file
def _drops_last(module: Module) -> bool:
    """Whether a loader of the file drops what is left of an epoch, or may be told to."""
    for node in trees.walk(module.tree):
        pairs: list[tuple[object, ast.expr]] = []
        if isinstance(node, ast.keyword):
            pairs = [(node.arg, node.value)]
        elif isinstance(node, ast.Dict):
            pairs = [(getattr(key, "value", None), value) for key, value in zip(node.keys, node.values, strict=True)]
        for name, value in pairs:
            if name == "drop_last" and not (isinstance(value, ast.Constant) and not value.value):
                return True
    return False


def is_of_several(value: Value) -> bool:
    """Whether several tensors were put together along the first dim on the way to a value."""
    return any(_joins_several(part) for part in _ways(value))


def is_of_sample(value: Value) -> bool:
    """Whether a single sample was given a batch dim on the way to a value: `x.unsqueeze(0)`, `x[None]`."""
    return any(_is_lifted(part) for part in _ways(value))


def _ways(value: Value) -> Iterator[Op]:
    """The operations that a value is the result of."""
    seen: set[Value] = set()
    stack = [value]
    while stack:
        part = stack.pop()
        if part in seen:
            continue
        seen.add(part)
        match part:
            case Op():
                yield part
                stack.extend(part.args.values())
            case Mutated():
                stack.append(part.base)
            case _:
                stack.extend(children(part))


def _joins_several(op: Op) -> bool:
    if op.name not in ops.JOINS and op.name != "vstack":
        return False
    tensors, dim = op.args.get("tensors"), op.constant("dim", 0)
    along_another = type(dim) is int and dim != 0
    return not along_another and not (isinstance(tensors, Items) and len(tensors.items) < 2)


def _is_lifted(op: Op) -> bool:
    if op.name == "unsqueeze":
        return op.constant("dim") == 0
    index = op.args.get("index") if op.name == "getitem" else None
    first = index.items[0] if isinstance(index, Items) and index.items else index
    return isinstance(first, Constant) and first.value is None
