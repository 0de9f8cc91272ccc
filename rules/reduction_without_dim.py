"""Reduction over all elements, where a dim may have been meant.

## What it does
Finds `sum`, `mean`, `prod`, `max`, `min`, `argmax`, `argmin`, `std`, `var`, `norm`, `any`, `all` and `median` of a
tensor without a dim. Silent for tensors that certainly have one dim or none, and for values that a `backward` is
called on.

Off by default: of the findings in real code two or three in a hundred are mistakes, the rest mean what they say. It
is meant for projects that want every such reduction to be written down.

## Why is this bad?
`sum()` and `sum(dim=0)` differ only in the shape of the result, and broadcasting hides it.

## Example
```python
norm = weights.sum()
```
Use instead:
```python
norm = weights.sum(dim=-1, keepdim=True)
```

## Fix safety
There is no fix: only the author knows the dim.

## When not to use it
It is off by default: most reductions over everything mean what they say.

## References
- [torch.sum](https://docs.pytorch.org/docs/stable/generated/torch.sum.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import INFO, Check, Frame, Op, Problem, facts, ops, walk

_REDUCTIONS = tuple(sorted(ops.REDUCTIONS))


class ReductionWithoutDim(Check):
    code = "TLT303"
    since = "0.1"
    related = ("TLT302", "TLT305")
    severity = INFO
    default = False
    message = "This reduces over all elements, samples included: name the dim if one is meant"
    help = "Name the dim if one is meant, such as `dim=1`"
    ops = _REDUCTIONS
    dimless = ops

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        if not {"dim", "axis", "other"}.isdisjoint(op.args) or not isinstance(op.node, ast.expr):
            return
        rank = facts.rank(op.input)
        if (rank is not None and rank <= 1) or not (op.form == "torch" or facts.is_tensor(op.input)):
            return
        if not _is_minimised(op, frame):
            yield Problem(op.node)


def _is_minimised(op: Op, frame: Frame) -> bool:
    """Whether `backward` is called on a value that this one is part of."""
    return any(other.name == "backward" and any(part is op for part in walk(other.input)) for other in frame.ops)
