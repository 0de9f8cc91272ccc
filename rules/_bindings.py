"""Which names a file binds, and which a function reads without binding them."""

from __future__ import annotations

import ast
import builtins
from functools import lru_cache

from torchlint.rule import ClassModel, FunctionModel, Module, own_nodes, trees

_BUILTINS = frozenset({*dir(builtins), "__file__", "__name__", "__doc__", "__path__", "__class__", "__builtins__"})


@lru_cache(maxsize=4)
def bound_in_module(module: Module) -> frozenset[str]:
    """The names that the module's scope may hold; `*` among them where not all of them are known."""
    names = set(_BUILTINS)
    for node in own_nodes(module.tree):
        names.update(_bound(node))
    for node in trees.walk(module.tree):
        if isinstance(node, ast.Global):
            names.update(node.names)
        elif isinstance(node, ast.Name) and node.id in ("globals", "exec"):
            names.add("*")
    return frozenset(names)


def _bound(node: ast.AST) -> list[str]:
    match node:
        case ast.Name(ctx=ast.Store()):
            return [node.id]
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Import() | ast.ImportFrom():
            return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
        case (
            ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name)
        ):
            return [name]
        case ast.MatchMapping(rest=str() as name):
            return [name]
    return []


def names_read(function: FunctionModel) -> set[str]:
    """All names that a function and those in it read."""
    return {node.id for node in trees.walk(function.node) if isinstance(node, ast.Name)}


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
            elif (isinstance(node, ast.arg) and node.arg == name) or name in _bound(node):
                return []
    return reads


def written_attributes(cls: ClassModel) -> set[str]:
    """The attributes that the methods of a class assign through their first parameter, or through `self`."""
    found: set[str] = set()
    for method in cls.methods.values():
        names = {"self", method.self_name}
        for node in trees.walk(method.node):
            match node:
                case ast.Attribute(value=ast.Name(id=name), attr=attribute, ctx=ast.Store()) if name in names:
                    found.add(attribute)
    return found
