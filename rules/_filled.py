"""What a method puts into containers, as far as the bare tree tells: a look that spares evaluating most methods.

`_containers` tells the same of an evaluated method: what it finds there is never missed here.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cached_property

from torchlint.rule import Inventory
from torchlint.vocabulary.containers import DISPLAYS, MAX_DEPTH, assignments

# Functions whose results are not modules; what they are given may be some.
_MAKE_NO_MODULE = frozenset(
    ["dict", "list", "tuple", "set", "int", "float", "str", "bool", "len", "range", "zip", "enumerate", "sum", "round"]
)
# Methods of texts, lists and numbers, and functions of `math`, likewise.
_GIVE_NO_MODULE = frozenset({"ceil", "count", "floor", "format", "index", "item", "join", "lower", "size", "split"})
# What is written so is not a module, or none that is new.
_NO_MODULES = (
    *(ast.Constant, ast.JoinedStr, ast.Compare, ast.BinOp, ast.UnaryOp, ast.Lambda, ast.Attribute, ast.List, ast.Tuple),
    *(ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)


class Filled:
    """The containers that the names and attributes of one scope hold: what they are made of, and what is put in."""

    def __init__(self, nodes: Inventory) -> None:
        self._whole: defaultdict[str, list[ast.expr]] = defaultdict(list)
        self._added: defaultdict[str, list[ast.expr]] = defaultdict(list)
        self._items: defaultdict[str, list[ast.expr]] = defaultdict(list)
        self._nodes = nodes
        for target, value in assignments(nodes):
            if isinstance(target, ast.Subscript):
                self._items[_key(target.value)].append(value)
            else:
                self._whole[_key(target)].append(value)
        for augmented in nodes.of(ast.AugAssign):
            self._added[_key(augmented.target)].append(augmented.value)
        for call in nodes.of(ast.Call):
            func = call.func
            if isinstance(func, ast.Attribute) and call.args:
                if func.attr in ("append", "add", "insert"):
                    self._items[_key(func.value)].append(call.args[-1])
                elif func.attr in ("extend", "update"):
                    self._added[_key(func.value)].append(call.args[0])

    @cached_property
    def _unclear(self) -> frozenset[str]:
        """Names that get their values from something else than an assignment to them alone: a loop, an unpacking."""
        assigned = {target for target, _ in assignments(self._nodes)}
        names = self._nodes.of(ast.Name)
        other = {node.id for node in names if isinstance(node.ctx, ast.Store) and node not in assigned}
        return frozenset(other.union(self._nodes.bound - self._whole.keys()))

    def holds_containers(self, name: str, depth: int = MAX_DEPTH) -> bool:
        """Whether all that is assigned to a name or to an attribute (`self.layers`) may be plain containers."""
        return all(self._may_be_container(value, depth) for value in self._whole.get(name, ()))

    def _may_be_container(self, node: ast.expr, depth: int) -> bool:
        match node:
            case ast.BinOp(op=ast.Add() | ast.Mult()):
                return any(self._may_be_container(side, depth - 1) for side in (node.left, node.right))
            case ast.Call(func=ast.Name(id="list" | "tuple" | "dict")):
                return True
            case ast.Name(id=name):
                return depth > 0 and name in self._whole and self.holds_containers(name, depth - 1)
        return isinstance(node, DISPLAYS)

    def may_hold_modules(self, name: str, depth: int = MAX_DEPTH) -> bool:
        """Whether something that may be a new module is put into the container that a name or attribute holds."""
        if depth <= 0:
            return False
        inside = (*self._whole.get(name, ()), *self._added.get(name, ()))
        items = self._items.get(name, ())
        return any(self._may_be_module(item, depth) for item in items) or any(
            self._has_modules(node, depth) for node in inside
        )

    def _has_modules(self, node: ast.expr, depth: int) -> bool:
        """Whether something in a container may be a new module, by the expression that makes it."""
        match node:
            case ast.List() | ast.Tuple() | ast.Set():
                return any(self._may_be_module(element, depth) for element in node.elts)
            case ast.Dict():
                return any(self._may_be_module(value, depth) for value in node.values)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._may_be_module(node.elt, depth)
            case ast.DictComp():
                return self._may_be_module(node.value, depth)
            case ast.BinOp(op=ast.Add() | ast.Mult()):
                return self._has_modules(node.left, depth - 1) or self._has_modules(node.right, depth - 1)
            case ast.Call(func=ast.Name(id="list" | "tuple" | "dict")):
                kept = any(self._may_be_module(keyword.value, depth) for keyword in node.keywords)
                return kept or any(self._has_modules(arg, depth) for arg in node.args)
            case ast.Name(id=name):
                return self.may_hold_modules(name, depth - 1)
        return False

    def _may_be_module(self, node: ast.expr, depth: int) -> bool:
        """Whether what is put into a container may be a module that is made for it, or a container of some: nothing
        counts as made for it but a call, and a name that the scope gives to one."""
        match node:
            case ast.Starred():
                return self._has_modules(node.value, depth - 1)
            case ast.List() | ast.Tuple() | ast.Dict() | ast.ListComp():
                return depth > 0 and self._has_modules(node, depth - 1)
            case ast.Call():
                return _may_make_module(node)
            case ast.Name(id=name):
                return name in self._unclear or any(map(_may_make_module, self._whole.get(name, ())))
        return False


def _may_make_module(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name not in _MAKE_NO_MODULE
        case ast.Call(func=ast.Attribute(attr=name)):
            return name not in _GIVE_NO_MODULE
    return not isinstance(node, _NO_MODULES)


def _key(node: ast.expr) -> str:
    """What a name or an attribute of a name is kept under; empty for all others."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return f"{name}.{attribute}"
    return ""
