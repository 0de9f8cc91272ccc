"""Softplus as `log(1 + exp(x))`: overflows where `softplus` does not.

## What it does
Finds `log(1 + exp(x))` and `log1p(exp(x))`, also inside `torch.where(x > t, x, log(1 + exp(x)))`.

Silent where `exp` cannot overflow: `log(1 + exp(-x.abs()))` is stable; and in tests, where the formula is
what a function is compared with.

## Why is this bad?
`exp(89)` is `inf` in float32 and `exp(12)` is in float16: the value becomes `inf` instead of x, and the gradient
`inf / inf = NaN` instead of 1. `torch.where` does not help: it chooses the value, but the gradient of the branch
that is not taken is `0 * NaN = NaN`. For x below -17, where float32 rounds `1 + exp(x)` to 1, `log(1 + exp(x))` is
0.

## Example
```python
loss = torch.log(1 + torch.exp(-margin)).mean()
```
Use instead:
```python
loss = F.softplus(-margin, threshold=40).mean()
```

## Fix safety
Equal where the original is finite and accurate, and right where it is not. `softplus` returns x itself above a
threshold of 20 by default, which is exact in float32 but not in float64: there the value just above 20 is wrong in
the 11th digit and the gradient in the 9th. With `threshold=40` both are exact to one unit in the last place in
float64, float32, float16 and bfloat16, which was measured against 60 digits from -1e4 to 1e4; `torch.logaddexp(x,
0)` and `-logsigmoid(-x)` are as exact but take four to eight times as long.
It is unsafe where the input certainly has half precision, whose results differ by more than the last bits, and in files
that use `autocast`, which chooses the dtype of each operation by its name.

## When not to use it
Turn it off where the argument has an upper bound that the code does not show.

## References
- [torch.nn.functional.softplus](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softplus.html)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torchlint.rule import F, Floats, Match, Pair, Rewrite, Stabilises, torch
from torchlint.vocabulary.ranges import overflows

if TYPE_CHECKING:
    from torch import Tensor


_GUARDED = (
    "`where` takes the other value where `exp(x)` overflows, but the gradient there is `0 * NaN = NaN`; "
    "that of `softplus` is finite"
)


def log_one_plus_exp(x: Floats) -> Tensor:
    return torch.log(1 + torch.exp(x))


def log1p_exp(x: Floats) -> Tensor:
    return torch.log1p(torch.exp(x))


def softplus(x: Floats) -> Tensor:
    return F.softplus(x, threshold=40)


def _guarded(match: Match) -> bool:
    """Whether `torch.where` chooses between the value and another one."""
    chosen = (op.args.get(name) for op in match.frame.ops if op.name == "where" for name in ("input", "other"))
    return overflows("x")(match) and any(value is match.root for value in chosen)


class UnstableSoftplus(Rewrite):
    code = "TLT205"
    since = "0.1"
    related = ("TLT203", "TLT204", "TLT206")
    message = "`log(1 + exp(x))` overflows for large x and its gradient is NaN; `softplus` is finite"
    title = "Use `softplus`"
    help = "Use `F.softplus(x)`"
    local = True
    also_for = ("layout",)
    pairs = (
        Pair(log_one_plus_exp, softplus, Stabilises(), when=_guarded, message=_GUARDED),
        Pair(log1p_exp, softplus, Stabilises(), when=_guarded, message=_GUARDED),
        Pair(log_one_plus_exp, softplus, Stabilises(), when=overflows("x")),
        Pair(log1p_exp, softplus, Stabilises(), when=overflows("x")),
    )
