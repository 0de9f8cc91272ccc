"""Which statements of a function a fix changes, and what they are after it: the others need not be compared."""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from torchlint.finding import Edit
from torchlint.fixing.logical_lines import parse
from torchlint.source import Source, apply


class Changed(NamedTuple):
    """Statements of one block that stand together, and those that take their place."""

    before: Sequence[ast.stmt]
    after: Sequence[ast.stmt]


class Rows:
    """The statements of the body of a function or a module, by the rows that they take."""

    def __init__(self, scope: ast.AST, source: Source) -> None:
        self._source = source
        self._is_module = isinstance(scope, ast.Module)
        self._body: list[ast.stmt] = getattr(scope, "body", [])
        self._starts = [_first_row(statement) for statement in self._body]
        self._ends = [statement.end_lineno or statement.lineno for statement in self._body]

    def changed(self, edits: Iterable[Edit]) -> list[Changed] | None:
        """What some edits change; None where that takes a look at the whole text."""
        found: list[Changed] = []
        for first, last, inside in self._groups(edits):
            after = self._after(first, last, inside)
            if after is None:
                return None
            found.append(Changed(self._body[first : last + 1], after))
        return found

    def _groups(self, edits: Iterable[Edit]) -> list[tuple[int, int, list[Edit]]]:
        """The edits by the statements that they touch: from the first to the last of these."""
        groups: list[tuple[int, int, list[Edit]]] = []
        for edit in edits:
            touched = self._touched(*self._rows(edit))
            if touched is None:
                continue
            first, last = touched
            if groups and first <= groups[-1][1]:
                groups[-1] = (groups[-1][0], max(last, groups[-1][1]), [*groups[-1][2], edit])
            else:
                groups.append((first, last, [edit]))
        return groups

    def _rows(self, edit: Edit) -> tuple[int, int]:
        return self._source.location(edit.start).row, self._source.location(edit.end).row

    def _touched(self, start: int, end: int) -> tuple[int, int] | None:
        """The first and the last statement with something in these rows, or the one beside them; None outside."""
        if not self._body or (not self._is_module and (end < self._starts[0] or start > self._ends[-1] + 1)):
            return None
        first = min(bisect_left(self._ends, start), len(self._body) - 1)
        last = max(bisect_right(self._starts, end) - 1, first)
        # Those that share a row go together.
        while first > 0 and self._ends[first - 1] >= self._starts[first]:
            first -= 1
        while last + 1 < len(self._body) and self._starts[last + 1] <= self._ends[last]:
            last += 1
        return first, last

    def _after(self, first: int, last: int, edits: Sequence[Edit]) -> list[ast.stmt] | None:
        rows = [row for edit in edits for row in self._rows(edit)]
        starts = self._source.line_starts
        start = starts[min(self._starts[first], *rows) - 1]
        row = max(self._ends[last], *rows)
        end = starts[row] if row < len(starts) else len(self._source.text)
        text = self._source.text[start:end]
        head = self._source.line(self._starts[first])
        indent = head[: len(head) - len(head.lstrip())]
        if self._body[first].col_offset != len(indent):
            return None  # `def f(): return 1`
        new = apply(text, [edit._replace(start=edit.start - start, end=edit.end - start) for edit in edits])
        tree = parse(f"if 1:\n{new}" if indent else new)
        if tree is None:
            return None
        match tree.body:
            case [ast.If(body=body)] if indent:
                return body
        return None if indent else tree.body


def _first_row(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min(statement.lineno, *(node.lineno for node in decorators)) if decorators else statement.lineno
