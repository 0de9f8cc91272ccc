"""Sigmoid before binary cross entropy with logits: the loss applies a sigmoid of its own.

## What it does
Finds the result of a sigmoid or a softmax that reaches `binary_cross_entropy_with_logits` or `BCEWithLogitsLoss` as
`input`: in one expression, through locals, through a model's `forward` and an element of what it returns, masked,
clamped, or subtracted from 1. Silent in tests, whose models are toys.

## Why is this bad?
The loss takes logits and applies the sigmoid to them. Given probabilities, it takes the sigmoid of numbers between 0
and 1: what the loss sees lies between 0.5 and 0.73, so that it cannot get below 0.31 for a positive and 0.69 for a
negative sample.

## Example
```python
loss = F.binary_cross_entropy_with_logits(torch.sigmoid(logits), target)
```
Use instead:
```python
loss = F.binary_cross_entropy_with_logits(logits, target)
```

## Fix safety
The fix changes the loss and its gradients; that is its purpose. It is offered where the sigmoid is taken for the loss
alone. A model whose `forward` ends in a sigmoid may have other users, so that it is left to you.

## When not to use it
Turn it off where results have to be comparable with those of a model that was trained this way.

## References
- [torch.nn.BCEWithLogitsLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import Changes, Check, Frame, Op, Problem, Scores, is_test, units
from torchlint.vocabulary.activation_swaps import without
from torchlint.vocabulary.loss_inputs import places

_UNITS = (Scores.CHANCES, Scores.PROBABILITIES)


class SigmoidBeforeBceWithLogits(Check):
    code = "TLT106"
    since = "0.1"
    related = ("TLT107", "TLT118")
    message = "`binary_cross_entropy_with_logits` gets probabilities, not logits: the loss cannot get below 0.31"
    title = "Drop the sigmoid"
    help = "Give it the logits: it applies the sigmoid itself"
    ops = ("binary_cross_entropy_with_logits",)
    needs = (units.makers(*_UNITS),)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        found = units.scores.chains(op.input, *_UNITS)
        if found and not is_test(frame.module):
            plain = all(units.source(chain).name == "sigmoid" for chain in found)
            fix = without(frame, found, op.node) if plain else None
            claim = Changes("the loss is taken of the logits")
            yield Problem(
                op.node or frame.module.tree, "", fix, claim, places=places(found, "the {} is taken here", op)
            )
