"""The number of dims of a tensor and their sizes, as far as they are the same on all paths."""

from __future__ import annotations

from torchlint.torch_facts.dims import ANY, Polynomial, Shape, Size, symbol, unknown
from torchlint.values.facts import known_shapes
from torchlint.values.facts.shape_answers import is_anything, joined
from torchlint.values.value import Value

__all__ = ["Size", "is_anything", "is_of_loader", "last_size", "rank", "sizes", "unknown"]


def rank(value: Value) -> int | None:
    """The number of dims of a tensor; None where it is not certain."""
    return _shape(value).rank


def sizes(value: Value) -> tuple[Size, ...] | None:
    """The sizes of a tensor: numbers, symbols, and what stands for a size that is not known. None where it is not
    certain how many there are."""
    shape = _shape(value)
    return None if shape.open else shape.sizes


def last_size(value: Value) -> int | None:
    """The number that the last size of a tensor certainly is, which a `Linear` sets even where the rank is not
    known."""
    last = _shape(value).sizes[-1:]
    return last[0] if last and isinstance(last[0], int) else None


def is_of_loader(size: Size) -> bool:
    """Whether a size is the number of samples in a batch of a loader."""
    return isinstance(size, Polynomial) and any(size == symbol("batch", key) for key in _keys(size) if _is_batch(key))


def _keys(size: Polynomial) -> list[object]:
    return [part.key for monomial in size.terms for part, _ in monomial]


def _is_batch(key: object) -> bool:
    return isinstance(key, tuple) and key[:1] == ("batch",)


def _shape(value: Value) -> Shape:
    found = known_shapes.shapes(value)
    shape = found[0] if len(found) == 1 else joined(found)
    return shape if isinstance(shape, Shape) else ANY
