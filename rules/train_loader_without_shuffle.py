"""Training loader that delivers the samples in the order of the dataset.

## What it does
Finds a `DataLoader` for training over a map-style dataset with neither `shuffle`, `sampler` nor `batch_sampler`. It is
for training if its name says so: that of the variable, attribute, argument or dict entry that it is given to, or of the
function that returns it. Silent where the dataset may be an iterable one, which cannot be shuffled by its loader.

This rule is off by default: data that must come in order, such as a text that is read from one batch to the next, looks
the same.

## Why is this bad?
Datasets are often sorted, by class or by time. In that order the batches of an epoch are unlike each other and all
epochs are alike: training is slower and ends worse. `shuffle` is False unless it is passed.

## Example
```python
train_loader = DataLoader(train_set, batch_size=64)
```
Use instead:
```python
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
```

## Fix safety
There is no fix: whether the order matters is for the author to say.

## When not to use it
It is off by default: data that must come in order looks the same.

## References
- [torch.utils.data.DataLoader](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from torchlint.rule import BoundCall, Check, Frame, Function, Problem, last_name, parents
from torchlint.vocabulary.datasets import LOADER, is_map_style

_TRAIN = re.compile(r"(?:^|_)train(?:ing)?(?:_|\d|$|[a-z]*loader)", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_OTHER = re.compile(
    r"(?:^|_)(?:val|valid|validation|trainval|dev|test|eval|evaluation|infer|fixed|ordered|seq)", re.IGNORECASE
)


class TrainLoaderWithoutShuffle(Check):
    code = "TLT508"
    since = "0.1"
    related = ("TLT507", "TLT510", "TLT712")
    default = False
    message = "The training loader does not shuffle, so each epoch has the same order: pass `shuffle=True`"
    help = "Pass `shuffle=True` or a sampler"
    calls = (LOADER,)

    def check_call(self, call: BoundCall, frame: Frame) -> Iterator[Problem]:
        value = call.value("dataset")
        if call.is_open or call.gives("shuffle", "sampler", "batch_sampler"):
            return
        if value is None or not is_map_style(frame, value):
            return
        if any(_TRAIN.search(name) and not _OTHER.search(name) for name in _names(frame, call.node)):
            yield Problem(call.node.func)


def _names(frame: Frame, call: ast.Call) -> Iterator[str]:
    """What a loader is called where it is made, in snake case."""
    outer = parents(frame.module).get(call)
    match outer:
        case ast.Assign(targets=targets):
            found = [_leaf(target) for target in targets]
        case ast.AnnAssign(target=target) | ast.NamedExpr(target=target):
            found = [_leaf(target)]
        case ast.keyword(arg=str(name)):
            found = [name]
        case ast.Dict():
            found = [_literal(key) for key, value in zip(outer.keys, outer.values, strict=True) if value is call]
        case ast.Return() if frame.function is not None and isinstance(frame.function.node, Function):
            found = [frame.function.name]
        case _:
            found = []
    return (_CAMEL.sub("_", name).lower() for name in found)


def _leaf(target: ast.expr) -> str:
    if isinstance(target, ast.Subscript):
        return _literal(target.slice)
    return last_name(target)


def _literal(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
