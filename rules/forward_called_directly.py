"""`model.forward(x)`: skips the hooks of the module.

## What it does
Finds calls of `forward` on something that is certainly an `nn.Module` and not the instance itself.

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

## References
- [torch.nn.Module.register_forward_hook](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import INFO, Check, Frame, Instance, Layer, Problem, Same, Value, classes, members

from ._modules import is_module
from ._nodes import is_test

if TYPE_CHECKING:
    from torchlint.fixing.rewrite import Editor


class ForwardCalledDirectly(Check):
    code = "TLT605"
    since = "0.1"
    severity = INFO
    message = "`forward` called directly skips the hooks of the module: call the module"
    title = "Call the module"
    words = (("call:forward",),)

    def check_call(self, call: ast.Call, frame: Frame) -> Iterator[Problem]:
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr != "forward" or is_test(frame.module):
            return
        receiver = frame.values.get(func.value)
        if receiver is None or not all(_is_other_module(frame, member, func) for member in members(receiver)):
            return

        def fix(editor: Editor) -> None:
            module = editor.text(func.value)
            editor.replace(func, module, keeps=[func.value])
            # Anybody who has the module can register one.
            editor.proof.need(f"`{module}` has no hooks, and no `__call__` of its own")

        yield Problem(func, "", fix, Same())


def _is_other_module(frame: Frame, value: Value, func: ast.Attribute) -> bool:
    """Whether a value is a module, is not the instance itself, and is called through `nn.Module.__call__`."""
    if value is frame.instance or not is_module(frame, value):
        return False
    if isinstance(func.value, ast.Name) and func.value.id == frame.self_name:
        return False
    if isinstance(value, Layer):
        return value.name not in ("ModuleList", "ModuleDict")
    return isinstance(value, Instance) and classes.find_method(frame, value.cls, "__call__") is None
