"""Softmax before cross entropy: the loss applies a softmax of its own.

## What it does
Finds probabilities from a softmax or a sigmoid that reach `cross_entropy` or `CrossEntropyLoss` as `input`: in one
expression, through locals, through a model's `forward` and an element of what it returns, masked, gathered, clamped or
averaged over models, and as `exp` of a `log_softmax`.

## Why is this bad?
`cross_entropy` takes logits and applies `log_softmax` to them. Given probabilities, it takes the softmax of numbers
between 0 and 1: the best possible loss over 10 classes is then 1.46 instead of 0, the worst is 2.46, and the gradient
all but vanishes where the model is wrong and sure of it. Training goes on, slower and to a worse result.

## Example
```python
probs = F.softmax(model(x), dim=1)
loss = F.cross_entropy(probs, target)
```
Use instead:
```python
logits = model(x)
loss = F.cross_entropy(logits, target)
```

## Fix safety
The fix changes the loss and its gradients; that is its purpose. It is offered where the softmax is taken for the loss
alone. A model whose `forward` ends in a softmax may have other users, so that it is left to you.

## When not to use it
Turn it off for an experiment that wants the softmax twice on purpose, as a strong smoothing of the loss.

## References
- [torch.nn.CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import Chain, Changes, Check, Frame, Op, Problem, Scores, ops, units
from torchlint.vocabulary.activation_swaps import without
from torchlint.vocabulary.loss_inputs import averaged, places

# What the loss takes away again, if it is left out.
_DROPPED = ops.SOFTMAXES | {"sigmoid"}


class SoftmaxBeforeCrossEntropy(Check):
    code = "TLT101"
    since = "0.1"
    related = ("TLT102", "TLT104", "TLT108", "TLT109")
    message = "`cross_entropy` gets probabilities, not logits: gradients shrink and the loss cannot reach 0"
    title = "Drop the softmax"
    help = "Give `cross_entropy` the logits, and take the softmax only where probabilities are needed"
    ops = ("cross_entropy",)
    needs = (units.makers(Scores.PROBABILITIES, Scores.CHANCES),)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        found = units.scores.chains(op.input, Scores.PROBABILITIES, Scores.CHANCES)
        made = {units.source(chain).name for chain in found}
        fix = without(frame, found, op.node) if found and made <= _DROPPED else None
        found = found or _of_several_models(op)
        if not found:
            return
        claim = Changes("the loss is taken of the logits")
        title = "Drop the sigmoid" if made == {"sigmoid"} else ""
        seen = places(found, "the {} is taken here", op)
        yield Problem(op.node or frame.module.tree, "", fix, claim, title, places=seen)


def _of_several_models(op: Op) -> list[Chain]:
    """Where each of the softmaxes comes from whose mean is the input."""
    parts = [units.scores.chains(part, Scores.PROBABILITIES, Scores.CHANCES) for part in averaged(op.input)]
    return [chain for part in parts for chain in part] if all(parts) else []
