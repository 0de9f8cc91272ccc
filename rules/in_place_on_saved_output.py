"""A write in place to what the backward pass still needs: it raises a RuntimeError.

## What it does
Finds writes (`x += y`, `x[i] = y`, `x.mul_(y)`, `inplace=True`) to

- the output of an operation whose gradient is computed from its output, such as `relu`, `sigmoid`, `tanh`, `exp`,
  `softmax`, `sqrt` and `norm`, also where a layer or a list of layers made it,
- one of several views that `chunk`, `split` or `unbind` made of a tensor with a graph,
- the argument of a module's `forward`, with a parameter of the module: `token += self.position`.

Silent where it is not certain that the tensor has a graph, under `no_grad`, in code that runs in eval mode only, where
the function's own backward pass does not go through the tensor, and in tests.

## Why is this bad?
`backward()` raises `one of the variables needed for gradient computation has been modified by an inplace operation`,
far from the line that did it, and for views the write itself raises. An argument belongs to the caller: it may be the
output of such an operation, be used in a second branch, or be the data of the next epoch, which then already holds the
parameter.

## Example
```python
x = torch.relu(self.conv(x))
x += shortcut
```
Use instead:
```python
x = torch.relu(self.conv(x))
x = x + shortcut
```

## Fix safety
The fix makes a new tensor. It makes code run that raised, so it is unsafe; nothing else sees the write any more.

## When not to use it
Turn it off in code that is never trained.

## References
- [In-place operations with autograd](https://docs.pytorch.org/docs/stable/notes/autograd.html#in-place-operations-with-autograd)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    ERROR,
    WARNING,
    Call,
    Changes,
    Check,
    Element,
    Frame,
    Instance,
    Item,
    Layer,
    Op,
    Parameter,
    Place,
    Problem,
    Value,
    ancestors,
    classes,
    frame_of,
    inventory_of,
    is_test,
    members,
    ops,
    own_nodes,
    statement_of,
    trees,
)
from torchlint.vocabulary.autograd import requires_grad
from torchlint.vocabulary.grad_mode import is_called_without_grad, is_without_grad
from torchlint.vocabulary.in_place_writes import WRITING, Write, is_first, may_write, writes
from torchlint.vocabulary.nn_modules import has_parameters, is_module_class, is_parameter
from torchlint.vocabulary.returned_losses import reaches_backward
from torchlint.vocabulary.training import settled
from torchlint.vocabulary.turns import position

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_SAVING = ops.that(saves=("result", "operands result"))
_TOGETHER = ops.that(frozen_views=True)
_SAME = ops.that(view=True) - ops.IN_PLACE
_VIEW = "One of several views of a tensor with a graph is written to in place: it raises a RuntimeError"
_ARGUMENT = "The argument is changed in place, with a parameter: its owner sees it, and `backward` may raise"
_EVALUATION = re.compile(
    r"predict|infer|generat|sampl|decod|test|eval|valid|search|post_?process|visuali|plot|metric|detect", re.IGNORECASE
)
# What runs before there is a graph.
_PREPARATION = re.compile(r"__(?!call__)|_?(re)?set_|_?(re)?init(ialize)?_|fuse|prune|load")
_TRAINING_TEST = re.compile(r"training|train|target|label|\bgt|infer|eval|test|loss")
_OPERATORS = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}


class InPlaceOnSavedOutput(Check):
    code = "TLT722"
    since = "0.2"
    related = ("TLT308", "TLT729")
    severity = ERROR
    message = "`backward` needs what is written to here in place: it raises a RuntimeError"
    title = "Make a new tensor"
    help = "Make a new tensor: `x = x + y`, or write to `x.clone()`"
    words = (("forward", "backward", "Module"),)
    anchors = ("+", "-", "*", "/", "**", "[]", "inplace", *sorted(WRITING))

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if frame.function is None or is_test(frame.module) or not may_write(frame) or not _is_trained(frame):
            return
        for write in writes(frame):
            message, made = _judge(frame, write)
            if made is None or is_without_grad(frame, write.node) or _is_evaluation(frame, write.node):
                continue
            if not _is_method(frame) and not _reaches_backward(frame, write):
                continue
            # Callers are looked for last: few writes come this far.
            if is_called_without_grad(frame):
                return
            severity = WARNING if message is _ARGUMENT else None
            places = () if message is _ARGUMENT else (Place(made, "it is made here"),)
            fix = _out_of_place(frame, write)
            yield Problem(write.node, message, fix, Changes("a new tensor"), places=places, severity=severity)


def _is_trained(frame: Frame) -> bool:
    """Whether a function is part of a training step: a method of a module, or one with a backward pass."""
    function = frame.function
    assert function is not None
    if not _is_method(frame) and not any(
        node.attr == "backward" for node in inventory_of(frame.scope).of(ast.Attribute)
    ):
        return False
    return not _EVALUATION.search(function.name) and not _PREPARATION.match(function.name)


def _is_method(frame: Frame) -> bool:
    """Whether a function is a method of a module."""
    cls = frame.function.cls if frame.function is not None else None
    return cls is not None and is_module_class(frame, cls)


def _reaches_backward(frame: Frame, write: Write) -> bool:
    """Whether the function's own backward pass may go through what is written to, and not stop at a `detach`."""
    statement = statement_of(frame.module, write.node)
    if statement is None or not isinstance(write.target, ast.Name):
        return True
    return reaches_backward(frame, statement, {write.target.id})


