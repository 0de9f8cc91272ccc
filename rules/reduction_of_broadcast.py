"""Reduction of an accidental broadcast: (n, 1) with (n,) gives (n, n).

## What it does
Finds a loss, or a `sum` or `mean` over everything, of two tensors of which the elementwise result is certainly larger
than both: a column of shape (n, 1) with a vector of shape (n,). Also finds every loss whose input and target certainly
have different shapes, such as (n, 1) and (n, 4), of which torch warns at each call. Only where the shapes, their ranks
or their last sizes are certain, or where one is the value of an action, `q(s).gather(1, a.unsqueeze(1))`, and the other
is computed from that of the best one, `q(s2).max(1)[0]`.

Silent where broadcasting is meant: in a sum over everything a matrix with a vector (n, 3) with (3,), and where the
column is made on the spot by `unsqueeze`, `[:, None]` or `view` (pairwise differences); in a loss a target that is one
constant, such as `torch.ones(1)`.

## Why is this bad?
Each prediction is compared with the target of every sample. The result is a plausible number and the model trains,
towards the mean of all targets.

## Example
```python
prediction = torch.randn(100, 1)
target = torch.randn(100)
loss = F.mse_loss(prediction, target)
```
Use instead:
```python
loss = F.mse_loss(prediction.squeeze(1), target)
```

## Fix safety
There is no fix: which of the two shapes is the right one is not known.

## When not to use it
Turn it off for losses over all pairs that are written with a column and a row on purpose.

## References
- [Broadcasting semantics](https://docs.pytorch.org/docs/stable/notes/broadcasting.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import zip_longest

from torchlint.rule import Check, Constant, Element, Frame, Op, Problem, Value, agree, facts, ops, sizes

_LOSSES = ops.that(broadcasts=True)
_REDUCTIONS = tuple(sorted(ops.SUMS))
_SAME_SHAPE = ops.that(shape="same")
_EXPLICIT = ops.CARRIERS & ops.that(shape=("unsqueezed", "wanted", "indexed", "size", "repeated", "like other"))

_DIFFERENT = "Input and target differ in shape: one is stretched, and elements are compared with the wrong targets"


class ReductionOfBroadcast(Check):
    code = "TLT302"
    since = "0.1"
    related = ("TLT115", "TLT304")
    message = "Shapes (n, 1) and (n,) broadcast to (n, n): all pairs are reduced; give both the same shape"
    help = "Give both the same shape: `squeeze(1)` the one, or `unsqueeze(1)` the other"
    ops = (*sorted(_LOSSES), *_REDUCTIONS)
    dimless = _REDUCTIONS

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        if not isinstance(op.node, ast.expr):
            return
        if "dim" in op.args:
            return
        a, b = (op.input, op.args.get("target")) if op.name in _LOSSES else _operands(op.input)
        if a is None or b is None:
            return
        if _grows(a, b) or _is_of_one_action(a, b) or _is_of_one_action(b, a):
            yield Problem(op.node)
        elif op.name in _LOSSES and _differ(a, b) and not _is_label(a) and not _is_label(b):
            yield Problem(op.node, _DIFFERENT)


def _operands(value: Value) -> tuple[Value | None, Value | None]:
    """The operands of the arithmetic that is reduced, seen through elementwise functions."""
    while isinstance(value, Op) and (inner := _single(value)) is not None:
        value = inner
    if not isinstance(value, Op) or value.name not in ops.BINARY:
        return None, None
    a, b = value.input, value.args.get("other")
    return (None, None) if _is_explicit(a) or (b is not None and _is_explicit(b)) else (a, b)


def _single(op: Op) -> Value | None:
    """The one tensor that elementwise functions are of, and arithmetic with numbers: `x` of `(2 - x) ** 2`."""
    operands = [arg for arg in op.args.values() if not isinstance(arg, Constant)]
    if op.name in ops.BINARY:
        return operands[0] if len(operands) == 1 else None
    return op.input if op.name in _SAME_SHAPE else None


def _is_explicit(value: Value) -> bool:
    """Whether an operand was given its shape on the spot."""
    return not agree(value, lambda member: not (isinstance(member, Op | Element) and _shaped(member)))


def _shaped(value: Op | Element) -> bool:
    return isinstance(value, Op) and value.name in _EXPLICIT


def _differ(a: Value, b: Value) -> bool:
    """Whether input and target of a loss certainly have different shapes, of which one is stretched to the other."""
    ranks = facts.rank(a), facts.rank(b)
    if 0 in ranks:
        return False
    if None not in ranks and ranks[0] != ranks[1]:
        return True
    ends = facts.last_size(a), facts.last_size(b)
    if None not in ends and ends[0] != ends[1] and 1 in ends:
        return True
    first, second = sizes.sizes(a), sizes.sizes(b)
    if not first or not second:
        return (ends[0] == 1 and _is_batch(second)) or (ends[1] == 1 and _is_batch(first))
    return len(first) != len(second) or any(map(_is_stretched, first, second))


def _is_batch(found: tuple[sizes.Size, ...] | None) -> bool:
    """Whether sizes are those of one number per sample of a loader's batch: what ends in a dim of size 1 has another
    dim for the samples."""
    return found is not None and len(found) == 1 and sizes.is_of_loader(found[0])


def _is_stretched(a: sizes.Size, b: sizes.Size) -> bool:
    """Whether one of two sizes is 1 and the other a larger number."""
    return (a == 1 and isinstance(b, int) and b > 1) or (b == 1 and isinstance(a, int) and a > 1)


def _is_label(value: Value) -> bool:
    """Whether a target is one constant for all elements, such as `torch.ones(1)`."""
    found = sizes.sizes(value)
    made = isinstance(value, Op) and value.name in ops.FACTORIES
    return made and found is not None and all(size == 1 for size in found)


def _grows(a: Value, b: Value) -> bool:
    first, second = sizes.sizes(a), sizes.sizes(b)
    if first is None or second is None or len(first) == len(second):
        return False
    column, vector = (first, second) if len(first) > len(second) else (second, first)
    # (n, 1) with (n,): the vector lies along the column's dim of size 1, and has the column's length.
    return (
        len(vector) >= 1
        and column[-1] == 1
        and vector[-1] in column[:-1]
        and _are_stretched(first, second)
        and _are_stretched(second, first)
    )


def _is_of_one_action(column: Value, vector: Value) -> bool:
    """Whether one value is that of an action, `q(s).gather(1, a.unsqueeze(1))`, and the other one is computed from that
    of the best action, `q(s2).max(1)[0]`, which has a dim less, whatever the rank of the states is."""
    if not isinstance(column, Op) or column.name != "gather":
        return False
    dim, index = column.constant("dim"), column.args.get("index")
    if not isinstance(index, Op) or index.name != "unsqueeze" or index.constant("dim") != dim or dim not in (1, -1):
        return False
    parts, found = [vector], False
    while parts:
        part = parts.pop()
        if isinstance(part, Op) and part.name in ("add", "sub", "mul"):
            parts += [part.input, part.args.get("other", part.input)]
        elif isinstance(part, Op) and part.name in _SAME_SHAPE and part.name not in ops.BINARY:
            parts.append(part.input)
        elif _is_best(part, dim):
            found = True
        elif isinstance(part, Op) and part.name in _EXPLICIT:
            return False
    return found


def _is_best(value: Value, dim: object) -> bool:
    """Whether a value is the largest along a dim, which it has no more."""
    is_element = isinstance(value, Element) and value.key in (0, "values")
    largest = value.base if isinstance(value, Element) and is_element else value
    if not isinstance(largest, Op) or largest.name != ("max" if is_element else "amax"):
        return False
    return largest.constant("dim") == dim and largest.constant("keepdim", False) is False


def _are_stretched(a: tuple[sizes.Size, ...], b: tuple[sizes.Size, ...]) -> bool:
    """Whether a dim of size 1 meets one of another size: a number, or a size that has a name."""
    pairs = zip_longest(reversed(a), reversed(b), fillvalue=1)
    return any(one == 1 and other != 1 and not sizes.is_anything(other) for one, other in pairs)
