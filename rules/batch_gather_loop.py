"""Batched gather in a Python loop: indexing takes two index tensors at once.

## What it does
Finds loops and comprehensions that take `tensor[i][indices[i]]` for each `i` and stack the results, also with a
number added to the indices: `outputs[i, lengths[i] - 1]`.

## Why is this bad?
Each turn launches several kernels for one row. One index expression gathers all rows in one kernel, and its backward
pass writes one gradient instead of one of the size of the whole tensor for each row.

## Example
```python
output = []
for i in range(tensor.size(0)):
    output += [tensor[i][indices[i]]]
return torch.stack(output)
```
Use instead, for `indices` with two dims:
```python
output = tensor[torch.arange(tensor.size(0), device=tensor.device).view(-1, 1), indices]
return output
```
Where both tensors have two dims, `torch.take_along_dim(tensor, indices, 1)` says the same.

## Fix safety
Equal, gradients included, where `indices` is known to hold integers, as many rows of them as are used. A mask in each
row means something else to an index expression, so that the fix is unsafe where the dtype or the length is not known.

## When not to use it
Turn it off where one gather would need more memory at once than there is.

## References
- [torch.take_along_dim](https://docs.pytorch.org/docs/stable/generated/torch.take_along_dim.html)
- [Tensor indexing](https://docs.pytorch.org/cppdocs/notes/tensor_indexing.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import Changes, Check, Frame, Op, Parameter, Problem, Same, Value, facts, ops
from torchlint.vocabulary.loop_needs import check_no_mask, check_rows, check_slices
from torchlint.vocabulary.loop_stacks import Stack, stacks
from torchlint.vocabulary.loops import Sweep, is_index, number_of
from torchlint.vocabulary.shown_tensors import dtype, fills, settled, shown_tensor
from torchlint.vocabulary.slice_loops import has_gathered, stacked
from torchlint.vocabulary.slices import Leaf, leaf

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_MASKS = ops.that(dtype="bool")
_CONTAINERS = ("ist", "equence", "uple", "ict", "terable", "slice", "int", "ndarray", "array")


class BatchGatherLoop(Check):
    code = "TLT404"
    since = "0.1"
    related = ("TLT403", "TLT406")
    message = "Rows are gathered one by one in Python, a kernel each; one index expression gathers them all"
    title = "Index all rows at once"
    help = "Index with two tensors at once, such as `x[torch.arange(n)[:, None], index]`"
    words = (tuple(sorted(ops.words(*ops.JOINS))), ("for",))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if any(has_gathered(element, taken) for element, taken in stacked(frame.scope)):
            for found in stacks(frame):
                yield from _problem(found, frame)


def _problem(found: Stack, frame: Frame) -> Iterator[Problem]:
    row = found.row(frame)
    parts = _parts(row, found.sweep, frame) if row is not None else None
    if parts is None or found.dim != 0:
        return
    tensor, index, single, offset = parts
    if not shown_tensor(frame, tensor.value) or not _may_be_indices(index.value, frame):
        return
    if offset and not shown_tensor(frame, index.value):
        return  # a list takes no `- 1`
    known = fills(index.value, 0, found.sweep.turns)
    numbers = single or dtype(index.value) == "int64"
    rank = 1 if single else facts.rank(settled(index.value))

    def fix(editor: Editor) -> None:
        torch = editor.import_module("torch", scope_names=frame.local_names)
        base, columns = editor.text(tensor.tensor), editor.text(index.tensor)
        if found.sweep.start or not (known or fills(tensor.value, 0, found.sweep.turns)):
            columns = index.text(found.sweep, editor)
        columns += offset
        count = editor.text(found.sweep.count) if found.sweep.count is not None else f"len({base})"
        start = f"{found.sweep.start}, " if found.sweep.start else ""
        rows = f"{torch}.arange({start}{count}, device={base}.device)"
        if rank is None:
            rows += f".view([-1] + [1] * ({editor.text(index.tensor)}.dim() - 1))"
        elif rank > 1:
            rows += f".view({', '.join(['-1'] + ['1'] * (rank - 1))})"
        found.write(editor, f"{base}[{rows}, {columns}]")
        check_slices(editor, [tensor, index], found.sweep)
        check_rows(editor, [tensor, index], found.sweep)
        editor.proof.has_dtype(settled(index.value), editor.text(index.tensor), found.node, ("int",))
        check_no_mask(editor, index.value, editor.text(index.tensor))
        editor.proof.has_unseen_layout(found.joined, [tensor.value])

    claim = Same() if known and numbers else Changes("a mask for each row means something else")
    yield Problem(found.node, fix=fix, claim=claim)


def _parts(node: ast.expr, sweep: Sweep, frame: Frame) -> tuple[Leaf, Leaf, bool, str] | None:
    """The tensor, the indices, whether each index is a single number, and what is added to all of them."""
    if not isinstance(node, ast.Subscript):
        return None
    tensor = leaf(node.value, sweep, frame)
    inner: ast.expr = node.slice
    if tensor is None and isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
        first, inner = node.slice.elts
        row = ast.copy_location(ast.Subscript(node.value, first, ast.Load()), node)
        tensor = leaf(row, sweep, frame) if is_index(first, sweep) else None
    inner, offset = _without_offset(inner)
    plain = number_of(inner)
    index = leaf(plain or inner, sweep, frame)
    if tensor is None or index is None or any((*tensor.before, *tensor.after, *index.before, *index.after)):
        return None
    return (tensor, index, plain is not None, offset) if tensor.dim == index.dim == 0 else None


def _without_offset(node: ast.expr) -> tuple[ast.expr, str]:
    """`lengths[i]` and ` - 1` for `lengths[i] - 1`."""
    match node:
        case ast.BinOp(left=left, op=ast.Sub() | ast.Add() as op, right=ast.Constant(value=int() as number)):
            return left, f" {'-' if isinstance(op, ast.Sub) else '+'} {number}"
    return node, ""


def _may_be_indices(value: Value, frame: Frame) -> bool:
    """Not a mask, and a tensor as far as anybody can see: a list of slices takes another way."""
    value = settled(value)
    if isinstance(value, Op) and (value.name in _MASKS or dtype(value) == "bool"):
        return False
    if shown_tensor(frame, value):
        return True
    annotation = value.annotation if isinstance(value, Parameter) else None
    text = ast.unparse(annotation) if annotation is not None else ""
    return isinstance(value, Parameter) and not any(word in text for word in _CONTAINERS)
