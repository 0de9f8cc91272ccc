"""A view that names the sizes of a tensor in another order: its dims are not transposed, its elements are mixed.

## What it does
Finds `view` and `reshape` whose sizes are those of the tensor itself in another order, as in
`x.view(x.size(1), x.size(0), -1)`; with something between two dims that follow each other, as heads that are split off
the last dim; or with a dim of the tensor behind more elements than it had before it.

Silent where the order is kept, where dims are joined or split in their order, where the sizes are of another tensor,
such as one that was transposed, where they are not known, and where rows of another length are shifted by a slice from
1, as Transformer-XL does with relative positions.

## Why is this bad?
A view keeps the elements in their order in memory and only cuts them anew. What is called channel, step or sample
afterwards is made of pieces of several of them. Nothing raises, since the number of elements is right: the model trains
on scrambled input, and on other samples of the batch where the batch is moved.

## Example
```python
b, c, h, w = x.shape
rows = x.view(b, h * w, c)
```
Use instead:
```python
b, c, h, w = x.shape
rows = x.flatten(2).transpose(1, 2)
```

## When not to use it
Turn it off where a view in another order is wanted, such as where a permutation of elements that is undone later does
not matter.

## References
- [torch.Tensor.view](https://docs.pytorch.org/docs/stable/generated/torch.Tensor.view.html)
- [torch.permute](https://docs.pytorch.org/docs/stable/generated/torch.permute.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import ERROR, Check, Frame, Items, Op, Problem, Value, is_test, known_shapes, moved_dims, ops

_WORDS = tuple(sorted(ops.words(*ops.RESHAPES)))
_JOINS = ops.that(shape="joined") | ops.that(shape="stacked")


class ViewSwapsDims(Check):
    code = "TLT310"
    since = "0.2"
    related = ("TLT320", "TLT613")
    severity = ERROR
    message = "A view does not transpose: the elements are mixed"
    help = "Use `permute` or `transpose` to change the order of dims, then `reshape`"
    ops = tuple(sorted(ops.RESHAPES | _JOINS))
    needs = (_WORDS,)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        if is_test(frame.module):
            return
        if op.name in _JOINS:
            yield from _viewed_alike(op)
        elif (reason := moved_dims.moved(op)) and not _is_shifted(op, frame):
            yield from _problem(op, reason)


def _is_shifted(view: Op, frame: Frame) -> bool:
    """Whether rows of another length are made in order to shift them, as Transformer-XL does with relative positions:
    what comes first in the view is left out, and the rest viewed as before."""
    rest = view.input
    if isinstance(rest, Op) and _is_rest(rest) and isinstance(rest.input, Op) and rest.input.name in ops.RESHAPES:
        return True
    return any(other.input is view and _is_rest(other) for other in frame.ops)


def _is_rest(op: Op) -> bool:
    return op.name == "getitem" and any(map(_leaves_first_out, _parts(op.args["index"])))


def _parts(index: Value) -> tuple[Value, ...]:
    return index.items if isinstance(index, Items) else (index,)


def _leaves_first_out(part: Value) -> bool:
    return isinstance(part, Op) and part.name == "slice" and part.constant("start", 0) not in (0, None)


def _problem(view: Op, reason: str) -> Iterator[Problem]:
    if view.node is not None:
        yield Problem(view.node, f"`{view.name}` moves no elements, so they are mixed: {reason}")


def _viewed_alike(join: Op) -> Iterator[Problem]:
    """Views that take the sizes of a tensor that they are joined with, and in another order than it has them."""
    tensors = join.args.get("tensors")
    views = [item for item in tensors.items if isinstance(item, Op)] if isinstance(tensors, Items) else []
    views = [view for view in views if view.name in ops.RESHAPES]
    reasons = {known_shapes.asked_sizes(view): reason for view in views if (reason := moved_dims.moved(view))}
    for view in views:
        reason = reasons.get(known_shapes.asked_sizes(view), "")
        if reason and not moved_dims.moved(view):
            yield from _problem(view, f"in the tensor that it is joined with, {reason}")
