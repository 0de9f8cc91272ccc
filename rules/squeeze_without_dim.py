"""Squeeze without dim: a batch of one loses its batch dim.

## What it does
Finds `squeeze()` without a dim whose result is used where a lost batch dim is certain to matter: at a numbered dim
(`size(1)`, `softmax(dim=1)`, `unsqueeze(1)`, `permute(0, 2, 1)`, also after the results were put into a list and
stacked), and on one side of a loss that refuses other shapes. The use is reported, with the place of the squeeze.

Silent where both arguments of a loss are squeezed, and for losses that broadcast (`mse_loss`, `l1_loss`,
`smooth_l1_loss`, `huber_loss`): `()` against `(1,)` is the same number. Silent where there is no batch of one: all
sizes or a batch of several are certain, several tensors were put together with `cat` or `stack`, the loader in reach
has `drop_last=True`, or a memory is asked for a fixed number of samples. Silent as well where what is left is looked at
(`if x.dim() == 1`), for weights, in tests, and for `dim=-1`, which is the same dim before and after. Of
`nonzero(..).squeeze()` speaks TLT309.

## Why is this bad?
`squeeze()` removes every dim of size 1. With the last batch of an epoch, of one sample, the result has one dim less
than always: a loss raises, `dim=1` is an error or another dim.

## Example
```python
loss = F.binary_cross_entropy_with_logits(model(x).squeeze(), target)
```
Use instead:
```python
loss = F.binary_cross_entropy_with_logits(model(x).squeeze(-1), target)
```

## Fix safety
There is no fix: only the author knows which dim is to go.

## When not to use it
Turn it off where no batch has one sample, for a reason that the code does not show.

## References
- [torch.squeeze](https://docs.pytorch.org/docs/stable/generated/torch.squeeze.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import (
    Call,
    Check,
    Constant,
    Field,
    Frame,
    Items,
    LoopCarried,
    Op,
    Parameter,
    Place,
    Problem,
    Tail,
    Value,
    ancestors,
    children,
    facts,
    is_test,
    members,
    ops,
    sizes,
    trees,
    walk,
)
from torchlint.vocabulary.squeezes import holds, is_search, tells_one, unconverted

from ._batches import is_of_sample, is_of_several, may_be_of_one

# These fill up a missing dim: `()` against `(1,)` is the number that `(1,)` against `(1,)` is.
_BROADCASTING = ops.that(broadcasts=True)
# What is taken along the second dim, or multiplied by matrices of a batch, has a batch dim.
_ALONG = ops.that(elements="some", view=True)
_BATCHED = ops.that(shape="batched product")
_SAME_SHAPE = ops.that(shape="same")
_SHAPING = ops.CARRIERS & ops.that(shape=("wanted", "size", "like other"))


class SqueezeWithoutDim(Check):
    code = "TLT304"
    since = "0.1"
    related = ("TLT302", "TLT309")
    message = "`squeeze()` also removes the batch dim of a batch of one; name the dim"
    help = "Name the dim that is to go, such as `squeeze(1)`"
    ops = ("squeeze",)
    dimless = ops

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        if "dim" in op.args or not isinstance(op.node, ast.Call) or is_search(op.input) or is_test(frame.module):
            return
        if _is_fixed(op.input) or is_of_several(op.input) or is_of_sample(op.input):
            return
        if _is_under_test_of_size(frame, op.node) or _is_looked_at(op, frame):
            return
        numbered = _numbered_use(op, frame, _least_rank(op, frame))
        loss = _one_sided_loss(op, frame)
        if loss is not None and (numbered is not None or (_refuses(loss, op) and may_be_of_one(frame, op.input))):
            message = "A batch of one has lost its batch dim in this loss: name the dim that `squeeze()` is to remove"
            yield _problem(loss, op, message)
        elif numbered is not None:
            message = "For a batch of one this is another dim: `squeeze()` removed the batch dim; name the dim there"
            yield _problem(numbered, op, message)


def _problem(use: Op, squeeze: Op, message: str) -> Problem:
    assert squeeze.node is not None
    node = use.node if use.node is not None else squeeze.node
    apart = getattr(node, "lineno", 0) != getattr(squeeze.node, "lineno", 0)
    return Problem(node, message, places=(Place(squeeze.node, "all dims of size 1 are removed here"),) if apart else ())


# -- what is squeezed ----------------------------------------------------------------------------------------------


def _is_fixed(value: Value) -> bool:
    """Whether the shape of a value does not depend on the batch: its sizes are certain, or it is a weight."""
    if isinstance(value, Field | Constant) or (isinstance(value, Call) and value.qualname.endswith(".Parameter")):
        return True
    if _is_over_batch(value):
        return True
    known = sizes.sizes(value)
    if not known:
        return known is not None
    return isinstance(known[0], int) or all(isinstance(size, int) for size in known)


def _is_over_batch(value: Value) -> bool:
    """Whether the first dim was reduced and kept: `x.mean(0, keepdim=True)` is of one row for every batch."""
    while isinstance(value, Op):
        if value.name in ops.REDUCTIONS and value.constant("keepdim") is True:
            dim = value.args.get("dim")
            if any(isinstance(part, Constant) and part.value == 0 for part in getattr(dim, "items", (dim,))):
                return True
        elif value.name not in _SAME_SHAPE:
            return False
        value = value.input
    return False


def _is_under_test_of_size(frame: Frame, node: ast.AST) -> bool:
    """Whether a test around a node tells a batch of one from others: `if len(x) == 1: .. else: x.squeeze()`."""
    return any(
        isinstance(part, ast.Compare) and _is_size(frame, part.left) and tells_one(frame, part)
        for outer in ancestors(frame.module, node)
        if isinstance(outer, ast.If | ast.IfExp)
        for part in trees.walk(outer.test)
    )


def _is_size(frame: Frame, node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len":
        return True
    value = frame.values.get(node)
    return isinstance(value, Op) and value.name in ("size", "numel")


def _is_looked_at(op: Op, frame: Frame) -> bool:
    """Whether something asks for the shape of what is left: `if len(x.shape) > 1:`."""
    seen = (value for value in [*frame.values.values()] if isinstance(value, Op) and value.name in ("shape", "dim"))
    return any(holds(other.input, op) for other in seen)


def _least_rank(op: Op, frame: Frame) -> int | None:
    """How many dims of the result a use must show before one of them is certainly that of the batch; None where it may
    have no batch dim: it is not made of arguments, or was picked out of a batch."""
    parts = list(walk(op.input))
    given = [part for part in parts if isinstance(part, Parameter) and part.frame is frame]
    function = frame.function
    if function is None or not given or any(_picks_one(part) for part in parts):
        return None
    if function.cls is not None and function.name == "forward":
        return 1
    # What a function is given, or an unknown call returns, may be one sample.
    return None if any(isinstance(part, Call) for part in parts) and not _has_batch(frame) else 2


def _picks_one(value: Value) -> bool:
    """Whether a value is an element with numbered indices, such as `x[0]` and `x[0, i]`."""
    if not isinstance(value, Op) or value.name != "getitem":
        return False
    index = value.args["index"]
    parts = index.items if isinstance(index, Items) else (index,)
    return any(isinstance(part, Constant) and type(part.value) is int for part in parts)


def _has_batch(frame: Frame) -> bool:
    """Whether something is done to an argument of the function that shows that its first dim is a batch."""
    for op in frame.ops:
        if op.name in _BATCHED and any(isinstance(arg, Parameter) for arg in op.args.values()):
            return True
        dim = op.constant("dim")
        if op.name in _ALONG and isinstance(op.input, Parameter) and isinstance(dim, int) and dim > 0:
            return True
    return False


# -- numbered dims -------------------------------------------------------------------------------------------------


def _numbered_use(op: Op, frame: Frame, least: int | None) -> Op | None:
    """The first operation at a numbered dim that takes the result, or a stack of such results."""
    for other in frame.ops if least is not None else ():
        stacked = _stack_of(other.args.get("input"), op, frame)
        if stacked is None and not (holds(other.input, op) and facts.evidence(other)):
            continue
        count = _dims_asked_for(other)
        if count is None or (stacked is not None and other.constant("dim") == stacked.constant("dim", 0)):
            continue
        if count - (stacked is not None) >= (least or 0):
            return other
    return None


def _dims_asked_for(op: Op) -> int | None:
    """How many dims the input of an operation at numbered dims has at least; None where the result is the same with a
    leading dim less, and for the first and the last dim, which a vector of one sample has too."""
    if op.name == "transpose":
        dims = [op.constant(name) for name in ("dim0", "dim1", "axis0", "axis1") if name in op.args]
        counted = [dim + 1 for dim in dims if type(dim) is int and dim >= 0]
        return max(counted, default=None)
    if op.name == "permute":
        order = op.args.get("dims")
        numbers = isinstance(order, Items) and all(isinstance(item, Constant) for item in order.items)
        return len(order.items) if isinstance(order, Items) and numbers else None
    if op.name == "expand":
        return _kept_by_expand(op)
    dim = op.constant("dim")
    if type(dim) is not int or dim in (0, -1):
        return None
    if op.name == "unsqueeze":
        return dim if dim > 0 else None
    return dim + 1 if dim > 0 else -dim


def _kept_by_expand(op: Op) -> int | None:
    """How many dims `x.expand(4, -1, -1)` needs: a size of -1 is that of a dim that is there."""
    size = op.args.get("size")
    items = size.items if isinstance(size, Items) else ()
    for position, item in enumerate(items):
        if isinstance(item, Constant) and item.value == -1:
            kept = len(items) - position
            return kept if kept > 1 else None
    return None


def _stack_of(value: Value | None, op: Op, frame: Frame) -> Op | None:
    """The stack that a value is, on some path, where results of the operation are among what is stacked."""
    for member in members(value) if value is not None else ():
        stack = unconverted(member)
        if isinstance(stack, Op) and stack.name == "stack" and any(holds(item, op) for item in _stacked(stack, frame)):
            return stack
    return None


def _stacked(stack: Op, frame: Frame) -> Iterator[Value]:
    """What is known to be among the tensors of a stack."""
    for tensors in members(stack.args.get("tensors", stack)):
        if isinstance(tensors, Items):
            yield from tensors.items
        elif isinstance(tensors, Tail):
            yield from tensors.last
        elif isinstance(tensors.node, ast.ListComp | ast.GeneratorExp) and tensors.node.elt in frame.values:
            yield frame.values[tensors.node.elt]


# -- losses --------------------------------------------------------------------------------------------------------


def _one_sided_loss(op: Op, frame: Frame) -> Op | None:
    """The first loss of which one argument is the result, and the other was not adapted to it."""
    for loss in frame.ops:
        if loss.name not in ops.LOSSES or "target" not in loss.args:
            continue
        sides = (loss.input, loss.args["target"])
        if any(holds(side, op) for side in sides) and not all(_is_adapted(side, op) for side in sides):
            return loss
    return None


def _is_adapted(side: Value, op: Op) -> bool:
    """Whether a side of a loss is squeezed, too, or was given the shape of the result."""
    stack, seen = [_initial(side)], set[Value]()
    while stack:
        part = stack.pop()
        if part in seen or (isinstance(part, Op) and part.name in ops.QUESTIONS):
            continue  # `y.clamp(0, x.size(1))` has no shape from x
        seen.add(part)
        if isinstance(part, Op) and (part.name == "squeeze" or (part.name in _SHAPING and _is_shaped_by(part, op))):
            return True
        stack.extend(children(part))
    return False


def _is_shaped_by(shaped: Op, op: Op) -> bool:
    given = (arg for name, arg in shaped.args.items() if name != "input")
    return any(part is op for arg in given for part in walk(arg))


def _initial(value: Value) -> Value:
    while isinstance(value, LoopCarried) and value.initial is not None:
        value = value.initial
    return value


def _refuses(loss: Op, op: Op) -> bool:
    """Whether a loss raises where the result, and not the other side, has lost a batch dim."""
    target = loss.args["target"]
    on_input = holds(loss.input, op)
    other = facts.rank(target if on_input else loss.input)
    if loss.name in _BROADCASTING:
        return False
    if loss.name not in ops.CLASS_LOSSES:
        return other != 0
    # `(C,)` against `(1,)` is one sample and its class; a target of no dim belongs to a sample without a batch.
    return other is not None and other > 1 if on_input else other != 1
