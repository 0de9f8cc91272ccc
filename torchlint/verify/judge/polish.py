"""A search for worse inputs: from the point where after lost most against before, uphill."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from torchlint.verify.inputs.lattice import Cell
from torchlint.verify.inputs.recipes import Recipe
from torchlint.verify.inputs.specs import Spec
from torchlint.verify.judge.observation import Record

STEPS = 200
# CPU seconds for the search of one pair; a reference of many bits is slow.
PATIENCE = 2.0
# The search is for losses among numbers that programs compute with, not at the ends of the range.
LEAST, MOST = 1e-9, 1e12
DTYPE = "float32"

Visit = Callable[[Cell], Record]


@dataclass(frozen=True, slots=True)
class Search:
    """How many steps were made, and the largest error of after over that of before at the start and in the end."""

    steps: int
    first: float
    last: float
    refused: bool = False

    @property
    def text(self) -> str:
        found = "refuses it" if self.refused else "refuses nothing"
        return (
            f"a search of {self.steps} steps for worse inputs {found}; the error of after over that of before, each at "
            f"least one unit in the last place, went from {self.first:.3g} to {self.last:.3g}"
        )


def score(record: Record) -> float:
    """The largest error of after over that of before, both at least one unit in the last place."""
    found = [
        math.inf if worst.nonfinite_after > worst.nonfinite_before else worst.ulps_after / max(worst.ulps_before, 1.0)
        for (dtype, _), worst in record.worst.items()
        if dtype == DTYPE
    ]
    return max(found, default=0.0)


def search(
    start: Cell, values: Mapping[str, Any], specs: tuple[Spec, ...], visit: Visit
) -> tuple[Search | None, Cell | None]:
    """Climb from `values`; the worst cell that was found, or the first that refuses the rewrite.

    `visit` compares both versions at a cell and returns what was seen. None where there is nothing to vary
    or nothing better than the start was found.
    """
    free = [spec for spec in specs if spec.kind in ("float", "positive") and values[spec.name].numel()]
    if not free:
        return None, None
    deadline = time.process_time() + PATIENCE
    generator = torch.Generator().manual_seed(20_011)
    best, worst_cell = dict(values), None
    first = last = score(visit(_cell(start, best)))
    steps = 0
    while steps < STEPS and time.process_time() < deadline:
        steps += 1
        tried = best | {spec.name: _moved(best[spec.name], spec, generator) for spec in free}
        cell = _cell(start, tried)
        record = visit(cell)
        if next(record.refusals(), None) is not None:
            return Search(steps, first, score(record), refused=True), cell
        reached = score(record)
        if reached >= last:
            if reached > last:
                worst_cell = cell
            best, last = tried, reached
    return Search(steps, first, last), worst_cell


def _cell(start: Cell, values: Mapping[str, Any]) -> Cell:
    sizes = [
        float(value.abs().max())
        for value in values.values()
        if isinstance(value, torch.Tensor) and value.is_floating_point() and value.numel()
    ]
    recipe = Recipe("polished", max(sizes, default=1.0))
    return replace(start, recipe=recipe, dtypes=(DTYPE,), given=values)


def _moved(value: torch.Tensor, spec: Spec, generator: torch.Generator) -> torch.Tensor:
    """A neighbour, near or far: float64 numbers that float32 holds."""
    shape = value.shape
    move = int(torch.randint(0, 5, (), generator=generator))
    noise = torch.randn(shape, generator=generator, dtype=torch.float64)
    one = torch.zeros(value.numel(), dtype=torch.float64)
    one[int(torch.randint(0, value.numel(), (), generator=generator))] = 1.0
    chosen = one.reshape(shape)
    result = value.clone(memory_format=torch.contiguous_format)
    if move == 0:
        result = result * torch.exp(chosen * noise * 2)
    elif move == 1:
        result = result * torch.exp(0.3 * noise)
    elif move == 2:  # a few units in the last place, or a few thousand
        scale = 2.0 ** int(torch.randint(-24, -8, (), generator=generator))
        result = result * (1 + scale * noise.sign())
    elif move == 3:  # close to another element
        other = result.reshape(-1)[int(torch.randint(0, value.numel(), (), generator=generator))]
        result = torch.where(chosen > 0, other * (1 + 2.0**-20 * noise), result)
    else:
        result = result * (1 - 2 * chosen) if spec.kind == "float" else result + chosen * noise.abs()
    size = result.abs().clamp(LEAST, MOST)
    # Of an exact 0 only another element can make something else.
    result = torch.where(result == 0, 0.0, torch.where(result < 0, -size, size))
    return result.to(torch.float32).to(torch.float64)
