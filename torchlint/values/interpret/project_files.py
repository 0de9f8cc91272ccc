"""Files of a project that are read because of another one, each state of them once in a process."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from functools import lru_cache

from torchlint.reading import read
from torchlint.source import Source, SourceError
from torchlint.syntax.module import Module
from torchlint.syntax.words import Words

_MAX_BYTES = 400_000
# With its outputs, by which a notebook is long.
_MAX_OTHER_BYTES = 2_000_000
_MAX_FILES = 40


# How files are read that are not Python, by the end of their names; who knows how, says so.
readers: dict[str, Callable[[str, bytes], Source]] = {}


class ProjectFiles:
    """Reads up to so many files, and notes in `consulted` which."""

    def __init__(self, consulted: set[str]) -> None:
        self._consulted = consulted
        self._read: set[str] = set()

    def load(self, path: str) -> Module | None:
        """A module; None where it cannot be read, or no more are."""
        changed = self._state(path)
        return _parsed(path, *changed) if changed else None

    def words(self, path: str) -> frozenset[str]:
        """The words of a module; none where it cannot be read, or no more are."""
        changed = self._state(path)
        return _words_of(path, *changed) if changed else frozenset()

    def _state(self, path: str) -> tuple[int, int] | None:
        """The state of a file that is about to be read: its time and size; None where no more are read."""
        if path not in self._read:
            if len(self._read) >= _MAX_FILES:
                return None
            self._read.add(path)
            self._consulted.add(path)
        try:
            stat = os.stat(path)
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=128)
def _words_of(path: str, changed: int, size: int) -> frozenset[str]:
    """The words of a module of the project, in this state; none where it is too large or cannot be read."""
    source = _read(path, size)
    return Words(source.text).all if source else frozenset()


@lru_cache(maxsize=128)
def _parsed(path: str, changed: int, size: int) -> Module | None:
    """A module of the project, in this state; None where it is too large or cannot be read."""
    source = _read(path, size)
    try:
        return Module(source, ast.parse(source.text)) if source else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _read(path: str, size: int) -> Source | None:
    reader = readers.get(os.path.splitext(path)[1])
    try:
        if size > (_MAX_BYTES if reader is None else _MAX_OTHER_BYTES):
            return None
        return (reader or Source.from_bytes)(path, read(path)[0])
    except (OSError, SourceError):
        return None
