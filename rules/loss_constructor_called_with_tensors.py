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

## When not to use it
There is no program that means it: what is made is a module. A test that wants it to raise says `# torchlint:
ignore[TLT116]`.

## References
- [torch.nn.CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    BoundCall,
    Changes,
    Check,
    Frame,
    FunctionModel,
    Layer,
    Method,
    Problem,
    Value,
    bound_call,
    facts,
    is_flag,
    ops,
    written_calls,
)

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_LOSSES = frozenset().union(*(ops.layers_of(loss) for loss in ops.LOSSES))
# Their constructors take no tensor, or none as first argument.
_OTHERS = ops.LAYERS.keys() - _LOSSES
# How losses are called, the functions as well as the modules: with an input and a target.
_FORWARD = "torch.nn.functional.mse_loss"
_CLASSES = tuple(f"torch.nn.{name}" for name in sorted(_LOSSES | _OTHERS))
_INPUTS = frozenset({"input", "target"})


class LossConstructorCalledWithTensors(Check):
    code = "TLT116"
    since = "0.1"
    related = ("TLT604", "TLT709")
    message = "The constructor of a module is given tensors: they are taken for settings, nothing is computed"
    title = "Call the module"
    help = "Make the module first, then call it with the tensors: `nn.CrossEntropyLoss()(scores, labels)`"
    words = (tuple(sorted(_LOSSES | _OTHERS)),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        written = written_calls(frame, *_CLASSES)
        for given in [call.node for call in written if _may_be_given_tensor(call, frame.function)]:
            call = bound_call(frame, given)
            if call is not None:
                yield from _problem(call, frame)


def _may_be_given_tensor(call: BoundCall, function: FunctionModel | None) -> bool:
    given = [*call.node.args, *(keyword.value for keyword in call.node.keywords if keyword.arg in _INPUTS)]
    flags = function.flags if function is not None else frozenset()
    return not all(isinstance(arg, ast.UnaryOp) or is_flag(arg, flags) for arg in given)


def _problem(call: BoundCall, frame: Frame) -> Iterator[Problem]:
    function, node = frame.function, call.node
    if function is not None and isinstance(node.func, ast.Name) and node.func.id in function.flags & function.locals:
        return  # what the callers pass is one of many
    if not isinstance(call.result, Layer):
        return
    # Modules are called with tensors, their constructors with none but weights, which never come first.
    if call.result.name in _LOSSES:
        wrong = _is_given_target(call, frame)
    else:
        wrong = _is_tensor(call.reads_as(_FORWARD).value("input"))
    if wrong:
        yield Problem(node, "", lambda editor: _call_it(editor, node), Changes("the module is called"))


def _is_tensor(value: Value | None) -> bool:
    return value is not None and facts.is_tensor(value) is True


def _is_given_target(call: BoundCall, frame: Frame) -> bool:
    """Whether a loss is given what it should be called with: its only settings that are tensors are weights."""
    if call.gives("input") and call.gives("target"):
        return True
    forward = call.reads_as(_FORWARD)
    if not forward.gives("input") or not forward.gives("target"):
        return False
    return _is_tensor(forward.value("target")) or _is_used_as_tensor(call.result, frame)


def _is_used_as_tensor(made: Value, frame: Frame) -> bool:
    return any(
        isinstance(callee, Method) and callee.receiver is made and callee.name in ("backward", "item")
        for callee in frame.callees.values()
    )


def _call_it(editor: Editor, call: ast.Call) -> None:
    given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg in _INPUTS)]
    settings = [keyword for keyword in call.keywords if keyword.arg not in _INPUTS]
    named = [f"{keyword.arg}={editor.text(keyword.value)}" for keyword in call.keywords if keyword.arg in _INPUTS]
    inputs = ", ".join([*(editor.text(arg) for arg in call.args), *named])
    made = ", ".join(
        f"{keyword.arg}={editor.text(keyword.value)}" if keyword.arg else f"**{editor.text(keyword.value)}"
        for keyword in settings
    )
    kept = [call.func, *given, *(keyword.value for keyword in settings)]
    editor.replace(call, f"{editor.text(call.func)}({made})({inputs})", kept)
