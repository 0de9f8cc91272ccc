"""Rows of a tensor that a loop takes by their numbers: `unbind` hands them all out at once.

## What it does
Finds `for i in range(x.size(0))`, also with `len(x)` and `x.shape[0]`, and over other dims as in `x[:, i]`, where the
body only reads `x[i]`, and is not one that works on the whole tensor (loop-sums-slices and its neighbours say so
where it is).

Silent where the tensor is written to in the loop, directly or through a row, where it is read in another way too, where
the range does not certainly cover it, and for lists.

## Why is this bad?
Each `x[i]` is an operation of its own, which costs the CPU several microseconds, and in the backward pass makes a
gradient of the size of the whole `x`: time and memory traffic grow with the square of the length. `x.unbind(0)` is one
operation, whose backward pass stacks the gradients of the rows once.

## Example
```python
for t in range(x.size(1)):
    h = cell(x[:, t], h)
```
Use instead:
```python
for x_t in x.unbind(1):
    h = cell(x_t, h)
```

## Fix safety
Equal, gradients included. The fix is only shown: the rows of `unbind` must not be written to in place, also not by a
function that the loop calls.

## When not to use it
It is off by default: the gain is small where a row costs much more than taking it.

## References
- [torch.unbind](https://docs.pytorch.org/docs/stable/generated/torch.unbind.html)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    INFO,
    Check,
    Frame,
    Place,
    Problem,
    Same,
    Value,
    facts,
    is_test,
    is_within,
    loops_around,
    members,
    ops,
    parents,
    trees,
)
from torchlint.vocabulary.loops import Sweep, invariant, is_index, is_path, leaks, sweep
from torchlint.vocabulary.shown_tensors import fills, shown_tensor

from .batch_gather_loop import BatchGatherLoop
from .loop_builds_stack import LoopBuildsStack
from .loop_sums_slices import LoopSumsSlices
from .loop_writes_elements import LoopWritesElements
from .one_hot_loop import OneHotLoop
from .per_sample_loss_loop import PerSampleLossLoop

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

    Fix = Callable[[Editor], None]

# These say of a loop that all of it is one operation.
_WHOLE = (LoopSumsSlices, LoopBuildsStack, BatchGatherLoop, LoopWritesElements, OneHotLoop, PerSampleLossLoop)
_LOOKS = ops.methods(*ops.QUESTIONS) | {"device", "dtype"}


class _Rows:
    """A tensor and the places where the loop takes a row of it; `dim` is the one that the rows are taken from."""

    def __init__(self, tensor: ast.expr, value: Value, dim: int) -> None:
        self.tensor = tensor
        self.value = value
        self.dim = dim
        self.reads: list[ast.Subscript] = []


class LoopIndexesRows(Check):
    code = "TLT402"
    since = "0.1"
    related = ("TLT401", "TLT403")
    severity = INFO
    default = False
    message = "A loop takes the rows of a tensor by their numbers, an operation each; `unbind` is one for all"
    title = "Iterate over `unbind`"
    help = "Iterate over `x.unbind(0)`, with `enumerate` where the number is needed"
    words = (("range",), ("for",))

    def check_loop(self, loop: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> Iterator[Problem]:
        if not isinstance(loop, ast.For) or not _is_range(loop.iter) or is_test(frame.module):
            return
        found = sweep(loop, frame)
        if found is None or found.index is None or found.start or found.turns is None:
            return
        rows = [rows for rows in _rows(found, loop) if _may_be_unbound(rows, found, loop, frame)]
        if rows and not _binds(loop, found.index) and not _is_whole(loop, frame):
            places = tuple(Place(row.reads[0], "a row is taken here") for row in rows)
            yield Problem(loop, fix=_fix(loop, found, rows, frame), claim=Same(), display=True, places=places)


def _is_range(node: ast.expr) -> bool:
    counted = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"
    return counted and isinstance(node, ast.Call) and not all(isinstance(arg, ast.Constant) for arg in node.args)


def _rows(found: Sweep, loop: ast.For) -> list[_Rows]:
    """The tensors of which the loop takes rows, by how they are written."""
    known: dict[str, _Rows] = {}
    for node in _body_nodes(loop):
        place = _place(node, found) if isinstance(node, ast.Subscript) else None
        if isinstance(node, ast.Subscript) and place is not None:
            known.setdefault(ast.unparse(node.value), _Rows(node.value, Value(), place)).reads.append(node)
    return list(known.values())


def _body_nodes(loop: ast.For) -> Iterator[ast.AST]:
    for statement in loop.body:
        yield from trees.walk(statement)


def _place(node: ast.Subscript, found: Sweep) -> int | None:
    """The dim that the counter counts in `x[i]`, `x[i, 0]` and `x[:, i]`."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    at = [place for place, part in enumerate(parts) if is_index(part, found)]
    if len(at) != 1 or not is_path(node.value) or not all(map(_is_full, parts[: at[0]])):
        return None
    plain = not any(isinstance(part, ast.Starred) for part in parts)
    return at[0] if plain else None


def _is_full(part: ast.expr) -> bool:
    return isinstance(part, ast.Slice) and part.lower is None and part.upper is None and part.step is None


