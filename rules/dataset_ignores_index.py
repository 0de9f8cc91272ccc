"""Dataset that ignores the index it is asked for.

## What it does
Finds map-style datasets whose `__getitem__` reads the collection that `__len__` counts, but not its index,
or assigns to the index before it reads it.

## Why is this bad?
A sampler decides which samples belong to a batch, an epoch, a split or a process, by their index. A dataset that
draws at random instead repeats some samples in an epoch and leaves out others, a `random_split` of it overlaps, and
without a seed for each worker the draws of several workers can be the same.

## Example
```python
def __len__(self):
    return len(self.paths)

def __getitem__(self, index):
    return load(random.choice(self.paths))
```
Use instead:
```python
def __getitem__(self, index):
    return load(self.paths[index])
```
and `shuffle=True` for the loader.

## Fix safety
There is no fix.

## When not to use it
Turn it off for datasets that draw a random sample each time on purpose, and whose length is that of an epoch.

## References
- [torch.utils.data.Dataset](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.Dataset)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import Check, ClassModel, Frame, FunctionModel, Problem, classes, trees
from torchlint.vocabulary.datasets import ITERABLE, MAP_STYLE, is_abstract, meant, positional, role


class DatasetIgnoresIndex(Check):
    code = "TLT507"
    since = "0.1"
    related = ("TLT506", "TLT508")
    message = "`__getitem__` does not read its index: what the sampler asks for is not what it gets"
    help = "Choose the sample by the index; if there is no such choice, derive from `IterableDataset`"
    words = (("class",),)

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        if not any((meant(name) or name) == "__getitem__" for name in cls.methods):
            return
        if not classes.is_subclass(frame, cls, MAP_STYLE) or classes.is_subclass(frame, cls, ITERABLE):
            return
        for method in cls.methods.values():
            if role(method, frame, cls) != "__getitem__" or method.decorators or is_abstract(method):
                continue
            names = positional(method)
            if len(names) == 2 and not _reads(method, names[1].arg) and not names[1].arg.startswith("_"):
                length = classes.find_method(frame, cls, "__len__")
                drawn = _attributes(method)
                if length is not None and drawn & _counted(length):
                    yield Problem(method.node)


def _reads(method: FunctionModel, name: str) -> bool:
    """Whether a name is mentioned while it holds what was passed, or all locals are at once."""
    for statement in method.node.body:
        assigned = statement.targets if isinstance(statement, ast.Assign) else []
        read = statement.value if isinstance(statement, ast.Assign) else statement
        if any(isinstance(node, ast.Name) and node.id in (name, "locals", "super") for node in trees.walk(read)):
            return True
        if any(isinstance(target, ast.Name) and target.id == name for target in assigned):
            return False
    return False


def _attributes(method: FunctionModel) -> set[str]:
    return {
        node.attr
        for node in trees.walk(method.node)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == method.self_name
    }


def _counted(method: FunctionModel) -> set[str]:
    """The attributes whose length a method takes."""
    found: set[str] = set()
    for node in trees.walk(method.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len" and node.args:
            found |= {part.attr for part in trees.walk(node.args[0]) if isinstance(part, ast.Attribute)}
    return found
