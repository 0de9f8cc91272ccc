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

## References
- [torch.utils.data](https://docs.pytorch.org/docs/stable/data.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import ERROR, UNKNOWN, Call, Changes, Check, Frame, Problem, Value, members
from torchlint.vocabulary.datasets import LOADERS
from torchlint.vocabulary.training import settled

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_REMOVED = "1.13"


class IteratorNext(Check):
    code = "TLT804"
    since = "0.2"
    severity = ERROR
    message = "The iterator of a loader has no method `next`, so this raises an AttributeError: use `next(it)`"
    title = "Use `next(it)`"
    help = "Use `next(it)`"
    words = (("call:next",), ("DataLoader",))

    def check_call(self, call: ast.Call, frame: Frame) -> Iterator[Problem]:
        callee = call.func
        if not isinstance(callee, ast.Attribute) or callee.attr != "next" or call.args or call.keywords:
            return
        if not frame.module.target.reaches(_REMOVED):
            return
        if all(map(_is_iterator, members(frame.values.get(callee.value, UNKNOWN)))):

            def fix(editor: Editor) -> None:
                editor.template(call, ast.parse("next(it)", mode="eval").body, {"it": callee.value})

            yield Problem(call, fix=fix, claim=Changes("code runs that raised"))


def _is_iterator(value: Value) -> bool:
    """Whether a value is certainly what `iter` gives for a loader."""
    made = settled(value)
    if not isinstance(made, Call) or made.qualname != "builtins.iter" or len(made.args) != 1:
        return False
    loader = settled(next(iter(made.args)))
    return isinstance(loader, Call) and loader.qualname in LOADERS
