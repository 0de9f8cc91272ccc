"""An instance of an autograd function that is called: it raises.

## What it does
Finds calls of an instance of a class that derives from `torch.autograd.Function`: `Reverse()(x)`, `self.reverse(x)`.
Silent for classes that define `__call__` themselves.

## Why is this bad?
Old torch made one instance for each use, and `forward` kept what it needed on `self`. Since torch 1.3 the call raises a
RuntimeError: the methods are static and take a context, and the function is applied through its class.

## Example
```python
class Reverse(torch.autograd.Function):
    def forward(self, x):
        return x.view_as(x)

    def backward(self, grad):
        return -grad


y = Reverse()(x)
```
Use instead:
```python
class Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad):
        return -grad


y = Reverse.apply(x)
```

## Fix safety
A fix is offered where `forward` is static already and the instance is made in the call: `Reverse()(x)` becomes
`Reverse.apply(x)`. The line raised, so the fix is unsafe. What the constructor was given has to become arguments of
`forward`, which is left to the reader.

## When not to use it
Turn it off for code that runs under a torch before 1.3 only.

## References
- [Extending torch.autograd](https://docs.pytorch.org/docs/stable/notes/extending.html)
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
    Instance,
    Problem,
    Value,
    classes,
    own_nodes,
    parents,
)

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_FUNCTION = frozenset({"torch.autograd.Function", "torch.autograd.function.Function"})
_RAISES = "1.3"


class LegacyAutogradFunction(Check):
    code = "TLT813"
    since = "0.2"
    related = ("TLT801", "TLT803")
    severity = ERROR
    message = "An instance of an autograd function is called, which raises: call `apply` of its class"
    title = "Use `apply`"
    help = "Make `forward(ctx, ..)` and `backward(ctx, ..)` static methods, and call `apply` of the class"
    words = (("Function",),)

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        if not frame.module.target.reaches(_RAISES) or not _is_applied(frame, cls):
            return
        for outer in _users(frame, cls):
            for node in own_nodes(outer.scope):
                if isinstance(node, ast.Call) and _is_of(outer.callees.get(node), cls):
                    yield _problem(outer, node, cls)


def _is_applied(frame: Frame, cls: ClassModel) -> bool:
    """Whether a class is an autograd function whose instances are not callable in a way of their own."""
    if classes.is_subclass(frame, cls, _FUNCTION) is not True:
        return False
    return classes.find_method(frame, cls, "__call__") is None


def _is_of(value: Value | None, cls: ClassModel) -> bool:
    return isinstance(value, Instance) and value.cls is cls


def _users(frame: Frame, cls: ClassModel) -> Iterator[Frame]:
    """The functions of the file, and its body, that read the class or an attribute which holds an instance of it."""
    module = frame.module
    made = [reference for reference in module.references(cls.node.name) if reference.call is not None]
    held = {name for reference in made if reference.call for name in _attributes(frame, reference.call)}
    found = [*made, *(reference for name in sorted(held) for reference in module.references(name))]
    for function in dict.fromkeys(reference.function for reference in found):
        if function is None:
            yield frame.evaluator.module_frame(module)
        elif not frame.evaluator.is_busy(function):
            yield frame.evaluator.frame(function)


def _attributes(frame: Frame, call: ast.Call) -> list[str]:
    """The attributes to which an instance is assigned: `self.reverse = Reverse()`."""
    statement = parents(frame.module).get(call)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return [target.attr for target in targets if isinstance(target, ast.Attribute)]


def _problem(frame: Frame, call: ast.Call, cls: ClassModel) -> Problem:
    name = cls.node.name
    message = f"An instance of the autograd function `{name}` is called, which raises: use `{name}.apply(..)`"
    made, forward = call.func, classes.find_method(frame, cls, "forward")
    if not isinstance(made, ast.Call) or made.args or made.keywords or forward is None or not forward.is_static:
        return Problem(call, message)

    def fix(editor: Editor) -> None:
        editor.replace(made, f"{editor.text(made.func)}.apply", [made.func])

    return Problem(call, message, fix, Changes("code runs that raised"))
