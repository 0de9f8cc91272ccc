"""What the text of a method says of the instance that it runs on."""

from __future__ import annotations

import ast
from typing import Any, NamedTuple

from torchlint.syntax.inventory import Inventory
from torchlint.syntax.module import FunctionModel
from torchlint.syntax.trees import is_attribute_of

# Where the answer is kept, on the node of the method.
_KEY = "_torchlint_self_use"
_MISSING = object()


class SelfUse(NamedTuple):
    """The attributes of its instance that a method assigns, and those that it reads, of `super()` too: methods that it
    may call."""

    assigned: frozenset[str]
    read: frozenset[str]
    read_above: frozenset[str]


def self_use(method: FunctionModel) -> SelfUse | None:
    """What a method itself does to its instance; None where it may call it, hold it under another name, or get at
    attributes by names that are not written out. That a function is given it is no harm."""
    known: Any = method.node.__dict__.get(_KEY, _MISSING)
    if known is _MISSING:
        known = method.node.__dict__[_KEY] = _of(method)
    return known  # type: ignore[no-any-return]  # kept on the node


def _of(method: FunctionModel) -> SelfUse | None:
    name = method.self_name
    if name is None:
        return None
    assigned: set[str] = set()
    read: set[str] = set()
    above: set[str] = set()
    for nodes in method.inventories():
        if not _is_only_passed(name, nodes):
            return None
        for node in nodes.of(ast.Attribute):
            if is_attribute_of(node, name):
                (read if node.ctx.__class__ is ast.Load else assigned).add(node.attr)
            elif is_super(node.value):
                above.add(node.attr)
        asked = _got_by_name(name, nodes)
        if asked is None:
            return None
        read |= asked
    return SelfUse(frozenset(assigned), frozenset(read), frozenset(above))


def is_super(node: ast.expr) -> bool:
    """Whether an expression is a call of `super`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _got_by_name(name: str, nodes: Inventory) -> set[str] | None:
    """The attributes of an instance that `getattr` gets by a literal; None where others may be got."""
    if "getattr" not in nodes.names:
        return set()
    found: set[str] = set()
    places = 0
    for call in nodes.of(ast.Call):
        if not (isinstance(call.func, ast.Name) and call.func.id == "getattr"):
            continue
        places += 1
        match call.args:
            case [ast.Name(id=held), ast.Constant(value=str() as attribute), *_] if held == name:
                found.add(attribute)
            case [ast.Name(id=held), *_] if held == name:
                return None
            case [] | [ast.Starred(), *_]:
                return None
    return found if places == sum(node.id == "getattr" for node in nodes.of(ast.Name)) else None


def _is_only_passed(name: str, nodes: Inventory) -> bool:
    """Whether an instance is named only to get at an attribute or to be given to a function, never to be called."""
    places = sum(is_attribute_of(node, name) for node in nodes.of(ast.Attribute))
    for call in nodes.of(ast.Call):
        if isinstance(call.func, ast.Name):
            places += sum(isinstance(arg, ast.Name) and arg.id == name for arg in call.args)
    return places == sum(node.id == name for node in nodes.of(ast.Name))
