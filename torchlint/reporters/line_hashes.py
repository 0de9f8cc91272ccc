"""Hashes of lines as GitHub computes them where a SARIF file has none, so that findings stay the same ones however they
were uploaded (`src/fingerprints.ts` of github/codeql-action).

The hash of a line is a polynomial in 37, modulo 2**64, over the 100 UTF-16 code units from its beginning on; spaces and
tabs are left out, every line end is a line feed, 65535 stands at the end of the file and zeros behind it. Equal hashes
of a file are numbered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

_WINDOW = 100
_BASE = 37
_MASK = (1 << 64) - 1
_END = 0xFFFF
_LEFT_OUT = frozenset(map(ord, " \t"))
_LINE_FEED = ord("\n")


def line_hashes(text: str) -> list[str]:
    """The hash of each line of a file, an empty last one included."""
    units, starts = _units(text.replace("\r\n", "\n").replace("\r", "\n"))
    seen: Counter[str] = Counter()
    hashes = []
    for start in starts:
        digits = f"{_polynomial(units[start : start + _WINDOW]):x}"
        seen[digits] += 1
        hashes.append(f"{digits}:{seen[digits]}")
    return hashes


def _units(text: str) -> tuple[list[int], list[int]]:
    """The code units of a text that count, and where its lines begin among them."""
    data = text.encode("utf-16-le", "surrogatepass")
    every = [data[at] | data[at + 1] << 8 for at in range(0, len(data), 2)]
    units = [unit for unit in every if unit not in _LEFT_OUT]
    starts = [0, *(at + 1 for at, unit in enumerate(units) if unit == _LINE_FEED)]
    return [*units, _END, *[0] * _WINDOW], starts


def _polynomial(units: Sequence[int]) -> int:
    value = 0
    for unit in units:
        value = (value * _BASE + unit) & _MASK
    return value
