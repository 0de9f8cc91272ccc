"""A layer that is made where it is called: new weights every time, and none of them trained.

## What it does
Finds modules with parameters that are made and called in `forward`, in a method that `forward` calls, or in the loop
that trains: `nn.Linear(4, 2)(x)`, also through a local. Silent for a new `nn.Sequential` of layers that are there
already.

## Why is this bad?
A layer that is made anew on each call has random weights each time. No optimiser knows them, no checkpoint holds
them, and they stay on the CPU. The network around it learns to live with noise.

## Example
```python
def forward(self, x):
    return nn.Linear(self.width, 2)(x)
```
Use instead:
```python
def __init__(self, width):
    super().__init__()
    self.fc = nn.Linear(width, 2)

def forward(self, x):
    return self.fc(x)
```

## When not to use it
Turn it off for random projections that are to be new each time.

## References
- [torch.nn.Module](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import (
    ERROR,
    Check,
    ClassModel,
    Frame,
    FunctionModel,
    Instance,
    Layer,
    Place,
    Problem,
    Value,
    ancestors,
    classes,
    inventory_of,
    last_name,
    loops_around,
    members,
    modules,
    own_nodes,
    trees,
)
from torchlint.vocabulary.nn_modules import has_parameters, is_module_class
from torchlint.vocabulary.training import Kind, events, is_optimizer

# What may be done with a new layer that does not give it weights from elsewhere.
_PLAIN = modules.RETURN_SELF - {"apply"} | {"forward"}
_HOPS = 3


class ModuleBuiltInForward(Check):
    code = "TLT604"
    since = "0.1"
    related = ("TLT602", "TLT116")
    severity = ERROR
    message = "A layer made on each call has new weights every time, never trained: make it in `__init__`"
    help = "Make the layer in `__init__`, and call it here"

    words = (("forward", "backward", "manual_backward"),)
    anchors = ("step",)

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        makers = [method for method in cls.methods.values() if _may_make_and_call(method)]
        if makers and is_module_class(frame, cls):
            for method in makers:
                inner = frame.evaluator.frame(method)
                if _is_in_forward(inner, method):
                    yield from (problem for call in inner.callees for problem in _new_layer(inner, call, False))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        nodes = inventory_of(frame.scope)
        if nodes.loops and nodes.reads("step") and frame.loops:
            yield from (problem for call in frame.callees for problem in _new_layer(frame, call, True))


def _may_make_and_call(method: FunctionModel) -> bool:
    """Whether a method makes something of a class and calls it: a look that spares evaluating most methods."""
    if _is_special(method):
        return False
    nodes = inventory_of(method.node)
    calls = [call.func for call in nodes.of(ast.Call)]
    if not any(map(_is_class_name, calls)):
        return False
    if any(_makes_instance(func) for func in calls if not isinstance(func, ast.Name)):
        return True
    called = {last_name(func) for func in calls}
    return any(
        last_name(target) in called and _makes_instance(node.value)
        for node in nodes.of(ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name | ast.Attribute)
    )


def _makes_instance(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    if isinstance(node, ast.Name):
        return False
    return any(isinstance(inner, ast.Call) and _is_class_name(inner.func) for inner in trees.walk(node))


def _is_class_name(func: ast.expr) -> bool:
    return last_name(func)[:1].isupper()


def _new_layer(frame: Frame, call: ast.Call, in_loop: bool) -> Iterator[Problem]:
    """The problem of a call of a layer that was made in the same run of the function."""
    values = members(frame.callees[call])
    for value in values:
        if not isinstance(value, Layer | Instance) or value.frame is not frame or not isinstance(value.node, ast.Call):
            return
        if not has_parameters(frame, value) or not _makes_weights(frame, value):
            return
        if _gets_weights(frame, value) or _is_guarded(frame, value):
            return
    made = values[0].node
    assert isinstance(made, ast.Call)
    if not in_loop or _is_in_training_loop(frame, made, call):
        yield Problem(made, places=(Place(call, "it is called here"),) if call.func is not made else ())


def _makes_weights(frame: Frame, value: Value) -> bool:
    """Whether the weights are made here, too: `nn.Sequential(self.a, self.b)` holds layers that are there already."""
    children = value.children if isinstance(value, Layer) else ()
    return not children or any(
        isinstance(part, Layer | Instance)
        and part.frame is frame
        and has_parameters(frame, part)
        and _makes_weights(frame, part)
        for child in children
        for part in members(child)
    )


def _is_in_forward(frame: Frame, function: FunctionModel) -> bool:
    """Whether a method is `forward` of a module, or one that it calls."""
    if function.cls is None or function.self_name is None or _is_special(function):
        return False
    forward = classes.find_method(frame, function.cls, "forward")
    return forward is not None and _calls(frame, forward, function, _HOPS)


def _is_special(function: FunctionModel) -> bool:
    return function.name.startswith("__")


def _calls(frame: Frame, caller: FunctionModel, callee: FunctionModel, hops: int) -> bool:
    """Whether a method is another, or calls it on the instance, in a few steps."""
    if caller is callee:
        return True
    if hops == 0 or caller.cls is None:
        return False
    names = {
        node.func.attr
        for node in own_nodes(caller.node)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == caller.self_name
    }
    inner = (classes.find_method(frame, caller.cls, name) for name in sorted(names))
    return any(
        method is not None and method is not caller and _calls(frame, method, callee, hops - 1) for method in inner
    )


def _is_in_training_loop(frame: Frame, made: ast.Call, call: ast.Call) -> bool:
    """Whether each turn of a loop makes the layer, calls it and steps with an optimiser that was made before."""
    loops = loops_around(frame.module, made)
    if not loops or loops[0] not in loops_around(frame.module, call)[:1]:
        return False
    inside = [
        event for event in events(frame, 0) if any(outer is loops[0] for outer in ancestors(frame.module, event.at))
    ]
    steps = [event for event in inside if event.kind is Kind.STEP and is_optimizer(event.subject)]
    if not steps or not any(event.kind is Kind.BACKWARD for event in inside):
        return False
    makers = [
        node for node in trees.walk(loops[0]) if isinstance(node, ast.Call) and is_optimizer(frame.values.get(node))
    ]
    return not makers


def _gets_weights(frame: Frame, value: Value) -> bool:
    """Whether something is done with the layer besides calling it: its weights may be set, or it may be kept."""
    for node in frame.values:
        if isinstance(node, ast.Attribute) and frame.values.get(node.value) is value and node.attr not in _PLAIN:
            return True
    for call in frame.callees:
        if any(frame.values.get(arg) is value for arg in (*call.args, *(keyword.value for keyword in call.keywords))):
            return True
    return any(returned is value for _, returned in frame.returns) or _is_attribute(frame, value)


def _is_attribute(frame: Frame, value: Value) -> bool:
    """Whether the layer is kept in an attribute by a method that may run only once."""
    kept = any(name.startswith("self.") and any(one is value for one in held) for name, held in frame.bindings.items())
    return kept and (frame.function is None or frame.function.name != "forward")


def _is_guarded(frame: Frame, value: Value) -> bool:
    """Whether a condition decides that the layer is made, and it is kept for the next time."""
    names = [name for name, held in frame.bindings.items() if any(one is value for one in held)]
    if not any(name.startswith("self.") for name in names):
        return False
    return any(isinstance(outer, ast.If | ast.Try) for outer in ancestors(frame.module, value.node or ast.Pass()))
