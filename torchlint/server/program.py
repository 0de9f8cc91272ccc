"""What is checked as one: a file, or all Python cells of a notebook, in one state of the editor."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from lsprotocol import types
from pygls.uris import to_fs_path

from torchlint.finding import Edit, Location
from torchlint.notebooks.notebook import Notebook, notebook_of
from torchlint.server.open_files import OpenFile
from torchlint.server.positions import Columns
from torchlint.source import Source, line_starts


class Part(NamedTuple):
    """A text that the client knows by its own address: the file, or a cell. `row` is its first one in the program;
    `stamp` is another one in each state of it."""

    uri: str
    version: int
    row: int
    stamp: int = 0


class Program:
    """A snapshot: nothing of it changes, so that it can be checked while somebody types."""

    def __init__(self, uri: str, source: Source, parts: Sequence[Part], columns: Columns) -> None:
        self.uri = uri
        self.source = source
        self.parts = parts
        self._columns = columns
        self._rows = [part.row for part in parts]

    @property
    def state(self) -> tuple[tuple[str, int], ...]:
        """What changes with each change of a text, and with each cell that comes, goes or moves."""
        return tuple((part.uri, part.stamp) for part in self.parts)

    def part_of(self, row: int) -> Part:
        """The text that a row of the program is in."""
        return self.parts[max(bisect_right(self._rows, row) - 1, 0)]

    def range(self, start: Location, end: Location) -> types.Range:
        """A range of one text, as the client counts."""
        first = self.part_of(start.row).row
        return types.Range(self._position(start, first), self._position(end, first))

    def _position(self, location: Location, first: int) -> types.Position:
        line = self.source.displayed(location.row)
        return types.Position(location.row - first, self._columns.units(line, location.column - 1))

    def edit(self, edit: Edit) -> tuple[Part, types.TextEdit]:
        """An edit of the program as one of a text."""
        start, end = self.source.location(edit.start), self.source.location(edit.end)
        return self.part_of(start.row), types.TextEdit(self.range(start, end), edit.content)

    def location(self, uri: str, position: types.Position) -> Location | None:
        """The place in the program of a position in one of its texts."""
        part = next((part for part in self.parts if part.uri == uri), None)
        if part is None:
            return None
        row = part.row + position.line
        return Location(row, self._columns.character(self.source.displayed(row), position.character) + 1)

    def offset(self, location: Location) -> int:
        """The character of the program at a place."""
        starts = self.source.line_starts
        return starts[location.row - 1] + location.column - 1 if location.row <= len(starts) else len(self.source.text)


def file_program(file: OpenFile, folder: str, columns: Columns) -> Program:
    """The program of a Python file; `folder` is where one lies that was never saved."""
    source = Source(path_of(file.uri, folder), file.text)
    return Program(file.uri, source, [Part(file.uri, file.version, 1, file.stamp)], columns)


def notebook_program(uri: str, cells: Sequence[OpenFile], folder: str, columns: Columns) -> Program:
    """The program of the Python cells of a notebook, in their order."""
    source: Notebook = notebook_of(path_of(uri, folder), [cell.text for cell in cells])
    parts: list[Part] = []
    row = 1
    for cell in cells:
        parts.append(Part(cell.uri, cell.version, row, cell.stamp))
        row += len(line_starts(f"{cell.text}\n")) - 1
    return Program(uri, source, parts, columns)


def path_of(uri: str, folder: str) -> str:
    """The path of a file; for what is not one, such as `untitled:Untitled-1`, a path in a folder."""
    parts = urlsplit(uri)
    if parts.scheme in ("file", ""):
        return os.path.normpath(to_fs_path(uri) or uri)
    return os.path.join(folder, os.path.basename(unquote(parts.path)) or "untitled.py")
