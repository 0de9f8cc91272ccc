"""Whether what an operation calls may have been replaced: a layer on an instance, a function in a table."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from torchlint.syntax import trees
from torchlint.syntax.assigned_attributes import assigned_attributes
from torchlint.syntax.module import Module
from torchlint.syntax.names import last_name
from torchlint.syntax.per_file import once_per_file
from torchlint.values.interpret.assignments import MUTATORS
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import Op

_SETTING = frozenset({"setattr", "delattr", "add_module", "register_module", "set_submodule", "__setattr__"})
_ANY = "*"


def replaced(frame: Frame, found: Iterable[Op]) -> str:
    """The first callee of some operations that may be another one by now, as it is written; empty where none may."""
    for op in found:
        if not isinstance(op.node, ast.Call):
            continue
        match op.node.func:
            case ast.Attribute(value=ast.Name(id=base), attr=name) as callee if op.layer is not None:
                if base == frame.self_name and _is_replaced(frame, name):
                    return ast.unparse(callee)
            case ast.Subscript(value=ast.Name(id=name)) as callee if name in _changed_tables(frame.module):
                return ast.unparse(callee)
    return ""


def _is_replaced(frame: Frame, name: str) -> bool:
    """Whether other code of the file than the class itself assigns an attribute of this name, or its `forward`."""
    words = frame.module.vocabulary
    if not _SETTING.isdisjoint(words) and not _set_by_text(frame.module).isdisjoint({name, _ANY}):
        return True
    function = frame.function
    own = function.cls.node if function is not None and function.cls is not None else None
    inside = {id(node) for node in trees.walk(own)} if own is not None else set[int]()
    return any(node.attr in (name, "forward") and id(node) not in inside for node in assigned_attributes(frame.module))


@once_per_file
def _set_by_text(module: Module) -> frozenset[str]:
    """The names of attributes that are set by text; `*` where it is not said which."""
    calls = (
        node for node in trees.walk(module.tree) if isinstance(node, ast.Call) and last_name(node.func) in _SETTING
    )
    found: set[str] = set()
    for call in calls:
        texts = [arg.value for arg in call.args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        found.update(texts or (_ANY,))
    return frozenset(found)


@once_per_file
def _changed_tables(module: Module) -> frozenset[str]:
    """The names whose elements some statement assigns, or that a method changes."""
    found: set[str] = set()
    for node in trees.walk(module.tree):
        match node:
            case ast.Subscript(ctx=ast.Store() | ast.Del(), value=ast.Name(id=name)):
                found.add(name)
            case ast.Call(func=ast.Attribute(attr=method, value=ast.Name(id=name))) if method in MUTATORS:
                found.add(name)
    return frozenset(found)
