"""`module.requires_grad = False`: sets an attribute that nothing reads, and freezes nothing.

## What it does
Finds assignments to `requires_grad` of something that is certainly an `nn.Module`: a layer, an instance of a module
class, what `children()` or `modules()` gives.

## Why is this bad?
`requires_grad` belongs to tensors. A module has no such attribute, so that the assignment makes a new one; its
parameters are trained as before, without an error.

## Example
```python
model.backbone.requires_grad = False
```
Use instead:
```python
model.backbone.requires_grad_(False)
```

## Fix safety
The fix changes which parameters are trained; that is its purpose.

## When not to use it
Turn it off for modules with an attribute `requires_grad` of their own, which their code reads.

## References
- [torch.nn.Module.requires_grad_](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    ERROR,
    Call,
    Changes,
    Check,
    ClassModel,
    Element,
    Frame,
    Instance,
    Item,
    Method,
    Problem,
    Value,
    classes,
    inventory_of,
)
from torchlint.vocabulary.nn_modules import is_module

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_ITERATORS = frozenset({"children", "modules"})
_NAMED = frozenset({"named_children", "named_modules"})


class ModuleRequiresGrad(Check):
    code = "TLT715"
    since = "0.1"
    related = ("TLT710", "TLT728")
    severity = ERROR
    message = "A module has no `requires_grad`: this sets an attribute and freezes nothing"
    title = "Call `requires_grad_`"
    help = "Call `requires_grad_(..)`, which sets it on all parameters of the module"
    words = (("requires_grad",),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        for node in inventory_of(frame.scope).of(ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr == "requires_grad":
                    value = frame.values.get(target.value)
                    if value is not None and _is_module(frame, value):
                        yield _problem(node, target)


def _problem(statement: ast.Assign, target: ast.Attribute) -> Problem:
    def fix(editor: Editor) -> None:
        line = f"{editor.text(target.value)}.requires_grad_({editor.text(statement.value)})"
        editor.replace_statements(statement, statement, [line])

    plain = len(statement.targets) == 1
    return Problem(target, "", fix if plain else None, Changes("the parameters are frozen or trained as it says"))


def _is_module(frame: Frame, value: Value) -> bool:
    """Whether a value is certainly a module whose class does not define `requires_grad` itself."""
    if isinstance(value, Instance) and _defines(frame, value):
        return False
    if is_module(frame, value):
        return True
    named = isinstance(value, Element) and value.key == 1
    item = value.base if isinstance(value, Element) and named else value
    if not isinstance(item, Item) or not isinstance(item.iterable, Call):
        return False
    callee = item.iterable.callee
    names = _NAMED if named else _ITERATORS
    return isinstance(callee, Method) and callee.name in names and not item.iterable.args


def _defines(frame: Frame, instance: Instance) -> bool:
    """Whether the class sets or defines `requires_grad` itself."""
    name = "requires_grad"
    return any(
        name in base.methods or name in base.constants or name in base.writers
        for base in classes.lineage(frame, instance.cls)
        if isinstance(base, ClassModel)
    )
