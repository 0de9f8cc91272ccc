"""What shape functions are given, and how they refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from torchlint.torch_facts.dims import ANY, Shape, Size, is_size, unknown


class Refusal(Exception):  # noqa: N818 - torch refuses; nothing went wrong here
    """Torch certainly raises. The text says what it is given and what it takes, as the end of a sentence."""


class Unsure:
    """An argument of which nothing is known."""


class Span:
    """A slice, such as `1:`. What was not written is None."""

    __slots__ = ("start", "step", "stop")

    def __init__(self, start: object, stop: object, step: object) -> None:
        self.start = start
        self.stop = stop
        self.step = step

    @property
    def parts(self) -> tuple[object, object, object]:
        return self.start, self.stop, self.step


class Places(NamedTuple):
    """An index that is a tensor, or a list, of whole numbers."""

    shape: Shape


class Mask(NamedTuple):
    """An index that is a tensor of bools."""

    shape: Shape


UNSURE = Unsure()
_ABSENT = object()


class Given:
    """The arguments of one operation, by the names of its parameters.

    An argument is a `Shape` where a tensor is passed, a size, another literal, a tuple of arguments, or `UNSURE`; an
    index may be a `Span`, `Places` or a `Mask`.
    """

    __slots__ = ("arguments", "name")

    def __init__(self, name: str, arguments: Mapping[str, object]) -> None:
        self.name = name
        self.arguments = arguments

    def has(self, name: str) -> bool:
        """Whether an argument is passed that is not None."""
        return self.arguments.get(name) is not None

    def get(self, name: str, default: object = None) -> object:
        return self.arguments.get(name, default)

    def tensor(self, name: str = "input") -> Shape:
        """The shape of a tensor; any shape where it is not known, that of a number where one is passed."""
        return shape_of(self.arguments.get(name, UNSURE))

    def size(self, name: str, default: Size | None = None) -> Size:
        """A size; one of which nothing is known where the argument is not."""
        value = self.arguments.get(name, default)
        return value if is_size(value) else unknown()

    def number(self, name: str, default: int | None = None) -> int | None:
        """A number; None where it is not known."""
        value = self.arguments.get(name, default)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def flag(self, name: str, default: bool = False) -> bool | None:
        """A bool; None where it is not known."""
        value = self.arguments.get(name, default)
        return value if isinstance(value, bool) else None

    def sizes(self, name: str) -> tuple[Size, ...] | None:
        """A tuple of sizes, or a single one; None where it is not known how many there are."""
        return sizes_of(self.arguments.get(name, UNSURE))

    def each(self, name: str, count: int, default: Size | None) -> tuple[Size, ...]:
        """A size for each of some dims, of which one or all are passed."""
        value = self.arguments.get(name)
        if value is None and default is not None:
            value = default
        if is_size(value):
            return (value,) * count if isinstance(value, int) else tuple(unknown() for _ in range(count))
        if isinstance(value, tuple) and len(value) in (1, count):
            parts = value * count if len(value) == 1 else value
            return tuple(part if is_size(part) else unknown() for part in parts)
        return tuple(unknown() for _ in range(count))


def shape_of(value: object) -> Shape:
    """The shape that an argument has where a tensor is taken."""
    if isinstance(value, Shape):
        return value
    return Shape(()) if isinstance(value, bool | int | float | complex) else ANY


def sizes_of(value: object) -> tuple[Size, ...] | None:
    """An argument as a tuple of sizes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value,)
    if isinstance(value, tuple):
        return tuple(part if is_size(part) else unknown() for part in value)
    return None


def dim_of(dim: object, shape: Shape, more: int = 0) -> int | None:
    """The index from the end, -1 for the last, of a dim; None where it is not known. `more` dims are there besides.

    Raises `Refusal` where the shape has no such dim.
    """
    if not isinstance(dim, int) or isinstance(dim, bool):
        return None
    rank = shape.rank
    if rank is None:
        return dim if -shape.at_least <= dim < 0 and not more else None
    rank += more
    # A dim of a number may be 0 or -1.
    limit = max(rank, 1)
    if not -limit <= dim < limit:
        raise Refusal(f"it has no dim {dim}: its shape is {shape}")
    return dim - rank if dim >= 0 else dim
