"""Misspelt special method of a dataset: `__getitem__` or `__len__` under another name.

## What it does
Finds subclasses of `torch.utils.data.Dataset` with a method such as `__item__`, `__getitem`, `getitem`, `__length__` or
`__size__`, and none of the name that was meant.

## Why is this bad?
Python looks for `__getitem__` and `__len__` only. Indexing the dataset raises `NotImplementedError`, and a `DataLoader`
over it fails with the first batch or, for want of a length, before.

## Example
```python
class Images(torch.utils.data.Dataset):
    def __item__(self, index):
        return self.images[index]
```
Use instead:
```python
class Images(torch.utils.data.Dataset):
    def __getitem__(self, index):
        return self.images[index]
```

## Fix safety
The fix renames the method and is unsafe: code that relied on the dataset having no such method sees one. There is no
fix where the file uses the name that would go.

## When not to use it
Turn it off for classes whose method is called under its own name by other code, and that no loader reads.

## References
- [torch.utils.data.Dataset](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.Dataset)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import ERROR, Changes, Check, ClassModel, Frame, FunctionModel, Problem, classes
from torchlint.vocabulary.datasets import is_closed, is_dataset, is_iterable, meant

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor


class DatasetMethodTypo(Check):
    code = "TLT501"
    since = "0.1"
    related = ("TLT502", "TLT504", "TLT607")
    severity = ERROR
    message = "A dataset needs `__getitem__` and `__len__`; this method is named otherwise, so nothing calls it"
    title = "Rename the method"
    help = "Rename the method to the one that is meant"
    words = (("class",),)

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        if not any(map(meant, cls.methods)):
            return
        if not is_dataset(frame, cls) or not is_closed(frame, cls):
            return
        for method in cls.methods.values():
            wanted = meant(method.name)
            if wanted is None or classes.find_method(frame, cls, wanted) is not None or method.decorators:
                continue
            if is_iterable(frame, cls) and wanted == "__getitem__":
                continue
            used = _is_used(method, cls)
            if used and not method.name.endswith("__"):
                continue
            yield _problem(method, wanted, used)


def _is_used(method: FunctionModel, cls: ClassModel) -> bool:
    """Whether the file calls the method by its name, other than in a class that has nothing to do with it."""
    callers = [function for _, _, function in cls.module.references(method.name)]
    return any(caller is None or caller.cls in (None, cls) for caller in callers)


def _problem(method: FunctionModel, wanted: str, used: bool) -> Problem:
    def fix(editor: Editor) -> None:
        editor.rename(method.node, wanted)

    message = f"A dataset is read through `{wanted}`; nothing calls `{method.name}`"
    claim = Changes(f"the class has a `{wanted}`")
    return Problem(method.node, message, None if used else fix, claim, f"Rename it to `{wanted}`")
