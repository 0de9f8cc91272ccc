"""What runs together, the module's body, a class or a function: its statements and the words in its rows."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from torchlint.kept import kept
from torchlint.syntax.bindings import targets_of
from torchlint.syntax.inventory import Inventory, inventory_of
from torchlint.syntax.words import Piece, Words

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
DEFINITIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})
_COMPOUND = frozenset(
    (
        *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar),
        ast.Match,
    )
)
_STORING = frozenset(
    {ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor, ast.With, ast.AsyncWith, ast.Delete}
)


class Scope:
    """The statements of a scope without those of the scopes in it: a definition is there, what is in it is not."""

    def __init__(self, node: ast.Module | ast.ClassDef | FunctionNode, words: Words) -> None:
        self.node = node
        self.statements = statements_of(node.body)
        self.definitions: list[FunctionNode | ast.ClassDef] = []
        if not DEFINITIONS.isdisjoint(map(type, self.statements)):
            self.definitions = [each for each in self.statements if isinstance(each, FunctionNode | ast.ClassDef)]
        self.inner: list[Scope] = []
        self._words = words

    @property
    def nodes(self) -> Inventory:
        """All nodes: made when somebody asks, since what most scopes are about can be told without."""
        return inventory_of(self.node)

    @kept
    def stores(self) -> list[ast.Attribute]:
        """The attributes that statements assign or delete; nobody lets a comprehension do so."""
        found: list[ast.Attribute] = []
        for statement in self.statements:
            targets = targets_of(statement) if statement.__class__ in _STORING else []
            while targets:
                target = targets.pop()
                if isinstance(target, ast.Attribute):
                    found.append(target)
                elif isinstance(target, ast.Tuple | ast.List):
                    targets += target.elts
                elif isinstance(target, ast.Starred):
                    targets.append(target.value)
        return found

    @kept
    def words(self) -> frozenset[str]:
        """The identifiers in the rows of the scope, without docstring and own name: at least all that it names."""
        node = self.node
        if isinstance(node, FunctionNode):
            return self._words.of(self._pieces, node.name, node.lineno - lines_of(node)[0])
        return self._words.of(self._pieces)

    @kept
    def all_words(self) -> frozenset[str]:
        """The words of the scope and of those in it."""
        return self.words.union(*(scope.all_words for scope in self.inner)) if self.inner else self.words

    @kept
    def text(self) -> bytes:
        return self._words.text(self._pieces)

    @kept
    def _pieces(self) -> list[Piece]:
        """The rows that belong to no scope within, and are not a docstring."""
        pieces: list[Piece] = []
        row, end = (1, None) if isinstance(self.node, ast.Module) else lines_of(self.node)
        for first, last in [*self.docstring, *map(lines_of, self.definitions)]:
            if first > row:
                pieces.append((row, first - 1))
            row = max(row, last + 1)
        if end is None or row <= end:
            pieces.append((row, end))
        return pieces

    @kept
    def docstring(self) -> list[tuple[int, int]]:
        """The rows that hold nothing but a docstring."""
        doc = self.statements[0] if self.statements else None
        if (
            not isinstance(doc, ast.Expr)
            or not isinstance(doc.value, ast.Constant)
            or doc.value.value.__class__ is not str
        ):
            return []
        first, last = doc.lineno, doc.end_lineno or doc.lineno
        alone = len(self.statements) == 1 or self.statements[1].lineno > last
        return [(first, last)] if alone and self._words.is_first(first, doc.col_offset) else []


def lines_of(node: FunctionNode | ast.ClassDef) -> tuple[int, int]:
    """First and last row of a definition, its decorators included."""
    first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
    return first, node.end_lineno or node.lineno


def statements_of(body: list[ast.stmt]) -> Sequence[ast.stmt]:
    """The statements of a block and of the blocks in it, in their order, not those of definitions."""
    if _COMPOUND.isdisjoint(map(type, body)):
        return body
    found: list[ast.stmt] = []
    stack = body[::-1]
    while stack:
        statement = stack.pop()
        found.append(statement)
        if statement.__class__ in _COMPOUND:
            stack += inner_statements(statement)[::-1]
    return found


def inner_statements(statement: ast.stmt) -> list[ast.stmt]:
    """The statements directly inside the blocks of a compound statement."""
    match statement:
        case ast.If() | ast.For() | ast.AsyncFor() | ast.While():
            return [*statement.body, *statement.orelse]
        case ast.With() | ast.AsyncWith():
            return statement.body
        case ast.Try() | ast.TryStar():
            handlers = [inner for handler in statement.handlers for inner in handler.body]
            return [*statement.body, *handlers, *statement.orelse, *statement.finalbody]
        case ast.Match():
            return [inner for case in statement.cases for inner in case.body]
    return []
