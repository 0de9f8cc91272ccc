"""Bare name where the attribute was meant: `paths` for `self.paths`.

## What it does
Finds names that a method of a dataset, sampler or module reads, that nothing in the file binds, and that the class
assigns as an attribute of `self`. Silent where the attribute is only ever made from that name: an import or a
parameter is missing then.

## Why is this bad?
It is a `NameError` when the line runs: for a dataset in the first batch, and in a worker process if there are some.

## Example
```python
class Images(torch.utils.data.Dataset):
    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(paths)
```
Use instead:
```python
    def __len__(self):
        return len(self.paths)
```

## Fix safety
The fix writes `self.` before the name. It is unsafe only in name: the line could not run before.

## When not to use it
Turn it off where the bare name is put into the module from outside, such as by `exec` or `builtins`.

## References
- [NameError](https://docs.python.org/3/library/exceptions.html#NameError)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    ERROR,
    Changes,
    Check,
    ClassModel,
    Frame,
    FunctionModel,
    Problem,
    bound_in_module,
    classes,
    free_reads,
    names_read,
    trees,
    unbound_attributes,
    written_attributes,
)
from torchlint.vocabulary.datasets import ITERABLE, MAP_STYLE, MODULES, SAMPLERS

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_BASES = MAP_STYLE | ITERABLE | SAMPLERS | MODULES


class DatasetUnboundAttribute(Check):
    code = "TLT505"
    since = "0.1"
    related = ("TLT503",)
    severity = ERROR
    message = "The name is bound nowhere, so this raises a NameError; the class has an attribute of this name"
    title = "Read the attribute"
    help = "Read the attribute of the instance"
    words = (("class",), ("self",))

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        if not _may_read_unbound(cls) or not classes.is_subclass(frame, cls, _BASES):
            return
        known = bound_in_module(cls.module)
        if "*" in known:
            return
        written: set[str] = set()
        for ancestor in classes.lineage(frame, cls):
            if isinstance(ancestor, ClassModel):
                written |= written_attributes(ancestor)
        for method in cls.methods.values():
            for name in sorted((written - known) & names_read(method)):
                if _is_its_source(cls, name):
                    continue
                for node in free_reads(method, name):
                    yield _problem(node, method)


def _may_read_unbound(cls: ClassModel) -> bool:
    """Whether a method reads a name that nothing binds."""
    if not cls.node.bases:
        return False
    module = cls.module
    # What a base of another file assigns is not known; in a function, it may come from an import there.
    foreign = bool(module.imported_words) or cls.parent is not None
    candidates = frozenset() if foreign else unbound_attributes(module)
    for method in cls.methods.values():
        if not foreign and candidates.isdisjoint(method.scope.all_words):
            continue
        left = names_read(method) - bound_in_module(module) if foreign else candidates & names_read(method)
        if left and not left.issubset([arg.arg for arg in method.parameters]) and not left <= method.locals:
            return True
    return False


def _is_its_source(cls: ClassModel, name: str) -> bool:
    """Whether the attribute is only ever made from the name: an import is missing then, or a parameter."""
    stores = [
        (method, node.value)
        for method in cls.methods.values()
        for nodes in method.inventories()
        for node in nodes.of(ast.Assign)
        if any(isinstance(target, ast.Attribute) and target.attr == name for target in node.targets)
    ]
    return bool(stores) and all(
        name not in method.locals and any(isinstance(part, ast.Name) and part.id == name for part in trees.walk(value))
        for method, value in stores
    )


def _problem(node: ast.Name, method: FunctionModel) -> Problem:
    instance = method.self_name

    def fix(editor: Editor) -> None:
        editor.replace(node, f"{instance}.{node.id}")

    takes = instance is not None and instance.lstrip("_") in ("self", "this")
    message = f"`{node.id}` is bound nowhere and raises a NameError; the class assigns `self.{node.id}`"
    claim = Changes("the attribute is read")
    return Problem(node, message, fix if takes else None, claim, f"Write `{instance}.{node.id}`")
