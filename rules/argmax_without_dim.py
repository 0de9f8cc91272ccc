"""`argmax()` without a dim over a batch: one index into all scores of all samples.

## What it does
Finds `argmax()` or `argmin()` without `dim` of a batch of scores: where the index is compared with labels and the
comparison is summed up or averaged, or where a model's output has several rows for certain: by its sizes, or because
its input comes from a `DataLoader` with a batch size above one.

Silent on scores of a single sample, on parts of a tensor (`scores[0].argmax()`), on comparisons with a single label and
where the index is taken apart again by `unravel_index`.

## Why is this bad?
Without a dim the tensor is flattened first. The result is a single number between 0 and N * C - 1, for which nothing
raises: compared with labels it broadcasts, and an accuracy of almost 0 comes out.

## Example
```python
predicted = model(images).argmax()
correct += (predicted == labels).sum()
```
Use instead:
```python
predicted = model(images).argmax(dim=1)
correct += (predicted == labels).sum()
```

## Fix safety
There is no fix: the class dim is mostly 1, but not for every model.

## When not to use it
Turn it off for a batch that is one sample by construction, where the code does not show it.

## References
- [torch.argmax](https://docs.pytorch.org/docs/stable/generated/torch.argmax.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import (
    Call,
    Check,
    Constant,
    Frame,
    Item,
    Op,
    Problem,
    Value,
    facts,
    made_by,
    ops,
    sizes,
    walk,
)
from torchlint.vocabulary.datasets import LOADER
from torchlint.vocabulary.eval_mode import mode_calls
from torchlint.vocabulary.shown_tensors import shown_tensor

_SCORES = ops.SUMS | {"count_nonzero"}
# These keep the elements where they are, or turn booleans into numbers.
_KEEPING = ops.SAME_ELEMENTS | ops.CASTS
_SOFTMAXES = ops.ORDER_KEEPING


class ArgmaxWithoutDim(Check):
    code = "TLT305"
    since = "0.1"
    related = ("TLT108", "TLT117", "TLT303")
    message = "`argmax` without `dim` is one index into the flattened batch, not one per sample"
    help = "Name the dim that the scores are in, such as `argmax(dim=1)`"
    ops = ("argmax", "argmin")

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        scores = _unwrapped(op.input)
        if "dim" in op.args or op.node is None or facts.rank(op.input) in (0, 1) or _batch_size(scores) == 1:
            return
        is_tensor = shown_tensor(frame, scores) or _is_given_by_model(frame, scores)
        if _is_part(scores) or not is_tensor or "unravel_index" in frame.module.source.text:
            return
        of_batch = _is_prediction(op.input) and (_has_rows(op.input) or (_batch_size(scores) or 0) > 1)
        if of_batch or any(_is_score(other, op) for other in frame.ops):
            yield Problem(
                op.node, f"`{op.name}` without `dim` is one index into the flattened batch, not one per sample"
            )


def _is_given_by_model(frame: Frame, value: Value) -> bool:
    """Whether a value is what something returns that the function puts into training or eval mode: a module."""
    if not isinstance(value, Call):
        return False
    switched = [node for name in ("eval", "train") for _, node in mode_calls(frame, name)]
    return any(frame.values.get(node) is value.callee for node in switched)


def _is_part(value: Value) -> bool:
    return isinstance(value, Op) and value.name in ops.CARRIERS - ops.SAME_ELEMENTS


def _is_prediction(value: Value) -> bool:
    """Whether a value is the result of a linear layer, of a softmax or of a call."""
    while isinstance(value, Op) and value.name in _KEEPING:
        value = value.input
    return isinstance(value, Call) or (isinstance(value, Op) and value.name in _SOFTMAXES | {"Linear"})


def _unwrapped(value: Value) -> Value:
    while isinstance(value, Op) and value.name in _KEEPING | _SOFTMAXES:
        value = value.input
    return value


def _has_rows(value: Value) -> bool:
    """Whether a tensor is certainly (n, c) with n and c above 1."""
    found = sizes.sizes(value)
    return found is not None and len(found) == 2 and all(isinstance(size, int) and size > 1 for size in found)


def _batch_size(value: Value) -> int | None:
    """The batch size of the loader that a value is computed from, where it is a literal."""
    for part in walk(value):
        loader = made_by(part.iterable) if isinstance(part, Item) else None
        if loader is not None and loader.qualname == LOADER:
            size = loader.constant("batch_size")
            return size if isinstance(size, int) else None
    return None


def _is_score(op: Op, index: Op) -> bool:
    """Whether an operation sums or averages a comparison of the index with a tensor that may have several elements."""
    compared = _unwrapped(op.input) if op.name in _SCORES and "dim" not in op.args else None
    if not isinstance(compared, Op) or compared.name not in ("eq", "ne"):
        return False
    sides = [_unwrapped(side) for side in (compared.input, compared.args.get("other", compared))]
    others = [side for side in sides if side is not index]
    return len(others) == 1 and not isinstance(others[0], Constant) and facts.rank(others[0]) != 0
