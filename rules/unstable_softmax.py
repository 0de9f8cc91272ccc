"""Softmax as `exp(x) / exp(x).sum()`: overflows where `softmax` does not.

## What it does
Finds `exp(x)` divided by its own sum, over one dim or over all elements, in one expression or through a local. With
the maximum of *all* elements subtracted and sums over rows it is found, too: a row far below the maximum is 0 / 0.

Silent where `exp` cannot overflow: the row's maximum is subtracted, or the exponent has an upper bound, as what may be
a distance with a minus (`-d`, a Gaussian kernel), what is divided by its own greatest element or norm, a sigmoid, a
tanh, a cosine, a random number and a clamped value have. Silent too in tests, where the formula is what a function is
compared with.

## Why is this bad?
`exp(89)` is `inf` in float32 and `exp(12)` is in float16; `inf / inf` is NaN, and so is every gradient behind it.
`softmax` subtracts the maximum of each row first.

## Example
```python
weights = torch.exp(scores) / torch.exp(scores).sum(dim=-1, keepdim=True)
```
Use instead:
```python
weights = torch.softmax(scores, dim=-1)
```

## Fix safety
Equal where the original is finite, and finite where it is not. Where the sum is over all elements, `softmax` over
one dim is the same only for a tensor of rank 1, so that the fix is applied only where that is certain. An eps in
the denominator goes with the fix, which changes results by as much.
It is unsafe where the input certainly has half precision, whose results differ by more than the last bits, and in files
that use `autocast`, which chooses the dtype of each operation by its name.

## When not to use it
Turn it off where the scores are known to be small, such as cosines that are not scaled, and the code is to read like
the formula.

## References
- [torch.softmax](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torchlint.rule import Changes, Dim, Floats, Match, Number, Pair, Rewrite, Stabilises, Vector, torch
from torchlint.vocabulary.ranges import has_upper_bound, overflows, subtracts_global_maximum

if TYPE_CHECKING:
    from torch import Tensor

_GLOBAL = "A row far below the maximum of all elements becomes 0 / 0 = NaN; use `softmax(x, dim)`"


def over_dim(x: Floats, dim: Dim) -> Tensor:
    return torch.exp(x) / torch.exp(x).sum(dim, keepdim=True)


def over_dim_unsqueezed(x: Floats, dim: Dim) -> Tensor:
    return torch.exp(x) / torch.exp(x).sum(dim).unsqueeze(dim)


def over_dim_expanded(x: Floats, dim: Dim) -> Tensor:
    return torch.exp(x) / torch.exp(x).sum(dim, keepdim=True).expand_as(torch.exp(x))


def softmax(x: Floats, dim: Dim) -> Tensor:
    return torch.softmax(x, dim)


def with_eps(x: Floats, dim: Dim, eps: Number) -> Tensor:
    return torch.exp(x) / (torch.exp(x).sum(dim, keepdim=True) + eps)


def without_eps(x: Floats, dim: Dim, eps: Number) -> Tensor:
    return torch.softmax(x, dim)


def over_first(x: Floats) -> Tensor:
    return torch.exp(x) / torch.exp(x).sum(0)


def over_second(x: Floats) -> Tensor:
    return torch.exp(x) / torch.exp(x).sum(1)[:, None]


def over_last(x: Floats) -> Tensor:
    return torch.exp(x) / torch.exp(x).sum(-1)[..., None]


def over_all(x: Vector) -> Tensor:
    return torch.exp(x) / torch.exp(x).sum()


def softmax_of_vector(x: Vector) -> Tensor:
    return torch.softmax(x, dim=0)


def softmax_first(x: Floats) -> Tensor:
    return torch.softmax(x, dim=0)


def softmax_second(x: Floats) -> Tensor:
    return torch.softmax(x, dim=1)


def softmax_last(x: Floats) -> Tensor:
    return torch.softmax(x, dim=-1)


def _overflows(match: Match) -> bool:
    return overflows("x")(match) and not has_upper_bound(match.captured["x"])


def _global_maximum(match: Match) -> bool:
    x = match.captured["x"]
    return subtracts_global_maximum(x) and match.rank("x") != 1


def _small_eps(match: Match) -> bool:
    eps = match.constant("eps")
    return isinstance(eps, float | int) and 0 < eps <= 1e-3 and _overflows(match)


def _is_vector(match: Match) -> bool:
    return match.rank("x") == 1


class UnstableSoftmax(Rewrite):
    code = "TLT201"
    since = "0.1"
    related = ("TLT202", "TLT204", "TLT215")
    message = "`exp(x) / exp(x).sum()` overflows to NaN for large x; `softmax` does not"
    title = "Use `softmax`"
    help = "Use `torch.softmax(x, dim)`"
    local = True
    pairs = (
        Pair(over_dim, softmax, Stabilises(), when=_global_maximum, message=_GLOBAL),
        Pair(over_dim, softmax, Stabilises(), when=_overflows),
        Pair(over_dim_unsqueezed, softmax, Stabilises(), when=_overflows),
        Pair(over_dim_expanded, softmax, Stabilises(), when=_overflows),
        Pair(with_eps, without_eps, Changes("eps no longer makes the sum of the weights less than 1"), when=_small_eps),
        Pair(over_first, softmax_first, Stabilises(), when=_overflows),
        Pair(over_second, softmax_second, Stabilises(), when=_overflows),
        Pair(over_last, softmax_last, Stabilises(), when=_overflows),
        Pair(over_all, softmax_of_vector, Stabilises(), when=_overflows, applies=_is_vector),
    )
