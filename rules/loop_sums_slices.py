"""Sum over slices in a Python loop: one call of `sum` does the same.

## What it does
Finds loops that add the slices of a tensor, or an elementwise function of them, to a total: over `x[i]`, over
`x[:, i]`, over the tensor itself, over `unbind`.

## Why is this bad?
Each turn launches several kernels for one slice, and in the backward pass each `x[i]` makes a gradient of the size of
the whole `x`, so that time grows with the square of the length. On an H100 the sum of 4,096 rows in one call is
hundreds of times faster, forward and backward.

## Example
```python
z = torch.zeros(10)
for i in range(500):
    z += x[i]
```
Use instead:
```python
z = torch.zeros(10)
z += x.sum(0)
```

## Fix safety
Equal up to rounding where the total is a tensor that is added to in place: it keeps its dtype, and the sum is told to
use it unless the rows are known to have the same. Otherwise the rows are summed in their own dtype before they meet
the total, and a total that starts as the number 0 becomes a tensor even if there are no rows: such fixes are unsafe.
There is none where a name of the loop is read after it.

## When not to use it
Turn it off for loops over a handful of slices that are to be read step by step.

## References
- [torch.sum](https://docs.pytorch.org/docs/stable/generated/torch.sum.html)
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
    LoopCarried,
    Op,
    Problem,
    Same,
    Value,
    facts,
    path,
)
from torchlint.vocabulary.loop_needs import check_alike, check_apart, check_dtypes, check_rows, check_slices
from torchlint.vocabulary.loops import Sweep, leaks, sweep
from torchlint.vocabulary.shown_tensors import dtype, is_float, settled
from torchlint.vocabulary.slice_loops import has_slice, taken_by
from torchlint.vocabulary.slices import Whole, whole

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_SIGNS = {ast.Add: "add", ast.Sub: "sub"}


class LoopSumsSlices(Check):
    code = "TLT401"
    since = "0.1"
    related = ("TLT402", "TLT403", "TLT405")
    message = "A Python loop adds up the slices of a tensor, some kernels for each: `sum` does it in one call"
    title = "Sum in one call"
    help = "Sum over the dim in one call, such as `x.sum(0)`"
    words = (("for",),)

    def check_loop(self, loop: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> Iterator[Problem]:
        if not isinstance(loop, ast.For) or len(loop.body) != 1 or not _may_add_slice(loop):
            return
        found = sweep(loop, frame)
        added = _added(loop.body[0], frame) if found is not None else None
        if found is None or added is None:
            return
        total, term = added
        initial = _initial(total, loop, frame)
        reduced = _reduced(term, frame)
        summed = whole(reduced or term, found, frame)
        if initial is None or summed is None or leaks(found, frame):
            return
        if _is_view(initial, summed, found):
            return
        statement = loop.body[0]
        alike = _kind(summed) is not None and _kind(summed) == dtype(initial)
        # In place, the total keeps its dtype, in which the loop adds: so must the sum.
        cast = not alike and not isinstance(initial, Constant) and not isinstance(statement, ast.Assign)

        def fix(editor: Editor) -> None:
            if reduced is not None and not cast:
                new = editor.spliced(term, {reduced: summed.text(found, editor)})
            else:
                settings = [] if reduced is not None else [str(summed.dim)]
                settings += [f"dtype={editor.text(total)}.dtype"] if cast else []
                new = f"{summed.primary(found, editor)}.sum({', '.join(settings)})"
            line = _written(statement, total, term, new, editor)
            editor.replace_statements(loop, loop, [line], carry_comments=True)
            _check(editor, found, summed, initial, total, cast, frame)

        yield Problem(loop, fix=fix, claim=Same() if alike or cast else _claim(initial, summed, found))


def _check(
    editor: Editor, found: Sweep, summed: Whole, initial: Value, total: ast.expr, cast: bool, frame: Frame
) -> None:
    """What must hold for one sum to be what the loop makes."""
    said = ast.unparse(total)
    check_slices(editor, summed.leaves, found)
    check_dtypes(editor, summed, frame)
    for leaf in summed.leaves:
        editor.proof.sums_in_its_dtype(settled(leaf.value), ast.unparse(leaf.tensor))
    check_apart(editor, initial, said, summed.leaves, found.loop)
    if isinstance(initial, Constant):
        check_rows(editor, summed.leaves, found)
        return
    reduced = facts.rank(settled(initial)) == 0 and _reduced_rows(summed, frame)
    if not reduced:
        check_alike(editor, initial, said, summed)
    if cast:
        # The sum is cast to the dtype of the total, into which the loop would not add what is larger.
        editor.proof.has_dtype(initial, said, found.loop)
        for leaf in summed.leaves:
            editor.proof.has_dtype(leaf.value, ast.unparse(leaf.tensor), found.loop, ("float", "int", "bool"))


def _reduced_rows(summed: Whole, frame: Frame) -> bool:
    """Whether the loop adds a sum over all elements of each slice."""
    return any(op.name == "sum" and op.nodes.get("input") is summed.node and "dim" not in op.args for op in frame.ops)


def _may_add_slice(loop: ast.For) -> bool:
    """Whether a loop may add slices that it takes to something, as far as its text tells."""
    taken = taken_by(loop)
    match loop.body[0]:
        case ast.AugAssign(op=ast.Add() | ast.Sub(), value=value):
            return has_slice(value, taken)
        case ast.Assign(value=ast.BinOp(op=ast.Add() | ast.Sub()) as value):
            return has_slice(value, taken)
        case ast.Assign(targets=[target], value=ast.Call(args=[first, second])):
            return has_slice(second, taken) and _is_same(target, first)
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="add_" | "sub_"), args=[term])):
            return has_slice(term, taken)
    return False


def _added(statement: ast.stmt, frame: Frame) -> tuple[ast.expr, ast.expr] | None:
    """The total and what is added to it, for `z += t`, `z = z + t`, `z = torch.add(z, t)` and `z.add_(t)`."""
    match statement:
        case ast.AugAssign(op=ast.Add() | ast.Sub()):
            return statement.target, statement.value
        case ast.Assign(targets=[target], value=ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right)):
            if _is_same(target, left):
                return left, right
            return (right, left) if isinstance(op, ast.Add) and _is_same(target, right) else None
        case ast.Assign(targets=[target], value=ast.Call() as call) if _is_same(
            target, call.args[0] if call.args else None
        ):
            value = frame.values.get(call)
            known = isinstance(value, Op) and value.name == "add" and set(value.args) == {"input", "other"}
            return (call.args[0], call.args[1]) if known and len(call.args) == 2 else None
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="add_" | "sub_", value=target), args=[term], keywords=[])):
            return target, term
    return None


def _reduced(term: ast.expr, frame: Frame) -> ast.expr | None:
    """`e` for `e.sum()`: the sum over all slices is the sum over everything."""
    value = frame.values.get(term)
    plain = isinstance(value, Op) and value.node is term and value.name == "sum" and value.args.keys() == {"input"}
    return value.nodes.get("input") if plain and isinstance(value, Op) else None


def _is_same(target: ast.expr, node: ast.expr | None) -> bool:
    return node is not None and ast.unparse(target) == ast.unparse(node)


def _initial(total: ast.expr, loop: ast.For, frame: Frame) -> Value | None:
    """What the total starts from: a number or certainly a tensor."""
    key = path(frame, total)
    value = frame.envs.get(loop, {}).get(key) if key is not None else None
    if isinstance(value, LoopCarried) and all(map(_adds_up, frame.bindings.get(key or "", ()))):
        value = settled(value)
    return value if value is not None and _adds_up(value) else None


def _adds_up(value: Value) -> bool:
    """Whether a value is a number or certainly a tensor."""
    value = settled(value)
    return (isinstance(value, Constant) and type(value.value) in (int, float)) or facts.is_tensor(value) is True


def _is_view(initial: Value, summed: Whole, found: Sweep) -> bool:
    """Whether the total shares memory with a row that the loop reads."""
    root = facts.storage(initial)
    if not any(facts.storage(leaf.value) is root for leaf in summed.leaves):
        return False
    first = isinstance(initial, Op) and initial.name == "getitem" and initial.constant("index") == 0
    return not (first and found.start)


def _written(statement: ast.stmt, total: ast.expr, term: ast.expr, new: str, editor: Editor) -> str:
    if isinstance(statement, ast.AugAssign):
        sign = "+" if isinstance(statement.op, ast.Add) else "-"
        return f"{editor.text(total)} {sign}= {new}"
    if isinstance(statement, ast.Assign):
        return f"{editor.text(statement.targets[0])} = {editor.spliced(statement.value, {term: new})}"
    assert isinstance(statement, ast.Expr)
    return editor.spliced(statement.value, {term: new})


def _kind(summed: Whole) -> object:
    """The dtype that all tensors share, if it is known."""
    kinds = {dtype(leaf.value) for leaf in summed.leaves}
    return kinds.pop() if len(kinds) == 1 else None


def _claim(initial: Value, summed: Whole, found: Sweep) -> Claim:
    """What changes where the total takes its dtype from the rows."""
    if not isinstance(initial, Constant):
        return Changes("the rows are summed in their own dtype")
    if is_float(_kind(summed)) and isinstance(found.turns, Constant):
        return Same()
    return Changes("without rows the total is a tensor of zeros, and integers are summed as int64")
