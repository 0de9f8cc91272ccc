"""Walks over `ast` trees, several times faster than those of the standard library.

`ast.walk` looks at every field of every node. What can hold nodes is known of each class beforehand; load and store
contexts and operators are not among it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import chain

_LEAVES = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
# Fields that hold names and literals, never nodes.
_PLAIN = frozenset(
    (
        *("arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "kwd_attrs", "level", "module"),
        *("name", "names", "op", "ops", "rest", "simple", "type_comment", "type_ignores"),
    )
)
_CHILDLESS = (ast.Constant, ast.Name, ast.Global, ast.Nonlocal, ast.MatchSingleton)


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_SCOPES = (*_DEFINITIONS, ast.Lambda)
# Where the walks over a definition are kept, on its node.
_BELOW, _OWN = "_torchlint_below", "_torchlint_own"


def _fields_of(cls: type[ast.AST]) -> tuple[str, ...]:
    if issubclass(cls, _LEAVES) or cls in _CHILDLESS:
        return ()
    if issubclass(cls, ast.Import | ast.ImportFrom):
        return ("names",)
    return tuple(name for name in cls._fields if name not in _PLAIN)


class _Table(dict[type[ast.AST], tuple[str, ...]]):
    def __missing__(self, cls: type[ast.AST]) -> tuple[str, ...]:
        self[cls] = fields = _fields_of(cls)
        return fields


_FIELDS = _Table()


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below one, in the order of its fields, without contexts and operators."""
    found: list[ast.AST] = []
    for name in _FIELDS[node.__class__]:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += value
        elif value is not None:
            found.append(value)
    if None in found:  # a dict with `**`, a keyword-only parameter without a default
        found = [child for child in found if child is not None]
    return found


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all nodes below it, in source order, a parent before its children."""
    if not isinstance(node, _DEFINITIONS):
        return _walk([node])
    below = node.__dict__.get(_BELOW)
    if below is None:
        # Many rules walk over the same functions and classes; the list goes when the tree goes.
        below = node.__dict__[_BELOW] = list(_walk(children(node)[::-1]))
    return chain((node,), below)


def walk_own(node: ast.AST) -> list[ast.AST]:
    """The nodes below one that run in its own scope; definitions inside are among them, what is in these is not."""
    own: list[ast.AST] | None = node.__dict__.get(_OWN)
    if own is None:
        own = list(_walk_own(node))
        if isinstance(node, _DEFINITIONS):
            node.__dict__[_OWN] = own
    return own


def _walk(stack: list[ast.AST]) -> Iterator[ast.AST]:
    while stack:
        node = stack.pop()
        yield node
        below = children(node)
        below.reverse()
        stack += below


def _walk_own(node: ast.AST) -> Iterator[ast.AST]:
    stack = children(node)
    while stack:
        child = stack.pop()
        yield child
        if not isinstance(child, _SCOPES):
            stack += children(child)


def is_attribute_of(node: ast.Attribute, name: str | None) -> bool:
    """Whether an attribute is one of what a name holds: `self.x` for `self`."""
    return isinstance(node.value, ast.Name) and node.value.id == name


def block_of(scope: ast.AST, statement: ast.stmt | None) -> list[ast.stmt] | None:
    """The list of statements below a scope that a statement is in; None if it is in none."""
    for node in walk(scope):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and statement in block:
                return block
    return None
