"""How far apart two numbers may be: by their dtype, their conditioning and the size of ordinary results.

Fixed tolerances are the wrong tool: an absolute 1e-5 hides every error at small arguments, a relative 1e-6 refuses
correct reductions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

# A sound algorithm stays within this many roundings.
ROUNDINGS = {torch.float64: 16, torch.float32: 16, torch.float16: 8, torch.bfloat16: 8}
# Below this many terms a sum's own rounding is within the factor above.
FREE_TERMS = 64


@dataclass(frozen=True, slots=True)
class Bounds:
    """`strict` is what a correctly rounded result may be off, `loose` what a sound algorithm may be off; absolute."""

    strict: torch.Tensor
    loose: torch.Tensor


def bounds(reference: torch.Tensor, noise: torch.Tensor, dtype: torch.dtype, scale: float, terms: int) -> Bounds:
    """The bounds around `reference` (float64).

    `noise` is the reaction of the reference per relative rounding error of the inputs, `scale` the largest ordinary
    result, `terms` the number of inputs that one result sums up.
    """
    info = torch.finfo(dtype)
    # The reference is rounded to float64, and subnormal numbers have fewer bits.
    smallest = info.tiny * info.eps
    strict = info.eps * reference.abs() + noise * (info.eps / 2) + smallest
    roundings = ROUNDINGS[dtype] * max(1.0, math.sqrt(terms) / 8 if terms > FREE_TERMS else 1.0)
    return Bounds(strict, roundings * (strict + info.eps * scale))


def distance(value: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """|value - reference|, zero between equal infinities."""
    return torch.where(value == reference, 0.0, (value - reference).abs())
