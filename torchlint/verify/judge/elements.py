"""Element by element: which of two results is closer to the truth, and does it matter."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from torchlint.verify.judge.observation import Worst
from torchlint.verify.judge.tolerance import Bounds, bounds, distance

# Units of the loose bound that two float64 evaluations of one formula may differ by.
OWN_ROUNDINGS = 64
MISLEADING = {torch.float64: 1e-6, torch.float32: 1e-2, torch.float16: 0.1, torch.bfloat16: 0.1}


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
    own: bool = False,
) -> Judgement:
    """Compare floating-point `before` and `after` (same shape, same dtype) with `reference` (float64).

    With `poles`, an infinite reference is a fact about the function, and a finite number in its place is wrong. With
    `own`, the reference is `before` itself, whose rounding errors are as large as those of `after`.
    """
    dtype = before.dtype
    old, new = (value.detach().cpu().to(torch.float64) for value in (before, after))
    known = reference.isfinite() & (reference.abs() <= torch.finfo(dtype).max)
    limit = bounds(torch.where(known, reference, 0.0), noise, dtype, scale, terms)
    loose = limit.loose * (OWN_ROUNDINGS if own else 1)
    old_finite, new_finite = old.isfinite(), new.isfinite()
    old_error = distance(old, reference)
    new_error = distance(new, reference)

    regresses = known & old_finite & (~new_finite | ((new_error > loose) & (new_error > 2 * old_error)))
    # A number in place of a NaN is wrong if it misleads; a few more digits lost than usual do not.
    misleading = torch.maximum(loose, MISLEADING[dtype] * reference.abs().clamp_min(scale))
    masks = known & ~old_finite & new_finite & (new_error > misleading)
    rescued = ~old_finite & (new_error <= misleading)
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
    # Beyond the range of the dtype infinity and NaN are equally useless; at a pole infinity is right.
    regresses |= infinite & ~new_finite & reference.isinf() & poles

    both = known & old_finite & new_finite
    size = torch.where(known & new_finite, new_error / limit.loose, math.inf)
    return Judgement(
        regresses, masks, improves, extends, size, _worst(both, known, old, new, reference, limit, dtype, scale)
    )


def _worst(
    both: torch.Tensor,
    known: torch.Tensor,
    old: torch.Tensor,
    new: torch.Tensor,
    reference: torch.Tensor,
    limit: Bounds,
    dtype: torch.dtype,
    scale: float,
) -> Worst:
    worst = Worst(
        nonfinite_before=int((known & ~old.isfinite()).sum()),
        nonfinite_after=int((known & ~new.isfinite()).sum()),
    )
    if not bool(both.any()):
        return worst
    truth = reference[both]
    # What is 0 in truth has no last place: there a rounding of a rounding of ordinary results counts as one.
    eps = torch.finfo(dtype).eps
    largest = max(float(truth.abs().max()), eps * scale, torch.finfo(dtype).tiny)
    unit = limit.strict[both].clamp_min(eps * eps * scale)
    for name, value in (("before", old), ("after", new)):
        error = distance(value[both], truth)
        # An error that rounding of the inputs explains is nobody's.
        setattr(worst, f"ulps_{name}", float((error / unit).max()))
        setattr(worst, f"relative_{name}", float(error.max()) / largest)
    return worst
