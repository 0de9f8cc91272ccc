"""Positions that are counted along the batch, before a layer that takes the batch first.

## What it does
Finds position embeddings, `table[: x.size(0)]` and `embedding(torch.arange(x.size(0)))`, that are added to the input of
an RNN, attention or Transformer layer with `batch_first=True`, also where a module of the same file adds them.

Silent where dims change places, or are added or folded, on the way, and where the arguments of the layer are not known.

## Why is this bad?
With the batch first, dim 0 is the samples. All steps of a sample get the same position, and samples get one by their
place in the batch: the model sees no order, and its result for a sample depends on where in the batch it is. Nothing
raises as long as the table is longer than the batch.

## Example
```python
# self.encoder was made with batch_first=True
x = x + self.pe[: x.size(0)]
x = self.encoder(x)
```
Use instead:
```python
# a table of (1, length, features)
x = x + self.pe[:, : x.size(1)]
x = self.encoder(x)
```

## Fix safety
There is no fix: the table's shape has to be changed as well.

## When not to use it
There is no model for which it has to be turned off.

## References
- [torch.nn.TransformerEncoderLayer](https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import (
    ERROR,
    Check,
    Frame,
    Items,
    Layouts,
    Op,
    Place,
    Problem,
    Value,
    facts,
    is_test,
    ops,
    units,
    walk,
)

# What leaves the batch in dim 0, and each position where it is.
_ON_THE_WAY = ops.SAME_ELEMENTS | ops.DROPOUTS | ops.ELEMENTWISE | ops.that(shape=("same", "last dim"))


class PositionOverBatch(Check):
    code = "TLT614"
    since = "0.2"
    related = ("TLT613",)
    severity = ERROR
    message = "Positions are counted along dim 0, which is the batch: all steps of a sample get the same one"
    help = "Count along the sequence: `x.size(1)`, with a table of `(1, length, features)`"
    ops = tuple(sorted(units.SEQUENCE_LAYERS))
    words = (("batch_first",), ("size", "shape", "len"))

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        if op.layer is None or units.layout(op.layer) is not Layouts.BATCH_FIRST or is_test(frame.module):
            return
        if units.is_turned(op.input):
            return
        for position in _added(op.input):
            home = position.frame.module if position.frame is not None else None
            if home is frame.module and position.node is not None and _counts_batch(position):
                places = (Place(op.node, "this layer takes the batch first"),) if op.node is not None else ()
                yield Problem(position.node, places=places)


def _added(value: Value, depth: int = 12) -> Iterator[Value]:
    """What is added to what becomes the input of a layer."""
    if depth == 0 or not isinstance(value, Op) or value.name not in _ON_THE_WAY:
        return
    if value.name == "add":
        for one, other in (("input", "other"), ("other", "input")):
            if one in value.args and other in value.args:
                yield value.args[one]
                yield from _added(value.args[other], depth - 1)
    elif "input" in value.args:
        yield from _added(value.input, depth - 1)


def _counts_batch(value: Value) -> bool:
    """Whether a value is taken from a table, as many rows as there are samples."""
    match value:
        case Op(name="getitem"):
            index = value.args.get("index")
            first = index.items[0] if isinstance(index, Items) and index.items else index
            stop = first.args.get("stop") if isinstance(first, Op) and first.name == "slice" else None
            return stop is not None and _is_batch_size(stop) and not _holds(value.input, stop)
        case Op(name="Embedding", input=Op(name="arange") as counted):
            end = counted.args.get("end")
            return end is not None and _is_batch_size(end)
    return False


def _is_batch_size(value: Value) -> bool:
    """Whether a number is the size of dim 0 of a tensor that has others."""
    is_first = isinstance(value, Op) and value.name == "size" and value.constant("dim") == 0
    return isinstance(value, Op) and is_first and facts.rank(value.input) != 1


def _holds(table: Value, stop: Value) -> bool:
    """Whether a table is computed from the tensor whose size is asked."""
    return isinstance(stop, Op) and any(part is stop.input for part in walk(table))
