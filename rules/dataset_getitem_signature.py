"""Signature of a dataset's special method: `__getitem__` takes one index, `__len__` and `__iter__` take nothing.

## What it does
Finds subclasses of torch's datasets whose `__getitem__` takes no index or demands several, and whose `__len__` or
`__iter__` demand an argument.

## Why is this bad?
A `DataLoader` calls `dataset[index]`, `len(dataset)` and `iter(dataset)`, which pass one index and nothing. The first
batch raises a `TypeError`.

## Example
```python
class Images(torch.utils.data.Dataset):
    def __getitem__(self):
        return self.images[index]
```
Use instead:
```python
class Images(torch.utils.data.Dataset):
    def __getitem__(self, index):
        return self.images[index]
```

## Fix safety
The fix adds a parameter named as the index that the body reads, or `index`. It is unsafe in that a call without an
argument, which could only be written by hand, does not work any more.

## When not to use it
Turn it off for datasets that another library calls with other arguments than torch's loader.

## References
- [torch.utils.data.Dataset](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.Dataset)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import ERROR, Changes, Check, ClassModel, Frame, FunctionModel, Problem, trees
from torchlint.vocabulary.datasets import is_dataset, meant, positional, role

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_SPECIAL = frozenset({"__getitem__", "__len__", "__iter__"})
_INDEX_NAMES = ("index", "idx", "item", "i", "key", "ind", "id")


class DatasetGetitemSignature(Check):
    code = "TLT502"
    since = "0.1"
    related = ("TLT501", "TLT503")
    severity = ERROR
    message = "`__getitem__` is called with one index: with these parameters it raises a TypeError"
    title = "Add the index"
    help = "Take one index, `def __getitem__(self, index)`; `__len__` and `__iter__` take nothing but `self`"
    words = (("class",),)

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        if not any((meant(name) or name) in _SPECIAL for name in cls.methods) or not is_dataset(frame, cls):
            return
        for method in cls.methods.values():
            args = method.node.args
            if method.decorators or args.vararg is not None or not positional(method):
                continue
            wanted = role(method, frame, cls)
            if wanted == "__getitem__":
                yield from _of_getitem(method)
            elif wanted in ("__len__", "__iter__") and _required(method) > 1:
                yield Problem(
                    method.node, f"`{wanted}` is called without arguments: with these parameters it raises a TypeError"
                )


def _required(method: FunctionModel) -> int:
    args = method.node.args
    return len(positional(method)) - len(args.defaults) + sum(default is None for default in args.kw_defaults)


def _of_getitem(method: FunctionModel) -> Iterator[Problem]:
    names = positional(method)
    if len(names) == 1 and names[0].arg in ("self", "this"):
        yield _without_index(method)
    elif _required(method) > 2:
        yield Problem(
            method.node, "`__getitem__` is called with one index, so this raises: `dataset[i, j]` passes one tuple"
        )


def _without_index(method: FunctionModel) -> Problem:
    read = {node.id for node in trees.walk(method.node) if isinstance(node, ast.Name)}
    free = [name for name in _INDEX_NAMES if name in read and name not in method.locals]
    fresh = [name for name in _INDEX_NAMES if name not in read]
    name = (free or fresh)[0]

    def fix(editor: Editor) -> None:
        editor.add_parameter(method.node, name, 1)

    message = "`__getitem__` takes no index: `dataset[0]` raises a TypeError"
    return Problem(method.node, message, fix, Changes("the method takes an index"), f"Add `{name}`")
