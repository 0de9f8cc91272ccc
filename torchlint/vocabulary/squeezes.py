"""What `squeeze()` without a dim is done to, and who takes the result."""

from __future__ import annotations

import ast

from torchlint.rule import Constant, Frame, Op, Value, members, ops

_CONVERSIONS = ops.that(elementwise=True, shape="same")


def is_search(value: Value) -> bool:
    """Whether a value is the table of indices that `nonzero` gives: (found, rank)."""
    return isinstance(value, Op) and value.name in ops.PLACES and "as_tuple" not in value.args


def holds(value: Value, op: Op) -> bool:
    """Whether a value is the result of an operation, on some path, as it is or converted."""
    return any(unconverted(member) is op for member in members(value))


def unconverted(value: Value) -> Value:
    """The value before its dtype, device or each single element was changed."""
    while isinstance(value, Op) and value.name in _CONVERSIONS:
        value = value.input
    return value


def tells_one(frame: Frame, test: ast.Compare) -> bool:
    """Whether a comparison tells one from several: a side of it is 1, or 2."""
    sides = (frame.values.get(node) for node in (test.left, *test.comparators))
    return any(isinstance(side, Constant) and side.value in (1, 2) for side in sides)
