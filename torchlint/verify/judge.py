"""Element by element: which of two results is closer to the truth, and does it matter."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from torchlint.verify.observation import Worst
from torchlint.verify.tolerance import Bounds, bounds, distance


@dataclass(slots=True)
class Judgement:
    """Masks over the elements of one result, all of its shape; `size` is the error of after over the allowed one."""

    regresses: torch.Tensor
    masks: torch.Tensor
    improves: torch.Tensor
    extends: torch.Tensor
    size: torch.Tensor
    worst: Worst


def judge(
    before: torch.Tensor,
    after: torch.Tensor,
    reference: torch.Tensor,
    noise: torch.Tensor,
    scale: float,
    terms: int,
    poles: bool,
) -> Judgement:
    """Compare floating-point `before` and `after` (same shape, same dtype) with `reference` (float64).

    With `poles`, an infinite reference is a fact about the function, and a finite number in its place is wrong.
    """
    dtype = before.dtype
    old, new = (value.detach().cpu().to(torch.float64) for value in (before, after))
    known = reference.isfinite() & (reference.abs() <= torch.finfo(dtype).max)
    limit = bounds(torch.where(known, reference, 0.0), noise, dtype, scale, terms)
    old_finite, new_finite = old.isfinite(), new.isfinite()
    old_error = distance(old, reference)
    new_error = distance(new, reference)

    regresses = known & old_finite & (~new_finite | ((new_error > limit.loose) & (new_error > 2 * old_error)))
    masks = known & ~old_finite & new_finite & (new_error > limit.loose)
    rescued = ~old_finite & (new_error <= limit.loose)
    sharper = old_finite & (old_error > 8 * torch.maximum(new_error, limit.strict))
    improves = known & new_finite & (rescued | sharper)
    extends = reference.isnan() & ~old_finite & new_finite

    # Where the reference says nothing, a finite value must stay what it is.
    unknown = reference.isnan() & old_finite
    allowed = bounds(torch.where(unknown, old, 0.0), noise, dtype, scale, terms).loose
    regresses |= unknown & (~new_finite | (distance(new, old) > allowed))

    infinite = ~reference.isnan() & ~known & (old == torch.sign(reference) * math.inf) & (new != old)
    masks |= infinite & new_finite & poles
    extends |= infinite & new_finite & (not poles)
    regresses |= infinite & ~new_finite & poles

    both = known & old_finite & new_finite
    size = torch.where(known & new_finite, new_error / limit.loose, math.inf)
    return Judgement(regresses, masks, improves, extends, size, _worst(both, known, old, new, reference, limit, dtype))


def _worst(
    both: torch.Tensor,
    known: torch.Tensor,
    old: torch.Tensor,
    new: torch.Tensor,
    reference: torch.Tensor,
    limit: Bounds,
    dtype: torch.dtype,
) -> Worst:
    worst = Worst(
        nonfinite_before=int((known & ~old.isfinite()).sum()),
        nonfinite_after=int((known & ~new.isfinite()).sum()),
    )
    if not bool(both.any()):
        return worst
    truth = reference[both]
    largest = max(float(truth.abs().max()), torch.finfo(dtype).tiny)
    for name, value in (("before", old), ("after", new)):
        error = distance(value[both], truth)
        # An error that rounding of the inputs explains is nobody's.
        setattr(worst, f"ulps_{name}", float((error / limit.strict[both]).max()))
        setattr(worst, f"relative_{name}", float(error.max()) / largest)
    return worst
