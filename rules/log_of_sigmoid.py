"""Log of a sigmoid: underflows where `logsigmoid` does not.

## What it does
Finds `log(sigmoid(x))` and `log(1 - sigmoid(x))`, in one expression or through a local, also with `+ eps` inside
the log where the sigmoid is used nowhere else.

Silent where gradients are off, in the function or at all its callers in the file, for `p * log(p)` (the entropy of a
mask), for tables made of constants, and for an eps where `exp` of the log is taken: it bounds a scale.

## Why is this bad?
In float32 `sigmoid(-104)` is 0 and `1 - sigmoid(17)` is 0: the log is `-inf` and the gradient NaN. An eps inside
the log avoids the `-inf`, but the gradient of a confidently wrong answer becomes 0, where it should be largest.

## Example
```python
loss = -torch.log(torch.sigmoid(positive) + 1e-15).mean() - torch.log(1 - torch.sigmoid(negative) + 1e-15).mean()
```
Use instead:
```python
loss = -F.logsigmoid(positive).mean() - F.logsigmoid(-negative).mean()
```

## Fix safety
Equal where the original is finite and accurate, and right where it is not. With `+ eps` the fix changes results:
eps puts a floor of `log(eps)` under the value.
It is unsafe where the input certainly has half precision, whose results differ by more than the last bits, and in files
that use `autocast`, which chooses the dtype of each operation by its name.

## When not to use it
Turn it off where the logarithm is only looked at, and where a floor for it is wanted that the eps sets.

## References
- [torch.nn.functional.logsigmoid](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.logsigmoid.html)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torchlint.rule import (
    Changes,
    Constant,
    F,
    Floats,
    Match,
    Number,
    Op,
    Pair,
    Rewrite,
    Stabilises,
    Value,
    same,
    torch,
    walk,
)
from torchlint.vocabulary.data_tables import is_table
from torchlint.vocabulary.grad_mode import is_called_without_grad

if TYPE_CHECKING:
    from torch import Tensor

_EPS = Changes("eps no longer puts a floor under the value")
_EPS_MESSAGE = "In `log(sigmoid(x) + eps)` probabilities below eps have nearly no gradient; use `logsigmoid`"


def log_sigmoid(x: Floats) -> Tensor:
    return torch.log(torch.sigmoid(x))


def logsigmoid(x: Floats) -> Tensor:
    return F.logsigmoid(x)


def log_one_minus_sigmoid(x: Floats) -> Tensor:
    return torch.log(1 - torch.sigmoid(x))


def log1p_minus_sigmoid(x: Floats) -> Tensor:
    return torch.log1p(-torch.sigmoid(x))


def logsigmoid_of_negative(x: Floats) -> Tensor:
    return F.logsigmoid(-x)


def log_sigmoid_with_eps(x: Floats, eps: Number) -> Tensor:
    return torch.log(torch.sigmoid(x) + eps)


def logsigmoid_without_eps(x: Floats, eps: Number) -> Tensor:
    return F.logsigmoid(x)


def log_one_minus_sigmoid_with_eps(x: Floats, eps: Number) -> Tensor:
    return torch.log(1 - torch.sigmoid(x) + eps)


def logsigmoid_of_negative_without_eps(x: Floats, eps: Number) -> Tensor:
    return F.logsigmoid(-x)


def _sigmoid(match: Match) -> Op:
    return next(op for op in match.ops if op.name == "sigmoid")


def _plain(match: Match) -> bool:
    if is_table(match.captured["x"]) or _is_entropy(match) or _is_cross_entropy(match):
        return False
    return match.grad and not is_called_without_grad(match.frame)


def _is_entropy(match: Match) -> bool:
    """Whether the log is multiplied by what it is the log of: `p * log(p)`, `-p * log(p)`."""
    inside = [op for op in match.ops if op is not match.root]
    for op in match.frame.ops:
        if op.name == "mul" and "other" in op.args:
            a, b = op.input, op.args["other"]
            for log, weight in ((a, b), (b, a)):
                if _positive(log) is match.root and any(same(_positive(weight), part) for part in inside):
                    return True
    return False


def _is_cross_entropy(match: Match) -> bool:
    """Whether the log is one of the two of a binary cross entropy, of which TLT112 says more."""
    for op in match.frame.ops:
        if op.name not in ("add", "sub") or "other" not in op.args:
            continue
        terms = [_term(op.input), _term(op.args["other"])]
        if None in terms or not any(term is not None and term[1] is match.root for term in terms):
            continue
        (weight, log), (other, second) = terms  # type: ignore[misc]
        logs = _argument(log), _argument(second)
        if _are_opposite(weight, other) and _are_opposite(*logs):
            return True
    return False


def _term(value: Value) -> tuple[Value, Value] | None:
    """Weight and log of a product."""
    value = _positive(value)
    if not isinstance(value, Op) or value.name != "mul" or "other" not in value.args:
        return None
    a, b = _positive(value.input), _positive(value.args["other"])
    return (
        (a, b) if isinstance(b, Op) and b.name == "log" else (b, a) if isinstance(a, Op) and a.name == "log" else None
    )


def _argument(log: Value) -> Value:
    return log.input if isinstance(log, Op) else log


def _are_opposite(a: Value, b: Value) -> bool:
    """Whether one value is 1 minus the other."""
    return any(
        isinstance(one, Op)
        and one.name == "sub"
        and isinstance(one.input, Constant)
        and one.input.value == 1
        and same(one.args.get("other", one), other)
        for one, other in ((a, b), (b, a))
    )


def _positive(value: Value) -> Value:
    while isinstance(value, Op) and value.name == "neg":
        value = value.input
    return value


def _with_eps(match: Match) -> bool:
    eps = match.constant("eps")
    if not (isinstance(eps, float | int) and 0 < eps <= 1e-3):
        return False
    return match.frame.uses(_sigmoid(match)) <= 1 and _plain(match) and not _is_scale(match)


def _is_scale(match: Match) -> bool:
    """Whether `exp` of the log is taken again: eps then bounds a scale, as in a flow, and no loss is read off."""
    return any(op.name == "exp" and any(part is match.root for part in walk(op.input)) for op in match.frame.ops)


class LogOfSigmoid(Rewrite):
    code = "TLT203"
    since = "0.1"
    related = ("TLT112", "TLT202", "TLT205")
    message = "`log(sigmoid(x))` is -inf where the sigmoid is rounded to 0 or 1; `logsigmoid` is finite"
    title = "Use `logsigmoid`"
    help = "Use `F.logsigmoid(x)`, and `F.logsigmoid(-x)` for the log of 1 - sigmoid"
    pairs = (
        Pair(log_sigmoid, logsigmoid, Stabilises(), when=_plain),
        Pair(log_one_minus_sigmoid, logsigmoid_of_negative, Stabilises(), when=_plain),
        Pair(log1p_minus_sigmoid, logsigmoid_of_negative, Stabilises(), when=_plain),
        Pair(log_sigmoid_with_eps, logsigmoid_without_eps, _EPS, when=_with_eps, message=_EPS_MESSAGE),
        Pair(
            log_one_minus_sigmoid_with_eps,
            logsigmoid_of_negative_without_eps,
            _EPS,
            when=_with_eps,
            message=_EPS_MESSAGE,
        ),
    )
