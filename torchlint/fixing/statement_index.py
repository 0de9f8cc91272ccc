"""Where the statements of a file stand. Built once for a tree: a file with many findings asks for each of them."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

Position = tuple[int, int]
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
# Where the index is kept, on the tree itself, so that both go together.
_KEPT = "_torchlint_statements"


class Place(NamedTuple):
    """What a statement, handler or case stands in: the list and its place there, and the node that has the list."""

    block: list[ast.AST]
    at: int
    outer: ast.AST | None


class Statements:
    """The statements, handlers and cases of a tree, by position. Expressions are not among them."""

    def __init__(self, tree: ast.Module) -> None:
        # The nodes (by id) of the own expressions of statements (by id), and whether they stand in an f-string.
        self.owned: dict[int, dict[int, bool]] = {}
        self._places: dict[int, Place] = {}
        found: list[ast.AST] = []
        stack: list[ast.AST] = [tree]
        while stack:
            node = stack.pop()
            inner = [*self._enter(node, None if node is tree else node)]
            stack += reversed(inner)
            found.append(node)
        # A node comes before those that begin where it does: sorting keeps that.
        self._nodes = sorted(found[1:], key=_start)
        self._starts = [*map(_start, self._nodes)]

    def _enter(self, node: ast.AST, outer: ast.AST | None) -> Iterator[ast.AST]:
        for field in _BLOCKS:
            block = getattr(node, field, None)
            if not isinstance(block, list):
                continue
            for index, child in enumerate(block):
                self._places[id(child)] = Place(block, index, outer)
                yield child

    def around(self, position: Position) -> Iterator[ast.AST]:
        """The nodes that hold a position, innermost first."""
        last = bisect_right(self._starts, position) - 1
        node = self._nodes[last] if last >= 0 else None
        while node is not None:
            if position < _end(node):
                yield node
            node = self._places[id(node)].outer

    def place(self, node: ast.AST) -> Place | None:
        """Where a statement, handler or case stands; None for one of another tree."""
        place = self._places.get(id(node))
        return place if place is not None and place.block[place.at] is node else None


def statements_of(tree: ast.Module) -> Statements:
    """The index of a tree."""
    known: Statements | None = tree.__dict__.get(_KEPT)
    if known is None:
        known = tree.__dict__[_KEPT] = Statements(tree)
    return known


def _start(node: ast.AST) -> Position:
    first = node.pattern if isinstance(node, ast.match_case) else node
    first = next(iter(getattr(node, "decorator_list", ())), first)
    return getattr(first, "lineno", 0), getattr(first, "col_offset", 0)


def _end(node: ast.AST) -> Position:
    last = node.body[-1] if isinstance(node, ast.match_case) else node
    return getattr(last, "end_lineno", 0), getattr(last, "end_col_offset", 0)
