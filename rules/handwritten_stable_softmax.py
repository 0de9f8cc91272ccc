"""Softmax and log-softmax written by hand, with the maximum subtracted.

## What it does
Finds `e / e.sum(dim, keepdim=True)` with `e = exp(x - x.max(dim, keepdim=True).values)`, and `x - logsumexp(x)`.

Off by default: the result is right. It is longer and slower than the one operation, keeps more tensors for the backward
pass, and `x - logsumexp(x)` is four to six times less accurate than `log_softmax(x)`.

## Why is this bad?
Four operations where one does.

## Example
```python
e = torch.exp(x - x.amax(dim=-1, keepdim=True))
weights = e / e.sum(dim=-1, keepdim=True)
```
Use instead:
```python
weights = torch.softmax(x, dim=-1)
```

## Fix safety
Equal up to rounding.

## When not to use it
It is off by default: the result is right; the rule only shortens.

## References
- [torch.softmax](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torchlint.rule import INFO, Dim, Floats, Match, Pair, Rewrite, Same, Vector, torch

if TYPE_CHECKING:
    from torch import Tensor


def softmax_by_max(x: Floats, dim: Dim) -> Tensor:
    shifted = torch.exp(x - x.max(dim, keepdim=True).values)
    return shifted / shifted.sum(dim, keepdim=True)


def softmax_by_amax(x: Floats, dim: Dim) -> Tensor:
    shifted = torch.exp(x - x.amax(dim, keepdim=True))
    return shifted / shifted.sum(dim, keepdim=True)


def softmax_by_detached_max(x: Floats, dim: Dim) -> Tensor:
    shifted = torch.exp(x - x.max(dim, keepdim=True).values.detach())
    return shifted / shifted.sum(dim, keepdim=True)


def softmax(x: Floats, dim: Dim) -> Tensor:
    return torch.softmax(x, dim)


def softmax_of_vector(x: Vector) -> Tensor:
    shifted = torch.exp(x - x.max())
    return shifted / shifted.sum()


def softmax_first(x: Vector) -> Tensor:
    return torch.softmax(x, dim=0)


def log_softmax_by_logsumexp(x: Floats, dim: Dim) -> Tensor:
    return x - torch.logsumexp(x, dim, keepdim=True)


def log_softmax_by_max(x: Floats, dim: Dim) -> Tensor:
    shifted = x - x.max(dim, keepdim=True).values
    return shifted - torch.log(torch.exp(shifted).sum(dim, keepdim=True))


def log_softmax_by_amax(x: Floats, dim: Dim) -> Tensor:
    shifted = x - x.amax(dim, keepdim=True)
    return shifted - torch.log(torch.exp(shifted).sum(dim, keepdim=True))


def log_softmax(x: Floats, dim: Dim) -> Tensor:
    return torch.log_softmax(x, dim)


def _is_vector(match: Match) -> bool:
    return match.rank("x") == 1


_LOG_MESSAGE = "Log-softmax by hand takes several operations and their memory; `log_softmax` is one"


class HandwrittenStableSoftmax(Rewrite):
    code = "TLT215"
    since = "0.1"
    related = ("TLT201", "TLT202")
    severity = INFO
    default = False
    message = "Softmax by hand takes several operations and their memory; `softmax` is one"
    title = "Use one operation"
    help = "Use `torch.softmax(x, dim)` or `torch.log_softmax(x, dim)`"
    local = True
    also_for = ("bool",)
    pairs = (
        Pair(softmax_by_max, softmax, Same()),
        Pair(softmax_by_amax, softmax, Same()),
        Pair(softmax_by_detached_max, softmax, Same()),
        Pair(softmax_of_vector, softmax_first, Same(), when=_is_vector),
        Pair(log_softmax_by_logsumexp, log_softmax, Same(), message=_LOG_MESSAGE),
        Pair(log_softmax_by_max, log_softmax, Same(), message=_LOG_MESSAGE),
        Pair(log_softmax_by_amax, log_softmax, Same(), message=_LOG_MESSAGE),
    )
