"""`exp(x) - 1` where `expm1(x)` keeps the digits of a small x.

## What it does
Finds `exp(x) - 1`, `-1 + exp(x)`, `1 - exp(x)` and `exp(x) - x - 1`, once in each function. Silent where the result is
rounded to integers, compared with a bound, or one term of a sum, in which the lost digits make no difference, and in
tests.

## Why is this bad?
For small x the difference of two numbers near 1 is left with few digits: in float32, `exp(1e-4) - 1` has three, and
`exp(1e-8) - 1` is 0. `exp(x) - x - 1`, an estimate of the KL divergence that cannot be negative, comes out negative.

## Example
```python
kl = torch.exp(log_ratio) - log_ratio - 1
```
Use instead:
```python
kl = torch.expm1(log_ratio) - log_ratio
```

## Fix safety
Equal up to the rounding that the fix avoids. The gradient of `expm1(x)` is computed as `expm1(x) + 1`, so that for very
negative x it has an absolute error of an eps, where that of `exp(x)` has a relative one.
It is unsafe where the input certainly has half precision, whose results differ by more than the last bits, and in files
that use `autocast`, which chooses the dtype of each operation by its name.

## When not to use it
Turn it off where x is of the size of 1 and more: no digit is lost then.

## References
- [torch.expm1](https://docs.pytorch.org/docs/stable/generated/torch.special.expm1.html)
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from torchlint.rule import (
    INFO,
    Floats,
    Frame,
    Match,
    Mutated,
    Op,
    Pair,
    Rewrite,
    Stabilises,
    Value,
    ops,
    same,
    torch,
)
from torchlint.vocabulary.data_tables import is_data, is_drawn
from torchlint.vocabulary.ranges import is_reference

if TYPE_CHECKING:
    from torch import Tensor


_first: WeakKeyDictionary[Frame, Op] = WeakKeyDictionary()
_SCALES = ops.CARRIERS | {"mul", "neg", "abs"}
_MAX_STEPS = 6
# Complex numbers have no order.
_ORDER = ops.COMPARISONS & ops.that(raises="complex")
_ROUNDING = ops.that(whole=True) | ops.that(casts=True, grad=False)


def exp_minus_one(x: Floats) -> Tensor:
    return torch.exp(x) - 1


def minus_one_plus_exp(x: Floats) -> Tensor:
    return -1 + torch.exp(x)


def expm1(x: Floats) -> Tensor:
    return torch.expm1(x)


def one_minus_exp(x: Floats) -> Tensor:
    return 1 - torch.exp(x)


def negative_expm1(x: Floats) -> Tensor:
    return -torch.expm1(x)


def exp_minus_x_minus_one(x: Floats) -> Tensor:
    return torch.exp(x) - x - 1


def expm1_minus_x(x: Floats) -> Tensor:
    return torch.expm1(x) - x


def _counts(match: Match) -> bool:
    """Whether the last digits matter: the result depends on more than constants, and nothing larger absorbs it."""
    x = match.captured["x"]
    if is_reference(match) or (is_data(x) and not is_drawn(x)) or _is_absorbed(match.frame, match.root, x):
        return False
    # One note is enough for each function: a formula often has many such terms.
    return _first.setdefault(match.frame, match.root) is match.root


def _is_absorbed(frame: Frame, value: Value, x: Value, steps: int = _MAX_STEPS) -> bool:
    """Whether a value is rounded or is a term of sums, other than one with x itself, in all its uses."""
    users = [op for op in frame.ops if any(_settled(arg) is value for arg in op.args.values())]
    return bool(users) and all(_absorbs(frame, op, value, x, steps) for op in users)


def _absorbs(frame: Frame, op: Op, value: Value, x: Value, steps: int) -> bool:
    if op.name in _SCALES and steps:
        return _is_absorbed(frame, op, x, steps - 1)
    if op.name in _ORDER:
        # Both sides of a bound that is not 0 are far from where digits are lost.
        return op.constant("other") != 0 and op.constant("input") != 0
    others = [_positive(arg) for arg in op.args.values() if arg is not value]
    return op.name in _ROUNDING or (
        op.name in ("add", "sub") and not any(same(other, _positive(x)) for other in others)
    )


def _settled(value: Value) -> Value:
    """The value before some of its elements were written."""
    while isinstance(value, Mutated):
        value = value.base
    return value


def _positive(value: Value) -> Value:
    while isinstance(value, Op) and value.name == "neg":
        value = value.input
    return value


class ExpMinusOne(Rewrite):
    code = "TLT207"
    since = "0.1"
    aliases = ("TOR107",)
    related = ("TLT206",)
    severity = INFO
    message = "`exp(x) - 1` loses the digits of a small x; `expm1(x)` keeps them"
    title = "Use `expm1`"
    help = "Use `torch.expm1(x)`"
    local = True
    also_for = ("int", "bool", "complex", "layout")
    pairs = (
        Pair(exp_minus_one, expm1, Stabilises(), when=_counts),
        Pair(minus_one_plus_exp, expm1, Stabilises(), when=_counts),
        Pair(one_minus_exp, negative_expm1, Stabilises(), when=_counts),
        Pair(exp_minus_x_minus_one, expm1_minus_x, Stabilises(), when=_counts),
    )
