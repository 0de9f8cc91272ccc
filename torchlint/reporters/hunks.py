"""What a fix does to the lines that it touches."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from torchlint.finding import Edit, Location
from torchlint.reporters.excerpt import Line, edge, number, numbered, text_of
from torchlint.reporters.widths import render
from torchlint.source import Source

# Edits with fewer untouched rows between them are shown in one piece.
_GAP = 3


class _Hunk(NamedTuple):
    first: int
    last: int
    edits: list[Edit]


def hunks(source: Source, edits: Sequence[Edit]) -> Iterator[Line]:
    """The old and the new lines, with a line of context; line numbers are those after the fix, in the cell if there
    are cells."""
    if not edits:
        return
    groups = _groups(source, edits)
    rows = [number(source, hunk.last) for hunk in groups]
    gutter = len(str(max(rows) + 1 + sum(edit.content.count("\n") for edit in edits)))
    shift, cell = 0, range(0)
    for index, hunk in enumerate(groups):
        if source.rows_around(hunk.first) != cell:
            shift, cell = 0, source.rows_around(hunk.first)
            yield from _heading(source, gutter, hunk, is_first=not index)
        else:
            yield [("...", "gutter")]
        first = number(source, hunk.first)
        if hunk.first > cell[0]:
            yield _quoted(gutter, first - 1 + shift, text_of(source, hunk.first - 1))
        old, new = _changed(source, hunk)
        yield from _diff(gutter, first + shift, old, new)
        shift += len(new) - len(old)
        if hunk.last < cell[-1] and source.line(hunk.last + 1):
            yield _quoted(gutter, number(source, hunk.last + 1) + shift, text_of(source, hunk.last + 1))
    yield edge(gutter)


def _heading(source: Source, gutter: int, hunk: _Hunk, *, is_first: bool) -> Iterator[Line]:
    """What stands above the hunks of a cell, or of a file."""
    cell = source.place(Location(hunk.first, 1)).cell
    if not is_first:
        yield edge(gutter)
    if cell is not None:
        yield [(f"{' ' * gutter}::: cell {cell}", "gutter")]
    yield edge(gutter)


def _groups(source: Source, edits: Sequence[Edit]) -> list[_Hunk]:
    groups: list[_Hunk] = []
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        first, end = source.location(edit.start).row, source.location(edit.end)
        last = max(first, end.row - 1 if end.column == 1 else end.row)
        if groups and first - groups[-1].last < _GAP and groups[-1].last in source.rows_around(first):
            before = groups.pop()
            groups.append(_Hunk(before.first, max(before.last, last), [*before.edits, edit]))
        else:
            groups.append(_Hunk(first, last, [edit]))
    return groups


def _changed(source: Source, hunk: _Hunk) -> tuple[list[str], list[str]]:
    """The lines of a hunk before and after."""
    starts = source.line_starts
    position = starts[hunk.first - 1]
    end = starts[hunk.last] if hunk.last < len(starts) else len(source.display)
    old = source.display[position:end]
    pieces: list[str] = []
    for edit in hunk.edits:
        pieces += [source.display[position : edit.start], edit.content]
        position = edit.end
    return _lines(old), _lines("".join([*pieces, source.display[position:end]]))


def _lines(text: str) -> list[str]:
    return [line.removesuffix("\n") for line in io.StringIO(text, newline=None)]


def _diff(gutter: int, row: int, old: list[str], new: list[str]) -> Iterator[Line]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            for index in range(new_start, new_end):
                yield _quoted(gutter, row + index, new[index])
            continue
        for text in old[old_start:old_end]:
            yield [(" " * gutter + " ", ""), (f"- {render(text)[0]}".rstrip(), "removed")]
        for index in range(new_start, new_end):
            yield [(f"{row + index:>{gutter}} ", "gutter"), (f"+ {render(new[index])[0]}".rstrip(), "added")]


def _quoted(gutter: int, row: int, text: str) -> Line:
    return numbered(gutter, row, render(text)[0])
