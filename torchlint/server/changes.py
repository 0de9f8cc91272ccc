"""What a change of a text leaves of the findings in it, until all of it is checked again."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from torchlint import faults
from torchlint.finding import Finding, Location, Related
from torchlint.source import Source, shared
from torchlint.syntax.scope import DEFINITIONS

# First and last row of a definition; (0, 0) for the body of the module.
Rows = tuple[int, int]


class Change(NamedTuple):
    """The rows of a text that are not those of an older one, and by how many rows those behind them moved."""

    rows: range
    moved: int

    @classmethod
    def between(cls, old: Source, new: Source) -> Change:
        """What changed, as one block."""
        before, after = _lines(old), _lines(new)
        same, end = shared(before, after)
        # Where rows were taken away, the one behind the gap is what changed.
        return cls(range(same + 1, max(len(after) - end, same + 1) + 1), len(after) - len(before))

    def place(self, location: Location) -> Location | None:
        """Where a place of the old text is in the new one; None within what was changed."""
        if location.row < self.rows.start:
            return location
        row = location.row + self.moved
        return location._replace(row=row) if row >= self.rows.stop else None


class Areas:
    """The definitions of a file, by their rows, and which of them are looked at: those that some rows touch."""

    def __init__(self, rows: range = range(0)) -> None:
        self._rows = rows
        self._asked: dict[Rows, bool] = {}
        self._is_known = False

    def note_definitions(self, tree: ast.Module) -> None:
        """The body of the module is looked at if the rows are in none of its definitions."""
        spans = (range(node.lineno, (node.end_lineno or 0) + 1) for node in tree.body if type(node) in DEFINITIONS)
        inside = any(span.start <= self._rows.start and self._rows.stop <= span.stop for span in spans)
        self._asked[0, 0] = not inside
        self._is_known = True

    def within(self, first: int, last: int) -> bool:
        """Whether a definition is to be looked at; (0, 0) is the body of the module."""
        if last:
            self._asked[first, last] = first < self._rows.stop and self._rows.start <= last
        return self._asked[first, last]

    def were_looked_at(self, origin: Rows | None, change: Change) -> bool:
        """Whether it is known anew what is found in a definition of the older text. What is found without one, in
        comments, always is."""
        if not self._is_known:
            return False
        if origin is None or origin == (0, 0):
            return origin is None or self._asked[origin]
        first, last = (change.place(Location(row, 1)) for row in origin)
        return first is None or last is None or self._asked.get((first.row, last.row), True)


def kept(
    findings: Iterable[Finding], origins: Mapping[Finding, Rows], path: str, change: Change, areas: Areas
) -> Iterator[tuple[Finding, Finding]]:
    """The findings of an older text that are not looked for again, and what they are now. Those that kept the file from
    being checked are not among them."""
    for finding in findings:
        start, end = change.place(finding.location), change.place(finding.end_location)
        if start is None or end is None or finding.code in faults.KINDS:
            continue
        if not areas.were_looked_at(origins.get(finding), change):
            related = tuple(_related(finding.related, path, change))
            yield finding, finding._replace(location=start, end_location=end, related=related)


def origins_now(
    origins: Mapping[Finding, Rows], moved: Iterable[tuple[Finding, Finding]], change: Change
) -> Iterator[tuple[Finding, Rows]]:
    """The definitions that findings were made in, where both are now."""
    for before, after in moved:
        rows = origins.get(before)
        if rows is None:
            continue
        first, last = (change.place(Location(row, 1)) for row in rows)
        if rows == (0, 0):
            yield after, rows
        elif first is not None and last is not None:
            yield after, (first.row, last.row)


def merged(findings: list[Finding], others: Iterable[Finding]) -> list[Finding]:
    """All findings in order, those that are among both once."""
    known = {(finding.code, finding.location) for finding in findings}
    more = [finding for finding in others if (finding.code, finding.location) not in known]
    return sorted([*findings, *more], key=Finding.sort_key)


def _related(places: Iterable[Related], path: str, change: Change) -> Iterator[Related]:
    for place in places:
        if place.path != path:
            yield place
            continue
        start, end = change.place(place.location), change.place(place.end_location)
        if start is not None and end is not None:
            yield place._replace(location=start, end_location=end)


def _lines(source: Source) -> list[str]:
    starts = [*source.line_starts, len(source.display)]
    return [source.display[start:end] for start, end in itertools.pairwise(starts)]
