"""What was seen at one point of the lattice."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from torchlint.verify.gains import Gain
from torchlint.verify.inputs.lattice import Cell


class Effect(StrEnum):
    """What a rewrite did to a result at a point."""

    REGRESSES = "regresses"
    MASKS = "masks a non-finite value"
    EXCEPTION = "raises"
    METADATA = "metadata differs"
    ALIAS = "aliasing differs"
    MUTATION = "mutation differs"
    RNG = "random numbers differ"
    IMPROVES = "improves"
    EXTENDS = "extends"
    REPAIRS = "no longer raises"
    KINK = "another subgradient at a kink"
    NOTE = "note"


REFUSING = frozenset(
    {
        Effect.REGRESSES,
        Effect.MASKS,
        Effect.EXCEPTION,
        Effect.METADATA,
        Effect.ALIAS,
        Effect.MUTATION,
        Effect.RNG,
    }
)


@dataclass(frozen=True, slots=True)
class Observation:
    """One effect. `text` says what and how much, `size` is the error of after over what was allowed."""

    effect: Effect
    cell: Cell
    dtype: str
    text: str
    size: float = math.inf

    @property
    def refuses(self) -> bool:
        return self.effect in REFUSING


@dataclass(slots=True)
class Worst:
    """Errors of one quantity in one dtype, over all points.

    `ulps` are units in the last place, to which the rounding of the inputs is added where it weighs more; `relative`
    is relative to the largest element.
    """

    ulps_before: float = 0.0
    ulps_after: float = 0.0
    relative_before: float = 0.0
    relative_after: float = 0.0
    nonfinite_before: int = 0
    nonfinite_after: int = 0

    def add(self, other: Worst) -> None:
        for name in ("ulps_before", "ulps_after", "relative_before", "relative_after"):
            setattr(self, name, max(getattr(self, name), getattr(other, name)))
        self.nonfinite_before += other.nonfinite_before
        self.nonfinite_after += other.nonfinite_after


@dataclass(slots=True)
class Record:
    """All that was seen of one pair on one device.

    `worst` and `gains` are keyed by (dtype, `value` or `gradient`), `curves` by (dtype, quantity, magnitude). `points`
    counts the generated inputs, one per cell and dtype, on which both versions ran and were compared. `sharpest` is the
    largest error of after over that of before in float32 and where it was seen, for a search for worse.
    """

    observations: list[Observation] = field(default_factory=list)
    worst: dict[tuple[str, str], Worst] = field(default_factory=dict)
    curves: dict[tuple[str, str, float], Worst] = field(default_factory=dict)
    gains: dict[tuple[str, str], Gain] = field(default_factory=dict)
    points: int = 0
    finite_points: int = 0
    identical: bool = True
    dtypes: set[str] = field(default_factory=set)
    ranks: set[int] = field(default_factory=set)
    references: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    cells: list[tuple[Cell, str]] = field(default_factory=list)
    sharpest: tuple[float, Cell] | None = None
    raised: dict[str, int] = field(default_factory=dict)

    def refusals(self) -> Iterator[Observation]:
        return (observation for observation in self.observations if observation.refuses)

    @property
    def repaired(self) -> int:
        """The generated inputs, one per cell and dtype, on which before raises and after does not."""
        return sum(observation.effect is Effect.REPAIRS for observation in self.observations)

    @property
    def magnitudes(self) -> set[float]:
        """The sizes of the normally distributed inputs on which both versions ran."""
        return {cell.recipe.magnitude for cell, _ in self.cells if cell.recipe.name == "normal"}

    def gain(self, dtype: str, quantity: str) -> Gain:
        """The entry that one more input on which after is better is added to."""
        return self.gains.setdefault((dtype, quantity), Gain())

    def has(self, effect: Effect) -> bool:
        return any(observation.effect is effect for observation in self.observations)

    def add_errors(self, cell: Cell, dtype: str, quantity: str, worst: Worst) -> None:
        self.worst.setdefault((dtype, quantity), Worst()).add(worst)
        ratio = worst.ulps_after / max(worst.ulps_before, 1.0)
        if dtype == "float32" and cell.is_plain and (self.sharpest is None or ratio > self.sharpest[0]):
            self.sharpest = ratio, cell
        if cell.recipe.name == "normal":
            self.curves.setdefault((dtype, quantity, cell.recipe.magnitude), Worst()).add(worst)
