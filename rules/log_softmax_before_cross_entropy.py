"""Log-softmax before cross entropy: redundant, the loss and its gradient are the same without it.

## What it does
Finds log-probabilities that reach `cross_entropy` or `CrossEntropyLoss` as `input` where the log-softmax was taken
over the class dim: in one expression, through locals, through a model's `forward` and an element of what it returns.

## Why is this bad?
`cross_entropy` applies `log_softmax` itself. The log-softmax of log-probabilities is the same log-probabilities: the
result is right, with or without class weights, label smoothing, ignored labels and soft targets. What is lost is one
pass forward and backward over the logits and the memory for its result, and it hides which of `cross_entropy` and
`nll_loss` was meant.

## Example
```python
log_probs = F.log_softmax(model(x), dim=1)
loss = F.cross_entropy(log_probs, target)
```
Use instead:
```python
logits = model(x)
loss = F.cross_entropy(logits, target)
```

## Fix safety
Equal up to rounding where the dim is the class dim: dim 1, or the last one of an input that is known to have one or
two. Where that is not certain the fix is only shown. A model whose `forward` ends in a log-softmax may have other
users, so that it is left to you.

## When not to use it
Turn it off where the log-probabilities are wanted for something else too and the second pass costs nothing that
matters: the loss is the same.

## References
- [torch.nn.CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import Check, Frame, Op, Problem, Same, Scores, units
from torchlint.vocabulary.activation_swaps import without
from torchlint.vocabulary.class_dims import Class, class_dim
from torchlint.vocabulary.loss_inputs import places


class LogSoftmaxBeforeCrossEntropy(Check):
    code = "TLT102"
    since = "0.1"
    related = ("TLT101", "TLT105")
    message = "`cross_entropy` applies `log_softmax` itself: this one is redundant, the loss is the same"
    title = "Drop the log-softmax"
    help = "Give `cross_entropy` what the `log_softmax` is taken of"
    ops = ("cross_entropy",)
    needs = (("log_softmax",),)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        found = units.scores.chains(op.input, Scores.LOG_PROBABILITIES, plain=True)
        dims = {class_dim(chain, op.args.get("target")) for chain in found}
        if not found or not dims <= {Class.YES, Class.LIKELY}:
            return
        fix = without(frame, found, op.node)
        shown = dims != {Class.YES} or any("dtype" in units.source(chain).args for chain in found)
        seen = places(found, "the {} is taken here", op)
        yield Problem(op.node or frame.module.tree, "", fix, Same(), display=shown, places=seen)
