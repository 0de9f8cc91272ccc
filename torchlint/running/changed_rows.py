"""The rows of a file that are looked at, where not all of it is: those that were added since some revision."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from torchlint import faults
from torchlint.finding import Finding, Location
from torchlint.source import Source

Span = tuple[int, int]  # first and last row, 1-based


class Scope(NamedTuple):
    """Rows of a file as it is on the disk; of a notebook, rows of its JSON."""

    spans: tuple[Span, ...]

    def has(self, source: Source, finding: Finding) -> bool:
        """Whether a finding is about any of these rows, itself or by a place of the same file that belongs to it. What
        kept the file from being checked always is."""
        if finding.code in faults.KINDS:
            return True
        places = [(finding.location, finding.end_location)]
        places += [(place.location, place.end_location) for place in finding.related if place.path == source.path]
        return any(self._touches(source, *place) for place in places)

    def _touches(self, source: Source, start: Location, end: Location) -> bool:
        first = source.place_in_file(start).row
        # A span that ends before the first column of a row does not reach that row.
        last_row = end.row - 1 if end.column == 1 and end.row > start.row else end.row
        last = source.place_in_file(Location(last_row, 1)).row
        return any(low <= last and first <= high for low, high in self.spans)

    def after(self, before: bytes, now: bytes) -> Scope:
        """The same rows after an edit: those that stand elsewhere now, and what was put in place of one of them."""
        return Scope(tuple(_merged(self._moved(before.splitlines(), now.splitlines()))))

    def _moved(self, before: list[bytes], now: list[bytes]) -> Iterator[Span]:
        matcher = difflib.SequenceMatcher(None, before, now, autojunk=False)
        for kind, old, old_end, new, new_end in matcher.get_opcodes():
            for low, high in self.spans:
                first, last = max(low, old + 1), min(high, old_end)
                if first > last:
                    continue
                yield (first - old + new, last - old + new) if kind == "equal" else (new + 1, new_end)


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    merged: list[Span] = []
    for first, last in sorted(span for span in spans if span[0] <= span[1]):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(merged[-1][1], last)
        else:
            merged.append((first, last))
    yield from merged
