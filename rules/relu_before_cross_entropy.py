"""The last activation before cross entropy is a ReLU: no class can get a negative score.

## What it does
Finds a ReLU whose output is the input of `cross_entropy` or `CrossEntropyLoss`, or of a log_softmax before `nll_loss`:
in one expression, through a local, or at the end of a `forward` on every path.

A model and a criterion are reported once for each file, at the first loss that is trained with; the others are named
there.

Silent where the activation is conditional (`if not last: x = relu(x)`), where anything but a dropout or a positive
scale follows it, and where losses are only measured, without gradients.

## Why is this bad?
All negative scores become 0 and their gradient is 0. Classes that a sample is certainly not in cannot be pushed
away, a sample whose scores are all negative has no gradient at all, and the loss stays above what it could be.

## Example
```python
def forward(self, x):
    return F.relu(self.fc(x))
...
loss = F.cross_entropy(model(x), target)
```
Use instead:
```python
def forward(self, x):
    return self.fc(x)
...
loss = F.cross_entropy(model(x), target)
```

## Fix safety
There is no fix: other users of the model may want its ReLU, and a trained model has to be trained again.

## When not to use it
Turn it off for networks whose scores must not be negative, such as counts or evidence.

## References
- [torch.nn.CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import Chain, Check, Frame, Op, Problem, Scores, ops, units
from torchlint.vocabulary.grouped_losses import groups


class ReluBeforeCrossEntropy(Check):
    code = "TLT109"
    since = "0.1"
    related = ("TLT101", "TLT117")
    message = "The scores in `cross_entropy` come out of a ReLU: none is below 0, and those at 0 have no gradient"
    help = "Leave out the last ReLU: `cross_entropy` takes scores of any sign"
    ops = tuple(sorted(ops.CLASS_LOSSES))
    needs = (units.makers(Scores.RECTIFIED),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        for group in groups(frame, self, _relus):
            yield Problem(group.first.op.node or frame.module.tree, places=group.places("the ReLU is here"))


def _relus(op: Op) -> list[Chain]:
    if op.name == "cross_entropy":
        return units.scores.chains(op.input, Scores.RECTIFIED)
    return _below_log_softmax(op)


def _below_log_softmax(loss: Op) -> list[Chain]:
    outer = units.scores.chains(loss.input, Scores.LOG_PROBABILITIES, plain=True)
    found = [units.scores.chains(units.source(chain).input, Scores.RECTIFIED) for chain in outer]
    return [chain for chains in found for chain in chains] if found and all(found) else []
