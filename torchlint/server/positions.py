"""Columns as a client counts them: in bytes of UTF-8, in code units of UTF-16 or in characters."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torchlint.source import utf8_length

_BEYOND_UTF16 = 0xFFFF


def _utf16_length(text: str) -> int:
    return len(text) + sum(ord(character) > _BEYOND_UTF16 for character in text)


_LENGTHS: Mapping[str, Callable[[str], int]] = {"utf-8": utf8_length, "utf-16": _utf16_length, "utf-32": len}


class Columns:
    """Between characters and the units of an encoding, `utf-8`, `utf-16` or `utf-32`. Columns count from 0."""

    def __init__(self, encoding: str) -> None:
        self._length = _LENGTHS[encoding]

    def units(self, line: str, column: int) -> int:
        """The units before a character of a line."""
        before = line[:column]
        return len(before) if before.isascii() else self._length(before)

    def character(self, line: str, units: int) -> int:
        """The character that begins after so many units: within the line, and the one that they are in the middle
        of."""
        end = len(line.rstrip("\r\n"))
        if line.isascii():
            return min(units, end)
        for column in range(end):
            units -= self._length(line[column])
            if units < 0:
                return column
        return end
