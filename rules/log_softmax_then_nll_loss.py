"""`log_softmax` and then `nll_loss`: `cross_entropy` is both.

## What it does
Finds `nll_loss` of a log-softmax over the class dim that is taken for the loss alone, in one expression or through
locals.

## Why is this bad?
It is not: the two are equal in values and gradients. `cross_entropy` says the same in one call and leaves no way to
forget one half, which is why some code bases want it everywhere.

## Example
```python
loss = F.nll_loss(F.log_softmax(logits, dim=1), target)
```
Use instead:
```python
loss = F.cross_entropy(logits, target)
```

## Fix safety
Equal up to rounding: class weights, ignored labels and the reduction are arguments of both. It is offered where the
dim is certainly the class dim and the log-softmax has no `dtype`. It is unsafe where the labels may be probabilities:
`nll_loss` refuses them, `cross_entropy` takes them.

## When not to use it
It is off by default: both spellings give the same loss. Leave it off where the log-probabilities are needed besides.

## References
- [torch.nn.functional.cross_entropy](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import INFO, UNKNOWN, Check, Frame, Op, Problem, Same, Scores, units
from torchlint.vocabulary.activation_swaps import respelled, without
from torchlint.vocabulary.class_dims import Class, class_dim
from torchlint.vocabulary.routes import route

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor


class LogSoftmaxThenNllLoss(Check):
    code = "TLT105"
    since = "0.1"
    related = ("TLT101", "TLT102", "TLT103")
    severity = INFO
    default = False
    message = "`nll_loss` of a `log_softmax` is written in two calls: `cross_entropy` computes both in one"
    title = "Use `cross_entropy`"
    help = "Give the scores to `cross_entropy`"
    ops = ("nll_loss",)
    needs = (("log_softmax",),)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        found = units.scores.chains(op.input, Scores.LOG_PROBABILITIES, plain=True)
        if len(found) != 1 or "dtype" in units.source(found[0]).args or route(frame, found[0], op.node) is None:
            return
        if class_dim(found[0], op.args.get("target")) is not Class.YES:
            return
        dropped = without(frame, found, op.node)
        called = respelled(op, frame, "cross_entropy", "CrossEntropyLoss")

        def fix(editor: Editor) -> None:
            if dropped and called:
                dropped(editor)
                called(editor)
                target = op.args.get("target", UNKNOWN)
                # `nll_loss` refuses probabilities, `cross_entropy` takes them.
                editor.proof.has_dtype(
                    target, _said(op), op.node or frame.scope, ("int",), [op.node] if op.node else []
                )

        both = fix if dropped and called else None
        yield Problem(op.node or frame.module.tree, "", both, Same())


def _said(op: Op) -> str:
    node = op.nodes.get("target")
    return ast.unparse(node) if node is not None else "the target"
