"""A softmax, an argmax or a cross entropy over a dim with a single class: a constant.

## What it does
Finds `softmax`, `log_softmax`, `cross_entropy`, `argmax` and `max(.., dim)` over a dim that certainly has size 1, such
as the classes of a model that ends in `Linear(.., 1)`. Silent where the size is not known, and in tests.

## Why is this bad?
The softmax of a single number is 1, its logarithm 0, and the largest of one is always the first. The cross entropy of
one class is 0 for every target and has no gradient: the model is not trained. A prediction by `argmax` is class 0 for
all samples.

## Example
```python
self.fc = nn.Linear(64, 1)
...
prob = torch.softmax(self.fc(x), dim=-1)
```
Use instead:
```python
self.fc = nn.Linear(64, 1)
...
prob = torch.sigmoid(self.fc(x))
```

## Fix safety
There is no fix: whether a sigmoid or a second class was meant is not in the code. With one output, use
`binary_cross_entropy_with_logits` as loss, `sigmoid` for a probability, and `logit > 0` as prediction.

## When not to use it
Turn it off for code that is written for any number of classes and run with one for a try.

## References
- [torch.nn.CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html)
- [torch.nn.BCEWithLogitsLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import ERROR, Check, Constant, Frame, Op, Problem, Value, agree, facts, is_test, ops, sizes

_WHAT = {
    "softmax": "`softmax` over a single class is 1, whatever the model says: use `sigmoid`",
    "log_softmax": "`log_softmax` over a single class is 0, whatever the model says: use `logsigmoid`",
    "cross_entropy": "`cross_entropy` of a single class is always 0: use `binary_cross_entropy_with_logits`",
}
# What gives the same number of elements in the last dim.
_KEEPING = ops.that(shape="same")


class SingleClassSoftmax(Check):
    code = "TLT117"
    since = "0.2"
    related = ("TLT101", "TLT305")
    severity = ERROR
    message = "The largest of a single class is always class 0: compare the logit with 0"
    help = "Use a sigmoid and `binary_cross_entropy_with_logits` for one output, or two outputs"
    ops = (*_WHAT, "argmax", "max")

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        if op.node is None or is_test(frame.module):
            return
        dim = _class_dim(op) if op.name == "cross_entropy" else op.constant("dim")
        if isinstance(dim, int) and not isinstance(dim, bool) and agree(op.input, lambda value: _is_single(value, dim)):
            yield Problem(op.node, _WHAT.get(op.name, ""))


def _class_dim(op: Op) -> int:
    """Dim 1, and 0 without a batch; the last, which a linear layer gives, where the rank is not known."""
    rank = facts.rank(op.input)
    return -1 if rank is None else min(rank - 1, 1)


def _is_single(value: Value, dim: int) -> bool:
    """Whether a dim of a tensor certainly has size 1."""
    known = sizes.sizes(value)
    if known is not None:
        return -len(known) <= dim < len(known) and known[dim] == 1
    if dim + 1 == facts.rank(value):
        dim = -1
    while isinstance(value, Op) and value.name in _KEEPING:
        value = value.input
    if dim != -1 or not isinstance(value, Op) or ops.shape(value.name) != "last dim":
        return False
    out = value.args.get("out_features")
    return isinstance(out, Constant) and out.value == 1
