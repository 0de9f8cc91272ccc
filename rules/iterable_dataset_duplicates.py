"""Iterable dataset that every worker reads from the start.

## What it does
Finds an `IterableDataset` whose `__iter__` does not ask which worker it runs in, where a `DataLoader` of the same file
reads it with `num_workers` above 0 and no `worker_init_fn`.

## Why is this bad?
Each worker process has a copy of the dataset and iterates all of it, so that with 4 workers an epoch delivers each
sample 4 times.

## Example
```python
class Lines(torch.utils.data.IterableDataset):
    def __iter__(self):
        return iter(self.lines)

loader = torch.utils.data.DataLoader(Lines(), num_workers=4)
```
Use instead:
```python
class Lines(torch.utils.data.IterableDataset):
    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        start, step = (info.id, info.num_workers) if info else (0, 1)
        return itertools.islice(self.lines, start, None, step)
```

## Fix safety
There is no fix: how the data divides among workers is for the author to say.

## When not to use it
Turn it off for streams of random samples, of which every worker is to make its own.

## References
- [torch.utils.data.IterableDataset](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from torchlint.rule import (
    BoundCall,
    Call,
    Check,
    ClassModel,
    Constant,
    Frame,
    FunctionModel,
    Instance,
    Place,
    Problem,
    Value,
    classes,
    trees,
)
from torchlint.vocabulary.datasets import LOADER, is_abstract, is_closed, is_iterable

_POSITIVE = frozenset({"os.cpu_count", "multiprocessing.cpu_count", "torch.multiprocessing.cpu_count"})
# Words of a class that knows of others which read the same data.
_SHARES = re.compile(r"worker|shard|rank|world_size|split_by|distributed|islice", re.IGNORECASE)


class IterableDatasetDuplicates(Check):
    code = "TLT506"
    since = "0.1"
    related = ("TLT507", "TLT509")
    message = "Each of the loader's workers iterates the whole dataset: samples come once per worker"
    help = "Divide the samples in `__iter__` by `torch.utils.data.get_worker_info()`, or use one worker"
    calls = (LOADER,)
    words = (("IterableDataset",), ("num_workers",), ("__iter__",))

    def check_call(self, call: BoundCall, frame: Frame) -> Iterator[Problem]:
        if call.is_open or call.gives("worker_init_fn"):
            return
        value = call.value("dataset")
        if not isinstance(value, Instance) or not _is_several(call.value("num_workers")):
            return
        method = classes.find_method(frame, value.cls, "__iter__")
        if method is None or not is_iterable(frame, value.cls) or not is_closed(frame, value.cls):
            return
        if not _is_alone(value.cls, frame) or _is_endless(method) or is_abstract(method):
            return
        yield Problem(method.node, places=(Place(call.node, "this loader has several workers"),))


def _is_several(value: Value | None) -> bool:
    if isinstance(value, Call):
        return value.qualname in _POSITIVE
    return isinstance(value, Constant) and type(value.value) is int and value.value > 1


def _is_alone(cls: ClassModel, frame: Frame) -> bool:
    """Whether nothing in the class speaks of workers, shards or ranks."""
    for ancestor in classes.lineage(frame, cls):
        if isinstance(ancestor, ClassModel):
            text = ast.get_source_segment(ancestor.module.source.text, ancestor.node) or ""
            if _SHARES.search(text):
                return False
    return True


def _is_endless(method: FunctionModel) -> bool:
    """Whether the samples come without end: then there is no epoch that could hold one twice."""
    return any(isinstance(node, ast.While) and isinstance(node.test, ast.Constant) for node in trees.walk(method.node))
