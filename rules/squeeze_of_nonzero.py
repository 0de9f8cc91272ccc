"""Indices squeezed without dim: one that is found alone is not a vector.

## What it does
Finds `squeeze()` without a dim on the result of `nonzero` or `argwhere`, where the result is used in a way that tells
a single index from a vector of them: as a list, by its length, as an index to read rows.

Silent where the rank or the number of elements is looked at afterwards (`if found.dim() == 0`), where the indices are
a place to write to, and where the operation that takes them does the same with a single one, as `index_select` and
`view(-1)` do.

## Why is this bad?
`nonzero` of a mask gives a table with one row for each element that was found. `squeeze()` makes a vector of it, and a
0-dimensional tensor where there is only one: `len` and iteration then raise a TypeError, `tolist()` gives a number
instead of a list, and `x[found]` is a row where it was a table.

It is off by default. Most masks in public code are those of a fixed split, in which thousands of elements are found: in
3.8 million lines 61 of 64 findings were about such masks.

## Example
```python
chosen = torch.nonzero(scores > 0.5).squeeze()
boxes = boxes[chosen]
```
Use instead:
```python
chosen = torch.nonzero(scores > 0.5).squeeze(dim=1)
boxes = boxes[chosen]
```

## Fix safety
A dim is written only for a mask that certainly has rank 1; the result is then a vector for one element too. That
changes what follows for exactly this case, so that the fix is unsafe.

## When not to use it
It is off by default: it is certain only that one index alone loses its dim, not that there can be one alone.

## References
- [torch.nonzero](https://docs.pytorch.org/docs/stable/generated/torch.nonzero.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from torchlint.rule import (
    INFO,
    Changes,
    Check,
    Constant,
    External,
    Frame,
    Items,
    Op,
    Problem,
    Value,
    facts,
    is_test,
    members,
    ops,
    parents,
    trees,
)
from torchlint.vocabulary.squeezes import holds, is_search, tells_one

if TYPE_CHECKING:
    from torchlint.rule import Editor

# These take a single index as a vector of one.
_INDEXED = frozenset(name for name in ops.that(arguments="dim:dim index:labels") if name.startswith("index_"))
_INDIFFERENT = ops.CARRIERS & ops.that(shape=("flattened", "vector")) | {"atleast_1d", "numel"}
_SEARCHES = ops.PLACES
_MEASURES = frozenset(["shape", "dim", "numel"])


class SqueezeOfNonzero(Check):
    code = "TLT309"
    since = "0.2"
    related = ("TLT304",)
    severity = INFO
    default = False
    message = "`nonzero(..).squeeze()` is 0-dimensional where one element is found: write `squeeze(dim=1)`"
    title = "Name the dim"
    help = "Name the dim: `nonzero(..).squeeze(1)`"
    ops = ("squeeze",)
    dimless = ops
    needs = (tuple(sorted(_SEARCHES)),)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        if "dim" in op.args or not isinstance(op.node, ast.Call) or not is_search(op.input) or is_test(frame.module):
            return
        uses = frame.loads.get(op, [op.node])
        if not any(_minds_rank(frame, use, op) for use in uses) or _is_guarded(frame, op):
            return
        fix = partial(_add_dim, op.node) if _is_vector_search(op.input) else None
        yield Problem(op.node, "", fix, Changes("a single index stays a vector"))


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
        return not (result.name in _INDEXED and result.args.get("index") is op)
    callee = frame.callees.get(call)
    return isinstance(callee, External) and callee.qualname.startswith("builtins.")


def _is_viewed(frame: Frame, chosen: ast.Subscript) -> bool:
    """Whether chosen rows are given a shape at once, `x[indices].view(-1, 7)`: that of one row is the same."""
    method = parents(frame.module).get(chosen)
    call = parents(frame.module).get(method) if isinstance(method, ast.Attribute) else None
    result = frame.values.get(call) if isinstance(call, ast.Call) and call.func is method else None
    if not isinstance(result, Op) or result.name not in ops.RESHAPES:
        return False
    shape = result.args.get("shape", result.args.get("size"))
    items = shape.items if isinstance(shape, Items) else (shape,)
    return all(isinstance(item, Constant) for item in items)


def _is_indifferent(result: Value | None, op: Op) -> bool:
    """Whether an operation does the same for a single element and for a vector of one: `x.numel()`, `x.view(-1)`."""
    if not isinstance(result, Op) or result.args.get("input") is not op:
        return False
    if result.name in ops.RESHAPES:
        shape = result.args.get("shape", result.args.get("size"))
        items = shape.items if isinstance(shape, Items) else (shape,)
        return len(items) == 1 and isinstance(items[0], Constant) and items[0].value == -1
    return result.name in _INDIFFERENT


def _is_guarded(frame: Frame, op: Op) -> bool:
    """Whether something asks for the rank of a result, or whether it has one element."""
    for node, value in frame.values.items():
        for part in members(value):
            if isinstance(part, Op) and part.name in _MEASURES and holds(part.input, op) and _asks(frame, node, part):
                return True
    return _may_be_number(frame, op)


def _may_be_number(frame: Frame, op: Op) -> bool:
    """Whether a list of the indices is asked for, and something asks whether there is a number instead of one."""
    listed = any(
        isinstance(part, Op) and part.name == "tolist" and holds(part.input, op)
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
        return isinstance(outer, ast.Compare) and tells_one(frame, outer)
    if measure.name == "dim":
        return True
    is_length = isinstance(outer, ast.Call) and isinstance(outer.func, ast.Name) and outer.func.id == "len"
    return is_length or isinstance(outer, ast.Compare | ast.UnaryOp | ast.If)


def _add_dim(call: ast.Call, editor: Editor) -> None:
    editor.add_argument(call, "dim=1")
