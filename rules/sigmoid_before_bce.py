"""Sigmoid before binary cross entropy: confident mistakes lose their gradient.

## What it does
Finds the result of a sigmoid that reaches `binary_cross_entropy` or `BCELoss` as `input`: in one expression, through
locals, through a model's `forward` and an element of what it returns. What a model and a criterion have to do with each
other is reported once for each file, at the first loss that is trained with; the others are named there.

Silent where no loss of the model is trained with: without gradients, here or at all callers in the file, there is none
to lose. Silent in tests, whose models are toys.

## Why is this bad?
In float32 the sigmoid of 17 is 1. For a target of 0 the loss is then 100, the bound that `binary_cross_entropy` puts
on `-log(0)`, instead of 17, and the gradient is exactly 0 instead of 1: the samples that the model gets most wrong
teach it nothing. `binary_cross_entropy_with_logits` is right everywhere, and works under CUDA autocast, where the
other one raises.

## Example
```python
loss = F.binary_cross_entropy(torch.sigmoid(logits), target)
```
Use instead:
```python
loss = F.binary_cross_entropy_with_logits(logits, target)
```

## Fix safety
Equal up to rounding where the sigmoid does not round to 0 or 1, and right where it does. It is offered where sigmoid
and loss can be edited together and the sigmoid's value has no other use. With a sigmoid at the end of a model, let
the model return logits and apply the sigmoid where probabilities are wanted.

## When not to use it
Turn it off for models whose callers take probabilities, and whose logits stay so small that the sigmoid is never 0 or
1.

## References
- [torch.nn.BCEWithLogitsLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import Chain, Check, Frame, Op, Problem, Scores, Stabilises, is_test, units
from torchlint.vocabulary.activation_swaps import respelled, without
from torchlint.vocabulary.grouped_losses import Loss, groups
from torchlint.vocabulary.ranges import is_between_0_and_1

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor
    from torchlint.vocabulary.activation_swaps import Fix


class SigmoidBeforeBce(Check):
    code = "TLT107"
    since = "0.1"
    related = ("TLT106", "TLT112", "TLT118")
    message = "Sigmoid before `binary_cross_entropy`: no gradient where the sigmoid rounds to 0 or 1"
    title = "Use `binary_cross_entropy_with_logits`"
    help = "Give the logits to `binary_cross_entropy_with_logits`, which applies the sigmoid itself"
    ops = ("binary_cross_entropy",)
    needs = (("sigmoid",),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if is_test(frame.module):
            return
        for group in groups(frame, self, _sigmoids):
            loss = group.first
            fix = None if group.others else _without_sigmoid(loss)
            yield Problem(
                loss.op.node or frame.module.tree,
                "",
                fix,
                Stabilises(),
                places=group.places("the sigmoid is taken here"),
            )


def _sigmoids(op: Op) -> list[Chain]:
    found = units.scores.chains(op.input, Scores.CHANCES, plain=True)
    return found if all(units.source(chain).name == "sigmoid" for chain in found) else []


def _without_sigmoid(loss: Loss) -> Fix | None:
    """A fix that takes the sigmoid out and calls the loss of logits; None where one of the two is used elsewhere."""
    dropped = without(loss.frame, loss.found, loss.op.node)
    called = respelled(loss.op, loss.frame, "binary_cross_entropy_with_logits", "BCEWithLogitsLoss")
    if dropped is None or called is None:
        return None

    def fix(editor: Editor) -> None:
        dropped(editor)
        called(editor)
        target = loss.op.args.get("target")
        # The loss without logits refuses other targets, and those of another dtype.
        for sigmoid in map(units.source, loss.found):
            editor.proof.input_of(sigmoid)
            if target is not None:
                editor.proof.has_same_dtype(sigmoid.input, target, ("the logits", "the targets"))
        if not is_between_0_and_1(target):
            editor.proof.need("the targets are floats from 0 to 1")

    return fix
