"""Probabilities as the first argument of `kl_div`, which takes log-probabilities there.

## What it does
Finds the result of a softmax or a sigmoid that reaches `kl_div` or `KLDivLoss` as `input`: in one expression, through
locals, through a model's `forward`, clamped, or as `exp` of log-probabilities.

## Why is this bad?
`kl_div(input, target)` is `target * (log(target) - input)`: `input` is used as the logarithm of probabilities. Given
probabilities, the result is not a divergence. It is not 0 where both distributions are equal, and its gradient does not
depend on `input`.

## Example
```python
loss = F.kl_div(F.softmax(student, dim=1), teacher_probs, reduction="batchmean")
```
Use instead:
```python
loss = F.kl_div(F.log_softmax(student, dim=1), teacher_probs, reduction="batchmean")
```

## Fix safety
The fix changes the loss and its gradients; that is its purpose. It is offered where the softmax is taken for the loss
alone.

## When not to use it
No divergence is computed this way. A test that shows so says `# torchlint: ignore[TLT111]`.

## References
- [torch.nn.KLDivLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import Changes, Check, Frame, Op, Problem, Scores, units
from torchlint.vocabulary.activation_swaps import renamed
from torchlint.vocabulary.loss_inputs import places

_UNITS = (Scores.PROBABILITIES, Scores.CHANCES)


class ProbabilitiesToKlDiv(Check):
    code = "TLT111"
    since = "0.1"
    related = ("TLT101", "TLT104")
    message = "`kl_div` gets probabilities where it takes log-probabilities: its result is not a divergence"
    title = "Use `log_softmax`"
    help = "Give it the `log_softmax` of the scores as the first argument"
    ops = ("kl_div",)
    needs = (units.makers(*_UNITS),)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        found = units.scores.chains(op.input, *_UNITS)
        if found:
            softmax = len(found) == 1 and units.source(found[0]).name == "softmax"
            fix = renamed(frame, found[0], op.node, "log_softmax", "LogSoftmax") if softmax else None
            claim = Changes("the divergence is taken of log-probabilities")
            yield Problem(
                op.node or frame.module.tree, "", fix, claim, places=places(found, "the {} is taken here", op)
            )
