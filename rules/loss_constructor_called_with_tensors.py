"""A loss or activation module that is made with tensors instead of being called with them.

## What it does
Finds `nn.CrossEntropyLoss(output, target)`, `nn.ReLU(x)`, `nn.Softmax(x)`: the constructor of a module
class of `torch.nn` that is given the tensors which the module should be called with.

## Why is this bad?
The constructor takes settings: `CrossEntropyLoss(output, target)` makes a module with `output` as its class weights,
and `ReLU(x)` one that works in place. No loss is computed and no activation applied; at best the next line fails
because a module is not a tensor.

## Example
```python
loss = nn.CrossEntropyLoss(output, target)
```
Use instead:
```python
loss = nn.CrossEntropyLoss()(output, target)
```

## Fix safety
The fix changes what the code does: it makes the module and calls it.

## References
- [torch.nn.CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import UNKNOWN, Changes, Check, External, Frame, Layer, Method, Problem, facts, ops

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_LOSSES = frozenset().union(*(ops.layers_of(loss) for loss in ops.LOSSES))
# Their constructors take no tensor, or none as first argument.
_OTHERS = ops.LAYERS.keys() - _LOSSES
_FORWARD = frozenset({"input", "target"})


class LossConstructorCalledWithTensors(Check):
    code = "TLT116"
    since = "0.1"
    message = "The constructor of a module is given tensors: they are taken for settings, nothing is computed"
    title = "Call the module"
    help = "Make the module first, then call it with the tensors: `nn.CrossEntropyLoss()(scores, labels)`"
    words = (tuple(f"args:{name}" for name in sorted(_LOSSES | _OTHERS)),)

    def check_call(self, call: ast.Call, frame: Frame) -> Iterator[Problem]:
        function = frame.function
        if (
            function is not None
            and isinstance(call.func, ast.Name)
            and call.func.id in function.flags & function.locals
        ):
            return  # what the callers pass is one of many
        name = _class_of(call, frame)
        if name in _LOSSES:
            wrong = _is_loss_of(call, frame)
        else:
            wrong = name in _OTHERS and any(_is_tensor(arg, frame) for arg in call.args[:1])
        if wrong:
            yield Problem(call, "", lambda editor: _call_it(editor, call), Changes("the module is called"))


def _class_of(call: ast.Call, frame: Frame) -> str | None:
    """The class of `torch.nn` that a call makes an instance of."""
    callee, made = frame.callees.get(call), frame.values.get(call)
    known = isinstance(callee, External) and callee.qualname.startswith("torch.nn.")
    return made.name if known and isinstance(made, Layer) else None


def _is_tensor(arg: ast.expr, frame: Frame) -> bool:
    return facts.is_tensor(frame.values.get(arg, UNKNOWN)) is True


def _is_loss_of(call: ast.Call, frame: Frame) -> bool:
    """Whether a loss is given what it should be called with: its only settings that are tensors are weights."""
    if any(isinstance(arg, ast.Starred) for arg in call.args):
        return False
    if {keyword.arg for keyword in call.keywords} >= _FORWARD:
        return True
    if len(call.args) < 2:
        return False
    return _is_tensor(call.args[1], frame) or _is_used_as_tensor(call, frame)


def _is_used_as_tensor(call: ast.Call, frame: Frame) -> bool:
    made = frame.values.get(call)
    return any(
        isinstance(callee, Method) and callee.receiver is made and callee.name in ("backward", "item")
        for callee in frame.callees.values()
    )


def _call_it(editor: Editor, call: ast.Call) -> None:
    given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg in _FORWARD)]
    settings = [keyword for keyword in call.keywords if keyword.arg not in _FORWARD]
    named = [f"{keyword.arg}={editor.text(keyword.value)}" for keyword in call.keywords if keyword.arg in _FORWARD]
    inputs = ", ".join([*(editor.text(arg) for arg in call.args), *named])
    made = ", ".join(
        f"{keyword.arg}={editor.text(keyword.value)}" if keyword.arg else f"**{editor.text(keyword.value)}"
        for keyword in settings
    )
    kept = [call.func, *given, *(keyword.value for keyword in settings)]
    editor.replace(call, f"{editor.text(call.func)}({made})({inputs})", kept)
