"""What the text of a method says of the instance that it runs on."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from torchlint.syntax.inventory import Inventory
from torchlint.syntax.module import FunctionModel

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
    """What a method itself does to its instance; None where it may call it, hold it elsewhere than in a local name, or
    call what it gets from it by a name that is not written out. That a function is given the instance does no harm."""
    known: Any = method.node.__dict__.get(_KEY, _MISSING)
    if known is _MISSING:
        known = method.node.__dict__[_KEY] = _of(method)
    return known  # type: ignore[no-any-return]  # kept on the node


def _of(method: FunctionModel) -> SelfUse | None:
    names = names_of_self(method)
    assigned: set[str] = set()
    read: set[str] = set()
    above: set[str] = set()
    for nodes in method.inventories() if names else ():
        given = _given(names, nodes)
        named = _got_by_name(names, nodes)
        if given is None or named is None:
            return None
        read |= given | named
        for node in nodes.of(ast.Attribute):
            if is_own(node, names):
                (read if node.ctx.__class__ is ast.Load else assigned).add(node.attr)
            elif is_super(node.value):
                above.add(node.attr)
    return SelfUse(frozenset(assigned), frozenset(read), frozenset(above))


def names_of_self(method: FunctionModel) -> frozenset[str]:
    """The names under which a method has its instance: its first parameter, and what is assigned that."""
    name = method.self_name
    if name is None:
        return frozenset()
    found = {name}
    for nodes in method.inventories():
        for node in nodes.of(ast.Assign):
            if _count({name}, [node.value]):
                found.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return frozenset(found)


def is_own(node: ast.Attribute, names: Collection[str]) -> bool:
    """Whether an attribute is one of an instance that has these names."""
    return isinstance(node.value, ast.Name) and node.value.id in names


def is_super(node: ast.expr) -> bool:
    """Whether an expression is a call of `super`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def is_given(node: ast.Call, names: Collection[str]) -> bool:
    """Whether a call is given an instance that has these names."""
    return _count(names, _passed(node)) > 0


def _given(names: Collection[str], nodes: Inventory) -> set[str] | None:
    """The attributes of other things that are called with an instance, such as `Base.reset(self)`; None where it is
    named for more than to get at an attribute, to be given to a function, to be compared, to be a key or to have
    another name."""
    places = sum(is_own(node, names) for node in nodes.of(ast.Attribute))
    called: set[str] = set()
    for call in nodes.of(ast.Call):
        count = _count(names, _passed(call))
        places += count
        called |= {call.func.attr} if count and isinstance(call.func, ast.Attribute) else set()
    for comparison in nodes.of(ast.Compare):
        places += _count(names, (comparison.left, *comparison.comparators))
    for assignment in nodes.of(ast.Assign):
        simple = all(isinstance(target, ast.Name) for target in assignment.targets)
        places += _count(names, [assignment.value]) if simple else 0
    places += _count(names, [subscript.slice for subscript in nodes.of(ast.Subscript)])
    read = [node for node in nodes.of(ast.Name) if node.ctx.__class__ is ast.Load]
    return called if places == _count(names, read) else None


def _passed(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _count(names: Collection[str], nodes: Iterable[ast.expr]) -> int:
    return sum(isinstance(node, ast.Name) and node.id in names for node in nodes)


def _got_by_name(names: Collection[str], nodes: Inventory) -> set[str] | None:
    """The attributes of an instance that `getattr` gets by a literal; None where another may be got and called."""
    if "getattr" not in nodes.names:
        return set()
    calls = [call for call in nodes.of(ast.Call) if _count({"getattr"}, [call.func])]
    if len(calls) < _count({"getattr"}, nodes.of(ast.Name)):
        return None
    # What is compared, given back, or asked for an attribute of its own, is not called.
    harmless: set[ast.expr | None] = {node.value for node in nodes.of(ast.Return)}
    harmless.update(operand for node in nodes.of(ast.Compare) for operand in (node.left, *node.comparators))
    harmless.update(arg for call in calls for arg in call.args)
    found: set[str] = set()
    for call in calls:
        match call.args:
            case [ast.Name(id=held), ast.Constant(value=str() as attribute), *_] if held in names:
                found.add(attribute)
            case [] | [ast.Starred(), *_]:
                return None
            case [ast.Name(id=held), *_] if held in names and call not in harmless:
                return None
    return found
