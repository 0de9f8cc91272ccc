"""`nn.Parameter(..).cuda()` as an attribute: a plain tensor, which is not registered.

## What it does
Finds attributes of modules that are assigned an `nn.Parameter` on which an operation was done: `.cuda()`,
`.to(device)`, `.half()`, `* 0.01`.

## Why is this bad?
An operation on a parameter gives a tensor that is not a parameter. As an attribute it is not registered:
`parameters()` leaves it out, no optimiser trains it, `state_dict()` does not save it. On a machine where
`.to(device)` has nothing to do the same code works, which hides the mistake.

## Example
```python
self.scale = nn.Parameter(torch.ones(4)).cuda()
```
Use instead:
```python
self.scale = nn.Parameter(torch.ones(4).cuda())
```

## Fix safety
The fix registers the parameter, which is trained and saved from then on.

## When not to use it
Turn it off for tensors that are not to be trained, and that need a gradient all the same.

## References
- [torch.nn.Parameter](https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html)
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
    FunctionModel,
    Op,
    Problem,
    Value,
    inventory_of,
    last_name,
    ops,
    trees,
)
from torchlint.vocabulary.autograd import is_moved
from torchlint.vocabulary.nn_modules import is_module_class, is_parameter

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

# What an operation is written as, and the parts of calls.
_OPERATIONS = (
    *(ast.Call, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Subscript, ast.Attribute, ast.keyword, ast.Starred),
)
_ATOMS = ast.Name | ast.Call | ast.Attribute | ast.Subscript
# These give back the parameter itself, or may do so.
_SAME = ops.that(elements="same", view=(True, "sometimes"))
_READERS = ops.that(gives=("number", "bool", "size", "list", "other")) | ops.REDUCTIONS | {"detach", "clone"}


class ParameterMovedInInit(Check):
    code = "TLT609"
    since = "0.1"
    related = ("TLT603", "TLT718")
    severity = ERROR
    message = "An operation on an `nn.Parameter` gives a plain tensor: it is neither registered nor trained"
    title = "Move the data, not the parameter"
    help = "Operate on the data before: `nn.Parameter(tensor.cuda())`"
    words = (("Parameter",),)

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        makers = [method for method in cls.methods.values() if _may_move(method)]
        if makers and is_module_class(frame, cls):
            for method in makers:
                yield from _moved(frame.evaluator.frame(method), method)


def _may_move(method: FunctionModel) -> bool:
    """Whether a method assigns to an attribute what is clearly not an `nn.Parameter` and has one in it."""
    nodes = inventory_of(method.node)
    if "Parameter" not in nodes.names and all(node.attr != "Parameter" for node in nodes.of(ast.Attribute)):
        return False
    return any(
        _is_operation(node.value) and any(_is_own(target, method) for target in node.targets)
        for node in nodes.of(ast.Assign)
    )


def _is_operation(node: ast.AST) -> bool:
    """Whether an expression computes something of an `nn.Parameter` that it makes."""
    if not isinstance(node, _OPERATIONS) or _is_new_parameter(node):
        return False
    return any(_is_new_parameter(part) or _is_operation(part) for part in trees.children(node))


def _is_new_parameter(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) == "Parameter"


def _moved(frame: Frame, method: FunctionModel) -> Iterator[Problem]:
    for node in inventory_of(method.node).of(ast.Assign):
        if isinstance(node.value, ast.Name):
            continue
        own = [target for target in node.targets if _is_own(target, method)]
        value = frame.values.get(node.value)
        if own and isinstance(value, Op) and _is_operation_on_new_parameter(value, node.value):
            yield _problem(node.value)


def _is_own(target: ast.expr, method: FunctionModel) -> bool:
    return (
        isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == method.self_name
    )


def _is_operation_on_new_parameter(op: Op, node: ast.expr) -> bool:
    """Whether an operation, written in one expression, makes a new tensor of an `nn.Parameter`."""
    if op.node is not node or op.name in _READERS:
        return False
    changes = is_moved(op) or op.name not in _SAME
    for name, arg in op.args.items():
        written = op.nodes.get(name)
        if written is None:
            continue
        if is_parameter(arg) and arg.node is written:
            return changes
        if isinstance(arg, Op) and arg.node is written and _is_operation_on_new_parameter(arg, written):
            return True
        if isinstance(arg, Op) and arg.name in _SAME and _is_same_parameter(arg, written):
            return changes
    return False


def _is_same_parameter(op: Op, node: ast.expr) -> bool:
    inner: Value = op.input
    written = op.nodes.get("input")
    return op.node is node and written is not None and is_parameter(inner) and inner.node is written


def _problem(node: ast.expr) -> Problem:
    """The problem, with a fix where methods without arguments that are tensors are called on the parameter."""
    call, calls = node, 0
    while isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call):
        call, calls = call.func.value, calls + 1
    fix = None
    if calls and isinstance(call, ast.Call) and call.args and not isinstance(call.args[0], ast.Starred):
        parameter, data = call, call.args[0]

        def fix(editor: Editor) -> None:
            outer = editor.text(node)
            suffix = outer.removeprefix(editor.text(parameter))
            text = editor.text(data)
            moved = f"{text}{suffix}" if isinstance(data, _ATOMS) else f"({text}){suffix}"
            editor.replace(node, editor.spliced(parameter, {data: moved}), keeps=[parameter])

    return Problem(node, "", fix, Changes("the parameter is registered"))
