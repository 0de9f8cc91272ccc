"""Values compared and joined: whether two are the same, what they have in common where paths meet.

Two values are the same if they are one object or are built alike from the same values by operations without effects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from torchlint.torch_facts import ops
from torchlint.values.value import (
    UNKNOWN,
    Call,
    Choice,
    ClassRef,
    Constant,
    Element,
    External,
    Field,
    FunctionRef,
    Items,
    Layer,
    Mapped,
    Op,
    Unknown,
    Value,
)

_MAX_MEMBERS, _MAX_COMPARISONS = 8, 400
# What does not give the same result each time, or changes something. A layer that counts, such as a batch norm, writes
# only what is its own.
_CHANGING = ops.RANDOM | (ops.IN_PLACE - ops.that(kind="layer"))


def same(a: Value, b: Value) -> bool:
    """Whether two values are certainly the same. Where that takes too long to tell, they are not."""
    return _same(a, b, [_MAX_COMPARISONS]) if a.__class__ in _ALIKE else a is b and a is not UNKNOWN


def _same(a: Value, b: Value, left: list[int]) -> bool:
    if a is b:
        return a is not UNKNOWN
    left[0] -= 1
    if a.__class__ is not b.__class__ or left[0] <= 0:
        return False
    alike = _ALIKE.get(a.__class__)
    return alike is not None and alike(a, b, left)


def _same_layers(a: Layer, b: Layer, left: list[int]) -> bool:
    known = a.name == b.name and a.complete and b.complete and _same_args(a.args, b.args, left)
    return known and _all_same(a.children, b.children, left)


# How two values of a class are built alike. Values of other classes are the same only as themselves.
_ALIKE: dict[type[Value], Callable[[Any, Any, list[int]], bool]] = {
    Constant: lambda a, b, left: type(a.value) is type(b.value) and a.value == b.value,
    Op: lambda a, b, left: a.name == b.name and a.name not in _CHANGING and _same_args(a.args, b.args, left),
    Element: lambda a, b, left: a.key == b.key and _same(a.base, b.base, left),
    Field: lambda a, b, left: a.name == b.name and _same(a.base, b.base, left),
    Items: lambda a, b, left: a.kind == b.kind and _all_same(a.items, b.items, left),
    External: lambda a, b, left: a.qualname == b.qualname,
    ClassRef: lambda a, b, left: a.cls is b.cls,
    FunctionRef: lambda a, b, left: a.function is b.function and a.bound is b.bound,
    Layer: _same_layers,
}


def _same_args(a: Mapping[str, Value], b: Mapping[str, Value], left: list[int]) -> bool:
    return a.keys() == b.keys() and _all_same([*a.values()], [b[key] for key in a], left)


def _all_same(a: Sequence[Value], b: Sequence[Value], left: list[int]) -> bool:
    return len(a) == len(b) and all(_same(x, y, left) for x, y in zip(a, b, strict=True))


def join(*values: Value) -> Value:
    """The value where paths meet: the one value if all agree, else a choice."""
    found: list[Value] = []
    for member in [member for value in values for member in members(value)]:
        for known in found:
            if member is known or (member.__class__ is known.__class__ and same(member, known)):
                break
        else:
            if len(found) == _MAX_MEMBERS:
                return Unknown()
            found.append(member)
    return found[0] if len(found) == 1 else Choice(found)


def members(value: Value) -> tuple[Value, ...]:
    """All values that this one may be: those of a choice, else itself."""
    return value.members if isinstance(value, Choice) else (value,)


def agree(value: Value, holds: Callable[[Value], bool]) -> bool:
    """Whether something holds of all `members`, all values that this one may be."""
    return all(holds(member) for member in members(value))


def walk(value: Value) -> Iterator[Value]:
    """A value and the values that it is made of (its `children`), each once."""
    seen: set[Value] = set()
    stack = [value]
    while stack:
        current = stack.pop()
        if current not in seen:
            seen.add(current)
            yield current
            stack.extend(reversed(children(current)))


def children(value: Value) -> tuple[Value, ...]:
    """The values that a value is directly made of."""
    match value:
        case Op():
            return tuple(value.args.values())
        case Element() | Field():
            return (value.base,)
        case Items():
            return value.items
        case Mapped():
            return (*value.items.values(),)
        case Choice():
            return value.members
        case Call():
            return (*value.args, *value.keywords.values())
    return ()


def same_dim(a: Value | None, b: Value | None, rank: int | None) -> bool:
    """Whether two dims are certainly the same; a negative and a positive one are where the rank is known."""
    if a is None or b is None:
        return False
    if same(a, b):
        return True
    if not (isinstance(a, Constant) and isinstance(b, Constant) and rank):
        return False
    if not (isinstance(a.value, int) and isinstance(b.value, int)):
        return False
    return a.value % rank == b.value % rank
