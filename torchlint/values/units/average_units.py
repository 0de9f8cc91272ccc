"""How a number of a loss stands for the samples that it was computed from: their mean, their sum, or one for each."""

from __future__ import annotations

from enum import Enum

from torchlint.torch_facts import ops
from torchlint.values.units.unit_family import Family, Turn, same_unit
from torchlint.values.value import Call, Constant, Op, Value


class Averages(Enum):
    """What a loss is of its batch."""

    MEAN = "mean"
    SUM = "sum"
    EACH = "none"


# Numbers of Python's and NumPy's that a tensor becomes.
_CONVERSIONS = ops.that(gives=("number", "list", "other"), syncs=True)
_SIGNS = frozenset({"neg", "add", "sub"})
_SCALES = frozenset({"mul", "div"})
_NAMES = {"batchmean": Averages.MEAN, **{each.value: each for each in Averages}}


def reduction(op: Op) -> str | None:
    """The `reduction` of a call of a loss, `mean` unless it says otherwise; None where that is not known, or the flags
    of old decide it."""
    if op.name not in ops.LOSSES or not {"size_average", "reduce"}.isdisjoint(op.args):
        return None
    said = op.constant("reduction", "mean")
    return said if isinstance(said, str) else None


def _given(value: Value) -> Averages | None:
    return _NAMES.get(reduction(value) or "") if isinstance(value, Op) else None


def _turned(value: Value) -> Turn[Averages] | None:
    if isinstance(value, Call) and value.qualname == "builtins.float" and len(value.args) == 1:
        return Turn(value.args, same_unit)
    if not isinstance(value, Op):
        return None
    if value.name in _CONVERSIONS:
        return Turn((value.input,), same_unit)
    if value.name in ops.SUMS and value.args.keys() == {"input"}:
        over_all = Averages.MEAN if value.name == "mean" else Averages.SUM
        return Turn((value.input,), {Averages.EACH: over_all}.get)
    if value.name in _SIGNS:
        return Turn(tuple(part for part in value.args.values() if not isinstance(part, Constant)), same_unit)
    return Turn(_weighed(value), same_unit) if value.name in _SCALES else None


def _weighed(op: Op) -> tuple[Value, ...]:
    """What a number from 0 to 1 weighs; a larger one may be the size of the batch."""
    one, other = op.input, op.args.get("other")
    if op.name == "mul" and isinstance(one, Constant) and other is not None:
        one, other = other, one
    number = other.value if isinstance(other, Constant) else None
    if not isinstance(number, int | float):
        return ()
    return (one,) if (0 < number <= 1 if op.name == "mul" else number >= 1) else ()


averages = Family(Averages, _given, _turned)
