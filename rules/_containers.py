"""What is put into a list or dict that a name or an attribute holds."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from torchlint.rule import ClassModel, Frame, FunctionModel, Inventory, Value, inventory_of, own_nodes, path

DISPLAYS = ast.List | ast.Tuple | ast.Set | ast.Dict | ast.ListComp | ast.SetComp | ast.DictComp
_CONTAINERS = DISPLAYS | ast.BinOp | ast.Call | ast.Name
_MAKERS = ("list", "tuple", "dict")
_MAX_DEPTH = 4
# Built-in functions whose results are no modules; what they are given may be some.
_MAKE_NO_MODULE = frozenset(
    ["dict", "list", "tuple", "set", "int", "float", "str", "bool", "len", "range", "zip", "enumerate", "sum", "round"]
)
# What is written so is no module.
_NO_MODULES = (
    *(ast.Constant, ast.JoinedStr, ast.Compare, ast.BinOp, ast.UnaryOp, ast.Lambda, ast.Set, ast.SetComp),
    *(ast.GeneratorExp, ast.DictComp),
)


@dataclass(frozen=True, slots=True)
class Content:
    """Something in a container: `fresh` where it is made for it, `keyed` in a dict, `nested` in a container within."""

    node: ast.expr
    value: Value
    frame: Frame
    fresh: bool
    keyed: bool
    nested: bool = False


def is_known_container(frame: Frame, node: ast.expr, depth: int = _MAX_DEPTH) -> bool:
    """Whether an expression is certainly a plain list, tuple, set or dict."""
    if depth == 0:
        return False
    if isinstance(node, DISPLAYS):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mult):
        sides = (node.left, node.right)
        return any(is_known_container(frame, side, depth - 1) for side in sides)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("list", "tuple", "dict"):
        return "builtins." in getattr(frame.callees.get(node), "qualname", "")
    if isinstance(node, ast.Name):
        return _is_local_container(frame, node.id, depth)
    return False


def _is_local_container(frame: Frame, name: str, depth: int) -> bool:
    """Whether a local is only ever assigned containers, and goes nowhere but into one attribute."""
    if frame.function is None:
        return False
    values = list(_assigned(frame, name))
    if not values or not all(is_known_container(frame, value, depth - 1) for value in values):
        return False
    for node in own_nodes(frame.function.node):
        given = [*node.args, *(keyword.value for keyword in node.keywords)] if isinstance(node, ast.Call) else []
        for arg in given:
            inner = arg.value if isinstance(arg, ast.Starred) else arg
            plain = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("len", "range")
            if isinstance(inner, ast.Name) and inner.id == name and not plain:
                return False
    return True


def _assigned(frame: Frame, name: str) -> Iterator[ast.expr]:
    """The expressions that are assigned to a name or attribute of the instance."""
    assert frame.function is not None
    for node in own_nodes(frame.function.node):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets: Sequence[ast.expr] = node.targets if isinstance(node, ast.Assign) else [node.target]
            if node.value is not None and any(path(frame, target) == name for target in targets):
                yield node.value


def contents(frame: Frame, name: str, depth: int = _MAX_DEPTH) -> Iterator[Content]:
    """What a function puts into the container that a name or attribute of the instance holds."""
    if frame.function is None or depth == 0:
        return
    for value in _assigned(frame, name):
        yield from _inside(frame, value, depth)
    for node in own_nodes(frame.function.node):
        if isinstance(node, ast.AugAssign) and path(frame, node.target) == name:
            yield from _inside(frame, node.value, depth)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Subscript) and path(frame, target.value) == name:
                    yield from _item(frame, node.value, True, False, depth)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            if path(frame, node.func.value) != name:
                continue
            if node.func.attr in ("append", "add", "insert"):
                yield from _item(frame, node.args[-1], False, False, depth)
            elif node.func.attr in ("extend", "update"):
                yield from _inside(frame, node.args[0], depth)


def _inside(frame: Frame, node: ast.expr, depth: int, nested: bool = False) -> Iterator[Content]:
    """What is in a container, by the expression that makes it."""
    match node:
        case ast.List() | ast.Tuple() | ast.Set():
            for element in node.elts:
                if isinstance(element, ast.Starred):
                    yield from _inside(frame, element.value, depth - 1, nested)
                else:
                    yield from _item(frame, element, False, nested, depth)
        case ast.Dict():
            for value in node.values:
                yield from _item(frame, value, True, nested, depth)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            yield from _item(frame, node.elt, False, nested, depth)
        case ast.DictComp():
            yield from _item(frame, node.value, True, nested, depth)
        case ast.BinOp(op=ast.Add() | ast.Mult()):
            yield from _inside(frame, node.left, depth - 1, nested)
            yield from _inside(frame, node.right, depth - 1, nested)
        case ast.Call(func=ast.Name(id="list" | "tuple" | "dict")):
            for arg in node.args:
                yield from _inside(frame, arg, depth - 1, nested)
            for keyword in node.keywords:
                yield from _item(frame, keyword.value, True, nested, depth)
        case ast.Name() if depth > 0:
            yield from contents(frame, node.id, depth - 1)


def _item(frame: Frame, node: ast.expr, keyed: bool, nested: bool, depth: int) -> Iterator[Content]:
    if isinstance(node, ast.List | ast.Tuple | ast.Dict | ast.ListComp) and depth > 0:
        yield from _inside(frame, node, depth - 1, True)
        return
    value = frame.values.get(node)
    if value is not None:
        yield Content(node, value, frame, _is_fresh(frame, node, value), keyed, nested)


def _is_fresh(frame: Frame, node: ast.expr, value: Value) -> bool:
    """Whether what is put in is made in this function and is not an attribute of its own."""
    if not isinstance(node, ast.Call | ast.Name) or frame.function is None:
        return False
    if getattr(value, "frame", None) is not frame:
        return False
    for inner in own_nodes(frame.function.node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store) and isinstance(inner.value, ast.Name):
            held = [known for known in frame.bindings.get(f"self.{inner.attr}", ()) if known is value]
            if held:
                return False
    return True


def may_hold_modules(cls: ClassModel, function: FunctionModel, attribute: str) -> bool:
    """Whether a method assigns to the attribute what may be a container: a look that spares evaluating most methods."""
    nodes = inventory_of(function.node)
    for targets, value in assignments(nodes):
        if any(isinstance(target, ast.Attribute) and target.attr == attribute for target in targets):
            if isinstance(value, ast.Name):
                return any(
                    isinstance(held, DISPLAYS) and any(_is_named(target, value.id) for target in names)
                    for names, held in assignments(nodes)
                )
            if may_be_container(value):
                held = _may_hold(value, _local_containers(nodes))
                return held or any(_fills(inner, attribute) for inner in cls.inventories())
    return False


def assignments(nodes: Inventory) -> Iterator[tuple[Sequence[ast.expr], ast.expr]]:
    """The targets and values of a scope's assignments."""
    for node in nodes.of(ast.Assign):
        yield node.targets, node.value
    for annotated in nodes.of(ast.AnnAssign):
        if annotated.value is not None:
            yield (annotated.target,), annotated.value


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def may_be_container(value: ast.expr | None) -> bool:
    """Whether an expression may be a container, by the looks of it."""
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id in _MAKERS
    return isinstance(value, _CONTAINERS)


