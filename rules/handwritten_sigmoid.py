"""Sigmoid written by hand: its gradient is NaN where `exp` overflows.

## What it does
Finds `1 / (1 + exp(-x))` and `exp(x) / (1 + exp(x))` where gradients are on. Silent in tests, where the formula is what
a function is compared with.

## Why is this bad?
`exp(89)` is `inf` in float32 and `exp(12)` is in float16. `1 / (1 + inf)` is the right value, 0, but its gradient is
`inf / inf = NaN`; `exp(x) / (1 + exp(x))` is NaN itself. `sigmoid` has neither problem and keeps one tensor for the
backward pass instead of three.

## Example
```python
gate = 1 / (1 + torch.exp(-x))
```
Use instead:
```python
gate = torch.sigmoid(x)
```

## Fix safety
Equal up to rounding where the original is finite. The gradient is computed as `s * (1 - s)`: where s is nearly 1 it
has an absolute error of an eps, where that of the original has a relative one.
It is unsafe where the input certainly has half precision, whose results differ by more than the last bits, and in files
that use `autocast`, which chooses the dtype of each operation by its name.

## When not to use it
Turn it off for curves with a slope or shift of their own that are to read like the formula, where the argument stays
between -80 and 80.

## References
- [torch.sigmoid](https://docs.pytorch.org/docs/stable/generated/torch.sigmoid.html)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torchlint.rule import Floats, Match, Number, Pair, Rewrite, Stabilises, torch
from torchlint.vocabulary.autograd import requires_grad
from torchlint.vocabulary.ranges import harmless_exp, is_reference

if TYPE_CHECKING:
    from torch import Tensor


def of_negative(x: Floats) -> Tensor:
    return 1 / (1 + torch.exp(-x))


def sigmoid(x: Floats) -> Tensor:
    return torch.sigmoid(x)


def scaled_of_negative(x: Floats, scale: Number) -> Tensor:
    return scale / (1 + torch.exp(-x))


def scaled_sigmoid(x: Floats, scale: Number) -> Tensor:
    return scale * torch.sigmoid(x)


def of_positive(x: Floats, scale: Number) -> Tensor:
    return scale / (1 + torch.exp(x))


def scaled_sigmoid_of_negative(x: Floats, scale: Number) -> Tensor:
    return scale * torch.sigmoid(-x)


def of_positive_one(x: Floats) -> Tensor:
    return 1 / (1 + torch.exp(x))


def sigmoid_of_negative(x: Floats) -> Tensor:
    return torch.sigmoid(-x)


def quotient(x: Floats) -> Tensor:
    return torch.exp(x) / (1 + torch.exp(x))


def _overflows(match: Match) -> bool:
    exponent = next(op for op in match.ops if op.name == "exp").input
    trained = match.grad and requires_grad(exponent) is not False
    return trained and not is_reference(match) and not harmless_exp(exponent)


class HandwrittenSigmoid(Rewrite):
    code = "TLT208"
    since = "0.1"
    related = ("TLT205", "TLT207")
    message = "Sigmoid by hand: its gradient is NaN where `exp` overflows; that of `sigmoid` is finite"
    title = "Use `sigmoid`"
    help = "Use `torch.sigmoid(x)`"
    local = True
    also_for = ("int", "complex", "layout")
    pairs = (
        Pair(of_negative, sigmoid, Stabilises(), when=_overflows),
        Pair(quotient, sigmoid, Stabilises(), when=_overflows),
        Pair(scaled_of_negative, scaled_sigmoid, Stabilises(), when=_overflows),
        Pair(of_positive_one, sigmoid_of_negative, Stabilises(), when=_overflows),
        Pair(of_positive, scaled_sigmoid_of_negative, Stabilises(), when=_overflows),
    )
