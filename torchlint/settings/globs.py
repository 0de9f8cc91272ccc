"""File patterns of the configuration: `tests/**`, `build`, `*_pb2.py`.

A pattern matches a file or directory by its base name or by its whole path, relative to the directory of the file that
holds the pattern. As in ruff, `*` also crosses slashes and `**/` may stand for nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import NamedTuple

_SPECIAL = re.compile(r"\*\*/|\*+|\?|\[!?\]?[^\]]*\]")


class _Gap(NamedTuple):
    """What may stand for stars: as much as there is, and as little as will do."""

    any: str
    first: str


_ANYTHING = _Gap(".*", ".*?")
_DIRECTORIES = _Gap("(?:.*/)?", "(?:.*?/)??")


class Glob(NamedTuple):
    """A pattern and the absolute directory that it is relative to."""

    text: str
    root: str


class Globs(NamedTuple):
    """Several patterns, of which one must match."""

    names: frozenset[str]
    name: re.Pattern[str] | None
    path: re.Pattern[str] | None

    @classmethod
    def of(cls, globs: Iterable[Glob]) -> Globs:
        names: set[str] = set()
        name: list[str] = []
        path: list[str] = []
        for glob in globs:
            text = _portable(glob.text).removeprefix("./").rstrip("/")
            if "/" not in text and not _SPECIAL.search(text):
                names.add(text)
            elif "/" not in text:
                name.append(_regex(text))
            path.append(_absolute(text, glob.root))
        return cls(frozenset(names), _any_of(name), _any_of(path))

    def matches(self, path: str) -> bool:
        """Whether a pattern matches this absolute, normalised path."""
        path = _portable(path)
        base = path.rpartition("/")[2]
        if base in self.names:
            return True
        if self.name is not None and self.name.fullmatch(base):
            return True
        return self.path is not None and self.path.fullmatch(path) is not None

    def matches_within(self, path: str) -> bool:
        """Whether a pattern matches this absolute path or a directory above it."""
        while not self.matches(path):
            parent = os.path.dirname(path)
            if parent == path:
                return False
            path = parent
        return True


def _portable(path: str) -> str:
    return path if os.sep == "/" else path.replace(os.sep, "/")


def _absolute(text: str, root: str) -> str:
    if text.startswith("/"):
        return _regex(text)
    root = _portable(root).rstrip("/")
    while text.startswith("../"):
        text, root = text.removeprefix("../"), root.rpartition("/")[0]
    return re.escape(root + "/") + _regex(text)


def _any_of(expressions: list[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(expressions), re.DOTALL) if expressions else None


def _regex(text: str) -> str:
    """The regular expression for a pattern. Each gap is tried once: what stands between two of them is taken where it
    comes first and never looked for again, since whatever follows fits after that too. So `*a*a*a*b` costs a look at
    each character, not one for each way to share them out."""
    pieces, gaps = [""], []
    end = 0
    for special in _SPECIAL.finditer(text):
        pieces[-1] += re.escape(text[end : special.start()])
        end = special.end()
        found = special.group()
        if not found.startswith("*"):
            pieces[-1] += _special(found)
            continue
        any_directories = found == "**/" and (not special.start() or text[special.start() - 1] == "/")
        gaps.append(_DIRECTORIES if any_directories else _ANYTHING)
        pieces.append("/" if found == "**/" and not any_directories else "")
    pieces[-1] += re.escape(text[end:])
    head, *rest = pieces
    if not gaps:
        return head
    between = [f"(?>{gap.first}{piece})" for gap, piece in zip(gaps[:-1], rest[:-1], strict=True)]
    return "".join([head, *between, gaps[-1].any, rest[-1]])


def _special(text: str) -> str:
    if text == "?":
        return "[^/]"
    inverted = text.startswith("[!")
    members = re.sub(r"([\\\]\[^&~|])", r"\\\1", text[2 if inverted else 1 : -1])
    return f"[{'^' if inverted else ''}{members}]"


def mistake(text: str) -> str:
    """What is wrong with a pattern and what to write instead, or nothing."""
    pattern = _portable(text).removeprefix("./").rstrip("/")
    if not pattern:
        return f"bad file pattern {text!r}: it is empty; write the name of a file or directory"
    # The first of these is asked first because the second would look for the end of each bracket.
    if pattern.rfind("[") > pattern.rfind("]") or "[" in _SPECIAL.sub("", pattern):
        return f"bad file pattern {text!r}: a `[` without its `]`; write `[[]` for the character itself"
    try:
        Globs.of([Glob(text, "")])
    except re.error as error:
        return f"bad file pattern {text!r}: {error.msg}; between `[` and `]` stand characters, or ranges such as `a-z`"
    return ""
