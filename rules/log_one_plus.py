"""`log(1 + x)` where `log1p(x)` keeps the digits of a small x.

## What it does
Finds `log(1 + x)` and `log(1 - x)` of a floating-point tensor. Silent for counts, where gradients are off, in
tests, and for log2 and log10. `log(1 + exp(x))` is TLT205, `log(1 - sigmoid(x))` TLT203.

## Why is this bad?
`1 + x` is rounded: in float32, x below 6e-8 is lost altogether and the log is 0, and of x = 1e-4 three digits are left.
`log1p(x)` is exact to the last digit.

## Example
```python
loss = -torch.log(1 - prob.exp()).mean()
```
Use instead:
```python
loss = -torch.log1p(-prob.exp()).mean()
```

## Fix safety
Equal up to the rounding of `1 + x`, which the fix avoids.
It is unsafe where the input certainly has half precision, whose results differ by more than the last bits, and in files
that use `autocast`, which chooses the dtype of each operation by its name.

## When not to use it
Turn it off where x is of the size of 1 and more, such as a count: no digit is lost then.

## References
- [torch.log1p](https://docs.pytorch.org/docs/stable/generated/torch.log1p.html)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torchlint.rule import INFO, Floats, Match, Op, Pair, Rewrite, Stabilises, Value, dtypes, ops, torch, walk
from torchlint.vocabulary.data_tables import is_data, is_drawn
from torchlint.vocabulary.ranges import is_reference

if TYPE_CHECKING:
    from torch import Tensor

# What other rules say more about.
_ELSEWHERE = frozenset(["exp", "sigmoid", "softmax"])


def log_one_plus(x: Floats) -> Tensor:
    return torch.log(1 + x)


def log1p(x: Floats) -> Tensor:
    return torch.log1p(x)


def log_one_minus(x: Floats) -> Tensor:
    return torch.log(1 - x)


def log1p_negative(x: Floats) -> Tensor:
    return torch.log1p(-x)


def _is_small_float(match: Match) -> bool:
    x = match.captured["x"]
    if (
        not match.grad
        or is_reference(match)
        or (is_data(x) and not is_drawn(x))
        or not dtypes.is_floating(x)
        or any(map(_is_conversion, walk(x)))
    ):
        return False
    return not (isinstance(x, Op) and x.name in _ELSEWHERE)


def _is_conversion(value: Value) -> bool:
    """Whether something that may be a count is made floating-point: it is not small."""
    return isinstance(value, Op) and value.name in ops.CASTS


class LogOnePlus(Rewrite):
    code = "TLT206"
    since = "0.1"
    aliases = ("TOR106",)
    related = ("TLT205", "TLT207")
    severity = INFO
    message = "`log(1 + x)` loses the digits of a small x; `log1p(x)` keeps them"
    title = "Use `log1p`"
    help = "Use `torch.log1p(x)`"
    local = True
    also_for = ("int", "bool", "complex", "layout")
    pairs = (
        Pair(log_one_plus, log1p, Stabilises(), when=_is_small_float),
        Pair(log_one_minus, log1p_negative, Stabilises(), when=_is_small_float),
    )
