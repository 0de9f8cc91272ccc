"""`next()` as a method of a loader's iterator: it is a function since torch 1.13.

## What it does
Finds `it.next()` where `it` certainly is the iterator of a `DataLoader`.

## Why is this bad?
The iterators of loaders have no such method any more: the line raises an AttributeError.

## Example
```python
images, labels = iter(loader).next()
```
Use instead:
```python
images, labels = next(iter(loader))
```

## Fix safety
The line raised, so the fix changes what the program does: it is unsafe.

## When not to use it
Turn it off for loaders of your own whose iterators do have a method `next`.

## References
- [torch.utils.data](https://docs.pytorch.org/docs/stable/data.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import ERROR, UNKNOWN, BoundCall, Call, Changes, Check, Frame, Problem, Value, made_by, members
from torchlint.vocabulary.datasets import LOADER
from torchlint.vocabulary.training import settled

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_REMOVED = "1.13"


class IteratorNext(Check):
    code = "TLT804"
    since = "0.2"
    related = ("TLT801",)
    severity = ERROR
    tags = ("deprecated",)
    message = "The iterator of a loader has no method `next`, so this raises an AttributeError: use `next(it)`"
    title = "Use `next(it)`"
    help = "Use `next(it)`"
    calls = (".next",)
    words = (("DataLoader",),)

    def check_call(self, call: BoundCall, frame: Frame) -> Iterator[Problem]:
        node, callee = call.node, call.node.func
        if not isinstance(callee, ast.Attribute) or node.args or node.keywords:
            return
        if not frame.module.target.reaches(_REMOVED):
            return
        if all(map(_is_iterator, members(frame.values.get(callee.value, UNKNOWN)))):

            def fix(editor: Editor) -> None:
                editor.template(node, ast.parse("next(it)", mode="eval").body, {"it": callee.value})

            yield Problem(node, fix=fix, claim=Changes("code runs that raised"))


def _is_iterator(value: Value) -> bool:
    """Whether a value is certainly what `iter` gives for a loader."""
    made = settled(value)
    if not isinstance(made, Call) or made.qualname != "builtins.iter" or len(made.args) != 1:
        return False
    loader = made_by(settled(next(iter(made.args))))
    return loader is not None and loader.qualname == LOADER
