"""The output of a sequence layer that is read as (batch, sequence, features), and is (sequence, batch, features).

## What it does
Finds `out[:, -1]`, `out.mean(dim=1)`, `out.max(dim=1)` and `out.sum(dim=1)` of what an RNN, LSTM or GRU returns, and
`out[:, 0]`, `out[:, -1]` and `out.mean(dim=1)` of what Transformer layers return, where the layer was made without
`batch_first=True`, also after activations, norms and linear layers. And such a layer that is given what another, with
`batch_first=True`, returns.

Silent where dims change places on the way to the layer or after it, and where the arguments of the layer are not known.

## Why is this bad?
Without `batch_first` dim 0 is the sequence and dim 1 the batch. `out[:, -1]` is the last sample of the batch at each
time, not the last step of each sample: the layer runs over the samples of the batch as if they were steps, each result
depends on the other samples, and nothing raises, since the number of rows is right.

## Example
```python
self.lstm = nn.LSTM(28, 32)
...
out, _ = self.lstm(x)
return self.fc(out[:, -1])
```
Use instead:
```python
self.lstm = nn.LSTM(28, 32, batch_first=True)
...
out, _ = self.lstm(x)
return self.fc(out[:, -1])
```

## Fix safety
The fix makes the layer take the batch first. It changes what the model computes, which is its purpose, so it is unsafe:
where the input is (sequence, batch), write `out[-1]` instead.

## When not to use it
Turn it off for code that runs with a batch of one and takes it out by `[:, -1]`.

## References
- [torch.nn.LSTM](https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html)
- [torch.nn.TransformerEncoderLayer](https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    ERROR,
    Changes,
    Check,
    Constant,
    Frame,
    Items,
    Layer,
    Layouts,
    Op,
    Place,
    Problem,
    is_test,
    units,
)

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_REDUCTIONS = ("mean", "max", "sum", "amax")
# A `Transformer` takes two sequences, and what it gives is seldom read by a dim.
_LAYERS = tuple(sorted(units.SEQUENCE_LAYERS - {"Transformer"}))
_CLAIM = Changes("the batch comes first")
_MIXED = "This layer takes the sequence first, and is given the batch first: it runs over the samples of the batch"


class SequenceDimMismatch(Check):
    code = "TLT613"
    since = "0.2"
    related = ("TLT614",)
    severity = ERROR
    message = "Dim 1 of this layer's output is the batch, not the sequence: it was made without `batch_first`"
    title = "Take the batch first"
    help = "Make the layer with `batch_first=True`, or read the sequence along dim 0"
    ops = ("getitem", *_REDUCTIONS, *_LAYERS)
    needs = (_LAYERS,)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        if op.node is None or is_test(frame.module):
            return
        if op.name in _LAYERS:
            yield from _between_layers(op, frame)
            return
        found = units.layouts.chains(op.input, Layouts.SEQUENCE_FIRST)
        made = units.sequence_call(found[0]) if found else None
        layer = made.layer if made is not None else None
        if made is None or layer is None or not _reads_sequence(op, made.name):
            return
        if units.layout(layer) is not Layouts.SEQUENCE_FIRST or units.is_turned(made.input):
            return
        places = (Place(layer.node, "the layer is made here", layer.frame),) if layer.node is not None else ()
        yield Problem(op.node, "", _batch_first(frame, layer), _CLAIM, places=places)


def _between_layers(op: Op, frame: Frame) -> Iterator[Problem]:
    """A layer that takes the sequence first, and is given what another gives with the batch first."""
    layer = op.layer
    if op.node is None or layer is None or units.layout(layer) is not Layouts.SEQUENCE_FIRST:
        return
    for chain in units.layouts.chains(op.input, Layouts.BATCH_FIRST)[:1]:
        node = units.sequence_call(chain).node
        places = (Place(node, "this gives the batch first"),) if node is not None else ()
        yield Problem(op.node, _MIXED, _batch_first(frame, layer), _CLAIM, places=places)


def _reads_sequence(op: Op, name: str) -> bool:
    """Whether dim 1 is clearly taken for that of the sequence."""
    if op.name in _REDUCTIONS:
        return name != "MultiheadAttention" and op.constant("dim") == 1
    index = op.args.get("index")
    parts = index.items if isinstance(index, Items) else ()
    if len(parts) not in (2, 3) or not _is_all(parts[0]) or not all(map(_is_all, parts[2:])):
        return False
    place = parts[1].value if isinstance(parts[1], Constant) else None
    return place == -1 or (name not in units.RECURRENT and place == 0 and place is not False)


def _is_all(part: object) -> bool:
    """Whether a part of an index is `:`."""
    return isinstance(part, Op) and part.name == "slice" and not part.args


def _batch_first(frame: Frame, layer: Layer) -> Callable[[Editor], None] | None:
    made = units.owner(layer)
    call, given = made.node, made.nodes.get("batch_first")
    if not isinstance(call, ast.Call) or made.frame is None or made.frame.module is not frame.module:
        return None
    if given is not None:
        return lambda editor: editor.replace(given, "True")
    return lambda editor: editor.add_argument(call, "batch_first=True")