def _is_evaluation(frame: Frame, node: ast.AST) -> bool:
    """Whether a test, around a node or before it, tells training from evaluation."""
    for outer in ancestors(frame.module, node):
        if isinstance(outer, ast.If | ast.IfExp) and _TRAINING_TEST.search(ast.unparse(outer.test)):
            return True
    for other in frame.statements:
        if isinstance(other, ast.If) and position(other) < position(node):
            leaves = any(isinstance(inner, ast.Return) for inner in trees.walk(other))
            if leaves and _TRAINING_TEST.search(ast.unparse(other.test)):
                return True
    return False


def _judge(frame: Frame, write: Write) -> tuple[str, ast.AST | None]:
    """What is wrong with a write, and where what it writes to was made; None where nothing is certain."""
    if _is_own_parameter(frame, write):
        return _ARGUMENT, write.node
    if not is_first(write):
        return _of_element(frame, write)
    found = [_saved(member) for member in members(write.value)]
    if found and all(saved is not None for saved in found):
        saved = found[0]
        assert saved is not None
        if isinstance(saved, Op):
            return ("", saved.node) if _is_used(frame, write) else ("", None)
        return _VIEW, saved.node or write.node
    return _of_element(frame, write)


def _saved(value: Value) -> Value | None:
    """The operation whose output a value is, where its gradient needs that; or the view that nobody may write to."""
    while isinstance(value, Op) and value.name in _SAME and "input" in value.args:
        value = value.input
    match value:
        case Element(base=Op() as made) | Item(iterable=Op() as made) if made.name in _TOGETHER:
            return value if made.grad and requires_grad(made.input) is True else None
        case Op() if value.name in _SAVING and value.grad and requires_grad(value) is True:
            return value
    return None


def _of_element(frame: Frame, write: Write) -> tuple[str, ast.AST | None]:
    """The same for an element of a list that a comprehension filled with outputs of layers: `outs[i] += x`."""
    base = settled(write.value)
    parts = [settled(part) for part in members(base)] if base is not None else []
    listed = next((part.node for part in parts if part is not None and isinstance(part.node, ast.ListComp)), None)
    is_item = isinstance(write.node, ast.AugAssign) and isinstance(write.node.target, ast.Subscript)
    made = frame.values.get(listed.elt) if isinstance(listed, ast.ListComp) and is_item else None
    if isinstance(made, Op):
        return "", made.node if _saved(made) is not None else None
    called = made.callee if isinstance(made, Call) else None
    if not isinstance(called, Item) or made is None:
        return "", None
    layers = [layer for member in members(called.iterable) for layer in _elements(member)]
    return "", made.node if layers and all(_ends_in_saving(layer) for layer in layers) else None


