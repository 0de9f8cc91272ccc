"""Softmax before argmax: the largest logit is the largest probability.

## What it does
Finds a softmax or log-softmax that is taken only for the position of its largest elements, over the same dim:
`argmax`, `max(dim)[1]`, `max(dim).indices`, `_, i = x.max(dim)` and the indices of `topk`.

Silent where it is a layer of a model that is called: the model's other callers, such as its loss, may need it.

## Why is this bad?
A softmax keeps the order of its input, so that it changes no answer here and costs a pass over it. With large gaps
between logits it even loses answers: where probabilities underflow or round to the same number, `topk` has only ties
to choose from.

## Example
```python
prediction = F.softmax(logits, dim=-1).argmax(dim=-1)
```
Use instead:
```python
prediction = logits.argmax(dim=-1)
```

## Fix safety
The positions are the same but where the softmax makes equal what was not. It is offered where both dims are certainly
the same: over another dim than its own, a softmax changes the order.

## When not to use it
Turn it off where code is to show the probabilities for the reader's sake: the result is the same, the cost is small.

## References
- [torch.argmax](https://docs.pytorch.org/docs/stable/generated/torch.argmax.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    INFO,
    Check,
    Constant,
    Element,
    Frame,
    Op,
    Problem,
    Same,
    Scores,
    Value,
    facts,
    ops,
    same_dim,
    units,
)
from torchlint.vocabulary.activation_swaps import without
from torchlint.vocabulary.loss_inputs import is_within_a_model, places
from torchlint.vocabulary.routes import parents_of, reads_of, route

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_ACTIVATIONS = ops.ORDER_KEEPING


class ActivationBeforeArgmax(Check):
    code = "TLT108"
    since = "0.1"
    related = ("TLT101", "TLT305")
    severity = INFO
    message = "A softmax does not change which element is the largest: take the `argmax` of its input"
    title = "Drop the softmax"
    help = "Take the `argmax` of the scores"
    ops = ("argmax", "max", "topk")
    needs = (tuple(sorted(_ACTIVATIONS)),)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        found = units.scores.chains(op.input, Scores.PROBABILITIES, Scores.LOG_PROBABILITIES, plain=True)
        if len(found) != 1 or not all(_keeps(step) for step in found[0][:-1]):
            return
        softmax = units.source(found[0])
        if softmax.name not in _ACTIVATIONS or is_within_a_model(softmax):
            return  # The last layer of a model is there for all who call the model, such as its loss.
        dim = op.args.get("dim", Constant(-1) if op.name == "topk" else None)
        if not same_dim(softmax.args.get("dim"), dim, facts.rank(softmax.input)):
            return
        if route(frame, found[0], op.node) is None or not (op.name == "argmax" or _gives_indices(frame, op)):
            return
        dropped = without(frame, found, op.node)

        def fix(editor: Editor) -> None:
            if dropped:
                dropped(editor)
                # A softmax takes no other tensors, `argmax` does.
                editor.proof.input_of(softmax)

        mend = fix if dropped else None
        yield Problem(
            op.node or frame.module.tree, "", mend, Same(), places=places(found, "the softmax is taken here", op)
        )


def _keeps(step: Value) -> bool:
    return not isinstance(step, Op | Element) or (isinstance(step, Op) and step.name in ops.SAME_ELEMENTS)


def _gives_indices(frame: Frame, op: Op) -> bool:
    """Whether of the two results of `max` or `topk` only the indices are used."""
    if op.node is None:
        return False
    parents = parents_of(frame)
    parent = parents.get(op.node)
    if not isinstance(parent, ast.Assign) or len(parent.targets) != 1:
        return _takes_indices(parent, op.node)
    target = parent.targets[0]
    if isinstance(target, ast.Name):
        reads = reads_of(frame, target.id, op)
        return bool(reads) and all(_takes_indices(parents.get(read), read) for read in reads)
    if not isinstance(target, ast.Tuple) or len(target.elts) != 2 or not isinstance(target.elts[0], ast.Name):
        return False
    return not _is_read(frame, target.elts[0].id, op)


def _takes_indices(parent: ast.AST | None, node: ast.AST) -> bool:
    match parent:
        case ast.Attribute(attr="indices"):
            return True
        case ast.Subscript(slice=ast.Constant(value=1)):
            return parent.value is node
    return False


def _is_read(frame: Frame, name: str, op: Op) -> bool:
    """Whether the first result, which a name was given, is read."""
    held = [value for value in frame.bindings.get(name, ()) if isinstance(value, Element) and value.base is op]
    return not held or any(reads_of(frame, name, value) for value in held)
