"""Log of a sum of exponentials: overflows where `logsumexp` does not.

## What it does
Finds `log(sum(exp(x)))` over a dim or over all elements, in one expression or through locals, also where the
maximum of *all* elements is subtracted and the sums are over rows: a row far below the maximum gives `-inf`.

Silent where the row's own maximum is subtracted, and where the exponent is a sigmoid, a tanh or clamped;
and in tests, where the formula is what a function is compared with.

## Why is this bad?
`exp(89)` is `inf` in float32 and `exp(12)` is in float16; `exp(-104)` is 0, and a sum of zeros has the log `-inf`.
In both cases the gradient is NaN. `logsumexp` subtracts the maximum of each row first and adds it afterwards.

## Example
```python
log_z = torch.log(torch.sum(torch.exp(scores), dim=1))
```
Use instead:
```python
log_z = torch.logsumexp(scores, dim=1)
```

## Fix safety
Equal where the original is finite, and finite where it is not. `logsumexp` is slower than the three operations.
Where the sum is over all elements, it is the same only for a tensor of rank 1, so that the fix is applied only
where that is certain.
It is unsafe where the input certainly has half precision, whose results differ by more than the last bits, and in files
that use `autocast`, which chooses the dtype of each operation by its name.

## When not to use it
Turn it off where the exponents have an upper bound that the code does not show, such as distances with a minus.

## References
- [torch.logsumexp](https://docs.pytorch.org/docs/stable/generated/torch.logsumexp.html)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torchlint.rule import Dim, Floats, Match, Pair, Rewrite, Stabilises, Vector, torch
from torchlint.vocabulary.ranges import (
    bounded,
    is_lowered,
    is_reference,
    subtracts_global_maximum,
    subtracts_maximum,
)

if TYPE_CHECKING:
    from torch import Tensor

_GLOBAL = "A row far below the maximum of all elements becomes log(0) = -inf; use `logsumexp(x, dim)`"


def by_hand(x: Floats, dim: Dim) -> Tensor:
    return torch.log(torch.exp(x).sum(dim))


def logsumexp(x: Floats, dim: Dim) -> Tensor:
    return torch.logsumexp(x, dim)


def by_hand_kept(x: Floats, dim: Dim) -> Tensor:
    return torch.log(torch.exp(x).sum(dim, keepdim=True))


def logsumexp_kept(x: Floats, dim: Dim) -> Tensor:
    return torch.logsumexp(x, dim, keepdim=True)


def by_hand_over_all(x: Vector) -> Tensor:
    return torch.log(torch.exp(x).sum())


def logsumexp_of_vector(x: Vector) -> Tensor:
    return torch.logsumexp(x, dim=0)


def _overflows(match: Match) -> bool:
    x = match.captured["x"]
    return not (is_reference(match) or bounded(x) or subtracts_maximum(x) or is_lowered(x))


def _global_maximum(match: Match) -> bool:
    x = match.captured["x"]
    return subtracts_global_maximum(x) and match.rank("x") != 1


def _is_vector(match: Match) -> bool:
    return match.rank("x") == 1


class LogOfSumOfExp(Rewrite):
    code = "TLT204"
    since = "0.1"
    aliases = ("TOR108",)
    related = ("TLT201", "TLT205")
    message = "`log(sum(exp(x)))` overflows for large x and is -inf for small x; `logsumexp` is finite"
    title = "Use `logsumexp`"
    help = "Use `torch.logsumexp(x, dim)`"
    local = True
    also_for = ("int", "bool", "complex", "dims", "layout")
    pairs = (
        Pair(by_hand, logsumexp, Stabilises(), when=_global_maximum, message=_GLOBAL),
        Pair(by_hand, logsumexp, Stabilises(), when=_overflows),
        Pair(by_hand_kept, logsumexp_kept, Stabilises(), when=_global_maximum, message=_GLOBAL),
        Pair(by_hand_kept, logsumexp_kept, Stabilises(), when=_overflows),
        Pair(
            by_hand_over_all,
            logsumexp_of_vector,
            Stabilises(),
            when=_overflows,
            applies=_is_vector,
            excluded=("a dim of size 1",),
        ),
    )
