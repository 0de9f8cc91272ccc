"""Bytes to text and back: encodings, byte order marks, line ends and positions."""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from codecs import BOM_UTF8
from typing import NamedTuple

from torchlint.finding import Location
from torchlint.kept import kept

# Python's own line ends. `str.splitlines` also splits at form feeds and U+2028, which Python does not.
_LINE_END = re.compile(r"\r\n|\r|\n")


class SourceError(Exception):
    """The bytes of a file cannot be read as Python text; the message is one line."""


class Encoding(NamedTuple):
    """How the text was stored: the codec's name and whether a UTF-8 byte order mark stood first."""

    name: str = "utf-8"
    bom: bool = False


class Source:
    """The text of one file, with its line ends as they are and without a byte order mark.

    `original` holds the bytes that the text was read from, None for a text that comes from elsewhere.
    """

    def __init__(self, path: str, text: str, encoding: Encoding | None = None, original: bytes | None = None) -> None:
        self.path = path
        self.text = text
        self.encoding = encoding or Encoding()
        self.original = original

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

    def with_text(self, text: str) -> Source:
        """The same file with another text, which is not on the disk."""
        return Source(self.path, text, self.encoding)

    def encode(self, text: str) -> bytes:
        """`text` as bytes in the file's own encoding. Raises `SourceError` if a character does not fit."""
        try:
            data = text.encode(self.encoding.name)
        except UnicodeError as error:
            raise SourceError(f"cannot be encoded as {self.encoding.name}: {error}") from None
        return BOM_UTF8 + data if self.encoding.bom else data

    @kept
    def line_starts(self) -> list[int]:
        """Offset of the first character of each line."""
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    @kept
    def newline(self) -> str:
        """The line end that the file uses most; a line feed where it uses none."""
        ends = _LINE_END.findall(self.text)
        return max(("\n", "\r\n", "\r"), key=ends.count) if ends else "\n"

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
