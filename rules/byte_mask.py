"""A mask of uint8: torch refuses it, or warns and will take it for something else.

## What it does
Finds tensors of uint8 where a mask is expected: the mask of `masked_fill`, `masked_select` and `masked_scatter`, the
condition of `torch.where`, and the index in `x[mask]`. Silent where the dtype is not certain, and for an index of what
is not certainly a tensor.

## Why is this bad?
Until torch 1.2 masks were of uint8, and code of that time makes them with `.byte()`, `torch.uint8` or
`torch.ByteTensor`. `masked_fill`, `masked_select`, `masked_scatter` and `x[mask] = 0` raise a RuntimeError now.
`x[mask]` and `torch.where` warn; elsewhere a tensor of uint8 is a number to index with, and `~mask` is not the other
elements: `~1` is 254, which is true again.

## Example
```python
mask = (lengths > 0).byte()
scores = scores.masked_fill(mask, float("-inf"))
```
Use instead:
```python
mask = lengths > 0
scores = scores.masked_fill(mask, float("-inf"))
```

## Fix safety
`x[mask]` and `torch.where(mask, x, y)` give the same with `mask.bool()`. What raised runs afterwards, so that those
fixes are unsafe.

## When not to use it
Turn it off for code that has to run under torch before 1.2, which has no masks of bool.

## References
- [torch.Tensor.masked_fill](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.masked_fill_.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import ERROR, Changes, Check, Claim, Frame, Op, Problem, Same, Value, dtypes, facts, own_nodes, walk

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

# Which argument is the mask, and whether one of uint8 raises.
_MASKS = {
    "masked_fill": ("mask", True),
    "masked_select": ("mask", True),
    "masked_scatter": ("mask", True),
    "where": ("condition", False),
}
_BOOL_SINCE = "1.2"
_RAISES = "`{name}` takes masks of bool only, so with this one of uint8 it raises: use `mask.bool()`"
_WARNS = "`{name}` with a condition of uint8 is deprecated and will raise: use `mask.bool()`"
_READ = "A mask of uint8 as an index is deprecated: a later torch takes it for numbers of elements; use `mask.bool()`"
_WRITTEN = "An assignment through a mask of uint8 raises, or warns where it is given a tensor: use `mask.bool()`"


class ByteMask(Check):
    code = "TLT814"
    since = "0.2"
    related = ("TLT801", "TLT815")
    message = "A mask of uint8 is refused or deprecated: use one of bool"
    title = "Use a mask of bool"
    help = "Use `mask.bool()`, or make the mask with a comparison"
    words = (("uint8", "byte", "ByteTensor"), (*_MASKS, *(f"{name}_" for name in _MASKS), "["))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if frame.module.target.lacks(_BOOL_SINCE):
            return
        for node in own_nodes(frame.scope):
            if isinstance(node, ast.Subscript):
                yield from _of_index(frame, node)
            elif isinstance(node, ast.Call) and isinstance(value := frame.values.get(node), Op) and value.node is node:
                yield from _of_call(value)


def _of_call(op: Op) -> Iterator[Problem]:
    name = op.name.removesuffix("_")
    place, raises = _MASKS.get(name, ("", False))
    mask = op.args.get(place)
    node = op.nodes.get(place)
    if mask is None or not isinstance(node, ast.expr) or dtypes.dtype(mask) != "uint8":
        return
    message = (_RAISES if raises else _WARNS).format(name=name)
    yield _problem(node, message, raises=raises)


def _of_index(frame: Frame, node: ast.Subscript) -> Iterator[Problem]:
    base = frame.values.get(node.value)
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for part in parts:
        mask = frame.values.get(part)
        if base is None or mask is None or dtypes.dtype(mask) != "uint8" or not _is_masked(base, mask):
            continue
        is_read = isinstance(node.ctx, ast.Load)
        yield _problem(part, _READ if is_read else _WRITTEN, raises=not is_read)


def _is_masked(base: Value, mask: Value) -> bool:
    """Whether what is indexed certainly is a tensor, or what its own mask was computed from."""
    return facts.is_tensor(base) is True or any(part is base for part in walk(mask))


def _problem(node: ast.expr, message: str, *, raises: bool) -> Problem:
    def fix(editor: Editor) -> None:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "byte":
            editor.rename(node.func, "bool")
        else:
            editor.template(node, ast.parse("mask.bool()", mode="eval").body, {"mask": node})

    claim: Claim = Changes("code runs that raised") if raises else Same()
    return Problem(node, message, fix, claim, severity=ERROR if raises else None)
