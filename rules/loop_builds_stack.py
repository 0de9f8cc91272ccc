"""Stack of elementwise results, built row by row: the function takes the whole tensor.

## What it does
Finds loops and comprehensions that apply an elementwise function to each slice of a tensor and give the results to
`torch.stack`, or to `torch.cat` where each has a leading dim of one.

## Why is this bad?
An elementwise function does not care where a row ends. One call on the whole tensor launches one kernel instead of
several for each row, and its backward pass does not make a gradient of the size of the whole tensor for each of them.

## Example
```python
rows = []
for i in range(x.size(0)):
    rows.append(torch.exp(x[i]))
y = torch.stack(rows)
```
Use instead:
```python
rows = torch.exp(x)
y = rows
```

## Fix safety
Equal, gradients included. Without rows `torch.stack` raises, and the function of an empty tensor is empty.

## When not to use it
Turn it off for loops over a handful of rows that are to be read step by step, or that keep the memory of a step small.

## References
- [torch.stack](https://docs.pytorch.org/docs/stable/generated/torch.stack.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import Check, Frame, Op, Problem, Same, ops
from torchlint.vocabulary.loop_needs import check_dtypes, check_rows, check_slices
from torchlint.vocabulary.loop_stacks import Stack, stacks
from torchlint.vocabulary.loops import Sweep
from torchlint.vocabulary.slice_loops import has_slice, stacked
from torchlint.vocabulary.slices import leaf, whole

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor


class LoopBuildsStack(Check):
    code = "TLT403"
    since = "0.1"
    related = ("TLT401", "TLT405", "TLT407")
    message = "An elementwise function runs row by row, kernels for each; it takes the whole tensor at once"
    title = "Apply the function to the whole tensor"
    help = "Apply the function to the whole tensor"
    words = (tuple(sorted(ops.words(*ops.JOINS))), ("for",))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if any(has_slice(element, taken) for element, taken in stacked(frame.scope)):
            for found in stacks(frame):
                yield from _problem(found, frame)


def _problem(found: Stack, frame: Frame) -> Iterator[Problem]:
    row = found.row(frame)
    mapped = whole(row, found.sweep, frame) if row is not None else None
    if mapped is None:
        return

    def fix(editor: Editor) -> None:
        moved = f".movedim({mapped.dim}, {found.dim})" if mapped.dim != found.dim else ""
        text = mapped.primary(found.sweep, editor) + moved if moved else mapped.text(found.sweep, editor)
        if _may_share(mapped.node, found.sweep, frame):
            # `stack` copies.
            text = f"{mapped.primary(found.sweep, editor)}{moved}.clone()"
        found.write(editor, text)
        check_slices(editor, mapped.leaves, found.sweep)
        check_dtypes(editor, mapped, frame)
        check_rows(editor, mapped.leaves, found.sweep)
        # A stack is contiguous; what is computed from the whole lies as that does.
        same_order = not moved and len(mapped.leaves) == 1
        editor.proof.has_unseen_layout(found.joined, [mapped.leaves[0].value] if same_order else [])

    yield Problem(found.node, fix=fix, claim=Same())


def _may_share(node: ast.expr, sweep: Sweep, frame: Frame) -> bool:
    """Whether a value may be memory of the slice itself: the slice, or a cast that changes nothing."""
    value = frame.values.get(node)
    cast = isinstance(value, Op) and value.name in ("float", "double", "detach")
    return cast or leaf(node, sweep, frame) is not None
