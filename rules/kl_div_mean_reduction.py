"""The KL divergence of two distributions, averaged over the classes as well: it is too small by their number.

## What it does
Finds `kl_div` and `KLDivLoss` of log-probabilities and of known probabilities with `reduction="mean"`, which is the
default. Silent where one of the two is not certainly a distribution, and for `batchmean`, `sum` and `none`.

## Why is this bad?
`mean` divides by the number of all elements. The divergence is a sum over the classes, so that what comes out is
smaller by their number: with 1000 classes a distillation term is 1000 times as light as its weight says. torch warns of
it and will change what `mean` does.

## Example
```python
loss = F.kl_div(F.log_softmax(student, dim=1), F.softmax(teacher, dim=1))
```
Use instead:
```python
loss = F.kl_div(F.log_softmax(student, dim=1), F.softmax(teacher, dim=1), reduction="batchmean")
```

## Fix safety
The fix multiplies the loss by the number of classes, which is its purpose, so it is unsafe: a weight that was tuned
with the smaller one has to be tuned anew.

## When not to use it
Turn it off where a published weight belongs to the mean over all elements.

## References
- [torch.nn.KLDivLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import Changes, Check, Frame, Op, Problem, Scores, is_test, units

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor


class KlDivMeanReduction(Check):
    code = "TLT119"
    since = "0.2"
    related = ("TLT111",)
    message = "`mean` divides the KL divergence by the number of classes, too: it is that much too small"
    title = "Average over the batch"
    help = 'Pass `reduction="batchmean"`'
    ops = ("kl_div",)
    needs = (units.makers(Scores.LOG_PROBABILITIES),)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        target = op.args.get("target")
        if op.node is None or target is None or units.reduction(op) != "mean" or is_test(frame.module):
            return
        if units.scores.of(op.input) is not Scores.LOG_PROBABILITIES:
            return
        log_target = op.constant("log_target", False)
        wanted = Scores.LOG_PROBABILITIES if log_target is True else Scores.PROBABILITIES
        if isinstance(log_target, bool) and units.scores.of(target) is wanted:
            yield Problem(op.node, "", _over_batch(frame, op), Changes("the divergence is not divided by the classes"))


def _over_batch(frame: Frame, op: Op) -> Callable[[Editor], None] | None:
    """A fix that passes the reduction where the others are: to the layer, or to the function."""
    made = op.layer if op.layer is not None else op
    given, call = made.nodes.get("reduction"), made.node
    if not isinstance(call, ast.Call) or made.frame is None or made.frame.module is not frame.module:
        return None

    def fix(editor: Editor) -> None:
        text = editor.quoted("batchmean")
        if given is not None:
            editor.replace(given, text)
        else:
            editor.add_argument(call, f"reduction={text}")

    return fix
