"""What the row of an operation says of its shape, where no function of its shape says more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from torchlint.torch_facts import ops, shape_functions
from torchlint.torch_facts.dims import ANY, Shape, unknown
from torchlint.torch_facts.shape_functions.elementwise_shapes import same
from torchlint.torch_facts.shape_functions.refusal import UNSURE, Given
from torchlint.values.facts.entry_shapes import Rows


@cache
def keeping() -> frozenset[str]:
    """The operations that take all shapes, and give that of their input."""
    return frozenset(name for name in shape_functions.proven() if shape_functions.FUNCTIONS[name] is same)


@cache
def refusing() -> frozenset[str]:
    """The operations of which it may be known that torch refuses what they are given."""
    return shape_functions.proven() - keeping()


def ranks_taken(given: Given) -> tuple[int, ...]:
    """The ranks that the input may have, where only few are taken. Whoever says of a recurrent layer which dim is the
    batch's has one."""
    if ops.shape(given.name) == "sequence" and given.flag("batch_first"):
        return (3,)
    return shape_functions.takes_ranks(given.name)


def by_row(given: Given) -> object:
    """The shape of what an operation gives, or `Rows` of several, as far as its row says; any shape if that is
    nothing."""
    reading = _READINGS.get(ops.shape(given.name))
    return ANY if reading is None else reading(given)


def _dims(count: int | None) -> Shape:
    return ANY if count is None else Shape(tuple(unknown() for _ in range(count)))


def _input_rank(given: Given) -> Shape:
    return _dims(given.tensor().rank)


def _flattened(given: Given) -> Shape:
    """`flatten(2)` leaves two dims and one more; an input of fewer is not accepted."""
    start, end = given.number("start_dim", 0), given.number("end_dim", -1)
    return _dims(start + 1) if start is not None and start >= 0 and end == -1 else ANY


def _loss(given: Given) -> Shape:
    return Shape(()) if given.get("reduction", "mean") in ("mean", "sum") else ANY


_READINGS: Mapping[str, Callable[[Given], object]] = {
    "same": Given.tensor,
    "same rank": _input_rank,
    "spatial": _input_rank,
    "last dim": _input_rank,
    "parts": lambda given: Rows(_input_rank(given), UNSURE),
    "flattened": _flattened,
    "loss": _loss,
    "matrix": lambda given: _dims(2),
}
