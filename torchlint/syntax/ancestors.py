"""Where a node stands in its file: its ancestors, the statement and the loop that it belongs to."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from torchlint.syntax import trees
from torchlint.syntax.module import Module

from .per_file import once_per_file

Loop = ast.For | ast.AsyncFor | ast.While
Function = ast.FunctionDef | ast.AsyncFunctionDef


@once_per_file
def parents(module: Module) -> dict[ast.AST, ast.AST]:
    """The parent of every node of a file."""
    return {child: node for node in trees.walk(module.tree) for child in trees.children(node)}


def ancestors(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    """The nodes around one, innermost first, up to the function or class that it stands in."""
    above = parents(module)
    outer = above.get(node)
    while outer is not None:
        yield outer
        if isinstance(outer, Function | ast.ClassDef | ast.Lambda):
            return
        outer = above.get(outer)


def statement_of(module: Module, node: ast.AST) -> ast.stmt | None:
    """The innermost statement that a node is, or is part of."""
    if isinstance(node, ast.stmt):
        return node
    return next((outer for outer in ancestors(module, node) if isinstance(outer, ast.stmt)), None)


def loops_around(module: Module, node: ast.AST) -> list[Loop]:
    """The loops in whose body a node is run, innermost first."""
    found: list[Loop] = []
    inner = node
    for outer in ancestors(module, node):
        if isinstance(outer, Loop) and inner in outer.body:
            found.append(outer)
        inner = outer
    return found


def is_within(module: Module, node: ast.AST, outer: ast.AST) -> bool:
    """Whether a node is part of another, in the same function."""
    return any(found is outer for found in ancestors(module, node))


def block_of(module: Module, statement: ast.stmt) -> Sequence[ast.stmt]:
    """The statements among which one stands."""
    parent = parents(module).get(statement)
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and any(other is statement for other in block):
            return block
    return ()


def is_conditional(module: Module, node: ast.AST, outer: ast.AST) -> bool:
    """Whether something between a node and one around it decides whether the node is run."""
    for found in ancestors(module, node):
        if found is outer:
            return False
        if isinstance(found, ast.If | ast.IfExp | ast.Match | ast.BoolOp | ast.ExceptHandler | ast.Try):
            return True
    return False
