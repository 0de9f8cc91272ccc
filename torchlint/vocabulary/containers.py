"""Containers: what is put into a list or dict that a name or an attribute holds."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from torchlint.rule import Frame, Inventory, Value, own_nodes, path

DISPLAYS = ast.List | ast.Tuple | ast.Set | ast.Dict | ast.ListComp | ast.SetComp | ast.DictComp
# What a container may be written as.
CONTAINERS = frozenset({*DISPLAYS.__args__, ast.BinOp, ast.Call, ast.Name})
_MAKERS = ("list", "tuple", "dict")
MAX_DEPTH = 4


class Content(NamedTuple):
    """Something in a container: `fresh` where it is made for it, `keyed` in a dict, `nested` in a container within."""

    node: ast.expr
    value: Value
    frame: Frame
    fresh: bool
    keyed: bool
    nested: bool = False


def is_known_container(frame: Frame, node: ast.expr, depth: int = MAX_DEPTH) -> bool:
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


def contents(frame: Frame, name: str, depth: int = MAX_DEPTH) -> Iterator[Content]:
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


def assignments(nodes: Inventory) -> list[tuple[ast.expr, ast.expr]]:
    """The targets of a scope's assignments, each with its value."""
    found = [(target, node.value) for node in nodes.of(ast.Assign) for target in node.targets]
    found += [(node.target, node.value) for node in nodes.of(ast.AnnAssign) if node.value is not None]
    return found


def may_be_container(value: ast.expr, names: Collection[str]) -> bool:
    """Whether an expression may be a container, as far as its text tells; `names` are those of containers."""
    match value:
        case ast.Call(func=ast.Name(id=name)):
            return name in _MAKERS
        case ast.Name(id=name):
            return name in names
        case ast.BinOp(op=ast.Add() | ast.Mult(), left=left, right=right):
            return may_be_container(left, names) or may_be_container(right, names)
    return isinstance(value, DISPLAYS)
