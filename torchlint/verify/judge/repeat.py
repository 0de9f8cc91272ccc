"""What does not come out the same twice: atomic additions on a GPU sum in any order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from torchlint.verify.reference.meaning import Reference
from torchlint.verify.run.execution import Outcome, bits


def same_results(first: Outcome, second: Outcome) -> bool:
    """Whether two runs of one function gave the same bits, values and gradients."""
    pairs = [*zip(first.tensors, second.tensors, strict=False)]
    for name, grad in first.grads.items():
        other = second.grads.get(name)
        if grad is not None and other is not None:
            pairs.append((grad, other))
    return all(
        left.shape == right.shape and torch.equal(bits(left.detach()), bits(right.detach())) for left, right in pairs
    )


def widened(reference: Reference, first: Outcome, second: Outcome, dtype: torch.dtype) -> Reference:
    """The reference with the distance of two runs of `before` added to what nobody can be blamed for."""
    values = [
        noise if place >= len(first.leaves.values) else noise + _gap(first, second, place, noise, dtype)
        for place, noise in enumerate(reference.value_noise)
    ]
    grads = {
        name: noise + _distance(first.grads.get(name), second.grads.get(name), noise, dtype)
        for name, noise in reference.grad_noise.items()
    }
    return replace(reference, value_noise=values, grad_noise=grads)


def _gap(first: Outcome, second: Outcome, place: int, noise: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return _distance(first.leaves.values[place], second.leaves.values[place], noise, dtype)


def _distance(left: Any, right: Any, noise: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """In units of the noise, which are relative rounding errors of the inputs."""
    if not isinstance(left, torch.Tensor) or not isinstance(right, torch.Tensor) or not left.is_floating_point():
        return torch.zeros_like(noise)
    apart = (left.detach().cpu().to(torch.float64) - right.detach().cpu().to(torch.float64)).abs()
    return apart.nan_to_num(0.0, 0.0, 0.0) / (torch.finfo(dtype).eps / 2)
