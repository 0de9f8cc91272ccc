"""Attention weights that are normalised over another dim than they are summed over.

## What it does
Finds a softmax of the product of queries and keys over a dim other than the one that the product with the values sums
over: `softmax(q @ k.transpose(-2, -1), dim=1) @ v`, in `matmul`, `bmm`, `@` and `einsum`, through scaling, masks,
dropout, casts and views in between. Only where the dim certainly is another one: it is negative, the rank is known, or
queries or keys have a dim behind it (`k.transpose(1, 2)`).

Silent where the weights are transposed, normalised once more or multiplied before they meet the values, as in slot
attention and dual softmax.

## Why is this bad?
The weights of one query do not sum to one, and those of different queries, or of different samples of the batch where
the dim is 0, take from each other: what a sample gets depends on what else is in the batch. Nothing raises, and the
loss goes down a little.

## Example
```python
scores = q @ k.transpose(-2, -1) / d**0.5
out = torch.softmax(scores, dim=1) @ v
```
Use instead:
```python
scores = q @ k.transpose(-2, -1) / d**0.5
out = torch.softmax(scores, dim=-1) @ v
```

## Fix safety
The fix changes what the model computes, which is its purpose, so it is unsafe. Weights that were trained with the
mistake are of no use after it.

## When not to use it
Turn it off for models in which queries are to compete for keys without a second normalisation.

## References
- [torch.nn.functional.scaled_dot_product_attention](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import ERROR, Changes, Check, Constant, Frame, Items, Op, Place, Problem, Value, facts, ops

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_PRODUCTS = ("matmul", "bmm", "einsum")
# What leaves each weight where it is along the last dim.
_KEPT = ops.RESHAPES | ops.SAME_ELEMENTS | ops.DROPOUTS
# What is done to scores before they are normalised.
_SCORED = _KEPT | {"div", "mul", "add", "sub", "masked_fill", "where", "clamp", "tanh", "baddbmm"}


class AttentionSoftmaxDim(Check):
    code = "TLT121"
    since = "0.2"
    related = ("TLT114", "TLT120")
    severity = ERROR
    message = "Attention weights are normalised over another dim than the product with the values sums over"
    title = "Normalise over the last dim"
    help = "Normalise over the dim of the keys: `softmax(scores, dim=-1)`"
    ops = _PRODUCTS
    needs = (("softmax",),)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        for weights, summed in _operands(op):
            softmax = _softmax_of(weights)
            dim = softmax.constant("dim") if softmax is not None else None
            if softmax is None or softmax.node is None or not isinstance(dim, int) or isinstance(dim, bool):
                continue
            product = _product_of(softmax.input)
            if product is None:
                continue
            is_inner = summed == -1 and 0 <= dim < _least_rank(product) - 1
            if is_inner or _is_other(_rank(softmax.input, product), dim, summed):
                places = (Place(op.node, "the product with the values sums over another dim"),) if op.node else ()
                fix = _over(softmax, frame, summed)
                yield Problem(softmax.node, "", fix, Changes("the dim of the softmax"), places=places)


def _operands(op: Op) -> Iterator[tuple[Value, int]]:
    """What is multiplied from the left, and the dim, from the end, that is summed over."""
    if op.name != "einsum":
        yield op.input, -1
        return
    equation, operands = op.args.get("equation"), op.args.get("operands")
    text = equation.value if isinstance(equation, Constant) else None
    given = operands.items if isinstance(operands, Items) else ()
    if not isinstance(text, str) or "->" not in text:
        return
    left, _, out = text.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != 2 or len(given) != 2:
        return
    for (term, other), value in zip((terms, terms[::-1]), given, strict=True):
        summed = [letter for letter in term if letter in other and letter not in out and letter != "."]
        if len(summed) == 1:
            yield value, term.index(summed[0]) - len(term)


def _softmax_of(value: Value) -> Op | None:
    while isinstance(value, Op) and value.name in _KEPT:
        value = value.input
    return value if isinstance(value, Op) and value.name == "softmax" else None


def _product_of(value: Value) -> Op | None:
    """The product of two tensors that scores are."""
    while isinstance(value, Op) and value.name in _SCORED:
        value = value.input
    return value if isinstance(value, Op) and value.name in _PRODUCTS else None


def _rank(scores: Value, product: Op) -> int | None:
    """The number of dims of scores; of those of an `einsum` as its equation says."""
    rank = facts.rank(scores)
    equation = product.constant("equation")
    if rank is not None or scores is not product or not isinstance(equation, str) or "." in equation:
        return rank
    return len(equation.replace(" ", "").partition("->")[2]) or None


def _least_rank(product: Op) -> int:
    """The number of dims that a product of matrices has at least: more than the largest dim that is transposed."""
    found = 0
    for operand in (product.input, product.args.get("other"), product.args.get("mat2")):
        while isinstance(operand, Op) and operand.name in ("mul", "div"):
            operand = operand.input
        if isinstance(operand, Op) and operand.name == "transpose" and product.name != "einsum":
            dims = [operand.constant("dim0"), operand.constant("dim1")]
            found = max([found, *(dim + 1 for dim in dims if isinstance(dim, int))])
    return found


def _is_other(rank: int | None, dim: int, summed: int) -> bool:
    """Whether a dim is certainly not the one that is summed over, which counts from the end."""
    if rank is not None:
        return rank > 1 and (dim - rank if dim >= 0 else dim) != summed
    return dim < 0 and dim != summed


def _over(softmax: Op, frame: Frame, summed: int) -> Callable[[Editor], None] | None:
    """A fix that names the other dim where the softmax says its own: in its call, or in that of its layer."""
    given = softmax.layer.nodes.get("dim") if softmax.layer is not None else softmax.nodes.get("dim")
    home = softmax.layer.frame if softmax.layer is not None else softmax.frame
    if given is None or home is None or home.module is not frame.module or not isinstance(given, ast.expr):
        return None
    return lambda editor: editor.replace(given, str(summed))