def _may_be_unbound(rows: _Rows, found: Sweep, loop: ast.For, frame: Frame) -> bool:
    """Whether the range covers a tensor of which the loop does nothing but read rows."""
    value = frame.values.get(rows.tensor)
    if value is None or any(_place(read, found) != rows.dim for read in rows.reads):
        return False
    if not all(isinstance(read.ctx, ast.Load) and invariant(read.value, found, frame) for read in rows.reads):
        return False
    rows.value = value
    if not fills(value, rows.dim, found.turns) or not shown_tensor(frame, value):
        return False
    return _is_read_only(rows, loop, frame) and not _is_written_through(rows, loop, frame)


def _is_read_only(rows: _Rows, loop: ast.For, frame: Frame) -> bool:
    """Whether the loop mentions a tensor for its rows, and its shape, only."""
    above = parents(frame.module)
    text = ast.unparse(rows.tensor)
    reads = {id(read.value) for read in rows.reads}
    for node in _body_nodes(loop):
        if id(node) in reads or not isinstance(node, ast.Name | ast.Attribute) or ast.unparse(node) != text:
            continue
        outer = above.get(node)
        if not (isinstance(outer, ast.Attribute) and outer.attr in _LOOKS and isinstance(outer.ctx, ast.Load)):
            return False
    return True


def _is_written_through(rows: _Rows, loop: ast.For, frame: Frame) -> bool:
    """Whether the loop writes into something that shares the memory of a tensor."""
    roots = _roots(rows.value)
    changed = (op.input for op in frame.ops if op.name.endswith("_") and _is_inside(op.node, loop, frame))
    if any(roots & _roots(value) for value in changed):
        return True
    return any(_shares(target, rows, roots, frame) for node in _body_nodes(loop) for target in _targets(node))


def _roots(value: Value) -> set[Value]:
    """What a value may share its memory with."""
    return {facts.storage(member) for member in members(value)}


def _is_inside(node: ast.AST | None, loop: ast.For, frame: Frame) -> bool:
    return node is not None and is_within(frame.module, node, loop)


def _targets(node: ast.AST) -> Iterator[ast.expr]:
    """What a node writes into: `x[0]` of `x[0] = 1`, `x` of `x += 1` and of `out=x`."""
    if isinstance(node, ast.AugAssign):
        yield node.target
    elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        yield node
    elif isinstance(node, ast.keyword) and node.arg == "out":
        yield from node.value.elts if isinstance(node.value, ast.Tuple | ast.List) else [node.value]


def _shares(target: ast.expr, rows: _Rows, roots: set[Value], frame: Frame) -> bool:
    """Whether a target is a tensor, part of it, or a name that holds a part of it at some time."""
    text = ast.unparse(rows.tensor)
    inner: ast.expr = target
    while isinstance(inner, ast.Subscript | ast.Attribute) and ast.unparse(inner) != text:
        inner = inner.value
    held = frame.bindings.get(inner.id, ()) if isinstance(inner, ast.Name) else ()
    return ast.unparse(inner) == text or any(roots & _roots(value) for value in held)


def _binds(loop: ast.For, name: str) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
        for node in _body_nodes(loop)
    )


def _is_whole(loop: ast.For, frame: Frame) -> bool:
    """Whether a rule of the neighbourhood has a better word for a loop, one in it or one around it."""
    inner = [node for node in trees.walk(loop) if isinstance(node, ast.For | ast.While)]
    return any(
        next(rule().check_loop(other, frame), None) is not None
        for other in (*inner, *loops_around(frame.module, loop))
        for rule in _WHOLE
    )


def _fix(loop: ast.For, found: Sweep, rows: list[_Rows], frame: Frame) -> Fix | None:
    reads = [read for row in rows for read in row.reads]
    if any(is_within(frame.module, read, other) for read in reads for other in reads):
        return None
    taken = {id(part) for read in reads for part in trees.walk(read)}
    index = found.index or ""
    counted = leaks(found, frame) or any(
        isinstance(node, ast.Name) and node.id == index and id(node) not in taken for node in _body_nodes(loop)
    )

    def fix(editor: Editor) -> None:
        names = _names(rows, index, frame)
        parts = [f"{editor.text(row.tensor)}.unbind({row.dim})" for row in rows]
        target, source = ", ".join(names), parts[0]
        if len(rows) > 1:
            source = f"zip({', '.join(parts)})"
        if counted:
            target, source = f"{index}, {target}" if len(rows) == 1 else f"{index}, ({target})", f"enumerate({source})"
        editor.replace(loop.target, target)
        editor.replace(loop.iter, source)
        for row, name in zip(rows, names, strict=True):
            for read in row.reads:
                editor.replace(read, _row_text(read, row.dim, name, editor))

    return fix


def _names(rows: list[_Rows], index: str, frame: Frame) -> list[str]:
    """A name for each row that the function does not have."""
    scope = frame.scope
    used = {node.id for node in trees.walk(scope) if isinstance(node, ast.Name)}
    used |= {node.arg for node in trees.walk(scope) if isinstance(node, ast.arg)}
    names = []
    for row in rows:
        base = row.tensor.attr if isinstance(row.tensor, ast.Attribute) else ast.unparse(row.tensor)
        name = f"{base}_{index}"
        while name in used:
            name += "_"
        used.add(name)
        names.append(name)
    return names


def _row_text(read: ast.Subscript, dim: int, name: str, editor: Editor) -> str:
    parts = read.slice.elts if isinstance(read.slice, ast.Tuple) else [read.slice]
    rest = [part for place, part in enumerate(parts) if place != dim]
    while rest and _is_full(rest[-1]):
        rest.pop()
    return f"{name}[{', '.join(editor.text(part) for part in rest)}]" if rest else name
