"""What the numbers are that a model gives and a loss takes: logits, probabilities, or logarithms of probabilities."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from torchlint.torch_facts import ops
from torchlint.values.units.unit_family import Family, Turn
from torchlint.values.value import Constant, Field, Instance, Op, Value

# What is added to probabilities so that their logarithm is finite.
_LARGEST_EPS = 1e-2


class Scores(Enum):
    """What numbers that say something of classes are. The words are those of the table of operations."""

    # Of any size and sign: what layers with weights give.
    LOGITS = "logits"
    # The same after a ReLU: none is below 0.
    RECTIFIED = "rectified"
    # Of classes, of which one is right.
    PROBABILITIES = "probabilities"
    LOG_PROBABILITIES = "log-probabilities"
    # Each by itself, as of several labels that may all be right.
    CHANCES = "chances"
    LOG_CHANCES = "log-chances"


_LOGARITHMS = {Scores.PROBABILITIES: Scores.LOG_PROBABILITIES, Scores.CHANCES: Scores.LOG_CHANCES}
_NUMBERS = {logarithm: number for number, logarithm in _LOGARITHMS.items()}
_MADE = {
    **{name: Scores(unit) for name, unit in ops.column("unit").items()},
    **dict.fromkeys(ops.that(affine=True), Scores.LOGITS),
    **dict.fromkeys(ops.RECTIFIERS, Scores.RECTIFIED),
}
_TURNS = {"exp": _NUMBERS.get, "log": _LOGARITHMS.get}
_SCALES = frozenset({"mul", "div"})
_SHIFTS = frozenset({"add", "sub"})


def makers(*units: Scores) -> tuple[str, ...]:
    """The operations one of which is spelled wherever numbers are of one of these units."""
    before = {_NUMBERS.get(unit, _LOGARITHMS.get(unit, unit)) for unit in units}
    return tuple(sorted(name for name, unit in _MADE.items() if unit in before | {*units}))


def _given(value: Value) -> Scores | None:
    return _MADE.get(value.name) if isinstance(value, Op) else None


def _turned(value: Value) -> Turn[Scores] | None:
    if not isinstance(value, Op) or "input" not in value.args:
        return None
    turn = _TURNS.get(ops.column("turns").get(value.name, ""))
    if turn is not None:
        return Turn((value.input,), turn)
    if value.name in _SCALES | _SHIFTS:
        return _computed(value)
    if value.name in ops.CLAMPS_ABOVE | ops.CLAMPS_BELOW:
        return Turn((value.input,), _only(*_LOGARITHMS, *_NUMBERS))
    if value.name in ("masked_fill", "where"):
        return _filled(value)
    if value.name in ops.DROPOUTS:
        return Turn((value.input,), _only(Scores.LOGITS, Scores.RECTIFIED))
    # An average of several models or crops.
    is_average = value.name in ops.SUMS and "dim" in value.args and value.constant("dim") is not None
    return Turn((value.input,), _only(Scores.LOGITS, *_LOGARITHMS)) if is_average and value.name == "mean" else None


def _only(*kept: Scores) -> Callable[[Scores], Scores | None]:
    return lambda unit: unit if unit in kept else None


def _computed(op: Op) -> Turn[Scores] | None:
    """A sum, difference, product or quotient."""
    one, other = op.input, op.args.get("other")
    if other is None:
        return None
    if _number(one) == 1 and op.name == "sub":
        return Turn((other,), {Scores.PROBABILITIES: Scores.CHANCES, Scores.CHANCES: Scores.CHANCES}.get)
    if _is_setting(other) or (_is_setting(one) and op.name in ops.that(commutes=True)):
        tensor, number = (one, _number(other)) if _is_setting(other) else (other, _number(one))
        if op.name in _SCALES:
            if number == 0:
                return None
            positive = isinstance(number, int | float) and number > 0
            return Turn((tensor,), _only(Scores.LOGITS, Scores.RECTIFIED) if positive else _logits)
        is_eps = isinstance(number, int | float) and 0 < number <= _LARGEST_EPS
        return Turn((tensor,), _only(Scores.LOGITS, *_LOGARITHMS) if is_eps else _logits)
    # The sum of what two heads give.
    return Turn((one, other), _logits) if op.name in _SHIFTS else None


_logits = _only(Scores.LOGITS)


def _filled(op: Op) -> Turn[Scores] | None:
    """A number in some places."""
    other = op.args.get("value" if op.name == "masked_fill" else "other")
    if other is None:
        return None
    if op.name == "where" and not isinstance(other, Constant):
        return Turn((op.input, other), _only(*Scores))
    number = _number(other)
    kept = [Scores.LOGITS]
    if isinstance(number, int | float) and 0 <= number <= 1:
        kept += _LOGARITHMS
    if isinstance(number, int | float) and number <= 0:
        kept += _NUMBERS
    return Turn((op.input,), _only(*kept))


def _number(value: Value) -> object:
    return value.value if isinstance(value, Constant) else None


def _is_setting(value: Value) -> bool:
    """Whether a value is a number that is written out, or an attribute, such as a temperature."""
    return isinstance(value, Constant) or (isinstance(value, Field) and isinstance(value.base, Instance))


scores = Family(Scores, _given, _turned)
