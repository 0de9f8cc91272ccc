"""Logits before `nll_loss`, which takes log-probabilities.

## What it does
Finds the output of a linear or convolutional layer, or of a ReLU, that reaches `nll_loss` or `NLLLoss` as `input` on
every path, with nothing in between that makes log-probabilities of it: reshaping, dropout, a temperature, a mask.
Silent in tests, whose losses are toys.

## Why is this bad?
`nll_loss` only picks the target's entry and negates it. Without a `log_softmax` the loss is `-logit`: it has no lower
bound, the other classes get no gradient, and training makes the logits grow without learning to tell classes apart.

## Example
```python
logits = self.fc(x)
loss = F.nll_loss(logits, target)
```
Use instead:
```python
logits = self.fc(x)
loss = F.cross_entropy(logits, target)
```

## Fix safety
The fix changes the loss and its gradients; that is its purpose. A loss module that is made elsewhere is left to you.

## When not to use it
Turn it off for models whose last layer returns log-probabilities by itself, such as one with weights that are
normalised.

## References
- [torch.nn.NLLLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import Changes, Check, Frame, Op, Problem, Scores, is_test, units
from torchlint.vocabulary.activation_swaps import respelled
from torchlint.vocabulary.loss_inputs import places

_UNITS = (Scores.LOGITS, Scores.RECTIFIED)


class LogitsBeforeNllLoss(Check):
    code = "TLT103"
    since = "0.1"
    related = ("TLT104", "TLT105", "TLT118")
    message = "`nll_loss` gets logits, not log-probabilities: the loss is -logit, without a lower bound"
    title = "Use `cross_entropy`"
    help = "Use `cross_entropy`, or give `nll_loss` the `log_softmax` of the logits"
    ops = ("nll_loss",)
    needs = (units.makers(*_UNITS),)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        found = units.scores.chains(op.input, *_UNITS)
        if found and not is_test(frame.module):
            fix = respelled(op, frame, "cross_entropy", "CrossEntropyLoss")
            claim = Changes("the loss is taken of log-probabilities")
            yield Problem(
                op.node or frame.module.tree, "", fix, claim, places=places(found, "the logits come from here", op)
            )
