"""The few lines around a node that parse on their own: a logical line, or the header of a compound statement.

A fix is checked on its piece: the new text has to parse, and to the tree that it was meant to give.
"""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, NamedTuple

from torchlint.fixing.statement_index import Place, Statements, statements_of
from torchlint.kept import kept
from torchlint.source import Source

Owner = ast.stmt | ast.excepthandler
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

# Deeper trees make LibCST slow (its parser is quadratic in chains), its printer recurse too deep, or the process crash.
_DEPTH = 200
# LibCST reads about 400 characters in a millisecond: a table of that many takes a quarter of a second.
_LENGTH = 100_000
_CONTEXT = re.compile(r"(?:, )?ctx=(?:Load|Store|Del)\(\)")


class CannotFix(Exception):  # noqa: N818 (an answer, not an error)
    """Why a finding gets no fix, in one line: a comment would be lost, a name is taken."""


class Span(NamedTuple):
    """Character offsets of a stretch of text; the end is exclusive."""

    start: int
    end: int

    def moved(self, by: int) -> Span:
        return Span(self.start + by, self.end + by)

    def holds(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end


def parse(text: str) -> ast.Module | None:
    """The tree of a program; None if there is none, for whatever reason."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def shape(tree: ast.AST) -> str:
    """A text that two trees share when they mean the same, wherever they stand and whether they load or store."""
    try:
        return _CONTEXT.sub("", ast.dump(tree))
    except RecursionError:
        raise CannotFix("the code is nested too deeply") from None


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that parses on its own; `shift` is the file's offset of its first character, were it in the file."""

    text: str
    shift: int

    def local(self, span: Span) -> Span:
        return span.moved(-self.shift)

    def with_text(self, span: Span, new: str) -> str:
        """The piece with a local span replaced."""
        return self.text[: span.start] + new + self.text[span.end :]

    def shape(self) -> str | None:
        return shape_of(self.text)


def shape_of(text: str) -> str | None:
    """The shape of a program, None if it does not parse."""
    tree = parse(text)
    return shape(tree) if tree else None


class Pieces:
    """Where the nodes of a tree stand in their file."""

    def __init__(self, source: Source, tree: ast.Module) -> None:
        self.source = source
        self.tree = tree

    def span(self, node: ast.expr | ast.stmt | ast.excepthandler | ast.keyword | ast.arg | ast.alias) -> Span:
        """The node without parentheses around it and without decorators."""
        if node.end_lineno is None or node.end_col_offset is None:
            raise CannotFix("the code has no position")
        source = self.source
        return Span(source.offset(node.lineno, node.col_offset), source.offset(node.end_lineno, node.end_col_offset))

    def start(self, stmt: Owner) -> int:
        """Offset of a statement's first character, which may be the `@` of a decorator."""
        decorators = getattr(stmt, "decorator_list", None)
        if not decorators:
            return self.span(stmt).start
        row = int(decorators[0].lineno)
        while row > 1 and not self.source.line(row).lstrip().startswith("@"):
            row -= 1
        line = self.source.line(row)
        return self.source.line_starts[row - 1] + len(line) - len(line.lstrip())

    def line_start(self, offset: int) -> int:
        return self.source.line_starts[bisect_right(self.source.line_starts, offset) - 1]

    def line_end(self, offset: int) -> int:
        """Offset after the line end of the line that holds `offset`."""
        row = bisect_right(self.source.line_starts, offset)
        return self.source.line_starts[row] if row < len(self.source.line_starts) else len(self.source.text)

    def indent(self, stmt: Owner) -> str | None:
        """What stands before a statement on its line, None if that is code."""
        start = self.start(stmt)
        before = self.source.text[self.line_start(start) : start]
        return before if not before.strip() else None

    def around(self, node: ast.expr | ast.keyword | ast.arg | ast.alias) -> Piece:
        """The piece that holds an expression. Raises `CannotFix`."""
        return self._piece(self.owner(node))

    def header(self, function: _Function) -> Piece:
        self._check_depth(function)
        return self._piece(function)

    def region(self, first: ast.stmt, last: ast.stmt) -> Piece:
        """Whole statements of one block, from the first one's start to the last one's line end."""
        for stmt in self.block(first):
            if first.lineno <= stmt.lineno <= last.lineno:
                self._check_depth(stmt, whole=True)
        start = self.start(first)
        if self.source.text.startswith("elif", start):
            raise CannotFix("an `elif` belongs to the `if` before it")
        return self._cut(start, self.line_end(self.span(last).end), self.indent(first) or "", "")

    def owner(self, node: ast.expr | ast.keyword | ast.arg | ast.alias) -> Owner:
        """The statement or handler in whose own expressions a node stands. Raises `CannotFix`."""
        around = self._statements.around((node.lineno, node.col_offset))
        owner = next((outer for outer in around if isinstance(outer, Owner)), None)
        quoted = self._check_depth(owner).get(id(node)) if owner is not None else None
        if owner is None or quoted is None:
            raise CannotFix("the code is not part of the file")
        if quoted:
            # Python 3.11 gives wrong positions there.
            raise CannotFix("the code is inside an f-string")
        return owner

    def block(self, stmt: ast.stmt) -> list[ast.stmt]:
        """The list of statements that a statement is in. Raises `CannotFix`."""
        return [other for other in self._place(stmt).block if isinstance(other, ast.stmt)]

    def is_body(self, block: list[ast.stmt]) -> bool:
        """Whether a block is the body of a function, a class or the file."""
        outer = self._place(block[0]).outer or self.tree
        return isinstance(outer, _Function | ast.Module) and outer.body[0] is block[0]

    def _place(self, stmt: ast.stmt) -> Place:
        place = self._statements.place(stmt)
        if place is None:
            raise CannotFix("the code is not part of the file")
        return place

    @kept
    def _statements(self) -> Statements:
        return statements_of(self.tree)

    def _check_depth(self, owner: Owner, *, whole: bool = False) -> dict[int, bool]:
        """The nodes (by id) of a statement's own expressions, and whether they stand in an f-string."""
        known = self._statements.owned.get(id(owner))
        if known is not None and not whole:
            return known
        nodes: dict[int, bool] = {}
        stack: list[tuple[ast.AST, int, bool]] = [(owner, 0, False)]
        while stack:
            node, depth, quoted = stack.pop()
            if depth > _DEPTH:
                raise CannotFix("the code is nested too deeply")
            nodes[id(node)] = quoted
            depth += len(node.values) if isinstance(node, ast.BoolOp) else 1
            depth += len(node.ops) if isinstance(node, ast.Compare) else 0
            quoted = quoted or isinstance(node, ast.JoinedStr)
            children = (child for child in ast.iter_child_nodes(node) if whole or not isinstance(child, Owner))
            stack.extend((child, depth, quoted) for child in children)
        if not whole:
            self._statements.owned[id(owner)] = nodes
        return nodes

    def _piece(self, owner: Owner) -> Piece:
        start = self.start(owner)
        if isinstance(owner, ast.Match):
            return self._cut(start, self.line_end(self.span(owner).end), "", "")
        body = getattr(owner, "body", None)
        if body is None:
            return self._logical_line(owner)
        first = body[0]
        while getattr(first, "decorator_list", None):
            first = first.body[0]
        before = "try:\n pass\n" if isinstance(owner, ast.excepthandler) else ""
        indent = self.indent(owner) if getattr(owner, "decorator_list", None) else ""
        if self.source.text.startswith("elif", start):
            start += len("el")
        return self._cut(start, self.start(first), indent or "", "pass\n", before)

    def _logical_line(self, owner: Owner) -> Piece:
        assert isinstance(owner, ast.stmt)
        place = self._place(owner)
        block: list[Any] = place.block
        first = last = place.at
        while first and block[first - 1].end_lineno == block[first].lineno:
            first -= 1
        while last + 1 < len(block) and block[last].end_lineno == block[last + 1].lineno:
            last += 1
        return self._cut(self.start(block[first]), self.line_end(self.span(block[last]).end), "", "")

    def _cut(self, start: int, end: int, indent: str, after: str, before: str = "") -> Piece:
        if end - start > _LENGTH:
            raise CannotFix("the code is too long")
        before += f"if 1:\n{indent}" if indent else ""
        text = before + self.source.text[start:end] + after
        # The last line of a file may lack its line end.
        text += "" if text.endswith(("\n", "\r")) else self.source.newline
        return Piece(text, start - len(before))


def is_string(stmt: ast.stmt) -> bool:
    """Whether a statement is a string, as a docstring is."""
    return isinstance(stmt, ast.Expr) and isinstance(stmt.value, ast.Constant) and isinstance(stmt.value.value, str)


def is_future(stmt: ast.stmt) -> bool:
    return isinstance(stmt, ast.ImportFrom) and stmt.module == "__future__"
