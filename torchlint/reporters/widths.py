"""Lines of source as a terminal shows them: tabs, wide and invisible characters."""

from __future__ import annotations

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
    if character.isascii() and character.isprintable():
        return character, 1
    # Start-up: only text that is not ASCII needs it.
    import unicodedata

    if character == "\x7f" or unicodedata.bidirectional(character) in _DIRECTIONS or "\x80" <= character < "\xa0":
        return "\N{REPLACEMENT CHARACTER}", 1
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return character, 0
    return character, 2 if unicodedata.east_asian_width(character) in "WF" else 1


# Marks, embeddings, overrides and isolates: a line that contains them may read differently than it runs.
_DIRECTIONS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
