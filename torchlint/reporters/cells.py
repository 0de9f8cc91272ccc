"""Lines of source as a terminal shows them: tabs, wide and invisible characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_TAB = 4


def render(line: str) -> tuple[str, Sequence[int]]:
    """The text to print for a line without its end, and the cell at which each character starts, and the line ends.

    Tabs become spaces; control characters and those that change the direction of writing become visible.
    """
    if line.isascii() and line.isprintable():
        return line, range(len(line) + 1)
    pieces: list[str] = []
    starts = [0]
    for character in line:
        piece, width = _piece(character, starts[-1])
        pieces.append(piece)
        starts.append(starts[-1] + width)
    return "".join(pieces), starts


def _piece(character: str, cell: int) -> tuple[str, int]:
    if character == "\t":
        width = _TAB - cell % _TAB
        return " " * width, width
    if character < " ":
        return chr(0x2400 + ord(character)), 1
    if character == "\x7f" or unicodedata.bidirectional(character) in _DIRECTIONS or "\x80" <= character < "\xa0":
        return "\N{REPLACEMENT CHARACTER}", 1
    return character, _width(character)


# Marks, embeddings, overrides and isolates: a line that contains them may read differently than it runs.
_DIRECTIONS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
