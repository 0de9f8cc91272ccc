"""One-hot rows written one by one in a Python loop: `scatter_` writes them all.

## What it does
Finds loops, nested ones included, whose only statement is `y[i, t[i]] = c` for a number `c`, and those
over `enumerate(t)`.

## Why is this bad?
Each turn launches a kernel for one element, and where the label is read as a number, Python waits for the GPU each
time.

## Example
```python
y = torch.zeros(len(t), 10)
for i in range(len(t)):
    y[i, t[i]] = 1
```
Use instead:
```python
y = torch.zeros(len(t), 10)
y.scatter_(1, t.unsqueeze(1), 1)
```
If nothing but zeros and ones is wanted, `F.one_hot(t, 10)` is shorter; it gives integers.

## Fix safety
Equal where the labels are known to be whole numbers from `argmax` or `randint`. Otherwise the fix is unsafe: for a
negative label `scatter_` raises, where an index counts from the end.

## When not to use it
Turn it off for tables of a few rows that are made once.

## References
- [torch.Tensor.scatter_](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import Changes, Check, Constant, Frame, Problem, Same, facts, path
from torchlint.vocabulary.loop_needs import check_indices
from torchlint.vocabulary.loops import Sweep, leaks, number_of, sweep
from torchlint.vocabulary.shown_tensors import dtype, fills, is_counted, settled, shown_tensor

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor


class OneHotLoop(Check):
    code = "TLT406"
    since = "0.1"
    related = ("TLT404", "TLT405")
    message = "One-hot rows are written one by one in Python, a kernel each; `scatter_` writes them all"
    title = "Use `scatter_`"
    help = "Use `x.scatter_(1, labels.unsqueeze(1), 1)` or `F.one_hot(labels, n)`"
    words = (("for",),)

    def check_loop(self, loop: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> Iterator[Problem]:
        if not _is_around_row(loop):
            return
        nest = _nest(loop, frame)
        match nest[-1].loop.body[0] if nest and isinstance(nest[-1].loop, ast.For) else None:
            case ast.Assign(targets=[ast.Subscript() as target], value=value):
                pass
            case _:
                return
        base, parts = _flat(target)
        labels = _labels(parts, nest)
        number = frame.values.get(value)
        if labels is None or not isinstance(number, Constant) or type(number.value) not in (int, float):
            return
        key = path(frame, base)
        made = settled(frame.envs.get(loop, {})[key]) if key in frame.envs.get(loop, {}) else None
        held = frame.values.get(labels)
        if made is None or held is None or not facts.is_tensor(made) or not shown_tensor(frame, held):
            return
        if facts.rank(settled(held)) not in (None, len(nest)) or facts.rank(made) not in (None, len(nest) + 1):
            return
        if ast.unparse(base) == ast.unparse(labels) or any(leaks(found, frame) for found in nest):
            return
        dim = len(nest)
        ends = [fills(held, place, found.turns) for place, found in enumerate(nest)]

        def fix(editor: Editor) -> None:
            index = editor.text(labels)
            if not all(ends):
                counts = [found.count for found in nest]
                index += f"[{', '.join(f':{editor.text(count)}' for count in counts if count is not None)}]"
            cast = "" if dtype(held) == "int64" or number_of(parts[-1]) is None else ".long()"
            line = f"{editor.text(base)}.scatter_({dim}, {index}{cast}.unsqueeze({dim}), {editor.text(value)})"
            editor.replace_statements(loop, loop, [line], carry_comments=True)
            editor.proof.is_tensor(made, editor.text(base), besides=[base])
            check_indices(editor, held, editor.text(labels), dim)
            editor.proof.is_apart(made, held, loop, (editor.text(base), editor.text(labels)))
            if not all(ends) or facts.rank(made) != dim + 1:
                editor.proof.need(f"the loop goes over all of `{editor.text(labels)}`, in a tensor of one more dim")

        yield Problem(loop, fix=fix, claim=Same() if is_counted(held) else Changes("a negative label raises"))


def _is_around_row(loop: ast.stmt) -> bool:
    """Whether a loop, or the innermost of those that are the only statement of one another, writes `y[i, t[i]] = 1`."""
    while isinstance(loop, ast.For) and len(loop.body) == 1:
        loop = loop.body[0]
    return isinstance(loop, ast.Assign) and _writes_row(loop)


def _writes_row(statement: ast.Assign) -> bool:
    """Whether a statement may be `y[i, t[i]] = 1`, as far as its text tells."""
    first = statement.targets[0]
    number = isinstance(statement.value, ast.Constant | ast.UnaryOp | ast.Name | ast.Attribute)
    parts = _flat(first)[1] if number else []
    if len(parts) < 2 or None in _names(parts[:-1]):
        return False
    label = number_of(parts[-1]) or parts[-1]
    return None not in _names(_flat(label)[1])


def _nest(loop: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> list[Sweep]:
    """A loop over a counter and the loops that are the only statement of the one around them; none if one is not."""
    nest: list[Sweep] = []
    inner: ast.stmt = loop
    while isinstance(inner, ast.For | ast.AsyncFor | ast.While):
        found = sweep(inner, frame)
        if found is None or found.index is None or found.start or len(inner.body) != 1:
            return []
        if found.rows and inner is not loop:
            return []
        nest.append(found)
        inner = inner.body[0]
    return nest


def _flat(node: ast.expr) -> tuple[ast.expr, list[ast.expr]]:
    """The tensor and all indices of `y[i][j]` or `y[i, j]`."""
    parts: list[ast.expr] = []
    while isinstance(node, ast.Subscript):
        parts[:0] = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        node = node.value
    return node, parts


def _labels(parts: list[ast.expr], nest: list[Sweep]) -> ast.expr | None:
    """The labels `t` where the indices are the counters and then `t` at the counters."""
    counters = [found.index for found in nest]
    if len(parts) != len(counters) + 1 or _names(parts[:-1]) != counters:
        return None
    label = number_of(parts[-1]) or parts[-1]
    if nest[0].rows:
        # `for i, label in enumerate(labels):`
        named = nest[0].rows.get(label.id) if isinstance(label, ast.Name) and len(nest) == 1 else None
        return named[0] if named is not None and isinstance(named[0], ast.Name) and named[2] == 0 else None
    labels, places = _flat(label)
    return labels if isinstance(labels, ast.Name) and _names(places) == counters else None


def _names(parts: list[ast.expr]) -> list[str | None]:
    return [part.id if isinstance(part, ast.Name) else None for part in parts]