def _elements(value: Value) -> list[Value]:
    """The layers of a `ModuleList`, or the one that a comprehension makes for it again and again."""
    if not isinstance(value, Layer) or value.name != "ModuleList":
        return []
    if value.children:
        return list(value.children)
    made_in = frame_of(value)
    given = value.node.args if isinstance(value.node, ast.Call) else []
    made = [made_in.values.get(arg.elt) for arg in given if made_in is not None and isinstance(arg, ast.ListComp)]
    return [layer for layer in made if layer is not None]


def _ends_in_saving(value: Value) -> bool:
    """Whether what a module returns is certainly an output that its gradient needs."""
    made_in = frame_of(value)
    if isinstance(value, Layer):
        last = value.children[-1] if value.name == "Sequential" and value.children else None
        function = ops.LAYERS.get(last.name, last.name) if isinstance(last, Layer) else ""
        return made_in is not None and function in _SAVING and has_parameters(made_in, value)
    if not isinstance(value, Instance) or made_in is None:
        return False
    forward = classes.find_method(made_in, value.cls, "forward")
    if forward is None or made_in.evaluator.is_busy(forward):
        return False
    return all(_saved(member) is not None for member in members(made_in.evaluator.frame(forward).result))


def _is_own_parameter(frame: Frame, write: Write) -> bool:
    """Whether a parameter of the module is added to an argument of its `forward`, which is as it came."""
    function, node = frame.function, write.node
    if function is None or function.name != "forward" or not isinstance(node, ast.AugAssign):
        return False
    if not isinstance(write.target, ast.Name) or not isinstance(node.target, ast.Name):
        return False
    held = frame.bindings.get(write.target.id)
    if not held or held[0] is not write.value or not isinstance(write.value, Parameter):
        return False
    inner = node.value.value if isinstance(node.value, ast.Subscript) else node.value
    added = frame.values.get(inner)
    return added is not None and all(is_parameter(member) for member in members(added))


def _is_used(frame: Frame, write: Write) -> bool:
    """Whether something may carry the gradient on after a write: a read that is neither compared nor detached."""
    if not isinstance(write.target, ast.Name):
        return True
    end = (write.node.end_lineno or 0, write.node.end_col_offset or 0)
    for node in own_nodes(frame.scope):
        if not isinstance(node, ast.Name) or node.id != write.target.id or not isinstance(node.ctx, ast.Load):
            continue
        if position(node) > end and not is_without_grad(frame, node) and not _is_cut(frame, node):
            return True
    statement = statement_of(frame.module, write.node)
    return isinstance(write.node, ast.Call) and isinstance(statement, ast.Return | ast.Assign)


def _is_cut(frame: Frame, node: ast.AST) -> bool:
    for outer in ancestors(frame.module, node):
        if isinstance(outer, ast.Compare):
            return True
        if isinstance(outer, ast.Attribute):
            return outer.attr in ("detach", "data", "shape", "argmax", "topk", "item")
        if isinstance(outer, ast.stmt):
            break
    return False


def _out_of_place(frame: Frame, write: Write) -> Callable[[Editor], None] | None:
    """A fix that computes a new tensor, or writes to a copy."""
    node, target = write.node, write.target
    statement = statement_of(frame.module, node)
    if isinstance(node, ast.AugAssign):
        sign = _OPERATORS.get(type(node.op))
        if sign is None:
            return None
        is_element = any(_saved(member) is None for member in members(write.value))
        if not isinstance(node.target, ast.Subscript) or is_element:
            return lambda editor: editor.replace_statements(
                node, node, [f"{editor.text(node.target)} = {editor.text(node.target)} {sign} {_operand(editor, node)}"]
            )
    if not isinstance(target, ast.Name) or statement is None or isinstance(settled(write.value), Item):
        return None
    return lambda editor: editor.insert_before(statement, [f"{target.id} = {target.id}.clone()"])


def _operand(editor: Editor, node: ast.AugAssign) -> str:
    text = editor.text(node.value)
    is_plain = isinstance(node.value, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Constant)
    return text if is_plain else f"({text})"
