"""Where and by how much a rewrite is better: what the sentence about an improvement is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from torchlint.verify.inputs.lattice import Cell

# Of these dtypes the first with an improvement is kept: people compute in float32.
_DTYPES = ("float32", "float64", "float16", "bfloat16")


@dataclass(slots=True)
class Gain:
    """Where after is right and before is not, of one quantity in one dtype.

    `inputs` counts the generated inputs, `rescued` the numbers that were NaN or infinite, `relative_before` and
    `relative_after` are the worst relative errors of those that had lost digits. `sizes` are the magnitudes of normally
    distributed inputs at which it was seen, `kinds` the other kinds of inputs.
    """

    inputs: int = 0
    rescued: int = 0
    relative_before: float = 0.0
    relative_after: float = 0.0
    sizes: set[float] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)

    def add(
        self, cell: Cell, improves: torch.Tensor, old: torch.Tensor, new: torch.Tensor, truth: torch.Tensor
    ) -> None:
        """Add an input on which `improves` (a mask over the elements of the results) is true somewhere."""
        self.inputs += 1
        if cell.recipe.name == "normal":
            self.sizes.add(cell.recipe.magnitude)
        else:
            self.kinds.add(cell.recipe.name)
        if not old.is_floating_point():
            return
        finite = old.isfinite()
        self.rescued += int((improves & ~finite).sum())
        sharper = improves & finite
        if bool(sharper.any()):
            self.relative_before = max(self.relative_before, _relative(old[sharper], truth[sharper]))
            self.relative_after = max(self.relative_after, _relative(new[sharper], truth[sharper]))


def _relative(value: torch.Tensor, truth: torch.Tensor) -> float:
    """The largest relative error; beyond 1 no digit is right, however far off it is."""
    right = truth.to(torch.float64)
    error = (value.to(torch.float64) - right).abs() / right.abs().clamp_min(torch.finfo(torch.float64).tiny)
    return min(float(error.max()), 1.0)


def told(gains: Mapping[tuple[str, str], Gain], tried: set[float]) -> list[dict[str, Any]]:
    """The gains of values and of gradients in one dtype each, as JSON holds them; `tried` are all magnitudes."""
    entries = []
    for quantity in ("value", "gradient"):
        dtype = next((name for name in _DTYPES if (name, quantity) in gains), None)
        if dtype is not None:
            entries.append({"dtype": dtype, "quantity": quantity, **_plain(gains[dtype, quantity], tried)})
    return entries


def _plain(gain: Gain, tried: set[float]) -> dict[str, Any]:
    lost = {}
    if gain.relative_before:
        lost = {name: float(f"{getattr(gain, name):.3g}") for name in ("relative_before", "relative_after")}
    return {
        "inputs": gain.inputs,
        "rescued": gain.rescued,
        **lost,
        "sizes": sorted(gain.sizes),
        "tried": sorted(tried),
        "kinds": sorted(gain.kinds),
    }
