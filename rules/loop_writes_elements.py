"""Elements of a tensor written one by one in a Python loop: one assignment writes them all.

## What it does
Finds loops, nested ones included, whose only statement writes an elementwise expression of `x[i]` to `y[i]`, or adds
`x[i]` to `y[indices[i]]`, where `y` was made in the same function.

## Why is this bad?
Each write launches kernels for one element or row, and each is a node of the graph whose backward pass copies the whole
gradient of `y`. One assignment is one node and a few kernels.

## Example
```python
y = torch.zeros(n, 10)
for i in range(n):
    y[i] = torch.exp(x[i])
```
Use instead:
```python
y = torch.zeros(n, 10)
y[:] = torch.exp(x[:n])
```

## Fix safety
Equal, gradients included: `y` keeps its dtype, and elements that were not written stay. `index_add_` raises for a
negative index, so that the fix to it is unsafe unless the indices are known to come from `argmax` or `randint`.

## When not to use it
Turn it off for loops over a handful of elements that are to be read step by step.

## References
- [torch.Tensor.index_add_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_add_.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    Changes,
    Check,
    Claim,
    Constant,
    Frame,
    Op,
    Problem,
    Same,
    Value,
    facts,
    ops,
    path,
    same,
)
from torchlint.vocabulary.loop_needs import (
    check_alike,
    check_apart,
    check_dtypes,
    check_indices,
    check_slices,
)
from torchlint.vocabulary.loops import Sweep, leaks, number_of, sweep
from torchlint.vocabulary.shown_tensors import dtype, is_counted, least_rank, settled, shown_tensor
from torchlint.vocabulary.slice_loops import has_slice, taken_by
from torchlint.vocabulary.slices import Leaf, Whole, indexed, leaf, whole

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_FRESH = ops.that(makes=("size", "like", "new"), random=False)
_SIGNS: dict[type[ast.operator], str] = {ast.Add: "+=", ast.Sub: "-=", ast.Mult: "*=", ast.Div: "/="}


class LoopWritesElements(Check):
    code = "TLT405"
    since = "0.1"
    related = ("TLT401", "TLT403", "TLT406")
    message = "A Python loop writes elements of a tensor one by one, a kernel each; one assignment writes all"
    title = "Write all elements at once"
    help = "Assign to all elements at once, by a slice or an index tensor"
    words = (("for",), tuple(sorted(_FRESH)))

    def check_loop(self, loop: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> Iterator[Problem]:
        written = _written(loop.body[0]) if isinstance(loop, ast.For) and len(loop.body) == 1 else None
        if written is None or not isinstance(loop, ast.For) or not _may_write_slices(loop, *written):
            return
        if not frame.module.naming.calls_in(frame.scope, _FRESH):
            return
        target, sign, value = written
        found = sweep(loop, frame)
        made = _made_here(indexed(target)[0], loop, frame)
        if found is None or made is None or leaks(found, frame):
            return
        found.written = ast.unparse(target)
        yield from _whole_write(loop, target, sign, value, found, made, frame)
        if sign == "+=":
            yield from _scattered(loop, target, value, found, made, frame)


def _may_write_slices(loop: ast.For, target: ast.Subscript, _: str, value: ast.expr) -> bool:
    """Whether a loop may write what it makes of slices into something with a name."""
    return isinstance(indexed(target)[0], ast.Name) and has_slice(value, taken_by(loop))


def _written(statement: ast.stmt) -> tuple[ast.Subscript, str, ast.expr] | None:
    match statement:
        case ast.Assign(targets=[ast.Subscript() as target], value=value):
            return target, "=", value
        case ast.AugAssign(target=ast.Subscript() as target, op=op, value=value) if type(op) in _SIGNS:
            return target, _SIGNS[type(op)], value
    return None


def _made_here(node: ast.expr, loop: ast.For, frame: Frame) -> Op | None:
    """The factory call that made the tensor which is written to."""
    key = path(frame, node) if isinstance(node, ast.Name) else None
    value = frame.envs.get(loop, {}).get(key) if key is not None else None
    value = settled(value) if value is not None else None
    fresh = isinstance(value, Op) and value.name in _FRESH and value.frame is frame and facts.is_tensor(value)
    return value if fresh and isinstance(value, Op) else None


def _whole_write(
    loop: ast.For, target: ast.Subscript, sign: str, value: ast.expr, found: Sweep, made: Op, frame: Frame
) -> Iterator[Problem]:
    place = leaf(target, found, frame)
    mapped = whole(value, found, frame)
    if place is None or mapped is None or place.dim != mapped.dim or not _fits(made, place, mapped, frame):
        return

    def fix(editor: Editor) -> None:
        left = place.text(found, editor)
        left = f"{left}[:]" if left == editor.text(place.tensor) else left
        line = f"{left} {sign} {mapped.text(found, editor)}"
        editor.replace_statements(loop, loop, [line], carry_comments=True)
        name = ast.unparse(place.tensor)
        others = [part for part in mapped.leaves if ast.unparse(part.node) != found.written]
        check_slices(editor, [place, *mapped.leaves], found)
        check_dtypes(editor, mapped, frame)
        check_apart(editor, made, name, others, loop)
        for part in others:
            _check_rank(editor, place, part, made, name)

    yield Problem(loop, fix=fix, claim=Same())


def _check_rank(editor: Editor, place: Leaf, part: Leaf, made: Op, name: str) -> None:
    """A slice must have as many dims as its place: one that is stretched, or cut, is not so with all the others."""
    numbers = [sum(not isinstance(index, ast.Slice) for index in (*one.before, *one.after)) for one in (part, place)]
    ranks = facts.rank(settled(part.value)), facts.rank(made)
    if None in ranks or (ranks[0] or 0) - numbers[0] != (ranks[1] or 0) - numbers[1]:
        editor.proof.need(f"rows of `{ast.unparse(part.tensor)}` have as many dims as those of `{name}`")


def _fits(made: Op, place: Leaf, mapped: Whole, frame: Frame) -> bool:
    """Whether a slice of the values has as many dims as the place that it is written to, so that all have together."""
    rank = facts.rank(made)
    for found in mapped.leaves:
        value = settled(found.value)
        if value is made or (made.name.endswith("_like") and same(made.input, value)):
            if len(found.before) + len(found.after) != len(place.before) + len(place.after):
                return False
            continue
        numbers = sum(not isinstance(part, ast.Slice) for part in (*found.before, *found.after))
        taken = sum(not isinstance(part, ast.Slice) for part in (*place.before, *place.after))
        if rank is None or least_rank(frame, value) - numbers < rank - taken:
            return False
    return True


def _scattered(
    loop: ast.For, target: ast.Subscript, value: ast.expr, found: Sweep, made: Op, frame: Frame
) -> Iterator[Problem]:
    """`y[indices[i]] += x[i]`."""
    single = number_of(target.slice)
    index = leaf(single or target.slice, found, frame)
    added = whole(value, found, frame)
    if index is None or added is None or (index.dim, added.dim) != (0, 0) or index.before or index.after:
        return
    if not shown_tensor(frame, index.value) or any(settled(part.value) is made for part in (index, *added.leaves)):
        return
    if facts.rank(settled(index.value)) not in (None, 1):
        return
    alike = {dtype(part.value) for part in added.leaves} == {dtype(made)}

    def fix(editor: Editor) -> None:
        source = added.text(found, editor) if alike else f"{added.primary(found, editor)}.to({name}.dtype)"
        line = f"{name}.index_add_(0, {index.text(found, editor)}, {source})"
        editor.replace_statements(loop, loop, [line], carry_comments=True)
        check_slices(editor, [index, *added.leaves], found)
        for part in added.leaves:
            editor.proof.sums_in_its_dtype(settled(part.value), ast.unparse(part.tensor))
        check_dtypes(editor, added, frame)
        check_apart(editor, made, name, [index, *added.leaves], loop)
        check_indices(editor, index.value, ast.unparse(index.tensor), 1)
        row = Op("getitem", {"input": made, "index": Constant(0)}, {}, "operator")
        check_alike(editor, row, f"{name}[0]", added)

    name = ast.unparse(target.value)
    yield Problem(loop, fix=fix, claim=_scatter_claim(index.value))


def _scatter_claim(value: Value) -> Claim:
    return Same() if is_counted(value) else Changes("a negative index raises")
