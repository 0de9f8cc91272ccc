"""`model.forward(x)`: skips the hooks of the module.

## What it does
Finds calls of `forward` on something that is certainly an `nn.Module` and not the instance itself.

Silent where the module was made in the same function and nothing else has had it: nobody can have given it a hook.

## Why is this bad?
Calling a module runs its hooks around `forward`; calling `forward` leaves them out. Spectral norm, pruning, feature
extraction, profilers and `torch.compile` of a module work through hooks or through the call, and silently do nothing.

## Example
```python
y = model.forward(x)
```
Use instead:
```python
y = model(x)
```

## Fix safety
The same for modules without hooks. Where hooks are registered they run from then on.

## When not to use it
Turn it off where the hooks are to be left out on purpose, such as within a hook.

## References
- [torch.nn.Module.register_forward_hook](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    INFO,
    BoundCall,
    Check,
    ClassModel,
    Frame,
    Instance,
    Layer,
    Problem,
    Same,
    Value,
    classes,
    is_test,
    members,
    modules,
    ops,
    parents,
    trees,
)
from torchlint.vocabulary.nn_modules import is_module

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor


class ForwardCalledDirectly(Check):
    code = "TLT605"
    since = "0.1"
    related = ("TLT607",)
    severity = INFO
    message = "`forward` called directly skips the hooks of the module: call the module"
    title = "Call the module"
    help = "Call the module itself: `model(x)`"
    calls = (".forward",)

    def check_call(self, call: BoundCall, frame: Frame) -> Iterator[Problem]:
        func = call.node.func
        if not isinstance(func, ast.Attribute) or is_test(frame.module):
            return
        receiver = frame.values.get(func.value)
        if receiver is None or not all(_is_other_module(frame, member, func) for member in members(receiver)):
            return
        if all(_is_private(frame, member, func.value) for member in members(receiver)):
            return

        def fix(editor: Editor) -> None:
            module = editor.text(func.value)
            editor.replace(func, module, keeps=[func.value])
            # Anybody who has the module can register one.
            editor.proof.need(f"`{module}` has no hooks, and no `__call__` of its own")

        yield Problem(func, "", fix, Same())


def _is_private(frame: Frame, value: Value, receiver: ast.expr) -> bool:
    """Whether a module was made in this function as it is, and is only called there, itself or by its methods."""
    if value.node is None or value.frame is not frame or _has_own_hooks(frame, value):
        return False
    if not isinstance(receiver, ast.Name):
        return _unwrapped(receiver) is value.node
    made = frame.definitions.get(value)
    if not isinstance(made, ast.Assign) or _unwrapped(made.value) is not value.node or len(made.targets) != 1:
        return False
    reads = [node for node in trees.walk(frame.scope) if isinstance(node, ast.Name) and node.id == receiver.id]
    return all(_leaves_alone(frame, node) for node in reads if isinstance(node.ctx, ast.Load))


def _unwrapped(node: ast.expr) -> ast.expr:
    """What `Net().to(device).eval()` is called on."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in modules.RETURN_SELF:
        node = node.func.value
    return node


def _leaves_alone(frame: Frame, node: ast.Name) -> bool:
    """Whether a module is called, asked for an attribute or returned there, and gets no hook."""
    above = parents(frame.module)
    match above.get(node):
        case ast.Tuple() as together:
            return isinstance(above.get(together), ast.Return)
        case ast.Attribute(attr=name):
            return "hook" not in name
        case ast.Call(func=func):
            return func is node
        case ast.Return():
            return True
    return False


def _has_own_hooks(frame: Frame, value: Value) -> bool:
    """Whether the class of a module speaks of hooks, which it may give to its instances."""
    if not isinstance(value, Instance):
        return False
    own = (cls for cls in classes.lineage(frame, value.cls) if isinstance(cls, ClassModel))
    return any(isinstance(node, ast.Attribute) and "hook" in node.attr for cls in own for node in trees.walk(cls.node))


def _is_other_module(frame: Frame, value: Value, func: ast.Attribute) -> bool:
    """Whether a value is a module, is not the instance itself, and is called through `nn.Module.__call__`."""
    if value is frame.instance or not is_module(frame, value):
        return False
    if isinstance(func.value, ast.Name) and func.value.id == frame.self_name:
        return False
    if isinstance(value, Layer):
        return value.name not in ops.CONTAINERS - {"Sequential"}  # the others cannot be called
    return isinstance(value, Instance) and classes.find_method(frame, value.cls, "__call__") is None
