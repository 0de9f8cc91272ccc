"""Logits or log-probabilities before `binary_cross_entropy`, which takes probabilities.

## What it does
Finds values that are not probabilities for certain and reach `binary_cross_entropy` or `BCELoss` as `input` on every
path, with nothing in between that makes probabilities of them: the output of a linear or convolutional layer, and
logarithms of probabilities. Silent in tests, whose losses are toys.

## Why is this bad?
The loss takes the logarithm of its input and of one minus its input. Anything outside of 0 and 1 raises: `all elements
of input should be between 0 and 1`, on a GPU as an assertion of the device. As long as all values happen to lie
between 0 and 1, the loss is that of numbers that are not probabilities, and nothing says so.

## Example
```python
logits = self.fc(x)
loss = F.binary_cross_entropy(logits, target)
```
Use instead:
```python
logits = self.fc(x)
loss = F.binary_cross_entropy_with_logits(logits, target)
```

## Fix safety
The fix makes code run that raised, so it is unsafe. It is offered for logits; what was a log-probability has to be
changed where it is computed. A loss module that is made elsewhere is left to you.

## When not to use it
Turn it off (`ignore = ["TLT118"]`) for layers whose weights and inputs keep their sums between 0 and 1, such as
mixtures of probabilities.

## References
- [torch.nn.BCELoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.BCELoss.html)
- [torch.nn.BCEWithLogitsLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import ERROR, Changes, Check, Frame, Op, Problem, Scores, is_test, units
from torchlint.vocabulary.activation_swaps import respelled
from torchlint.vocabulary.loss_inputs import places

# Logarithms of probabilities: nothing that is above 0.
_LOGARITHMS = (Scores.LOG_PROBABILITIES, Scores.LOG_CHANCES)
_UNITS = (Scores.LOGITS, *_LOGARITHMS)
_LOGS = "`binary_cross_entropy` gets log-probabilities, which are below 0, and raises: it takes probabilities"


class LogitsBeforeBce(Check):
    code = "TLT118"
    since = "0.2"
    related = ("TLT103", "TLT107")
    severity = ERROR
    message = "`binary_cross_entropy` gets logits, not probabilities: it raises outside of 0 and 1"
    title = "Use `binary_cross_entropy_with_logits`"
    help = "Use `binary_cross_entropy_with_logits`, which takes logits"
    ops = ("binary_cross_entropy",)
    needs = (units.makers(*_UNITS),)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        found = units.scores.chains(op.input, *_UNITS)
        if not found or is_test(frame.module):
            return
        node = op.node or frame.module.tree
        if any(units.scores.of(chain[0]) in _LOGARITHMS for chain in found):
            yield Problem(node, _LOGS, places=places(found, "the logarithm is taken here", op))
            return
        fix = respelled(op, frame, "binary_cross_entropy_with_logits", "BCEWithLogitsLoss")
        claim = Changes("the loss is taken of logits, and does not raise")
        yield Problem(node, "", fix, claim, places=places(found, "the logits come from here", op))
