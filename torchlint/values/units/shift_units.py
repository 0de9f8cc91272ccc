"""Sequences that a slice left one token out of, as inputs and labels of language models are made."""

from __future__ import annotations

from enum import Enum, auto

from torchlint.torch_facts import ops
from torchlint.values.units.unit_family import Family, Turn, same_unit
from torchlint.values.value import Constant, Items, Op, Value


class Shifts(Enum):
    """The token that is missing."""

    WITHOUT_FIRST = auto()
    WITHOUT_LAST = auto()


_SLICES: dict[tuple[str, object], Shifts] = {("start", 1): Shifts.WITHOUT_FIRST, ("stop", -1): Shifts.WITHOUT_LAST}


def _given(value: Value) -> Shifts | None:
    """`x[:, 1:]` and `x[:, :-1]`."""
    index = value.args.get("index") if isinstance(value, Op) and value.name == "getitem" else None
    part = index.items[-1] if isinstance(index, Items) and index.items else None
    if not isinstance(part, Op) or part.name != "slice":
        return None
    written = {name: bound.value if isinstance(bound, Constant) else bound for name, bound in part.args.items()}
    bounds = [(name, bound) for name, bound in written.items() if bound is not None]
    return _SLICES.get(bounds[0]) if len(bounds) == 1 else None


def _moved(value: Value) -> Turn[Shifts]:
    keeps = isinstance(value, Op) and value.name in ops.SAME_ELEMENTS | ops.CASTS
    return Turn((value.input,) if isinstance(value, Op) and keeps else (), same_unit)


# Nothing that is computed of tokens is a sequence of tokens.
shifts = Family(Shifts, _given, moved=_moved)
