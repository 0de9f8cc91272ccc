"""Sigmoid before binary cross entropy: confident mistakes lose their gradient.

## What it does
Finds the result of a sigmoid that reaches `binary_cross_entropy` or `BCELoss` as `input`: in one expression, through
locals, through a model's `forward` and an element of what it returns. Silent in tests, whose models are toys.

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

## References
- [torch.nn.BCEWithLogitsLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import Check, Frame, Op, Problem, Stabilises

from ._losses import places, source, sources
from ._nodes import is_test
from ._ranges import is_between_0_and_1
from ._swaps import respelled, without

if TYPE_CHECKING:
    from torchlint.fixing.rewrite import Editor


class SigmoidBeforeBce(Check):
    code = "TLT107"
    since = "0.1"
    message = "Sigmoid before `binary_cross_entropy`: no gradient where the sigmoid rounds to 0 or 1"
    title = "Use `binary_cross_entropy_with_logits`"
    ops = ("binary_cross_entropy",)
    needs = (("sigmoid",),)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        found = sources(op.input, frozenset({"sigmoid"}))
        if not found or is_test(frame.module):
            return
        dropped = without(frame, found, op.node)
        called = respelled(op, frame, "binary_cross_entropy_with_logits", "BCEWithLogitsLoss")

        def fix(editor: Editor) -> None:
            if dropped and called:
                dropped(editor)
                called(editor)
                for sigmoid in map(source, found):
                    editor.proof.input_of(sigmoid)
                if not is_between_0_and_1(op.args.get("target")):
                    # The loss without logits refuses others, and those of another dtype.
                    editor.proof.need("the targets are floats from 0 to 1")

        both = fix if dropped and called else None
        yield Problem(op.node or frame.module.tree, "", both, Stabilises(), places=places(found, "the sigmoid", op))
