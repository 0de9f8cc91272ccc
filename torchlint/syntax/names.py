"""What the names of a file stand for: imports, other names for the same thing (`drop = F.dropout`), what is foreign."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from torchlint.kept import kept
from torchlint.syntax.bindings import Imported, imported
from torchlint.syntax.inventory import inventory_of
from torchlint.syntax.scope import Scope


class Names:
    """The names that imports and plain assignments give, in any scope of a file.

    The first scope is the body of the module.
    """

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
    def imports(self) -> list[Imported]:
        """What all import statements bind."""
        return [each for scope in self._scopes for statement in scope.statements for each in imported(statement)]

    @kept
    def imported(self) -> frozenset[str]:
        """The names that `from a import b` binds."""
        return frozenset([each.name for each in self.imports if each.is_member])

    @kept
    def of_torch(self) -> dict[str, str]:
        """The names that stand for torch or something of it, anywhere in the file: for what each stands there."""
        ours = [each for each in self.imports if each.is_of("torch")]
        names = {each.name: "" for each in ours if not each.is_member}
        names |= {each.name: each.last for each in ours if each.is_member}
        for node in self._assignments:
            known = names.get(node.value.id) if isinstance(node.value, ast.Name) else None
            if known is not None:
                names.update({target.id: known for target in node.targets if isinstance(target, ast.Name)})
        return names

    @kept
    def foreign(self) -> frozenset[str]:
        """The names that the module's body gives to what it imports from elsewhere than torch, and to nothing else."""
        body = self._scopes[0]
        foreign: set[str] = set()
        others = {node.id for node in body.nodes.of(ast.Name) if node.ctx.__class__ is not ast.Load}
        others.update(definition.name for definition in body.definitions)
        for node in (*body.nodes.of(ast.Import), *body.nodes.of(ast.ImportFrom)):
            for each in imported(node):
                (others if "torch" in each.module else foreign).add(each.name)
        return frozenset(foreign - others)

    @kept
    def _assignments(self) -> list[ast.Assign]:
        return [node for scope in self._scopes for node in scope.statements if isinstance(node, ast.Assign)]

    @kept
    def _given(self) -> dict[str, list[str]]:
        """The names that are given to something with a name, by the last part of the old one."""
        given: dict[str, list[str]] = {}
        for node in self._assignments:
            word = last_name(node.value)
            if word:
                given.setdefault(word, []).extend(filter(None, map(last_name, node.targets)))
        for each in self.imports:
            if each.is_member and each.name != each.last:
                given.setdefault(each.last, []).append(each.name)
        return given


def last_name(node: ast.AST) -> str:
    """`c` for `c` and for `a.b.c`; empty for what is not a dotted name."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def first_name(node: ast.expr) -> str:
    """The name that a dotted one begins with: `F` in `F.softmax`; empty for other expressions."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def leaf(node: ast.expr) -> str | None:
    """The last name of a callee: `softmax` in `F.softmax`, `layers` in `self.layers[0]`; None where there is none."""
    while isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Call):
        return leaf(node.func)
    return None
