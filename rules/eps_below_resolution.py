"""An eps that the dtype rounds away.

## What it does
Finds, where the dtype is certain from the function itself: `x + 1e-8` and `clamp(min=1e-8)` in float16, which has no
number between 0 and 6e-8; `clamp(max=1 - 1e-8)` in float32, where `1 - 1e-8` is 1; and `masked_fill(mask, -1e9)` in
float16, whose smallest number is -65504.

## Why is this bad?
The guard does nothing: the division by zero or the log of zero that it was written against happens. `masked_fill`
with a number that float16 does not have is an error.

## Example
```python
x = x.half()
scaled = x / (x.norm(dim=-1, keepdim=True) + 1e-8)
```
Use instead:
```python
x = x.half()
scaled = x / (x.norm(dim=-1, keepdim=True) + 1e-4)
```

## Fix safety
There is no fix: how large the eps may be depends on the values.

## When not to use it
Turn it off where the guard is there for another dtype than the one that the function shows, such as float64.

## References
- [torch.finfo](https://docs.pytorch.org/docs/stable/type_info.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import (
    Check,
    Frame,
    Op,
    Problem,
    Value,
    dtypes,
    foreign_names,
    inventory_of,
    is_foreign,
    ops,
)

# Half of the smallest positive number of float16: what is below is rounded to 0.
_HALF_TINY = 2.0**-25
_HALF_LARGEST = 65504.0
# Below 1 the numbers of these dtypes are this far apart; half of it is rounded to 1.
_SPACING = {"float64": 2.0**-53, "float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}
# Words that make another dtype than float32 the one of layers and of what is computed from them.
_OTHER_DEFAULTS = ("float64", "double", "set_default_dtype")
# What makes a tensor one of float16, and what bounds one from above.
_HALF = frozenset({"half", "float16", "HalfTensor"})
_BOUNDS = ops.methods(*ops.CLAMPS_ABOVE)


class EpsBelowResolution(Check):
    code = "TLT213"
    since = "0.1"
    related = ("TLT120", "TLT210")
    message = "The eps is rounded away by the dtype: it does nothing"
    help = "Use a number that the dtype holds, from `torch.finfo(x.dtype)`, or compute in float32"
    needs = (("add", "clamp", "clamp_min", "clamp_max", "masked_fill"),)
    words = (tuple(sorted(_HALF | _BOUNDS)),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if not _speaks_of(frame.scope, _HALF | _BOUNDS) or not (_has_half(frame) or _may_bound_below_one(frame)):
            return
        for op in frame.ops:
            yield from _problems(op, frame) if op.name in self.needs[0] else ()


def _has_half(frame: Frame) -> bool:
    """Whether the file, or what it imports, speaks of float16, or bounds are looked up by their names."""
    known = frame.module.words.all.union(*frame.module.imported_words.values())
    strings = inventory_of(frame.scope).of(ast.Constant)
    return not _HALF.isdisjoint(known) or any(node.value in _BOUNDS for node in strings)


def _may_bound_below_one(frame: Frame) -> bool:
    """Whether a call such as `clamp` may have an upper bound between 0.9 and 1: without float16, that is all
    that may be rounded away."""
    foreign = foreign_names(frame.module)
    calls = [call for call in frame.module.naming.calls_in(frame.scope, _BOUNDS) if not is_foreign(call.func, foreign)]
    bounds = [keyword.value for call in calls for keyword in call.keywords if keyword.arg != "min"]
    return any(map(_may_be_below_one, [*bounds, *(arg for call in calls for arg in call.args)]))


def _may_be_below_one(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float) and 0.9 < node.value < 1
    return not (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant)
    )


def _problems(op: Op, frame: Frame) -> Iterator[Problem]:
    """What is rounded away in one operation, wherever its dtype comes from."""
    if not isinstance(op.node, ast.expr):
        return
    if op.name == "masked_fill":
        value = _number(op, "value")
        if value is not None and _HALF_LARGEST < abs(value) < float("inf") and _dtype(op.input, frame) == "float16":
            yield Problem(op.node, f"{value:g} is beyond the range of float16, which ends at 65504: this raises")
        return
    for name in ("other", "min"):
        eps = _number(op, name)
        if eps is not None and 0 < eps < _HALF_TINY and _dtype(op.input, frame) == "float16":
            yield Problem(op.node, f"{eps:g} is 0 in float16: the eps does nothing")
    top = _number(op, "max")
    if top is not None and 0.9 < top < 1:
        dtype = _dtype(op.input, frame)
        if dtype is not None and 1 - top < _SPACING[dtype] / 2:
            yield Problem(op.node, f"1 - {1 - top:.0e} is 1 in {dtype}: the upper bound does nothing")


def _speaks_of(scope: ast.AST, words: frozenset[str]) -> bool:
    """Whether a function has one of these names itself: float16 rarely comes from elsewhere, and looking costs time."""
    nodes = inventory_of(scope)
    if not words.isdisjoint(nodes.names) or any(node.attr in words for node in nodes.of(ast.Attribute)):
        return True
    return any(node.value in words for node in nodes.of(ast.Constant) if isinstance(node.value, str))


def _number(op: Op, name: str) -> float | None:
    value = op.constant(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _dtype(value: Value, frame: Frame) -> str | None:
    """The floating-point dtype of a value: the one it was given, or the default one of layers."""
    given = dtypes.dtype(value)
    if given is not None:
        return given if given in dtypes.FLOATING else None
    text = frame.module.source.text
    usual = dtypes.is_floating(value) and not any(word in text for word in _OTHER_DEFAULTS)
    return "float32" if usual else None
