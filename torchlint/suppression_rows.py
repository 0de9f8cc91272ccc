"""Rows that may hold a comment which is meant to silence findings: told by its words, before anything is tokenized."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torchlint.source import Source

# In the cases that people write; looking for all of them costs a tenth of what a regular expression would.
_HINTS = ("torchlint", "torch-lint", "torch_lint", "Torchlint", "TorchLint", "TORCHLINT", "noqa", "NOQA", "ignore[")


def suppression_rows(source: Source) -> list[int]:
    """The rows with a word that such comments have, in order."""
    rows: set[int] = set()
    for hint in _HINTS:
        at = source.text.find(hint)
        while at >= 0:
            rows.add(bisect_right(source.line_starts, at))
            at = source.text.find(hint, at + 1)
    return sorted(rows)
