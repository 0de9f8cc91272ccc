"""Which element of which tensor a value is: `x[i][int(t[i])]`, `x[i, 0]`, the rows of `zip(x, t)`."""

from __future__ import annotations

import ast
from typing import NamedTuple

from torchlint.rule import Call, Constant, Element, Frame, Item, Items, Op, Value, same, trees
from torchlint.vocabulary.shown_tensors import fills


class Turn(NamedTuple):
    """The place of a loop: the same for everything that the loop takes in one turn."""

    loop: ast.For


class Full:
    """`:`."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Full)

    def __hash__(self) -> int:
        return hash(Full)


class Access:
    """An element or a slice of `root`. Each index is a turn, a number, `:`, another access, or something unknown."""

    def __init__(self, root: Value, indices: tuple[object, ...]) -> None:
        self.root = root
        self.indices = indices

    def turns(self) -> tuple[ast.For, ...]:
        return tuple(index.loop for index in self.indices if isinstance(index, Turn))

    def alike(self, other: Access) -> bool:
        """Whether the other is certainly the same element or slice."""
        return (
            (self.root is other.root or same(self.root, other.root))
            and len(self.indices) == len(other.indices)
            and all(a is b or (a == b and a is not None) for a, b in zip(self.indices, other.indices, strict=True))
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Access) and self.alike(other)

    def __hash__(self) -> int:
        return hash(len(self.indices))


def access(value: Value, frame: Frame) -> Access | None:
    """What a value is taken from, and where; None where it is not an element of anything."""
    indices: list[object] = []
    while True:
        if isinstance(value, Op) and value.name == "getitem":
            index = value.args["index"]
            parts = index.items if isinstance(index, Items) else (index,)
            indices[:0] = [_index(part, frame) for part in parts]
            value = value.input
        elif isinstance(value, Item) and (loop := _loop_of(value, frame)) is not None and not _is_range(value):
            indices.insert(0, Turn(loop))
            value = value.iterable
        else:
            break
    return Access(value, tuple(indices)) if indices else None


def number(value: Value) -> Value:
    """`t` for `int(t)`, `t.item()` and `t.long()`."""
    if isinstance(value, Call) and value.qualname == "builtins.int" and len(value.args) == 1:
        return number(value.args[0])
    if isinstance(value, Op) and value.name in ("item", "long", "int"):
        return number(value.input)
    return value


def _index(value: Value, frame: Frame) -> object:
    if isinstance(value, Constant):
        return value.value if type(value.value) is int else value
    if isinstance(value, Op) and value.name == "slice" and not value.args:
        return Full()
    counted = value.base if isinstance(value, Element) and value.key == 0 else value
    if isinstance(counted, Item) and (_is_range(counted) or counted is not value):
        loop = _loop_of(counted, frame)
        return Turn(loop) if loop is not None else value
    return access(number(value), frame) or value


def _is_range(value: Item) -> bool:
    return isinstance(value.iterable, Call) and value.iterable.qualname == "builtins.range"


def _loop_of(value: Item, frame: Frame) -> ast.For | None:
    for loop in frame.loops:
        if isinstance(loop, ast.For) and any(node is value.node for node in trees.walk(loop.target)):
            return loop
    return None


def covers(loop: ast.For, element: Access, frame: Frame) -> bool:
    """Whether a loop takes all that there is along its dim of a tensor, from which an element is taken in each turn."""
    source = frame.values.get(loop.iter)
    place = next((at for at, index in enumerate(element.indices) if index == Turn(loop)), None)
    if place is None or loop.orelse:
        return False
    if not isinstance(source, Call) or source.qualname != "builtins.range":
        return True
    turns = source.args[0] if len(source.args) == 1 else None
    if isinstance(turns, Call) and turns.qualname == "builtins.len" and len(turns.args) == 1:
        turns = Op("size", {"input": turns.args[0], "dim": Constant(0)}, {}, "Tensor")
    if fills(element.root, place, turns):
        return True
    dim = turns.constant("dim") if isinstance(turns, Op) and turns.name == "size" else None
    of = access(turns.input, frame) if isinstance(turns, Op) else None
    # `range(len(row))`, where the row was taken from the tensor.
    return isinstance(dim, int) and of is not None and of.root is element.root and len(of.indices) + dim == place
