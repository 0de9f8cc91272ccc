"""The shapes that rows promise, computed from what an operation was called with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from tools.operation_runs import Run

# The shapes that depend on no tensor.
OF_NOTHING = ("size", "vector", "matrix", "scalar", "steps")


def _given(one: Run, kind: type | tuple[type, ...]) -> list[Any]:
    return [argument for argument in one.arguments if isinstance(argument, kind) and not isinstance(argument, bool)]


def _sizes(one: Run) -> tuple[int, ...]:
    """The size that a call names: a tuple, or the integers themselves."""
    tuples = _given(one, tuple)
    return tuple(tuples[0]) if tuples else tuple(_given(one, int))


def _rank(rank: int) -> Callable[[Run, Any], tuple[int, ...] | None]:
    """Any shape of a rank."""
    return lambda one, source: tuple(one.results[0].shape) if one.results[0].ndim == rank else (-1,) * rank


def _more(change: int) -> Callable[[Run, Any], tuple[int, ...] | None]:
    return lambda one, source: _rank(source.ndim + change)(one, source)


def _swapped(one: Run, source: torch.Tensor) -> tuple[int, ...]:
    return tuple(source.shape[::-1])


def _spatial(one: Run, source: torch.Tensor) -> tuple[int, ...]:
    rest = one.results[0].shape[1:] if one.results[0].ndim == source.ndim else ()
    return (source.shape[0], *rest)


def _last(one: Run, source: torch.Tensor) -> tuple[int, ...]:
    return (*source.shape[:-1], one.results[0].shape[-1])


SHAPES: dict[str, Callable[[Run, Any], tuple[int, ...] | None]] = {
    "same": lambda one, source: source.shape,
    "broadcast": lambda one, source: torch.broadcast_shapes(*(operand.shape for operand in one.operands)),  # type: ignore[no-untyped-call]
    "reduced": lambda one, source: (),
    "one dim": _more(-1),
    "loss": lambda one, source: (),
    "scalar": lambda one, source: (),
    "size": lambda one, source: _sizes(one),
    "wanted": lambda one, source: source.reshape(_sizes(one)).shape,
    "like other": lambda one, source: one.operands[1].shape,
    "like index": lambda one, source: one.operands[1].shape,
    "vector": _rank(1),
    "matrix": _rank(2),
    "steps": lambda one, source: (one.arguments[-1],),
    "one more": _more(1),
    "one less": _more(-1),
    "same rank": _more(0),
    "spatial": _spatial,
    "last dim": _last,
    "swapped": _swapped,
    "permuted": _more(0),
    "unsqueezed": _more(1),
    "flattened": lambda one, source: source.flatten(*_given(one, int)).shape,
    "joined": _more(0),
    "stacked": _more(1),
    "parts": _more(0),
    "slices": _more(-1),
    "repeated": lambda one, source: source.repeat(_sizes(one)).shape,
    "product": lambda one, source: (one.operands[0] @ one.operands[1]).shape,
    "batched product": _rank(3),
}
