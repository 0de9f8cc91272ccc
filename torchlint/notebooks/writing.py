"""The new file of a notebook: only the strings that changed are written, and of these only the characters that did."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from torchlint.finding import Edit
from torchlint.notebooks.document import Cell, Piece
from torchlint.notebooks.json_reader import raw_offset
from torchlint.source import apply, shared


class CellText(NamedTuple):
    """The text of a cell as it is now, and where each of the strings that it has in the file ends in it."""

    cell: Cell
    text: str
    ends: tuple[int, ...]

    def edited(self, edits: Iterable[Edit]) -> CellText:
        """The cell after edits of its text. What is put between two strings belongs to the first one."""
        edits = list(edits)
        if not edits:
            return self
        return CellText(self.cell, apply(self.text, edits), tuple(_moved(end, edits) for end in self.ends))

    def strings(self) -> list[str]:
        """What is left of each string."""
        return [self.text[start:end] for start, end in zip((0, *self.ends), self.ends, strict=False)]


def spliced(file: str, cells: Sequence[CellText]) -> str:
    """The text of a file with the texts of its cells as they are now."""
    parts: list[str] = []
    at = 0
    for start, end, content in _changes(file, cells):
        parts += file[at:start], content
        at = end
    return "".join([*parts, file[at:]])


def _moved(at: int, edits: Iterable[Edit]) -> int:
    """Where an offset is after edits. One within what is replaced goes to its end."""
    shift = 0
    for start, end, content in edits:
        if end <= at:
            shift += len(content) - (end - start)
        elif start < at:
            shift += start + len(content) - at
    return at + shift


def _changes(file: str, cells: Sequence[CellText]) -> list[Edit]:
    changes: list[Edit] = []
    for cell in cells:
        strings = cell.strings()
        if all(new == piece.text for new, piece in zip(strings, cell.cell.pieces, strict=True)):
            continue
        if cell.cell.listed:
            changes.append(Edit(cell.cell.start, cell.cell.end, _list(file, cell.cell, strings)))
        else:
            piece = cell.cell.pieces[0]
            changes.append(Edit(piece.start, piece.end, _respelled(piece, strings[0])))
    return changes


def _list(file: str, cell: Cell, strings: Sequence[str]) -> str:
    """The array of strings of a cell: those that stay are as they were, and so is what stands between them."""
    first, last = cell.pieces[0], cell.pieces[-1]
    opening = file[cell.start : first.start]
    gaps = [opening, *(file[one.end : two.start] for one, two in zip(cell.pieces, cell.pieces[1:], strict=False))]
    usual = gaps[1] if len(gaps) > 1 else f",{opening[1:]}"
    parts: list[str] = []
    for piece, gap, text in zip(cell.pieces, gaps, strings, strict=True):
        for index, element in enumerate(_elements(piece, text)):
            parts += (opening if not parts else gap if not index and gap is not opening else usual), element
    return "".join(parts) + file[last.end : cell.end] if parts else "[]"


def _elements(piece: Piece, text: str) -> list[str]:
    """What is left of one string of an array, as strings of an array again: a string of one line gives one for each."""
    if text == piece.text:
        return [piece.raw]
    lines = list(io.StringIO(text, newline="\n")) if _is_line(piece.text) else [text]
    if len(lines) < 2:
        return [_respelled(piece, line) for line in lines if line]
    same = max(lines, key=lambda line: _likeness(line, piece.text))
    at = lines.index(same)
    return [_respelled(piece, line) if index == at else _spelled(line, piece) for index, line in enumerate(lines)]


def _is_line(text: str) -> bool:
    return "\n" not in text[:-1]


def _likeness(text: str, other: str) -> int:
    return sum(shared(text, other))


def _respelled(piece: Piece, text: str) -> str:
    """A string whose beginning and end are written as they were."""
    old = piece.text
    before, after = shared(old, text)
    first, last = raw_offset(piece.raw, before), raw_offset(piece.raw, len(old) - after)
    return piece.raw[:first] + _spelled(text[before : len(text) - after], piece)[1:-1] + piece.raw[last:]


def _spelled(text: str, piece: Piece) -> str:
    """A string of JSON, with escapes for what is not ASCII where the old one has them."""
    escapes = piece.raw.isascii() and not piece.text.isascii()
    return json.dumps(text, ensure_ascii=escapes)