def _fills(nodes: Inventory, attribute: str) -> bool:
    """Whether something that may be a module is put into the container that an attribute holds."""
    local = _local_containers(nodes)
    for call in nodes.of(ast.Call):
        func = call.func
        if isinstance(func, ast.Attribute) and _is_held(func.value, attribute):
            given = (*call.args, *(keyword.value for keyword in call.keywords))
            if any(_may_be_module(node, local) or _may_hold(node, local) for node in given):
                return True
    for added in nodes.of(ast.AugAssign):
        if _is_held(added.target, attribute) and _may_hold(added.value, local):
            return True
    return any(
        isinstance(target, ast.Subscript) and _is_held(target.value, attribute) and _may_be_module(value, local)
        for targets, value in assignments(nodes)
        for target in targets
    )


def _is_held(node: ast.expr, attribute: str) -> bool:
    while isinstance(node, ast.Subscript):
        node = node.value
    return isinstance(node, ast.Attribute) and node.attr == attribute


def _may_hold(node: ast.expr, local: Collection[str]) -> bool:
    """Whether what `_inside` finds in a container may be a module, by the looks of it; `local` are the names that hold
    containers there."""
    match node:
        case ast.List() | ast.Tuple() | ast.Set():
            return any(_may_be_module(element, local) for element in node.elts)
        case ast.Dict():
            return any(_may_be_module(value, local) for value in node.values)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            return _may_be_module(node.elt, local)
        case ast.DictComp():
            return _may_be_module(node.value, local)
        case ast.BinOp(op=ast.Add() | ast.Mult()):
            return _may_hold(node.left, local) or _may_hold(node.right, local)
        case ast.Call(func=ast.Name(id="list" | "tuple" | "dict")):
            kept = any(_may_be_module(keyword.value, local) for keyword in node.keywords)
            return kept or any(_may_hold(arg, local) for arg in node.args)
    return isinstance(node, ast.Name) and node.id in local


def _may_be_module(node: ast.expr, local: Collection[str]) -> bool:
    """Whether an element of a container may be a module, or hold one, by the looks of it."""
    match node:
        case ast.Starred():
            return _may_hold(node.value, local)
        case ast.List() | ast.Tuple() | ast.Dict() | ast.ListComp():
            return _may_hold(node, local)
        case ast.Call(func=ast.Name(id=name)):
            return name not in _MAKE_NO_MODULE
        case ast.Subscript(slice=ast.Tuple() | ast.Slice()):
            return False
    return not isinstance(node, _NO_MODULES)


def _local_containers(nodes: Inventory) -> frozenset[str]:
    """The names that a scope gives to what may be a container, under a second name too."""
    given = [
        (target.id, value)
        for targets, value in assignments(nodes)
        for target in targets
        if isinstance(target, ast.Name) and may_be_container(value)
    ]
    found = {name for name, value in given if not isinstance(value, ast.Name)}
    return frozenset(found.union(name for name, value in given if isinstance(value, ast.Name) and value.id in found))
