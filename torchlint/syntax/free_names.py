"""Which names a file binds, and which a function reads without binding them."""

from __future__ import annotations

import ast
import builtins

from torchlint.syntax import trees
from torchlint.syntax.bindings import bound_by
from torchlint.syntax.inventory import inventory_of
from torchlint.syntax.module import ClassModel, FunctionModel, Module

from .per_file import once_per_file

_BUILTINS = frozenset({*dir(builtins), "__file__", "__name__", "__doc__", "__path__", "__class__", "__builtins__"})


@once_per_file
def bound_in_module(module: Module) -> frozenset[str]:
    """The names that the module's scope may hold; `*` among them where not all of them are known."""
    names = {*_BUILTINS, *inventory_of(module.tree).bound}
    words = module.vocabulary
    for scope in module.all_scopes if "global" in words else ():
        for statement in scope.statements:
            names.update(statement.names if isinstance(statement, ast.Global) else ())
    if any(word in words and module.references(word) for word in ("globals", "exec")):
        names.add("*")
    return frozenset(names)


@once_per_file
def unbound_attributes(module: Module) -> frozenset[str]:
    """The attributes that something in a file assigns and whose names the module's scope does not hold."""
    attributes = [node.attr for scope in module.all_scopes for node in scope.stores]
    return frozenset(attributes) - bound_in_module(module)


def names_read(function: FunctionModel) -> frozenset[str]:
    """All names that a function and those in it read."""
    names = inventory_of(function.node).names
    return names.union(*(inventory_of(inner.node).names for inner in function.inner)) if function.inner else names


def free_reads(function: FunctionModel, name: str) -> list[ast.Name]:
    """Where a function reads a name that neither it, nor a function in or around it, binds."""
    around: FunctionModel | None = function
    while around is not None:
        if name in around.locals:
            return []
        around = around.parent
    reads: list[ast.Name] = []
    for statement in function.node.body:
        for node in trees.walk(statement):
            if isinstance(node, ast.Name) and node.id == name:
                if not isinstance(node.ctx, ast.Load):
                    return []
                reads.append(node)
            elif (isinstance(node, ast.arg) and node.arg == name) or name in bound_by(node):
                return []
    return reads


def written_attributes(cls: ClassModel) -> set[str]:
    """The attributes that the methods of a class assign through their first parameter, or through `self`."""
    found: set[str] = set()
    for method in cls.methods.values():
        names = {"self", method.self_name}
        for nodes in method.inventories():
            for node in nodes.stored_attributes():
                if isinstance(node.value, ast.Name) and node.value.id in names:
                    found.add(node.attr)
    return found
