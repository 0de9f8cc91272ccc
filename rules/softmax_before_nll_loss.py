"""Softmax before `nll_loss`, which takes log-probabilities.

## What it does
Finds probabilities from a softmax or a sigmoid that reach `nll_loss` or `NLLLoss` as `input`: in one expression,
through locals, through a model's `forward` and an element of what it returns, masked, gathered or clamped.

## Why is this bad?
`nll_loss` only picks the target's entry and negates it; the logarithm is the caller's part. Given probabilities the
loss is `-p` instead of `-log p`: a confident mistake costs no more than a doubtful one, and the gradient vanishes
with `p`, just where the model is wrong.

## Example
```python
loss = F.nll_loss(F.softmax(logits, dim=1), target)
```
Use instead:
```python
loss = F.nll_loss(F.log_softmax(logits, dim=1), target)
```

## Fix safety
The fix changes the loss and its gradients; that is its purpose. It is offered where the softmax is taken for the loss
alone. A model whose `forward` ends in a softmax may have other users, so that it is left to you.

## When not to use it
Turn it off where the expected accuracy, which is the probability of the right class, is to be trained for.

## References
- [torch.nn.NLLLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import Changes, Check, Frame, Op, Problem, Scores, units
from torchlint.vocabulary.activation_swaps import renamed
from torchlint.vocabulary.loss_inputs import places

_UNITS = (Scores.PROBABILITIES, Scores.CHANCES)


class SoftmaxBeforeNllLoss(Check):
    code = "TLT104"
    since = "0.1"
    related = ("TLT101", "TLT103", "TLT111")
    message = "`nll_loss` gets probabilities, not log-probabilities: the loss is -p instead of -log(p)"
    title = "Use `log_softmax`"
    help = "Give `nll_loss` the `log_softmax` of the scores, or `cross_entropy` the scores themselves"
    ops = ("nll_loss",)
    needs = (units.makers(*_UNITS),)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        found = units.scores.chains(op.input, *_UNITS)
        if not found:
            return
        softmax = len(found) == 1 and units.source(found[0]).name == "softmax"
        fix = renamed(frame, found[0], op.node, "log_softmax", "LogSoftmax") if softmax else None
        claim = Changes("the loss is taken of log-probabilities")
        yield Problem(op.node or frame.module.tree, "", fix, claim, places=places(found, "the {} is taken here", op))
