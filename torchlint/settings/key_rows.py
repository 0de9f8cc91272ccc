"""The row at which a key of a TOML file stands: only a mistake in it asks for that."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Sequence
from typing import Any

# Each row with the name of the key costs a look at all before it.
_TRIED = 50
# Stands for a value.
_VALUE = "\N{BLACK SQUARE}"


def row_of(text: str, path: Sequence[str], item: str = "") -> int:
    """The 1-based row of the key with this path through the tables of a valid file, 0 if that cannot be told. With an
    item, the row of that item of its value, which may be a list or a table of many lines."""
    lines = text.split("\n")
    # A key that is spelt with escapes is not found.
    named = (row for row, line in enumerate(lines, 1) if path[-1] in line and not line.lstrip().startswith("#"))
    row = next((row for row in itertools.islice(named, _TRIED) if _starts(lines, row, path)), 0)
    return _row_of_item(lines, row, item) if row and item else row


def _starts(lines: Sequence[str], row: int, path: Sequence[str]) -> bool:
    """Whether the key is there from this row on: the rows before are a whole file without it, and with the head of this
    row they are one with it."""
    before, line = lines[: row - 1], lines[row - 1]
    document = _parsed(before)
    if document is None or _has(document, path):
        return False
    head = line if line.lstrip().startswith("[") else f'{line.partition("=")[0]}= "{_VALUE}"'
    return _has(_parsed([*before, head]), path)


def _parsed(lines: Sequence[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads("\n".join(lines))
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def _has(document: Any, path: Sequence[str]) -> bool:
    for part in path:
        if document == _VALUE:  # the key stands within the value that begins here
            return True
        if not isinstance(document, dict) or part not in document:
            return False
        document = document[part]
    return True


def _row_of_item(lines: Sequence[str], first: int, item: str) -> int:
    named = re.compile(rf"(['\"]){re.escape(item)}\1|(?<![\w-]){re.escape(item)}\s*=")
    return next((row for row in range(first, len(lines) + 1) if named.search(lines[row - 1])), first)
