"""Log-softmax over a dim that is not the class dim, before a loss over classes.

## What it does
Finds log-probabilities that reach `cross_entropy` or `nll_loss` as `input` where the log-softmax was certainly taken
over another dim than the class dim. The class dim is 1 for an input of shape (N, C) or (N, C, d1, ...), and 0 for
(C).

## Why is this bad?
The numbers of one sample are not normalised over its classes but, with `dim=0`, over the batch; with `dim=-1` at rank
3, over positions. `nll_loss` of them is not a likelihood, can be made small without learning anything, and nothing
fails.

## Example
```python
scores = torch.randn(8, 10, 32)  # (N, C, L)
loss = F.nll_loss(F.log_softmax(scores, dim=-1), target)
```
Use instead:
```python
loss = F.nll_loss(F.log_softmax(scores, dim=1), target)
```

## Fix safety
There is no fix: whether the dim or the layout of the input is wrong is for you to say.

## When not to use it
Turn it off for losses that normalise over the batch or over positions on purpose, as contrastive ones do.

## References
- [torch.nn.NLLLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import Check, Frame, Op, Problem, Scores, ops, units
from torchlint.vocabulary.class_dims import Class, class_dim
from torchlint.vocabulary.loss_inputs import places


class LogSoftmaxWrongClassDim(Check):
    code = "TLT114"
    since = "0.1"
    related = ("TLT101", "TLT301")
    message = "`log_softmax` is not over the class dim of the loss (1): the classes' probabilities do not sum to 1"
    help = "Take it over dim 1, or move the classes to dim 1 before"
    ops = tuple(sorted(ops.CLASS_LOSSES))
    needs = (("log_softmax",),)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        found = units.scores.chains(op.input, Scores.LOG_PROBABILITIES, plain=True)
        if found and all(class_dim(chain, op.args.get("target")) is Class.NO for chain in found):
            yield Problem(op.node or frame.module.tree, places=places(found, "the {} is taken here", op))
