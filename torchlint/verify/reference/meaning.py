"""The real-number meaning of `before` at a point, however it was found."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

# Inputs are shaken by this relative amount to see how well-conditioned the result is.
SHAKE = 2.0**-24


class NoReferenceError(Exception):
    """The text does something that has no multi-precision meaning here; the message says what."""


class UnstableError(NoReferenceError):
    """These numbers have no reference: the precision or the exponents needed are out of range."""


@dataclass(slots=True)
class Reference:
    """True values and gradients, rounded to float64, and how strongly they react to rounding of the inputs.

    `value_noise` and `grad_noise` are per relative rounding error: times eps / 2 they are an absolute error that
    no implementation can be blamed for. `kind` is `mp`, `float64` or `none`.
    """

    kind: str
    values: list[torch.Tensor]
    grads: dict[str, torch.Tensor]
    value_noise: list[torch.Tensor] = field(default_factory=list)
    grad_noise: dict[str, torch.Tensor] = field(default_factory=dict)
    bits: int = 0
