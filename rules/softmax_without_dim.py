"""Softmax without dim: torch guesses the dim from the rank.

## What it does
Finds `F.softmax(x)`, `F.log_softmax(x)`, `F.softmin(x)`, `nn.Softmax()`, `nn.LogSoftmax()` and `nn.Softmin()`
without a dim.

## Why is this bad?
The guess is dim 0 for tensors of rank 0, 1 and 3 and dim 1 for all others, and is deprecated: it warns. A tensor of
shape (batch, length, classes) is normalised over the batch, without an error.

## Example
```python
weights = F.softmax(scores)
```
Use instead:
```python
weights = F.softmax(scores, dim=-1)
```

## Fix safety
`dim=-1` is what torch guesses for tensors of rank 1 and 2, and is written only where the rank is certain. For any
other rank only the author knows which dim was meant.

## References
- [torch.nn.Softmax](https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmax.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from torchlint.rule import Check, Frame, Layer, Op, Problem, Same, Value, facts, members

if TYPE_CHECKING:
    from torchlint.rule import Editor

_LAYERS = frozenset(["Softmax", "LogSoftmax", "Softmin"])


class SoftmaxWithoutDim(Check):
    code = "TLT301"
    since = "0.1"
    message = "softmax without `dim`: torch guesses 0 for rank 0, 1 and 3, else 1; name the dim"
    title = "Add `dim=-1`, which is what torch guesses for this rank"
    ops = ("softmax", "log_softmax", "softmin")
    dimless = ops

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        if op.form != "F" or "dim" in op.args or not isinstance(op.node, ast.Call):
            return
        yield _problem(op.node, facts.rank(op.input))

    def check_call(self, call: ast.Call, frame: Frame) -> Iterator[Problem]:
        layer = frame.values.get(call)
        if isinstance(layer, Layer) and layer.node is call and _lacks_dim(layer):
            ranks = {facts.rank(op.input) for op in frame.ops if op.layer is layer}
            rank = ranks.pop() if len(ranks) == 1 and _stays(layer, frame) else None
            yield _problem(call, rank)


def _lacks_dim(layer: Layer) -> bool:
    return layer.name in _LAYERS and layer.complete and "dim" not in _given(layer)


def _given(layer: Layer) -> set[str]:
    return {name for name, value in layer.args.items() if not _is_none(value)}


def _is_none(value: Value) -> bool:
    return all(getattr(member, "value", ...) is None for member in members(value))


def _stays(layer: Layer, frame: Frame) -> bool:
    """Whether a layer is called only in the function that makes it: each use of it is the callee of a call."""
    callees = {call.func for call in frame.callees}
    named = all(node in callees for node in frame.loads.get(layer, ()))
    kept = any(path.startswith("self.") and layer in values for path, values in frame.bindings.items())
    return frame.function is not None and named and not kept and not _is_returned(layer, frame)


def _is_returned(layer: Layer, frame: Frame) -> bool:
    return any(layer in members(value) for _, value in frame.returns)


def _problem(call: ast.Call, rank: int | None) -> Problem:
    fixable = rank in (1, 2) and not any(_is_none_literal(arg) for arg in call.args)
    return Problem(call, fix=partial(_add_dim, call) if fixable else None, claim=Same())


def _add_dim(call: ast.Call, editor: Editor) -> None:
    explicit = [keyword.value for keyword in call.keywords if keyword.arg == "dim"]
    if explicit:
        editor.replace(explicit[0], "-1")
    else:
        editor.add_argument(call, "dim=-1")


def _is_none_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
