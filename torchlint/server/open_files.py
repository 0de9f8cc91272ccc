"""Texts that are open in the editor, saved or not, as the client has them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from lsprotocol import types

from torchlint.server.positions import Columns
from torchlint.source import line_starts

_STAMPS = itertools.count()


class OpenFile:
    """The text of a file, or of a cell of a notebook. Lines end as the protocol and Python have it; pygls ends them at
    form feeds and other separators as well, so that its copy may be another one. `stamp` is another one in each state:
    versions begin anew when a file is opened again."""

    def __init__(self, uri: str, text: str, version: int, language: str) -> None:
        self.uri = uri
        self.text = text
        self.version = version
        self.language = language
        self.stamp = next(_STAMPS)

    @property
    def is_python(self) -> bool:
        return self.language == "python"

    def change(self, changes: Iterable[types.TextDocumentContentChangeEvent], version: int, columns: Columns) -> None:
        """Make changes one after the other, each in what the one before left."""
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                starts = line_starts(self.text)
                start = _offset(self.text, starts, change.range.start, columns)
                end = max(start, _offset(self.text, starts, change.range.end, columns))
                self.text = self.text[:start] + change.text + self.text[end:]
            else:
                self.text = change.text
        self.version = version
        self.stamp = next(_STAMPS)


def _offset(text: str, starts: list[int], position: types.Position, columns: Columns) -> int:
    """The character at a position; the end of the text for one behind it."""
    if position.line >= len(starts):
        return len(text)
    start = starts[position.line]
    end = starts[position.line + 1] if position.line + 1 < len(starts) else len(text)
    return start + columns.character(text[start:end], position.character)
