"""What a line costs over the axis of a question: the curves of `benchmarks.growth`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Point:
    """One thing to measure: where it stands on the axis, what does it once, and for how many lines."""

    at: int
    lines: int
    check: Callable[[], object]


@dataclass(slots=True)
class Curve:
    """Points of one kind, and their medians: microseconds of CPU per line."""

    question: str
    name: str
    axis: str
    points: list[Point]
    costs: list[float] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """The cost of a line at the largest point over that at the smallest."""
        return self.costs[-1] / self.costs[0]
