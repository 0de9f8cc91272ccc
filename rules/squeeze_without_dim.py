"""Squeeze without dim: a batch of one loses its batch dim.

## What it does
Finds `squeeze()` without a dim where the lost dim is certain to matter: on the result of `nonzero`, on one argument
of a loss only, and where its result is reduced, normalised or measured at a numbered dim in the same function.

Silent where both arguments of a loss are squeezed, where all sizes or a batch of more than one are certain, where the
batch was reduced with `keepdim` before, for weights, in tests, where what is left is looked at
(`if indices.dim() == 0`), and for `dim=-1`, which is the same dim before and after.

## Why is this bad?
`squeeze()` removes every dim of size 1. With the last batch of an epoch, of one sample, or one element found by
`nonzero`, the result has one dim less than always: a loss fails or broadcasts, `dim=1` is an error or another dim.

## Example
```python
loss = F.binary_cross_entropy_with_logits(model(x).squeeze(), target)
```
Use instead:
```python
loss = F.binary_cross_entropy_with_logits(model(x).squeeze(-1), target)
```

## Fix safety
A dim is written only for `nonzero` of a tensor that certainly has rank 1; the result is then a vector for one
element too.

## References
- [torch.squeeze](https://docs.pytorch.org/docs/stable/generated/torch.squeeze.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from torchlint.rule import (
    Call,
    Changes,
    Check,
    Choice,
    Constant,
    External,
    Field,
    Frame,
    Items,
    Op,
    Parameter,
    Problem,
    Value,
    facts,
    members,
    ops,
    sizes,
    trees,
    walk,
)

from ._nodes import ancestors, is_test, parents

if TYPE_CHECKING:
    from torchlint.rule import Editor

_NUMBERED = frozenset(
    [
        *("sum", "mean", "prod", "std", "var", "norm", "logsumexp", "softmax", "log_softmax", "normalize", "median"),
        *(
            "argmax",
            "argmin",
            "max",
            "min",
            "amax",
            "amin",
            "any",
            "all",
            "topk",
            "sort",
            "argsort",
            "cumsum",
            "cumprod",
        ),
        *("size", "gather", "scatter", "index_select", "unbind", "chunk", "split", "flip"),
    ]
)
# These take a single index as a vector of one.
_INDEXED = frozenset(["index_select", "index_copy", "index_add", "index_fill"])
_MEASURES = frozenset(["shape", "dim", "numel"])
_CONVERSIONS = frozenset(
    ["float", "double", "half", "long", "to", "cuda", "cpu", "sigmoid", "clone", "detach", "type_as"]
)


class SqueezeWithoutDim(Check):
    code = "TLT304"
    since = "0.1"
    message = "`squeeze()` also removes the batch dim of a batch of one; name the dim"
    title = "Name the dim"
    ops = ("squeeze",)
    dimless = ops

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        if "dim" in op.args or not isinstance(op.node, ast.Call) or _is_fixed(op.input) or is_test(frame.module):
            return
        if _is_nonzero(op.input):
            uses = frame.loads.get(op, [op.node])
            if not any(_minds_rank(frame, use, op) for use in uses) or _is_guarded(frame, op):
                return
            fix = partial(_add_dim, op.node) if _is_vector_search(op.input) else None
            message = "`nonzero(..).squeeze()` is 0-dimensional where one element is found; name the dim"
            yield Problem(op.node, message, fix, Changes("a single index stays a vector"))
        elif _is_of_several(frame, op.node):
            return
        elif _is_of_batch(op, frame) and _is_numbered(op, frame):
            yield Problem(op.node, "`squeeze()` before a numbered dim: a batch of one shifts the dims; name the dim")
        elif _is_one_sided(op, frame):
            yield Problem(
                op.node, "`squeeze()` on one argument of a loss: a batch of one has no dim left; name the dim"
            )


def _is_fixed(value: Value) -> bool:
    """Whether the shape of a value does not depend on the batch: its sizes are certain, or it is a weight."""
    if isinstance(value, Field | Constant) or (isinstance(value, Call) and value.qualname.endswith(".Parameter")):
        return True
    if _is_over_batch(value):
        return True
    known = sizes.sizes(value)
    if not known:
        return known is not None
    return (isinstance(known[0], int) and known[0] != 1) or all(isinstance(size, int) for size in known)


def _is_over_batch(value: Value) -> bool:
    """Whether the first dim was reduced and kept: `x.mean(0, keepdim=True)` is of one row for every batch."""
    while isinstance(value, Op):
        if value.name in facts.REDUCTIONS and value.constant("keepdim") is True:
            dim = value.args.get("dim")
            if any(isinstance(part, Constant) and part.value == 0 for part in getattr(dim, "items", (dim,))):
                return True
        elif value.name not in facts.ELEMENTWISE:
            return False
        value = value.input
    return False


def _is_of_several(frame: Frame, node: ast.AST) -> bool:
    """Whether a test around a node tells a batch of one from others: `if len(x) == 1: .. else: x.squeeze()`."""
    return any(
        isinstance(part, ast.Compare) and _is_size(frame, part.left) and _is_one(frame, part)
        for outer in ancestors(frame.module, node)
        if isinstance(outer, ast.If | ast.IfExp)
        for part in trees.walk(outer.test)
    )


def _is_size(frame: Frame, node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len":
        return True
    value = frame.values.get(node)
    return isinstance(value, Op) and value.name in ("size", "numel")


def _is_nonzero(value: Value) -> bool:
    return isinstance(value, Op) and value.name in ("nonzero", "argwhere") and "as_tuple" not in value.args


def _is_vector_search(value: Value) -> bool:
    return isinstance(value, Op) and facts.rank(value.input) == 1


def _minds_rank(frame: Frame, use: ast.expr, op: Op) -> bool:
    """Whether a use of indices may need a vector: `index_select` takes a single index, but what is not known may."""
    outer = parents(frame.module).get(use)
    place = parents(frame.module).get(outer) if isinstance(outer, ast.Tuple) else outer
    if isinstance(place, ast.Subscript) and use is not place.value and isinstance(place.ctx, ast.Store):
        # What is written at one place is broadcast like what is written at several.
        return False
    if isinstance(place, ast.Subscript) and use is not place.value and _is_viewed(frame, place):
        return False
    call = parents(frame.module).get(outer) if isinstance(outer, ast.keyword | ast.Attribute) else outer
    if isinstance(call, ast.Call) and _is_indifferent(frame.values.get(call), op):
        return False
    if not isinstance(call, ast.Call) or isinstance(outer, ast.Attribute) or use is call.func:
        return True
    result = frame.values.get(call)
    if isinstance(result, Op):
        return not (result.name.rstrip("_") in _INDEXED and result.args.get("index") is op)
    callee = frame.callees.get(call)
    return isinstance(callee, External) and callee.qualname.startswith("builtins.")


def _is_viewed(frame: Frame, chosen: ast.Subscript) -> bool:
    """Whether chosen rows are given a shape at once, `x[indices].view(-1, 7)`: that of one row is the same."""
    method = parents(frame.module).get(chosen)
    call = parents(frame.module).get(method) if isinstance(method, ast.Attribute) else None
    result = frame.values.get(call) if isinstance(call, ast.Call) and call.func is method else None
    if not isinstance(result, Op) or result.name not in ("view", "reshape"):
        return False
    shape = result.args.get("shape", result.args.get("size"))
    items = shape.items if isinstance(shape, Items) else (shape,)
    return all(isinstance(item, Constant) for item in items)


def _is_indifferent(result: Value | None, op: Op) -> bool:
    """Whether an operation does the same for a single element and for a vector of one: `x.numel()`, `x.view(-1)`."""
    if not isinstance(result, Op) or result.args.get("input") is not op:
        return False
    if result.name in ("view", "reshape"):
        shape = result.args.get("shape", result.args.get("size"))
        items = shape.items if isinstance(shape, Items) else (shape,)
        return len(items) == 1 and isinstance(items[0], Constant) and items[0].value == -1
    return result.name in ("flatten", "ravel", "atleast_1d", "numel")


def _is_guarded(frame: Frame, op: Op) -> bool:
    """Whether something asks for the rank of a result, or whether it has one element."""
    for node, value in frame.values.items():
        for part in members(value):
            if isinstance(part, Op) and part.name in _MEASURES and _holds(part.input, op) and _asks(frame, node, part):
                return True
    return _may_be_number(frame, op)


def _may_be_number(frame: Frame, op: Op) -> bool:
    """Whether a list of the indices is asked for, and something asks whether there is a number instead of one."""
    listed = any(
        isinstance(part, Op) and part.name == "tolist" and _holds(part.input, op)
        for value in frame.values.values()
        for part in members(value)
    )
    return listed and any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "isinstance"
        and any(isinstance(given, ast.Name) and given.id == "int" for given in node.args[1:])
        for node in trees.walk(frame.scope)
    )


def _asks(frame: Frame, node: ast.AST, measure: Op) -> bool:
    """Whether a measure tells a single element from several: `indices.shape[0]` does not, it fails."""
    outer = parents(frame.module).get(node)
    if measure.name == "numel":
        return isinstance(outer, ast.Compare) and _is_one(frame, outer)
    if measure.name == "dim":
        return True
    is_length = isinstance(outer, ast.Call) and isinstance(outer.func, ast.Name) and outer.func.id == "len"
    return is_length or isinstance(outer, ast.Compare | ast.UnaryOp | ast.If)


def _is_one(frame: Frame, test: ast.Compare) -> bool:
    sides = (frame.values.get(node) for node in (test.left, *test.comparators))
    return any(isinstance(side, Constant) and side.value in (1, 2) for side in sides)


def _is_of_batch(op: Op, frame: Frame) -> bool:
    """Whether what is squeezed may have a batch dim: it is made of arguments, and not picked out of a batch."""
    function = frame.function
    if function is None or any(_picks_one(part) for part in walk(op.input)):
        return False
    if function.cls is not None and function.name == "forward":
        return True
    # What an unknown call returns may be one sample.
    parts = list(walk(op.input))
    given = any(isinstance(part, Parameter) and part.frame is frame for part in parts)
    return given and not any(isinstance(part, Call) for part in parts)


def _picks_one(value: Value) -> bool:
    """Whether a value is `x[0]`, `x[0, i]` or the like."""
    if not isinstance(value, Op) or value.name != "getitem":
        return False
    index = value.args["index"]
    parts = index.items if isinstance(index, Items) else (index,)
    return any(isinstance(part, Constant) and type(part.value) is int for part in parts)


def _is_numbered(op: Op, frame: Frame) -> bool:
    """Whether an operation at a numbered dim takes the result; the last dim is the same before and after."""
    seen = (value for value in frame.values.values() if isinstance(value, Op) and value.name in ("shape", "dim"))
    if any(_holds(other.input, op) for other in seen):
        # `if len(x.shape) > 1:` looks at what is left.
        return False
    for other in frame.ops:
        if other.name in _NUMBERED and _holds(other.input, op) and facts.evidence(other):
            dim = other.constant("dim")
            if isinstance(dim, int) and not isinstance(dim, bool) and dim != -1:
                return True
    return False


def _is_one_sided(op: Op, frame: Frame) -> bool:
    for other in frame.ops:
        if other.name not in ops.LOSSES or "target" not in other.args:
            continue
        a, b = other.input, other.args["target"]
        if (_holds(a, op) and not _is_squeezed(b)) or (_holds(b, op) and not _is_squeezed(a)):
            return True
    return False


def _holds(value: Value, op: Op) -> bool:
    """Whether a value is the result of an operation, on some path, as it is or converted."""
    return any(_unconverted(member) is op for member in members(value))


def _is_squeezed(value: Value) -> bool:
    parts = value.members if isinstance(value, Choice) else (value,)
    return any(isinstance(part, Op) and part.name == "squeeze" for part in map(_unconverted, parts))


def _unconverted(value: Value) -> Value:
    while isinstance(value, Op) and value.name in _CONVERSIONS:
        value = value.input
    return value


def _add_dim(call: ast.Call, editor: Editor) -> None:
    editor.add_argument(call, "dim=1")
