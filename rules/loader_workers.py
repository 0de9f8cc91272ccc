"""`DataLoader` that reads its samples in the process that trains.

## What it does
Finds a `DataLoader` with `num_workers` 0, which is what it is where it is not passed. Silent on datasets that are in
memory already (`TensorDataset`, a list) and on iterable ones, which every worker would read from the start.

This rule is off by default: workers cost time to start and memory, and pay where reading a sample takes long.

## Why is this bad?
Without workers the accelerator waits while samples are read, decoded and collated, one after the other. With some, the
next batches are made while the present one is trained on.

## Example
```python
loader = DataLoader(images, batch_size=64)
```
Use instead:
```python
loader = DataLoader(images, batch_size=64, num_workers=4, persistent_workers=True)
```

## Fix safety
There is no fix: the right number depends on the machine.

## When not to use it
It is off by default: workers pay only where reading a sample takes long.

## References
- [Single- and multi-process data loading](https://docs.pytorch.org/docs/stable/data.html#single-and-multi-process-data-loading)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import (
    INFO,
    BoundCall,
    Call,
    Check,
    Constant,
    Frame,
    Instance,
    Items,
    Problem,
    Value,
    is_test,
    members,
)
from torchlint.vocabulary.datasets import LOADER, is_iterable

_IN_MEMORY = frozenset({"torch.utils.data.TensorDataset", "torch.utils.data.dataset.TensorDataset", "builtins.range"})


class LoaderWorkers(Check):
    code = "TLT509"
    since = "0.1"
    aliases = ("TOR401",)
    related = ("TLT506",)
    severity = INFO
    default = False
    message = "`num_workers` is 0: samples are read while the training waits"
    help = "Pass `num_workers=`, such as 4"
    calls = (LOADER,)

    def check_call(self, call: BoundCall, frame: Frame) -> Iterator[Problem]:
        if call.is_open or not _is_zero(call.value("num_workers")) or is_test(frame.module):
            return
        value = call.value("dataset")
        if value is None or not any(_wants_none(frame, member) for member in members(value)):
            yield Problem(call.argument("num_workers") or call.node.func)


def _is_zero(value: Value | None) -> bool:
    return isinstance(value, Constant) and type(value.value) is int and value.value == 0


def _wants_none(frame: Frame, dataset: Value) -> bool:
    """Whether workers would be of no use to a dataset, or read it once each."""
    if isinstance(dataset, Instance):
        return is_iterable(frame, dataset.cls)
    return isinstance(dataset, Items) or (isinstance(dataset, Call) and dataset.qualname in _IN_MEMORY)
