"""Log of a softmax: underflows where `log_softmax` does not.

## What it does
Finds `log(softmax(x, dim))`, in one expression or through a local, also with `+ eps` inside the log, and also where
some of the probabilities are taken in between: by `gather`, `index_select` or an index.

Silent where gradients are off, in the function or at all its callers in the file: a decoder only ranks the values.
Silent where the probabilities are used again, as a target or weight: `-(p * p.log()).sum()`, and for the random numbers
of a test.

## Why is this bad?
A probability below the smallest float of its dtype is rounded to 0, and its log is `-inf`; the gradient becomes
NaN. In float16 a gap of 17 between two logits is enough. `log_softmax` subtracts the row's maximum first and never
takes the log of 0. It is also faster.

## Example
```python
loss = -(labels * torch.log(torch.softmax(logits, dim=-1))).sum(-1)
```
Use instead:
```python
loss = -(labels * torch.log_softmax(logits, dim=-1)).sum(-1)
```

## Fix safety
Equal where the original is finite, and finite where it is not. With `+ eps` inside the log the fix changes results:
eps puts a floor of `log(eps)` under the value and damps its gradient.
It is unsafe where the input certainly has half precision, whose results differ by more than the last bits, and in files
that use `autocast`, which chooses the dtype of each operation by its name.

## When not to use it
Turn it off where the logarithm is only looked at, and -inf is what you want to see for a probability of 0.

## References
-
[torch.nn.functional.log_softmax](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torchlint.rule import (
    Changes,
    ClassColumn,
    Dim,
    Floats,
    Labels,
    Logits,
    Match,
    Number,
    Pair,
    Rewrite,
    Rows,
    Size,
    Stabilises,
    torch,
)
from torchlint.vocabulary.data_tables import is_data
from torchlint.vocabulary.grad_mode import is_called_without_grad
from torchlint.vocabulary.ranges import bounded, is_reference

if TYPE_CHECKING:
    from torch import Tensor


def log_softmax_by_hand(x: Floats, dim: Dim) -> Tensor:
    return torch.log(torch.softmax(x, dim))


def log_softmax(x: Floats, dim: Dim) -> Tensor:
    return torch.log_softmax(x, dim)


def log_of_gathered(x: Logits, dim: Dim, axis: Dim, index: ClassColumn) -> Tensor:
    return torch.log(torch.softmax(x, dim).gather(axis, index))


def log_softmax_gathered(x: Logits, dim: Dim, axis: Dim, index: ClassColumn) -> Tensor:
    return torch.log_softmax(x, dim).gather(axis, index)


def log_of_selected(x: Logits, dim: Dim, axis: Dim, index: Labels) -> Tensor:
    return torch.log(torch.softmax(x, dim).index_select(axis, index))


def log_softmax_selected(x: Logits, dim: Dim, axis: Dim, index: Labels) -> Tensor:
    return torch.log_softmax(x, dim).index_select(axis, index)


def log_of_rows(x: Logits, dim: Dim, index: Rows) -> Tensor:
    return torch.log(torch.softmax(x, dim)[index])


def log_softmax_of_rows(x: Logits, dim: Dim, index: Rows) -> Tensor:
    return torch.log_softmax(x, dim)[index]


def log_of_row(x: Logits, dim: Dim, index: Size) -> Tensor:
    return torch.log(torch.softmax(x, dim)[index])


def log_softmax_of_row(x: Logits, dim: Dim, index: Size) -> Tensor:
    return torch.log_softmax(x, dim)[index]


def log_of_elements(x: Logits, dim: Dim, rows: Rows, index: Rows) -> Tensor:
    return torch.log(torch.softmax(x, dim)[rows, index])


def log_softmax_of_elements(x: Logits, dim: Dim, rows: Rows, index: Rows) -> Tensor:
    return torch.log_softmax(x, dim)[rows, index]


def log_of_column(x: Logits, dim: Dim, index: Size) -> Tensor:
    return torch.log(torch.softmax(x, dim)[:, index])


def log_softmax_of_column(x: Logits, dim: Dim, index: Size) -> Tensor:
    return torch.log_softmax(x, dim)[:, index]


def log_softmax_with_eps(x: Floats, dim: Dim, eps: Number) -> Tensor:
    return torch.log(torch.softmax(x, dim) + eps)


def log_softmax_without_eps(x: Floats, dim: Dim, eps: Number) -> Tensor:
    return torch.log_softmax(x, dim)


def _used_once(match: Match) -> bool:
    """Whether the probabilities serve the log alone; as a target or weight they are needed themselves."""
    softmax = next(op for op in match.ops if op.name == "softmax")
    return match.frame.uses(softmax) <= 1


def _with_grad(match: Match) -> bool:
    """Whether a gradient may be wanted: a decoder, which its callers run without, only ranks the values."""
    return match.grad and not is_called_without_grad(match.frame)


def _trains(match: Match) -> bool:
    eps = match.constant("eps")
    return isinstance(eps, float | int) and 0 < eps <= 1e-3 and _used_once(match) and _with_grad(match)


def _may_underflow(match: Match) -> bool:
    """Whether the values are more than those that a test makes up, which are far from where digits are lost."""
    x = match.captured["x"]
    made_up = is_reference(match) and is_data(x) and bounded(x)
    return _used_once(match) and not made_up and _with_grad(match)


class LogOfSoftmax(Rewrite):
    code = "TLT202"
    since = "0.1"
    related = ("TLT110", "TLT201", "TLT203")
    message = "`log(softmax(x))` is -inf where a probability underflows; `log_softmax(x)` is finite"
    title = "Use `log_softmax`"
    also_for = ("int", "bool", "complex", "dims", "no dim", "layout")
    help = "Use `torch.log_softmax(x, dim)`"
    pairs = (
        Pair(log_softmax_by_hand, log_softmax, Stabilises(), when=_may_underflow),
        Pair(log_of_gathered, log_softmax_gathered, Stabilises(), when=_may_underflow),
        Pair(log_of_selected, log_softmax_selected, Stabilises(), when=_may_underflow),
        Pair(log_of_rows, log_softmax_of_rows, Stabilises(), when=_may_underflow),
        Pair(log_of_row, log_softmax_of_row, Stabilises(), when=_may_underflow),
        Pair(log_of_elements, log_softmax_of_elements, Stabilises(), when=_may_underflow),
        Pair(log_of_column, log_softmax_of_column, Stabilises(), when=_may_underflow),
        Pair(
            log_softmax_with_eps,
            log_softmax_without_eps,
            Changes("eps no longer puts a floor under the value"),
            when=_trains,
            message="`log(softmax(x) + eps)` loses small probabilities and their gradient; `log_softmax(x)` keeps both",
        ),
    )
