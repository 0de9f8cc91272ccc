"""The identifiers of a text: what files, regions and functions are told apart by before anything is parsed further."""

from __future__ import annotations

from collections.abc import Iterable

from torchlint.kept import kept

# To each byte itself where it may be part of an identifier (those above 127 are parts of letters) or end a row, else a
# blank.
_BLANKED = bytes(byte if byte > 127 or chr(byte).isalnum() or chr(byte) in "_\r\n" else 32 for byte in range(256))
# What is less than a colon begins with a digit.
_is_number = ":".__gt__
# Keywords that Python lets follow a number without a blank: `[0for x in y]`.
_GLUED = ("and", "for", "not", "or")
# First and last row, both included; None is the end of the text.
Piece = tuple[int, int | None]


class Words:
    """The identifiers of a text by rows, those in comments and strings included, and numbers.

    A few passes in C take the text apart: a regular expression is several times slower.
    """

    def __init__(self, text: str) -> None:
        self._bytes = text.encode("utf-8", "surrogatepass")
        self._rows = self._bytes.translate(_BLANKED).splitlines()

    def of(self, pieces: Iterable[Piece], name: str = "", row: int = 0) -> frozenset[str]:
        """The words of some pieces of the text; without the first that is `name`, if it stands in the row `row` counted
        from their beginning."""
        rows = [row for first, last in pieces for row in self._rows[first - 1 : last]]
        if name:
            _, found, rest = rows[row].partition(name.encode())
            rows[row] = rest if found else rows[row]
        text = b" ".join(rows).decode("utf-8", "surrogatepass")
        words = frozenset(text.split()) if text.isascii() else _normal(text)
        numbers = [*filter(_is_number, words)]
        if not numbers or "".join(numbers).isdigit():
            return words
        return words.union([keyword for keyword in _GLUED if any(number.endswith(keyword) for number in numbers)])

    def of_rows(self, first: int, last: int | None) -> frozenset[str]:
        return self.of([(first, last)])

    @kept
    def all(self) -> frozenset[str]:
        return self.of_rows(1, None)

    def is_first(self, row: int, column: int) -> bool:
        """Whether no word stands before a column of a row; both are counted as `ast` does."""
        return not self._rows[row - 1][:column].strip()

    def text(self, pieces: Iterable[Piece]) -> bytes:
        """Some pieces of the text, rows joined by blanks."""
        return b" ".join([row for first, last in pieces for row in self._texts[first - 1 : last]])

    @kept
    def _texts(self) -> list[bytes]:
        return self._bytes.splitlines()


def _normal(text: str) -> frozenset[str]:
    """The words of a text, as Python would call them."""
    # Start-up: only names that are not ASCII need it.
    from unicodedata import normalize

    return frozenset(normalize("NFKC", text).split())
