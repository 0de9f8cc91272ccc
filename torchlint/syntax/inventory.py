"""The nodes of one scope, sorted by class: one walk that many questions share."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, TypeVar

from torchlint.kept import kept
from torchlint.syntax import trees
from torchlint.syntax.bindings import bound_by

_Node = TypeVar("_Node", bound=ast.AST)
_DEFINITIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})
# Where an inventory is kept, on the node of its scope.
_KEY = "_torchlint_inventory"


class Inventory:
    """The nodes below a module, a class or a function: the definitions in it are there, what is in these is not.

    Lambdas and comprehensions are not scopes here. The order is that of no reader.
    """

    def __init__(self, root: ast.AST) -> None:
        by_class: defaultdict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        children = trees.children
        stack = children(root)
        push = stack.append
        while stack:
            node: Any = stack.pop()
            cls = type(node)
            by_class[cls].append(node)
            # The most frequent classes by hand: this loop sees every node of every file.
            if cls is ast.Name or cls is ast.Constant:
                continue
            if cls is ast.Attribute or cls is ast.keyword or cls is ast.Expr:
                push(node.value)
            elif cls is ast.Call:
                push(node.func)
                stack += node.args
                stack += node.keywords
            elif cls is ast.Assign:
                push(node.value)
                stack += node.targets
            elif cls is ast.BinOp:
                push(node.left)
                push(node.right)
            elif cls is ast.arg:
                if node.annotation is not None:
                    push(node.annotation)
            elif cls is ast.Subscript:
                push(node.value)
                push(node.slice)
            elif cls is ast.Tuple:
                stack += node.elts
            elif cls not in _DEFINITIONS:
                stack += children(node)
        self._by_class: dict[type[ast.AST], list[ast.AST]] = by_class
        self._reads: dict[str, list[ast.expr]] | None = None
        self.names = frozenset([node.id for node in self.of(ast.Name)])

    def of(self, cls: type[_Node]) -> list[_Node]:
        """The nodes of a class, without those of its subclasses."""
        return self._by_class.get(cls, [])  # type: ignore[return-value]  # sorted by class

    def has(self, *classes: type[ast.AST]) -> bool:
        return any(cls in self._by_class for cls in classes)

    def reads(self, name: str) -> list[ast.expr]:
        """Where an identifier is read, as a name or an attribute."""
        if self._reads is None:
            self._reads = {}
            for one in self.of(ast.Name):
                if one.ctx.__class__ is ast.Load:
                    self._reads.setdefault(one.id, []).append(one)
            for attribute in self.of(ast.Attribute):
                if attribute.ctx.__class__ is ast.Load:
                    self._reads.setdefault(attribute.attr, []).append(attribute)
        return self._reads.get(name, [])

    def spells(self, name: str) -> bool:
        """Whether an identifier stands here, an imported one too, or a string that is one."""
        return (
            name in self.names
            or any(node.attr == name for node in self.of(ast.Attribute))
            or any(name in (node.name.rpartition(".")[2], node.asname) for node in self.of(ast.alias))
            or any(node.value == name for node in self.of(ast.Constant))
        )

    def passes(self, name: str) -> bool:
        """Whether an identifier stands here, as a name or an attribute, without being called."""
        found: list[ast.expr] = [node for node in self.of(ast.Attribute) if node.attr == name]
        if name in self.names:
            found += [node for node in self.of(ast.Name) if node.id == name]
        return any(node not in self.calls for node in found)

    @kept
    def calls(self) -> dict[ast.expr, ast.Call]:
        """The calls by what they call."""
        return {call.func: call for call in self.of(ast.Call)}

    @kept
    def bound(self) -> frozenset[str]:
        """The names that the scope binds, except for parameters."""
        names = {node.id for node in self.of(ast.Name) if node.ctx.__class__ is not ast.Load}
        for binders in _BINDERS:
            for binder in self.of(binders):
                names.update(bound_by(binder))
        return frozenset(names)

    @kept
    def loops(self) -> list[ast.For | ast.AsyncFor | ast.While]:
        """The loop statements in the order in which they stand."""
        found: list[ast.For | ast.AsyncFor | ast.While] = [
            *self.of(ast.For),
            *self.of(ast.AsyncFor),
            *self.of(ast.While),
        ]
        return sorted(found, key=lambda loop: (loop.lineno, loop.col_offset))

    def stored_attributes(self) -> Iterator[ast.Attribute]:
        """The attributes that are assigned or deleted."""
        return (node for node in self.of(ast.Attribute) if node.ctx.__class__ is not ast.Load)


def inventory_of(root: ast.AST) -> Inventory:
    """The inventory of a module, class or function; kept for as long as the tree is."""
    known: Inventory | None = root.__dict__.get(_KEY)
    if known is None:
        known = root.__dict__[_KEY] = Inventory(root)
    return known


_BINDERS: tuple[type[ast.AST], ...] = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.ExceptHandler),
    *(ast.MatchAs, ast.MatchStar, ast.MatchMapping),
)
