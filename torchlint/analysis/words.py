"""The identifiers of a text: what files, regions and functions are told apart by before anything is parsed further."""

from __future__ import annotations

import re
from functools import cached_property

_WORD_OR_LINE_END = re.compile(r"[^\W\d]\w*|\r\n?|\n")


class Words:
    """The identifiers of a text, those in comments and strings included, by rows: read once, looked up often."""

    def __init__(self, text: str) -> None:
        self._all = _WORD_OR_LINE_END.findall(text)
        ends = ("\n", "\r", "\r\n") if "\r" in text else ("\n",)
        self._starts = [0, *(position for position, word in enumerate(self._all, 1) if word in ends), len(self._all)]

    @cached_property
    def all(self) -> frozenset[str]:
        return frozenset(self._all)

    def of_rows(self, first: int, last: int | None) -> frozenset[str]:
        """The words of some rows, both ends included; no last one: up to the end. Line ends are among them."""
        end = self._starts[last] if last is not None and last < len(self._starts) else len(self._all)
        return frozenset(self._all[self._starts[first - 1] : end])
