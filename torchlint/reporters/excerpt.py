"""Source frames: numbered lines with carets under what a finding is about."""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.finding import Location
from torchlint.reporters.widths import render
from torchlint.source import Source

# Pieces of a line of output: text and the role that decides its colour.
Line = list[tuple[str, str]]

_CONTEXT = 2
# Of a longer span the first and the last rows are shown.
_LONGEST, _HEAD, _TAIL = 10, 5, 3


def frame(source: Source, start: Location, end: Location, *, marker: str = "^") -> Iterator[Line]:
    """The lines around a span, the span marked. The end is exclusive; an empty span gets one marker."""
    if end.row > start.row and end.column == 1:
        end = Location(end.row - 1, len(text_of(source, end.row - 1)) + 1)
    rows = _trimmed(source, start.row, max(start.row, end.row))
    gutter = len(str(number(source, rows[-1])))
    yield edge(gutter)
    if end.row <= start.row:
        yield from _single(source, rows, gutter, start, end, marker)
    else:
        yield from _several(source, rows, gutter, start, end, marker)
    yield edge(gutter)


def edge(gutter: int) -> Line:
    """The line above and below what is quoted."""
    return [(" " * gutter + " |", "gutter")]


def number(source: Source, row: int) -> int:
    """The number that a row has for its reader: in a notebook, that in its cell."""
    return source.place(Location(row, 1)).row


def numbered(gutter: int, row: int | str, text: str) -> Line:
    """A quoted line with its number."""
    return [(f"{row:>{gutter}} |", "gutter"), (f" {text}".rstrip(), "")]


def text_of(source: Source, row: int) -> str:
    """The text of a row as it was written, without its line end."""
    return source.displayed(row).rstrip("\r\n")


def _trimmed(source: Source, first: int, last: int) -> range:
    """The rows with their context, blank lines at both ends left out."""
    around = source.rows_around(first)
    above = max(around[0], first - _CONTEXT)
    below = max(min(around[-1], last + _CONTEXT), first)
    while above < first and not source.displayed(above).strip():
        above += 1
    while below > last and not source.displayed(below).strip():
        below -= 1
    return range(above, below + 1)


def _single(source: Source, rows: range, gutter: int, start: Location, end: Location, marker: str) -> Iterator[Line]:
    for row in rows:
        text, cells = render(text_of(source, row))
        yield numbered(gutter, number(source, row), text)
        if row != start.row:
            continue
        first, last = (cells[min(column, len(cells)) - 1] for column in (start.column, end.column))
        yield [*edge(gutter), (" " * (first + 1), ""), (marker * max(1, last - first), "marker")]


def _several(source: Source, rows: range, gutter: int, start: Location, end: Location, marker: str) -> Iterator[Line]:
    folded = range(start.row + _HEAD, end.row - _TAIL + 1) if end.row - start.row >= _LONGEST else range(0)
    before = text_of(source, start.row)[: start.column - 1]
    for row in rows:
        if row in folded:
            if row == folded[0]:
                yield [("...", "gutter")]
            continue
        text, cells = render(text_of(source, row))
        bar = "|" if start.row < row <= end.row else "/" if row == start.row and not before.strip() else " "
        yield [(f"{number(source, row):>{gutter}} |", "gutter"), (f" {bar}", "marker"), (f" {text}".rstrip(), "")]
        if row == start.row and before.strip():
            yield [*edge(gutter), ("  " + "_" * (cells[start.column - 1] + 1) + marker, "marker")]
        if row == end.row:
            last = cells[max(0, min(end.column, len(cells)) - 2)]
            yield [*edge(gutter), (" |" + "_" * (last + 1) + marker, "marker")]
