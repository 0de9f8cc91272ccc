"""By what other names a file calls things: `from torch import tensor as t`, `drop = F.dropout`."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from torchlint.analysis.inventory import inventory_of
from torchlint.analysis.scopes import Scope
from torchlint.kept import kept


class Naming:
    """The names that imports and plain assignments give, in any scope of a file."""

    def __init__(self, scopes: Sequence[Scope]) -> None:
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
            found = set(words)
            fresh = found & self._given.keys()
            while fresh:
                names = {name for word in fresh for name in self._given[word]} - found
                found |= names
                fresh = names & self._given.keys()
            known = self._known[words] = frozenset(found)
        return known

    @kept
    def imported(self) -> frozenset[str]:
        """The names that `from a import b` binds."""
        statements = [node for scope in self._scopes for node in scope.statements]
        imports = [node for node in statements if isinstance(node, ast.ImportFrom)]
        return frozenset([alias.asname or alias.name for node in imports for alias in node.names])

    @kept
    def _given(self) -> dict[str, list[str]]:
        """The names that are given to something with a name, by the last part of the old one."""
        given: dict[str, list[str]] = {}
        for scope in self._scopes:
            for statement in scope.statements:
                if isinstance(statement, ast.Assign):
                    word = last_name(statement.value)
                    if word:
                        given.setdefault(word, []).extend(filter(None, map(last_name, statement.targets)))
                elif isinstance(statement, ast.ImportFrom):
                    for alias in statement.names:
                        if alias.asname:
                            given.setdefault(alias.name, []).append(alias.asname)
        return given


def last_name(node: ast.AST) -> str:
    """`c` for `c` and for `a.b.c`; empty for what is no dotted name."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""
