"""Programs of fixtures and what fixing makes of them, which is kept as a diff.

The golden of `case.py` is `case.fixed.diff`: the unified diff that leads from the program to what all fixes make of it.
A fixture without one stays as it is.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

# Lines around each change: enough to see what it belongs to.
_CONTEXT = 2
_UNENDED = "\\ No newline at end of file\n"
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")


def golden(path: Path) -> Path:
    """The file with the diff from a fixture to what fixing makes of it."""
    return path.with_name(f"{path.stem}.fixed.diff")


def read(path: Path) -> str:
    """The text of a fixture, with the line ends that it has."""
    return path.read_bytes().decode("utf-8")


def fixed(path: Path) -> str:
    """What fixing makes of the fixture at `path`, by its golden."""
    return patched(read(path), read(golden(path))) if golden(path).exists() else read(path)


def write_golden(path: Path, after: str) -> None:
    """Keep what fixing makes of the fixture at `path`."""
    if after == read(path):
        golden(path).unlink(missing_ok=True)
    else:
        golden(path).write_bytes(difference(read(path), after, path.name).encode("utf-8"))


def difference(before: str, after: str, name: str = "case.py") -> str:
    """The unified diff between two texts, as `patch` reads it."""
    lines = difflib.unified_diff(_lines(before), _lines(after), name, name, n=_CONTEXT)
    return "".join(line if line.endswith("\n") else f"{line}\n{_UNENDED}" for line in lines)


def patched(before: str, diff: str) -> str:
    """The text that a unified diff makes of another one. ValueError if it is a diff of some other text."""
    lines, result, row = _lines(before), [], 0
    for start, removed, added in _hunks(diff):
        if lines[start : start + len(removed)] != removed:
            raise ValueError(f"the golden does not fit its fixture at line {start + 1}: run pytest --update-goldens")
        result += [*lines[row:start], *added]
        row = start + len(removed)
    return "".join(result + lines[row:])


def _hunks(diff: str) -> Iterator[tuple[int, list[str], list[str]]]:
    """Of each hunk the row, from 0, at which it begins, the lines that stand there and those that take their place."""
    lines = _lines(diff)
    heads = [row for row, line in enumerate(lines) if _HUNK.match(line)]
    for head, end in itertools.pairwise([*heads, len(lines)]):
        found = _HUNK.match(lines[head])
        assert found
        # A hunk that only adds names the line before it.
        start = int(found[1]) - (found[2] != "0")
        body = _with_their_ends(lines[head + 1 : end])
        yield start, [line[1:] for line in body if line[0] in " -"], [line[1:] for line in body if line[0] in " +"]


def _with_their_ends(body: Sequence[str]) -> list[str]:
    """The lines of a hunk, those without a line end in the text without one here."""
    following = [*body[1:], ""]
    return [
        line.removesuffix("\n") if after == _UNENDED else line
        for line, after in zip(body, following, strict=True)
        if line != _UNENDED
    ]


def _lines(text: str) -> list[str]:
    """The lines as `git` counts them: only a line feed ends one."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
