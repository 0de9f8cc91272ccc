"""Edits of whole statements: which lines they are, how they are indented, which comments belong to them."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Collection, Sequence

from torchlint.finding import Edit
from torchlint.fixing.logical_lines import CannotFix, Pieces, Span, is_future, is_string, parse
from torchlint.kept import kept

# Comments that speak to tools about the line: they go when it goes.
_SUPPRESSION = re.compile(r"#\s*(?:noqa|torchlint|type:\s*ignore|pylint|pyright|mypy|ruff|nosec|fmt|isort|pragma)\b")
# Comments above a statement that are about the lines after it as well: directives, cells of notebooks, rules.
_DIRECTIVE = re.compile(rf"{_SUPPRESSION.pattern}|#\s*(?:%%|region|endregion|<editor-fold|</editor-fold)|#[^\w]*$")
_Owner = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Blocks:
    """Edits of the statements of a file. They raise `CannotFix` where other code would not stay what it is."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._source = pieces.source
        self._deleted: dict[int, ast.stmt] = {}

    def deletion(self, stmt: ast.stmt, kept: Collection[Span]) -> Edit:
        """Delete a statement; `pass` takes its place where the block would be empty."""
        block = self._pieces.block(stmt)
        left = [other for other in block if other is not stmt and id(other) not in self._deleted]
        start, end = self._pieces.start(stmt), self._pieces.span(stmt).end
        if self._comments(stmt, stmt, kept, suppressions=False):
            raise CannotFix("a comment would be lost")
        self._deleted[id(stmt)] = stmt
        if not left and block != self._pieces.tree.body:
            return Edit(start, self._text_end(end), "pass")
        index = next(index for index, other in enumerate(block) if other is stmt)
        if index + 1 < len(block) and block[index + 1].lineno == stmt.end_lineno:
            return Edit(start, self._pieces.start(block[index + 1]), "")
        if index and block[index - 1].end_lineno == stmt.lineno:
            return Edit(self._pieces.span(block[index - 1]).end, end, "")
        self._check_lines(stmt, stmt)
        return Edit(self._pieces.line_start(start), self._pieces.line_end(end), "")

    def orphans(self) -> tuple[list[Edit], list[str]]:
        """What becomes of the comment lines above deleted statements: edits that delete those that were about nothing
        else, and, where a comment may be about what stays below it as well, what must hold for the fix to be right."""
        edits: list[Edit] = []
        needs: list[str] = []
        for stmt in self._deleted.values():
            rows = self._comment_rows(stmt)
            if not rows:
                continue
            if self._ends_paragraph(stmt):
                edits += self._paragraph(rows, stmt.end_lineno or stmt.lineno)
            else:
                needs.append(f"the comment in line {rows[-1]} is about more than line {rows[-1] + 1}, which goes")
        return edits, needs

    def _paragraph(self, rows: range, last: int) -> list[Edit]:
        """Delete comment lines, and the blank line after row `last` where there is one before the comments too."""
        starts = self._source.line_starts
        edits = [Edit(starts[rows[0] - 1], starts[rows[-1]], "")]
        after = self._source.line(last + 1)
        if after and not after.strip() and not self._source.line(rows[0] - 1).strip():
            edits.append(Edit(starts[last], starts[last] + len(after), ""))
        return edits

    def _comment_rows(self, stmt: ast.stmt) -> range:
        """The rows of the comment lines directly above a statement."""
        start = self._pieces.start(stmt)
        indent = self._pieces.indent(stmt)
        end = row = self._source.location(start).row
        while indent is not None and row > 1:
            line = self._source.line(row - 1)
            if not line.startswith(f"{indent}#") or _DIRECTIVE.match(line.strip()):
                break
            row -= 1
        return range(row, end)

    def _ends_paragraph(self, stmt: ast.stmt) -> bool:
        """Whether no statement that stays follows a deleted one before a blank line, a comment, or the block's end.

        What stands at the top of a function or a file may be about all of it.
        """
        block = self._pieces.block(stmt)
        index = next(index for index, other in enumerate(block) if other is stmt)
        if not index and self._pieces.is_body(block):
            return False
        for last, following in itertools.pairwise(block[index:]):
            if self._source.location(self._pieces.start(following)).row > (last.end_lineno or last.lineno) + 1:
                return True
            if id(following) not in self._deleted:
                return False
        return True

    def replacement(self, first: ast.stmt, last: ast.stmt, lines: Sequence[str], kept: Collection[Span]) -> Edit:
        """Put lines in the place of the statements from `first` to `last`."""
        block = self._pieces.block(first)
        if not any(other is last for other in block) or not lines:
            raise CannotFix("the statements are not neighbours")
        start, end = self._pieces.start(first), self._pieces.span(last).end
        if self.comments_within(first, last, kept):
            raise CannotFix("a comment would be lost")
        if self._is_simple(lines) and not _is_compound(first):
            return Edit(start, end, lines[0])
        self._check_lines(first, last)
        indent = self._indent(first)
        return Edit(start, end, self._source.newline.join(self._indented(lines, indent)).removeprefix(indent))

    def comments_within(self, first: ast.stmt, last: ast.stmt, kept: Collection[Span]) -> list[Span]:
        """The comments among statements, the one that trails the last of them not included."""
        end = self._pieces.span(last).end
        return sorted(comment for comment in self._comments(first, last, kept) if comment.start < end)

    def insertion(self, stmt: ast.stmt, lines: Sequence[str]) -> Edit:
        """Put lines before a statement."""
        start = self._pieces.start(stmt)
        if is_future(stmt) or self._source.text.startswith("elif", start):
            raise CannotFix("nothing can come before the statement")
        if is_string(stmt) and stmt is self._pieces.block(stmt)[0]:
            raise CannotFix("nothing can come before a docstring")
        indent = self._pieces.indent(stmt)
        if indent is None and self._is_simple(lines):
            return Edit(start, start, f"{lines[0]}; ")
        indent = self._indent(stmt)
        at = self._pieces.line_start(start)
        return Edit(at, at, "".join(line + self._source.newline for line in self._indented(lines, indent)))

    def first(self, owner: _Owner, lines: Sequence[str]) -> Edit:
        """Put lines at the start of a body, after the docstring."""
        docstring = owner.body[0]
        if not is_string(docstring):
            return self.insertion(docstring, lines)
        self._check_lines(docstring, docstring)
        newline = self._source.newline
        text = newline.join(self._indented(lines, self._indent(docstring)))
        at = self._pieces.line_end(self._pieces.span(docstring).end)
        ends = self._source.text[:at].endswith(("\n", "\r"))
        return Edit(at, at, text + newline if ends else newline + text)

    def _comments(
        self, first: ast.stmt, last: ast.stmt, kept: Collection[Span], *, suppressions: bool = True
    ) -> list[Span]:
        """The comments on the lines of statements that are not in code that lives on elsewhere."""
        # Start-up: LibCST takes 0.3 s.
        from torchlint.fixing.concrete_syntax import concrete

        region = self._pieces.region(first, last)
        syntax = concrete(region.text)
        comments = [
            span.moved(region.shift)
            for span in syntax.comments
            if suppressions or not _SUPPRESSION.match(syntax.text, span.start)
        ]
        return [comment for comment in comments if not any(span.holds(comment) for span in kept)]

    def _check_lines(self, first: ast.stmt, last: ast.stmt) -> None:
        """Nothing else may stand on the lines of the statements."""
        self._indent(first)
        end = self._pieces.span(last).end
        rest = self._source.text[end : self._pieces.line_end(end)].lstrip(" \t;")
        if rest.strip() and not rest.startswith("#"):
            raise CannotFix("other code stands on the same line")

    def _indent(self, stmt: ast.stmt) -> str:
        """The indentation of a statement that starts its logical line."""
        indent = self._pieces.indent(stmt)
        start = self._pieces.line_start(self._pieces.start(stmt))
        if indent is None or self._source.text[:start].rstrip("\r\n").endswith("\\"):
            raise CannotFix("other code stands on the same line")
        return indent.rpartition("\f")[2]

    def _indented(self, lines: Sequence[str], indent: str) -> list[str]:
        indented = []
        for line in lines:
            text = line.lstrip(" ")
            levels, rest = divmod(len(line) - len(text), 4)
            indented.append(indent + self._unit * levels + " " * rest + text if text else "")
        return indented

    def _text_end(self, end: int) -> int:
        """The end of a statement's line without its line end, where only a comment or a `;` follows."""
        rest = self._source.text[end : self._pieces.line_end(end)]
        return end + len(rest.rstrip("\r\n"))

    @kept
    def _unit(self) -> str:
        """What one level of indentation adds in this file."""
        for node in ast.walk(self._pieces.tree):
            body = getattr(node, "body", None)
            if not isinstance(node, ast.stmt) or not isinstance(body, list):
                continue
            outer, inner = self._pieces.indent(node), self._pieces.indent(body[0])
            if outer is not None and inner is not None and len(inner) > len(outer):
                return inner.removeprefix(outer)
        return "    "

    def _is_simple(self, lines: Sequence[str]) -> bool:
        """Whether the lines are one statement that may stand beside others on a line; a comment may not."""
        tree = parse(f"{lines[0]}; pass") if len(lines) == 1 else None
        return tree is not None and len(tree.body) == 2


def _is_compound(stmt: ast.stmt) -> bool:
    return isinstance(getattr(stmt, "body", getattr(stmt, "cases", None)), list)
