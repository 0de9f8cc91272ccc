"""Variance as the mean of squares minus the square of the mean: cancels where the mean is large.

## What it does
Finds `(x**2).mean(dim) - x.mean(dim)**2`, with or without a dim and `keepdim`.

## Why is this bad?
Two large numbers that are nearly equal are subtracted. In float32 with a mean of 1,000 and a deviation of 0.1 no
digit of the variance is right, and it may be negative, so that its square root is NaN.

## Example
```python
variance = (x**2).mean(dim=0) - x.mean(dim=0) ** 2
```
Use instead:
```python
variance = x.var(dim=0, correction=0)
```

## Fix safety
Equal where the original has digits left, and accurate where it has none.

## When not to use it
Turn it off for streams, where sums of x and of its squares are all that is kept.

## References
- [torch.var](https://docs.pytorch.org/docs/stable/generated/torch.var.html)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torchlint.rule import Dim, Floats, Pair, Rewrite, Stabilises, torch

if TYPE_CHECKING:
    from torch import Tensor


def over_all(x: Floats) -> Tensor:
    return (x**2).mean() - x.mean() ** 2


def variance(x: Floats) -> Tensor:
    return torch.var(x, correction=0)


def over_dim(x: Floats, dim: Dim) -> Tensor:
    return (x**2).mean(dim) - x.mean(dim) ** 2


def variance_over_dim(x: Floats, dim: Dim) -> Tensor:
    return torch.var(x, dim, correction=0)


def over_dim_kept(x: Floats, dim: Dim) -> Tensor:
    return (x**2).mean(dim, keepdim=True) - x.mean(dim, keepdim=True) ** 2


def variance_over_dim_kept(x: Floats, dim: Dim) -> Tensor:
    return torch.var(x, dim, correction=0, keepdim=True)


class VarianceByMoments(Rewrite):
    code = "TLT216"
    since = "0.1"
    related = ("TLT214",)
    message = "`mean(x**2) - mean(x)**2` cancels where the mean is large; `var(correction=0)` does not"
    title = "Use `var(correction=0)`"
    help = "Use `x.var(dim, correction=0)`"
    local = True
    also_for = ("int", "bool", "dims", "no dim", "layout")
    pairs = (
        Pair(over_all, variance, Stabilises()),
        Pair(over_dim, variance_over_dim, Stabilises()),
        Pair(over_dim_kept, variance_over_dim_kept, Stabilises()),
    )
