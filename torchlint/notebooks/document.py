"""The file of a notebook: its code cells, with the place of each of their strings. nbformat 3 and 4."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from torchlint.notebooks.json_reader import Reader, Text
from torchlint.source import SourceError

# How the kernels of other languages are called where nothing but their name is said.
_FOREIGN = re.compile(
    r"(ir|julia|bash|zsh|xcpp|xr|cling|scala|almond|spylon|tslab|deno|javascript|node|rust|evcxr|octave|matlab|sql|go|"
    r"gophernotes|ruby|iruby|kotlin|ijava|java|haskell|ihaskell|sas|stata|perl|php|dotnet|\.net|fsharp|csharp)\b",
    re.IGNORECASE,
)


class Piece(NamedTuple):
    """One string of a cell's source: its value, how it is written, where the file has it (offset, 1-based row and
    column of its first quote)."""

    text: str
    raw: str
    start: int
    row: int
    column: int

    @property
    def end(self) -> int:
        return self.start + len(self.raw)


class Cell(NamedTuple):
    """A code cell. `number` counts all cells of the notebook from 1; `start` and `end` are the offsets of its source,
    which is a list of strings, mostly of lines, or (`listed` is false) one string."""

    number: int
    pieces: tuple[Piece, ...]
    listed: bool
    start: int
    end: int

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


class _Found(NamedTuple):
    """What is read of a cell before it is known what kind of cell it is."""

    kind: str
    language: str
    strings: tuple[Text, ...]
    listed: bool
    start: int
    end: int


def code_cells(text: str) -> list[Cell]:
    """The Python cells of a notebook; none if its kernel is of another language. Raises `SourceError`."""
    if not text.strip():
        raise SourceError("is not a notebook: the file is empty")
    reader = Reader(text)
    found: list[_Found] | None = None
    language = ""
    for key in reader.members():
        if key == "cells" and reader.kind() == "[":
            found = _cells(reader)
        elif key == "worksheets" and reader.kind() == "[":
            found = _worksheets(reader)
        elif key == "metadata" and reader.kind() == "{":
            language = _language(reader)
        else:
            reader.skip()
    reader.finish()
    if found is None:
        raise SourceError("is not a notebook: its JSON has neither `cells` nor `worksheets`")
    return _placed(text, found) if _is_python(language) else []


def _worksheets(reader: Reader) -> list[_Found]:
    """The cells of a notebook of nbformat 3."""
    found: list[_Found] = []
    for _ in reader.items():
        for key in reader.members():
            if key == "cells" and reader.kind() == "[":
                found += _cells(reader)
            else:
                reader.skip()
    return found


def _cells(reader: Reader) -> list[_Found]:
    return [_cell(reader, number) for number in reader.items()]


def _cell(reader: Reader, number: int) -> _Found:
    kind = language = ""
    strings: tuple[Text, ...] = ()
    listed, start, end = False, 0, 0
    for key in reader.members():
        if key in ("source", "input"):
            listed, start = reader.kind() == "[", reader.at
            strings, end = _strings(reader, number), reader.at
        elif key == "cell_type" and reader.kind() == '"':
            kind = reader.string().value
        elif key == "language" and reader.kind() == '"':
            language = reader.string().value
        elif key == "metadata" and reader.kind() == "{":
            language = _language(reader) or language
        else:
            reader.skip()
    return _Found(kind, language, strings, listed, start, end)


def _strings(reader: Reader, number: int) -> tuple[Text, ...]:
    match reader.kind():
        case '"':
            return (reader.string(),)
        case "[":
            return tuple(reader.string() for _ in reader.items())
        case "n":
            reader.skip()
            return ()
    raise SourceError(f"is not a notebook: the source of its cell {number + 1} is not a text")


def _language(reader: Reader) -> str:
    """What the metadata of a notebook, or of a cell, say about the language; often they hold much else."""
    said: list[str] = []
    for key in reader.members():
        if key in ("kernelspec", "language_info", "vscode") and reader.kind() == "{":
            said += _named(reader.value())
        else:
            reader.skip()
    return " ".join(said)


def _named(values: dict[str, Any]) -> list[str]:
    """What `kernelspec`, `language_info` or an editor's own table say about the language."""
    languages = [values[key] for key in ("language", "languageId") if isinstance(values.get(key), str)]
    name = values.get("name")
    if languages or not isinstance(name, str):
        return [language.casefold() for language in languages]
    # A kernel has a name that anybody may have given it: one of a Python environment says nothing.
    own = "display_name" in values or "argv" in values
    return [] if own and not _FOREIGN.match(name) else [name.casefold()]


def _is_python(language: str) -> bool:
    """Whether a notebook or cell is Python: it says so, or does not say what it is."""
    return not language.strip() or "python" in language or "pyspark" in language


def _placed(text: str, found: list[_Found]) -> list[Cell]:
    """The code cells, with the rows of their strings."""
    cells: list[Cell] = []
    row, line, at = 1, 0, 0
    for number, cell in enumerate(found, 1):
        if cell.kind != "code" or not _is_python(cell.language):
            continue
        pieces: list[Piece] = []
        for string in cell.strings:
            row += text.count("\n", at, string.start)
            # -1, where there is no other line end, is never the larger one.
            line = max(line, text.rfind("\n", at, string.start) + 1)
            at = string.start
            pieces.append(Piece(string.value, text[at : string.end], at, row, at - line + 1))
        cells.append(Cell(number, tuple(pieces), cell.listed, cell.start, cell.end))
    return cells
