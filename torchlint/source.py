"""Bytes to text and back: encodings, byte order marks, line ends and positions."""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from torchlint.finding import Edit, Finding, Location, Place
from torchlint.kept import kept

# Python's own line ends. `str.splitlines` also splits at form feeds and U+2028, which Python does not.
_LINE_END = re.compile(r"\r\n|\r|\n")


class SourceError(Exception):
    """The bytes of a file cannot be read as Python text; the message is one line."""


def shared(old: Sequence[object], new: Sequence[object]) -> tuple[int, int]:
    """How many lines, or characters, two texts have in common from the beginning, and how many of the rest from the
    end."""
    first = _alike(old, new)
    return first, _alike(old[first:][::-1], new[first:][::-1])


def _alike(old: Sequence[object], new: Sequence[object]) -> int:
    pairs = enumerate(zip(old, new, strict=False))
    return next((number for number, (one, two) in pairs if one != two), min(len(old), len(new)))


class Encoding(NamedTuple):
    """How the text was stored: the codec's name and whether a UTF-8 byte order mark stood first."""

    name: str = "utf-8"
    bom: bool = False


class Broken(NamedTuple):
    """A part of a file that does not parse and was left out: why, and where in the text."""

    message: str
    row: int
    column: int


class Source:
    """The text of one file, with its line ends as they are and without a byte order mark.

    `original` holds the bytes that the text was read from, None for a text that comes from elsewhere. `display` is the
    text as it was written. It differs from `text`, character by character, where a file holds more than Python: of a
    notebook, `text` is its cells without magics. `broken` are the parts that were left out because they do not parse,
    `shown` are row and UTF-8 column of the statements whose value the reader sees, as at the end of a cell.
    """

    def __init__(self, path: str, text: str, encoding: Encoding | None = None, original: bytes | None = None) -> None:
        self.path = path
        self.text = text
        self.display = text
        self.encoding = encoding or Encoding()
        self.original = original
        self.broken: tuple[Broken, ...] = ()
        self.shown: frozenset[tuple[int, int]] = frozenset()

    @classmethod
    def from_bytes(cls, path: str, data: bytes) -> Source:
        """Decode as Python would (PEP 263). Raises `SourceError`."""
        name = _declared(data)
        bom = data.startswith(BOM_UTF8)
        codec = "utf-8" if name == "utf-8-sig" else name
        try:
            text = data[len(BOM_UTF8) :].decode(codec) if bom else data.decode(codec)
        except (UnicodeError, LookupError) as error:
            raise SourceError(f"cannot be decoded as {codec}: {error}") from None
        return cls(path, text, Encoding(codec, bom), data)

    def edited(self, edits: Iterable[Edit]) -> Source:
        """The file after these edits of its text; it is not on the disk. Raises `ValueError` if two overlap."""
        return Source(self.path, apply(self.text, edits), self.encoding)

    def confined(self, finding: Finding) -> Finding:
        """The finding, its fix adapted to the borders within the file, or withheld where it would cross one."""
        return finding

    def to_bytes(self) -> bytes:
        """The file in its own encoding. Raises `SourceError` if a character does not fit."""
        try:
            data = self.display.encode(self.encoding.name)
        except UnicodeError as error:
            raise SourceError(f"cannot be encoded as {self.encoding.name}: {error}") from None
        return BOM_UTF8 + data if self.encoding.bom else data

    def released(self) -> Source:
        """The same without the bytes of the file: enough to report what was found, and small."""
        self.original = None
        return self

    @kept
    def unread(self) -> str:
        """What was written where `text` has something else, such as magics; spaces where it has the same."""
        if self.display == self.text:
            return ""
        # Magics are masked by underscores.
        pairs = zip(self.display, self.text, strict=True)
        return "".join(written if written != read or written == "_" else " " for written, read in pairs)

    @kept
    def line_starts(self) -> list[int]:
        """Offset of the first character of each line."""
        return line_starts(self.text)

    @kept
    def newline(self) -> str:
        """The line end that the file uses most; a line feed where it uses none."""
        return dominant_newline(self.display)

    @kept
    def _ascii(self) -> bool:
        return self.text.isascii()

    def line(self, row: int) -> str:
        """The text of a 1-based row, its line end included; empty past the end."""
        starts = self.line_starts
        if not 1 <= row <= len(starts):
            return ""
        end = starts[row] if row < len(starts) else len(self.text)
        return self.text[starts[row - 1] : end]

    def displayed(self, row: int) -> str:
        """A row as it was written, its line end included; empty past the end."""
        start = self.line_starts[row - 1] if 1 <= row <= len(self.line_starts) else len(self.text)
        return self.display[start : start + len(self.line(row))]

    def rows_around(self, row: int) -> range:
        """The rows that are read together with this one: those of the file, or of its cell."""
        return range(1, len(self.line_starts) + 1)

    def place(self, location: Location) -> Place:
        """The place as it is said."""
        return Place(None, *location)

    def place_in_file(self, location: Location, *, in_bytes: bool = False) -> Location:
        """Row and column of the file itself, as a program finds it that knows nothing of cells; `in_bytes`: the column
        counts bytes of UTF-8."""
        if not in_bytes:
            return location
        return Location(location.row, utf8_length(self.line(location.row)[: location.column - 1]) + 1)

    @property
    def has_cells(self) -> bool:
        """Whether rows are those of cells, so that an edit of the file is something else than one of the text."""
        return False

    def offset(self, row: int, utf8_column: int) -> int:
        """Character offset of what `ast` calls (lineno, col_offset): 1-based row, 0-based UTF-8 bytes."""
        start = self.line_starts[row - 1]
        if self._ascii:
            return start + utf8_column
        prefix = self.line(row).encode("utf-8", "surrogatepass")[:utf8_column]
        return start + len(prefix.decode("utf-8", "surrogatepass"))

    def location(self, offset: int) -> Location:
        """1-based row and column of a character offset."""
        row = bisect_right(self.line_starts, offset)
        return Location(row, offset - self.line_starts[row - 1] + 1)


def apply(text: str, edits: Iterable[Edit]) -> str:
    """`text` with all edits made. Raises `ValueError` if two overlap; insertions at one place keep their order."""
    parts: list[str] = []
    position = 0
    for start, end, content in sorted(edits, key=lambda edit: edit[:2]):
        if start < position or end < start:
            raise ValueError(f"edits overlap at {start}")
        parts += text[position:start], content
        position = end
    parts.append(text[position:])
    return "".join(parts)


def utf8_length(text: str) -> int:
    """How many bytes of UTF-8 a text has."""
    return len(text.encode("utf-8", "surrogatepass"))


def line_starts(text: str) -> list[int]:
    """Offset of the first character of each line."""
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


def dominant_newline(text: str) -> str:
    """The line end that a text uses most; a line feed where it uses none."""
    ends = _LINE_END.findall(text)
    return max(("\n", "\r\n", "\r"), key=ends.count) if ends else "\n"


def _declared(data: bytes) -> str:
    """The codec that the first two lines ask for (PEP 263), else UTF-8. Raises `SourceError`."""
    if not data.startswith(BOM_UTF8) and not any(b"coding" in line for line in data.split(b"\n", 2)[:2]):
        return "utf-8"
    # Start-up: only a file that declares an encoding needs it.
    import tokenize

    try:
        return tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    except (SyntaxError, LookupError) as error:
        raise SourceError(f"unknown or contradictory encoding: {error}") from None
