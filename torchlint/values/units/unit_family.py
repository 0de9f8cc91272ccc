"""What is common to all units: how they are found by going back over the ways on which a value came about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

from torchlint.torch_facts import ops
from torchlint.values.compare import members
from torchlint.values.value import Element, Field, Item, Items, Op, Value

# A value and what it was before, step by step; the last one is what gave it its unit, or what nothing is known of.
Chain = tuple[Value, ...]
Unit = TypeVar("Unit", bound=Enum)

_MAX_CHAINS = 16
_DEPTH = 24


class Turn(NamedTuple, Generic[Unit]):
    """What a value is computed from, which all has to be of one unit, and what its own unit is then."""

    parts: tuple[Value, ...]
    change: Callable[[Unit], Unit | None]


class Family(Generic[Unit]):
    """A question that units answer, such as: are these logits or probabilities?

    `units` are the answers, `given` is the unit that a value has by itself, whatever it was made of, and `turned` what
    an operation makes of the units of its operands. What only moves, chooses, copies or joins elements keeps the unit,
    except for what is `moved` in a family where places matter.
    """

    def __init__(
        self,
        units: type[Unit],
        given: Callable[[Value], Unit | None],
        turned: Callable[[Value], Turn[Unit] | None] = lambda value: None,
        moved: Callable[[Value], Turn[Unit] | None] | None = None,
    ) -> None:
        self.units = units
        self._given = given
        self._turned = turned
        self._moved = moved

    def of(self, value: Value) -> Unit | None:
        """The unit that a value has on every path; None where that is not known."""
        found = {unit for unit, _ in self._all(value)}
        return found.pop() if len(found) == 1 else None

    def chains(self, value: Value, *wanted: Unit, plain: bool = False) -> list[Chain]:
        """How a value came about, a chain for each path, where it has one of these units on all of them; else nothing.
        `plain`: nothing was computed since, elements were only moved, chosen, copied or joined."""
        found = self._all(value, plain=plain)
        return [chain for _, chain in found] if all(unit in wanted for unit, _ in found) else []

    def _all(self, value: Value, *, plain: bool = False) -> list[tuple[Unit | None, Chain]]:
        """The units of a value and their chains; nothing where there are too many."""
        found: list[tuple[Unit | None, Chain]] = []
        for one in self._walk(value, _DEPTH, plain):
            found.append(one)
            if len(found) > _MAX_CHAINS:
                return []
        return found

    def _walk(self, value: Value, depth: int, plain: bool) -> Iterator[tuple[Unit | None, Chain]]:
        for member in members(value):
            unit = self._given(member)
            turn = self._turn(member, plain) if unit is None and depth else None
            if turn is None or not turn.parts:
                yield unit, (member,)
                continue
            for part in turn.parts:
                for below, chain in self._walk(part, depth - 1, plain):
                    yield None if below is None else turn.change(below), (member, *chain)

    def _turn(self, value: Value, plain: bool) -> Turn[Unit] | None:
        turn = self._moved(value) if self._moved is not None else None
        if turn is not None:
            return turn
        moved = _moved(value)
        if moved:
            return Turn(moved, same_unit)
        if plain:
            return None
        if isinstance(value, Item):
            return Turn((value.iterable,), same_unit)
        return self._turned(value)


def same_unit(unit: Unit) -> Unit:
    """What changes no unit."""
    return unit


def _moved(value: Value) -> tuple[Value, ...]:
    """The values whose elements this one has, and no others; nothing where the elements are its own."""
    match value:
        case Op() if value.name in ops.CARRIERS:
            return (value.input,)
        case Element() if isinstance(value.base, Op) and value.base.name in ops.PARTS:
            return (value.base.input,)
        case Field(name="data"):
            return (value.base,)
        case Op() if value.name in ops.JOINS:
            tensors = value.args.get("tensors")
            return tensors.items if isinstance(tensors, Items) else ()
    return ()


def is_plain(chain: Chain) -> bool:
    """Whether elements were only moved, chosen, copied or joined on the way."""
    return all(map(_moved, chain[:-1]))


def source(chain: Chain) -> Op:
    """The operation at the end of a chain whose unit an operation gave."""
    op = chain[-1]
    assert isinstance(op, Op)
    return op
