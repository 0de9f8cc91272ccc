"""A tensor as a plain attribute of a module: it stays behind when the module is moved, and is not saved.

## What it does
Finds attributes of an `nn.Module` that `__init__` sets to a new tensor (`torch.zeros`, `torch.arange`, `torch.tensor`
and what is computed from them), that `forward` or a method that it calls reads, and that nothing ever sets again.

Silent for numbers (tensors without dims), for what is moved, or asked for a plain number, wherever it is read, for what
is made on a device that the class was given, in classes that move their attributes themselves (`_apply`, `to`, `cuda`),
and where the name is registered somewhere.

## Why is this bad?
A module moves, casts and saves its parameters and buffers only. A plain tensor stays on the CPU after `model.cuda()`,
so that `forward` fails with tensors on two devices, stays float32 after `.half()`, and is missing from the
`state_dict()`: if it is random, each run has another. One that requires grad is not trained either, as
`parameters()` leaves it out.

## Example
```python
self.mean = torch.tensor([0.485, 0.456, 0.406])
```
Use instead:
```python
self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]))
```

## Fix safety
The fix is only shown. A buffer is moved and cast with the module, and is a new key of the checkpoint, which older
checkpoints lack; `persistent=False` leaves it out of them. A parameter is trained.

## When not to use it
It is off by default: constants that never leave the CPU are fine as attributes.

## References
- [torch.nn.Module.register_buffer](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_buffer)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    Changes,
    Check,
    ClassModel,
    Constant,
    Frame,
    Function,
    FunctionModel,
    Items,
    Mutated,
    Op,
    Problem,
    Value,
    facts,
    is_test,
    last_name,
    members,
    ops,
    own_nodes,
    parents,
    trees,
    walk,
)
from torchlint.vocabulary.autograd import requires_grad
from torchlint.vocabulary.nn_modules import is_module_class

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

    Fix = Callable[[Editor], None]

_OF_DATA = ops.that(makes="data")
_MADE = ops.that(makes=("size", "steps", "data"), deprecated="")
# A class with one of these decides by itself what happens to its attributes.
_OWN_WAYS = frozenset({"_apply", "to", "cuda", "__setattr__", "__getattr__", "__getattribute__"})
_REGISTERING = frozenset({"register_buffer", "register_parameter", "setattr", "delattr"})
# What is moved where it is read, or only looked at.
_MOVES = ops.methods(*ops.MOVES, *ops.that(gives=("number", "list", "other"), syncs=True), "new_tensor")
_LOOKS = ops.methods(*ops.QUESTIONS) | {"device", "dtype"}
_READERS = frozenset({"len", "int", "float", "range", "isinstance", "print", "list"})
_NONE = Constant(None)
_Assignment = ast.Assign | ast.AnnAssign
_OPERANDS = ("input", "tensors", "mat2", "vec2", "condition")


class UnregisteredTensor(Check):
    code = "TLT603"
    since = "0.1"
    related = ("TLT602", "TLT609")
    default = False
    message = "A tensor as a plain attribute is not moved, cast or saved with the module"
    title = "Register it as a buffer"
    help = "Use `self.register_buffer(name, tensor)`, or `nn.Parameter(tensor)` if it is to be trained"
    words = (("__init__",), ("forward",))
    needs = (tuple(sorted(_MADE)),)

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        init, forward = cls.methods.get("__init__"), cls.methods.get("forward")
        if init is None or forward is None or not _OWN_WAYS.isdisjoint(cls.methods) or is_test(cls.module):
            return
        candidates = {name: found for name, found in _assigned(init).items() if _may_be_made(found)}
        candidates = {name: found for name, found in candidates.items() if cls.writers.get(name) == [init]}
        if not candidates or not is_module_class(frame, cls):
            return
        read = _read(cls, forward)
        if read and not _registers_by_name(cls, read & candidates.keys()):
            for name in sorted(read & candidates.keys() - cls.module.foreign_writes):
                yield from _attribute(name, candidates[name], frame.evaluator.frame(init))


def _registers_by_name(cls: ClassModel, names: set[str]) -> bool:
    """Whether a class registers, or sets, one of these attributes by its name, or one that is not known."""
    for node in trees.walk(cls.node):
        if not isinstance(node, ast.Call):
            continue
        called = last_name(node.func)
        if called in _REGISTERING:
            given = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)]
            if not given or not names.isdisjoint(given):
                return True
    return False


def _may_be_made(statements: list[_Assignment]) -> bool:
    """Whether an attribute may be given a new tensor, as far as its text tells: most are given layers and numbers."""
    plain = ast.Constant | ast.Attribute | ast.List | ast.Dict | ast.Compare | ast.ListComp
    return any(not isinstance(statement.value, plain) for statement in statements)


def _assigned(init: FunctionModel) -> dict[str, list[_Assignment]]:
    """The statements that set each attribute of the instance."""
    found: dict[str, list[_Assignment]] = {}
    for node in own_nodes(init.node):
        if not isinstance(node, _Assignment) or node.value is None:
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            match target:
                case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner == init.self_name:
                    found.setdefault(name, []).append(node)
    return found


def _attribute(name: str, statements: list[_Assignment], frame: Frame) -> Iterator[Problem]:
    """The problem of an attribute that is set to new tensors, and to nothing else but `None` and numbers."""
    for statement in statements:
        node = statement.value
        value = frame.values.get(node) if node is not None else None
        if node is None or value is None:
            return
        tensors = [member for member in members(value) if facts.is_tensor(member) is not False]
        if not all(map(_is_new, tensors)):
            return
        if len(tensors) != 1:
            continue
        value = tensors[0]
        flags = [part for part in _parts(value) if isinstance(part, Op) and "requires_grad" in part.args]
        flags += [part for part in _parts(value) if isinstance(part, Op) and part.name == "requires_grad_"]
        if requires_grad(value) is True and value in flags:
            message = "A tensor that requires grad as a plain attribute is not in `parameters()`: it is never trained"
            claim = Changes("it is trained")
            yield Problem(node, message, _as_parameter(node, value, frame), claim, "Make it a parameter", display=True)
        elif not flags and not _is_number(value) and not _is_placed(value):
            claim = Changes("it is moved, cast and saved with the module")
            fix = _as_buffer(name, statement, frame) if len(statements) == 1 else None
            yield Problem(node, "", fix, claim, display=True)


def _is_placed(value: Value) -> bool:
    """Whether a tensor is made on a device that the class was given."""
    given = [part.args for part in _parts(value) if isinstance(part, Op)]
    return any(not isinstance(args.get(name, _NONE), Constant) for args in given for name in ("device", "target"))


def _settled(value: Value) -> Value:
    while isinstance(value, Mutated):
        value = value.base
    return value


def _parts(value: Value) -> Iterator[Value]:
    for part in walk(value):
        yield part
        if isinstance(part, Mutated):
            yield from _parts(part.base)


def _is_new(value: Value) -> bool:
    """Whether a value is certainly a tensor, and made of nothing that has a place of its own."""
    value = _settled(value)
    if not isinstance(value, Op) or facts.is_tensor(value) is not True or value.layer is not None:
        return False
    if value.name in _MADE:
        return True
    operands = [arg for name, arg in value.args.items() if name in _OPERANDS]
    return bool(operands) and any(map(_is_new, operands)) and all(map(_is_new_or_plain, operands))


def _is_new_or_plain(value: Value) -> bool:
    return facts.is_tensor(value) is False or _is_new(value)


def _is_number(value: Value) -> bool:
    """Whether a tensor may have no dims: with such a one tensors of all devices take part in arithmetic."""
    settled = _settled(value)
    rank = facts.rank(settled)
    if rank is not None:
        return rank == 0
    root = settled
    while isinstance(root, Op) and root.name not in _MADE and "input" in root.args:
        root = _settled(root.input)
    return isinstance(root, Op) and root.name in _OF_DATA and not isinstance(root.args.get("data"), Items)


def _read(cls: ClassModel, forward: FunctionModel) -> set[str]:
    """The attributes that `forward`, or a method that it calls, reads without moving them."""
    found: set[str] = set()
    seen, left = {forward}, [forward]
    while left:
        method = left.pop()
        for node in trees.walk(method.node):
            if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
                continue
            if node.value.id != method.self_name or not isinstance(node.ctx, ast.Load):
                continue
            called = cls.methods.get(node.attr)
            if called is not None and called not in seen and called.name != "__init__":
                seen.add(called)
                left.append(called)
            elif node.attr not in found and not _is_moved(cls, node):
                found.add(node.attr)
    return found


def _is_moved(cls: ClassModel, node: ast.expr) -> bool:
    """Whether what is read is moved to a device here, or only looked at."""
    above = parents(cls.module)
    inner: ast.AST = node
    outer = above.get(inner)
    while isinstance(outer, ast.Attribute | ast.Subscript | ast.Call):
        if isinstance(outer, ast.Attribute):
            if outer.attr in _MOVES or outer.attr in _LOOKS:
                return True
        elif isinstance(outer, ast.Subscript):
            if inner is not outer.value:
                return False
        elif inner is not outer.func:
            return _takes_elsewhere(outer)
        inner, outer = outer, above.get(outer)
    if isinstance(outer, ast.keyword):
        call = above.get(outer)
        return isinstance(call, ast.Call) and _takes_elsewhere(call)
    return _is_moved_later(cls, inner)


def _takes_elsewhere(call: ast.Call) -> bool:
    """Whether a call that is given a tensor is told a device, moves it by its name, or only looks at it."""
    if any(keyword.arg == "device" for keyword in call.keywords):
        return True
    if isinstance(call.func, ast.Name):
        return call.func.id in _READERS
    return isinstance(call.func, ast.Attribute) and call.func.attr in _MOVES


def _is_moved_later(cls: ClassModel, node: ast.AST) -> bool:
    """Whether what is read gets a name under which it is moved."""
    above = parents(cls.module)
    statement = above.get(node)
    if not isinstance(statement, ast.Assign) or statement.value is not node:
        return False
    names = {target.id for target in statement.targets if isinstance(target, ast.Name)}
    scope: ast.AST | None = statement
    while scope is not None and not isinstance(scope, Function):
        scope = above.get(scope)
    for other in trees.walk(scope) if scope is not None and names else ():
        if isinstance(other, ast.Attribute) and other.attr in _MOVES:
            root: ast.expr = other.value
            while isinstance(root, ast.Attribute | ast.Subscript | ast.Call):
                root = root.func if isinstance(root, ast.Call) else root.value
            if isinstance(root, ast.Name) and root.id in names:
                return True
    return False


def _as_buffer(name: str, statement: _Assignment, frame: Frame) -> Fix | None:
    """`self.register_buffer("x", ..)`, in one line, after the module can have buffers."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1 or not _is_after_super(statement, frame):
        return None
    value = statement.value

    def fix(editor: Editor) -> None:
        text = editor.text(value)
        if "\n" not in text:
            line = f"{frame.self_name}.register_buffer({editor.quoted(name)}, {text})"
            editor.replace_statements(statement, statement, [line], carry_comments=True)

    return fix


def _is_after_super(statement: ast.stmt, frame: Frame) -> bool:
    assert frame.function is not None
    return any(
        isinstance(node, ast.Attribute) and node.attr == "__init__" and node.lineno < statement.lineno
        for node in own_nodes(frame.function.node)
    )


def _as_parameter(node: ast.expr, value: Value, frame: Frame) -> Fix | None:
    """`nn.Parameter(..)` of the same data."""
    flag = next((keyword for keyword in getattr(node, "keywords", ()) if keyword.arg == "requires_grad"), None)
    if not isinstance(node, ast.Call) or value.node is not node or flag is None:
        return None

    def fix(editor: Editor) -> None:
        nn = editor.import_module("torch.nn", scope_names=frame.local_names)
        editor.wrap(node, f"{nn}.Parameter(", ")")
        editor.remove_argument(node, flag)

    return fix
