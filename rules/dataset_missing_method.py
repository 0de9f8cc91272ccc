"""Dataset without a method that its loader needs.

## What it does
Finds map-style datasets without `__getitem__` or without `__len__` that a `DataLoader` of the same file is made over.

## Why is this bad?
The loader asks for `len(dataset)` to draw indices, and for `dataset[index]` to draw samples. What is missing is found
when the loader is iterated, or when `shuffle=True` is asked for: a `TypeError` or a `NotImplementedError`.

## Example
```python
class Squares(torch.utils.data.Dataset):
    def __getitem__(self, index):
        return index**2

loader = torch.utils.data.DataLoader(Squares(), batch_size=4)
```
Use instead:
```python
class Squares(torch.utils.data.Dataset):
    def __getitem__(self, index):
        return index**2

    def __len__(self):
        return 100
```

## Fix safety
There is no fix.

## When not to use it
Turn it off for base classes whose subclasses in other files have the method.

## References
- [torch.utils.data.Dataset](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.Dataset)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import ERROR, BoundCall, Check, ClassModel, Frame, Instance, Place, Problem, classes
from torchlint.vocabulary.datasets import LOADER, MAP_STYLE, is_closed, is_iterable, meant


class DatasetMissingMethod(Check):
    code = "TLT504"
    since = "0.1"
    related = ("TLT501",)
    severity = ERROR
    message = "The dataset lacks a method that its `DataLoader` needs: it raises when it is used"
    help = "Define `__getitem__` and `__len__`, or derive from `IterableDataset` and define `__iter__`"
    calls = (LOADER,)
    words = (("class",),)

    def check_call(self, call: BoundCall, frame: Frame) -> Iterator[Problem]:
        value = call.value("dataset")
        # `DataLoader(self)` in a base: those that derive from it bring the method along.
        if not isinstance(value, Instance) or value is frame.instance or call.is_open:
            return
        needed = ["__getitem__"]
        if not call.gives("sampler", "batch_sampler"):
            needed.append("__len__")
        missing = [name for name in needed if _lacks(frame, value.cls, name)]
        if missing:
            names = " and ".join(f"`{name}`" for name in missing)
            place = Place(call.node, "this loader needs it")
            yield Problem(
                value.cls.node, f"The dataset has no {names}, which its `DataLoader` needs: it raises", places=(place,)
            )


def _lacks(frame: Frame, cls: ClassModel, name: str) -> bool:
    """Whether a class certainly has no such method, and none that was meant to be it."""
    if not classes.is_subclass(frame, cls, MAP_STYLE) or is_iterable(frame, cls) or not is_closed(frame, cls):
        return False
    for ancestor in classes.lineage(frame, cls):
        if not isinstance(ancestor, ClassModel):
            continue
        names = {*ancestor.methods, *ancestor.constants}
        if name in names or (name == "__getitem__" and "__getitems__" in names):
            return False
        # A misspelt one is reported as such.
        if any(meant(known) == name for known in names):
            return False
        if any(isinstance(statement, ast.If | ast.Try | ast.With | ast.For) for statement in ancestor.node.body):
            return False
    return True
