"""What the rows of the tables of names are for the versions of torch that a file is for."""

from __future__ import annotations

from typing import NamedTuple

from torchlint.rule import ERROR, WARNING, Range, Severity

from .api_table import Row


class Standing(NamedTuple):
    """An old name under a range of versions: whether the newest lacks it, and the oldest what replaces it."""

    is_removed: bool
    is_stuck: bool


def standing(row: Row, target: Range) -> Standing | None:
    """None where nothing is to be said: no version of the range warns of the name, or the oldest has no other."""
    is_removed = bool(row.removed) and target.reaches(row.removed)
    is_stuck = target.lacks(row.lowest)
    if is_removed:
        return Standing(True, is_stuck)
    is_public_and_silent = bool(row.deprecated or row.removed) and not (
        row.deprecated and target.reaches(row.deprecated)
    )
    return None if is_public_and_silent or is_stuck else Standing(False, False)


def severity_of(row: Row, found: Standing) -> Severity | None:
    """What raises is an error, and what will raise a warning, unless the row has its own; else that of the rule."""
    if row.severity is not None or not row.removed:
        return row.severity
    return ERROR if found.is_removed else WARNING


def state_of(row: Row, found: Standing) -> str:
    """What has become of a name, as the predicate of a sentence."""
    if found.is_removed:
        return f"was removed in torch {row.removed}, so this raises"
    if row.removed:
        return f"is deprecated, and torch {row.removed} does not have it"
    return "is deprecated" if row.deprecated else "is not public and may go without notice"


def advice_of(row: Row, found: Standing, target: Range, advice: str) -> str:
    """What to do, and why that is not enough where the oldest torch of the range has no other name."""
    if not found.is_stuck:
        return advice
    return f"what replaces it came with torch {row.lowest}, and `{target.text}` allows older ones: test for it"
