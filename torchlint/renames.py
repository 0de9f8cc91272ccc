"""Names of a project that are called otherwise now, as its configuration lists them under `renames`."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

_WORDS = {"new": str, "since": str, "message": str, "fix": bool}


class Rename(NamedTuple):
    """An old dotted name and the new one; `since` is the version that has it, `message` what is said instead of the
    usual line. Without `fix` only people can mend it, and `new` may be missing."""

    old: str
    new: str = ""
    since: str = ""
    message: str = ""
    fix: bool = True


def renames_of(table: Mapping[str, Any]) -> tuple[Rename, ...]:
    """The rows of a valid table, by their old names."""
    rows = ((old, {"new": value} if isinstance(value, str) else value) for old, value in sorted(table.items()))
    return tuple(Rename(old, **values) for old, values in rows)


def mistake_in(old: str, value: Any) -> str:
    """What is wrong with a row of such a table, in one line; empty if nothing is."""
    if not _is_dotted(old):
        return f"{old!r} is not a dotted name such as 'acme.losses.focal'"
    if isinstance(value, str):
        value = {"new": value}
    if not isinstance(value, Mapping):
        return f"expected the new name of {old!r} or a table with `new`, found a value of type {type(value).__name__}"
    for word, given in value.items():
        if word not in _WORDS:
            return f"unknown word {word!r} in the row of {old!r}: it takes {_listed(_WORDS)}"
        if not isinstance(given, _WORDS[word]):
            return f"`{word}` of {old!r} must be {'true or false' if _WORDS[word] is bool else 'a text'}"
    return _wrong_new(old, value)


def _wrong_new(old: str, value: Mapping[str, Any]) -> str:
    new = value.get("new", "")
    if not new:
        is_told = value.get("message") and value.get("fix") is False
        return "" if is_told else f"the row of {old!r} needs `new`, or a `message` and `fix = false`"
    if new == old:
        return f"{old!r} is its own new name"
    return "" if _is_dotted(new) else f"{new!r} is not a dotted name such as 'acme.losses.focal'"


def _is_dotted(name: str) -> bool:
    parts = name.split(".")
    return len(parts) > 1 and all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)


def _listed(words: Iterable[str]) -> str:
    *first, last = (f"`{word}`" for word in words)
    return f"{', '.join(first)} and {last}"
