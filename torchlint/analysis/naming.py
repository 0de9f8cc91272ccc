"""By what other names a file calls things: `from torch import tensor as t`, `drop = F.dropout`."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cached_property

from torchlint.analysis.inventory import Inventory, inventory_of


class Naming:
    """The names that imports and plain assignments give, in any scope of a file."""

    def __init__(self, scopes: Sequence[Inventory]) -> None:
        self._scopes = scopes
        self._known: dict[frozenset[str], frozenset[str]] = {}

    def calls_in(self, scope: ast.AST, words: frozenset[str]) -> list[ast.Call]:
        """The calls in a function, class or module's body of what has one of these words as its last name, or as the
        last name of what it stands for."""
        names = self.names_for(words)
        return [call for call in inventory_of(scope).of(ast.Call) if last_name(call.func) in names]

    def names_for(self, words: frozenset[str]) -> frozenset[str]:
        """These words, and the other names by which the file may call the same."""
        known = self._known.get(words)
        if known is None:
            found, before = set(words), 0
            while before < len(found):
                before = len(found)
                found.update(name for name, word in self._given if word in found)
            known = self._known[words] = frozenset(found)
        return known

    @cached_property
    def imported(self) -> frozenset[str]:
        """The names that `from a import b` binds."""
        statements = (statement for nodes in self._scopes for statement in nodes.of(ast.ImportFrom))
        return frozenset(alias.asname or alias.name for statement in statements for alias in statement.names)

    @cached_property
    def _given(self) -> list[tuple[str, str]]:
        """The names that are given to something with a name: the new one, and the last part of the old one."""
        given: list[tuple[str, str]] = []
        for nodes in self._scopes:
            for statement in nodes.of(ast.ImportFrom):
                given += [(alias.asname, alias.name) for alias in statement.names if alias.asname]
            for node in nodes.of(ast.Assign):
                word = last_name(node.value)
                if word:
                    given += [(name, word) for name in map(last_name, node.targets) if name]
        return given


def last_name(node: ast.AST) -> str:
    """`c` for `c` and for `a.b.c`; empty for what is no dotted name."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""
