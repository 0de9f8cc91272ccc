"""Binary cross entropy written out over a sigmoid: loses large errors, `binary_cross_entropy_with_logits` does not.

## What it does
Finds `-(t * log(p) + (1 - t) * log(1 - p))` where `p` is a sigmoid, in its usual orders and signs, and with
`+ eps` inside the logs.

Silent where `p` is not a sigmoid, and where one half of the sum is left out.

## Why is this bad?
In float32 `sigmoid(x)` is exactly 1 from 17 on and `log(1 - p)` is -inf; times a target of 0 on the other half that is
NaN, and so is the gradient. An eps inside the log hides that and stops the gradient of the very samples that are
most wrong.

## Example
```python
p = torch.sigmoid(x)
loss = -(t * torch.log(p) + (1 - t) * torch.log(1 - p))
```
Use instead:
```python
loss = F.binary_cross_entropy_with_logits(x, t, reduction="none")
```

## Fix safety
Equal where the original is finite and accurate. The loss wants targets of the shape of the logits: where the shapes are
not certain, the fix writes the same sum with `logsigmoid(x)` and `logsigmoid(-x)`. With `+ eps` inside the logs the
result changes.
It is unsafe where the input certainly has half precision, whose results differ by more than the last bits, and in files
that use `autocast`, which chooses the dtype of each operation by its name.

## When not to use it
Turn it off for code that explains the formula, such as a lesson, with inputs that stay between -10 and 10.

## References
-
[torch.nn.functional.binary_cross_entropy_with_logits](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torchlint.rule import (
    BinaryTargets,
    Changes,
    F,
    Logits,
    Match,
    Number,
    Pair,
    Rewrite,
    Stabilises,
    same,
    sizes,
    torch,
)

if TYPE_CHECKING:
    from torch import Tensor


def negated(x: Logits, t: BinaryTargets) -> Tensor:
    return -(t * torch.log(torch.sigmoid(x)) + (1 - t) * torch.log(1 - torch.sigmoid(x)))


def subtracted(x: Logits, t: BinaryTargets) -> Tensor:
    return -t * torch.log(torch.sigmoid(x)) - (1 - t) * torch.log(1 - torch.sigmoid(x))


def subtracted_product(x: Logits, t: BinaryTargets) -> Tensor:
    return -(t * torch.log(torch.sigmoid(x))) - (1 - t) * torch.log(1 - torch.sigmoid(x))


def with_logits(x: Logits, t: BinaryTargets) -> Tensor:
    return F.binary_cross_entropy_with_logits(x, t, reduction="none")


def of_log_sigmoids(x: Logits, t: BinaryTargets) -> Tensor:
    return -(t * F.logsigmoid(x) + (1 - t) * F.logsigmoid(-x))


def total(x: Logits, t: BinaryTargets) -> Tensor:
    return t * torch.log(torch.sigmoid(x)) + (1 - t) * torch.log(1 - torch.sigmoid(x))


def minus_with_logits(x: Logits, t: BinaryTargets) -> Tensor:
    return -F.binary_cross_entropy_with_logits(x, t, reduction="none")


def total_of_log_sigmoids(x: Logits, t: BinaryTargets) -> Tensor:
    return t * F.logsigmoid(x) + (1 - t) * F.logsigmoid(-x)


def negated_with_eps(x: Logits, t: BinaryTargets, eps: Number) -> Tensor:
    return -(t * torch.log(torch.sigmoid(x) + eps) + (1 - t) * torch.log(1 - torch.sigmoid(x) + eps))


def total_with_eps(x: Logits, t: BinaryTargets, eps: Number) -> Tensor:
    return t * torch.log(torch.sigmoid(x) + eps) + (1 - t) * torch.log(1 - torch.sigmoid(x) + eps)


def with_logits_for_eps(x: Logits, t: BinaryTargets, eps: Number) -> Tensor:
    return F.binary_cross_entropy_with_logits(x, t, reduction="none")


def minus_with_logits_for_eps(x: Logits, t: BinaryTargets, eps: Number) -> Tensor:
    return -F.binary_cross_entropy_with_logits(x, t, reduction="none")


def _same_shape(match: Match) -> bool:
    """The loss does not broadcast."""
    x, t = (sizes.sizes(match.captured[name]) for name in ("x", "t"))
    return x is not None and x == t


def _has_target(match: Match) -> bool:
    """Whether the weights are not the probabilities themselves, whose entropy that would be."""
    target = match.captured["t"]
    return not any(op.name == "sigmoid" and same(op, target) for op in match.ops)


def _alone(match: Match) -> bool:
    """Whether the sum is not the operand of a minus sign: that is another pair's."""
    return _has_target(match) and not any(op.name == "neg" and op.input is match.root for op in match.frame.ops)


def _fits(match: Match) -> bool:
    return _has_target(match) and _same_shape(match)


def _fits_alone(match: Match) -> bool:
    return _alone(match) and _same_shape(match)


def _small(match: Match) -> bool:
    eps = match.constant("eps")
    return _has_target(match) and match.grad and isinstance(eps, float | int) and 0 < eps <= 1e-3


def _small_alone(match: Match) -> bool:
    return _small(match) and _alone(match)


_EPS = Changes("eps no longer puts a floor under the probabilities")
_OTHER_SHAPES = ("a dim of size 1",)
_MESSAGE = "Binary cross entropy by hand with eps has no gradient at large errors: take it from the logits"


class HandwrittenBinaryCrossEntropy(Rewrite):
    code = "TLT112"
    since = "0.1"
    related = ("TLT107", "TLT203")
    message = "Binary cross entropy over `log(sigmoid(x))` becomes infinite: take it from the logits"
    title = "Take the loss from the logits"
    help = "Give the logits to `binary_cross_entropy_with_logits`"
    local = True
    elsewhere = ("sigmoid",)
    also_for = ("layout",)
    pairs = (
        Pair(negated, with_logits, Stabilises(), when=_fits, excluded=_OTHER_SHAPES),
        Pair(subtracted, with_logits, Stabilises(), when=_fits, excluded=_OTHER_SHAPES),
        Pair(subtracted_product, with_logits, Stabilises(), when=_fits, excluded=_OTHER_SHAPES),
        Pair(total, minus_with_logits, Stabilises(), when=_fits_alone, excluded=_OTHER_SHAPES),
        # The loss wants targets of the logits' shape; the logs do not.
        Pair(negated, of_log_sigmoids, Stabilises(), when=_has_target),
        Pair(subtracted, of_log_sigmoids, Stabilises(), when=_has_target),
        Pair(subtracted_product, of_log_sigmoids, Stabilises(), when=_has_target),
        Pair(total, total_of_log_sigmoids, Stabilises(), when=_alone),
        Pair(negated_with_eps, with_logits_for_eps, _EPS, when=_small, applies=_same_shape, message=_MESSAGE),
        Pair(total_with_eps, minus_with_logits_for_eps, _EPS, when=_small_alone, applies=_same_shape, message=_MESSAGE),
    )
