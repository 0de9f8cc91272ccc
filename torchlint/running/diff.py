"""What `--diff` prints: the change of one file, as `git apply` and `patch -p1` take it."""

from __future__ import annotations

import difflib
import io
import os
from collections.abc import Iterator
from typing import Any

from torchlint.source import Source, shared


def unified_diff(before: Source, after: bytes) -> bytes:
    """The change of a file that was read as `git apply` and `patch -p1` take it."""
    name = before.path.replace(os.sep, "/")
    old, new = (name, name) if name.startswith(("/", "../")) else (f"a/{name}", f"b/{name}")
    lines = list(_hunks(_lines(before.original or b""), _lines(after)))
    if not lines:
        return b""
    header = f"--- {old}\n+++ {new}\n".encode("utf-8", "surrogateescape")
    return header + "".join(map(_terminated, lines)).encode("latin-1")


def _hunks(old: list[str], new: list[str]) -> Iterator[str]:
    """The lines of a unified diff. Only what lies between the first and the last change is compared: the outputs of a
    notebook can be 300,000 lines, for which difflib takes 8 s (2026-11)."""
    first, last = shared(old, new)

    class Matcher(difflib.SequenceMatcher[str]):
        def get_opcodes(self) -> list[Any]:
            codes = [(tag, *(place + first for place in places)) for tag, *places in super().get_opcodes()]
            before = [("equal", 0, first, 0, first)] if first else []
            after = [("equal", len(old) - last, len(old), len(new) - last, len(new))] if last else []
            return [*before, *codes, *after]

    for group in Matcher(None, old[first : len(old) - last], new[first : len(new) - last]).get_grouped_opcodes():
        yield f"@@ -{_range(group[0][1], group[-1][2])} +{_range(group[0][3], group[-1][4])} @@\n"
        for tag, *places in group:
            yield from _signed(tag, old[places[0] : places[1]], new[places[2] : places[3]])


def _range(start: int, end: int) -> str:
    """Lines as a hunk names them: the first one and how many, of none the one before."""
    return str(start + 1) if end == start + 1 else f"{start + (end > start)},{end - start}"


def _signed(tag: str, old: list[str], new: list[str]) -> Iterator[str]:
    if tag == "equal":
        yield from (f" {line}" for line in old)
        return
    yield from (f"-{line}" for line in old)
    yield from (f"+{line}" for line in new)


def _lines(data: bytes) -> list[str]:
    # Lines as git counts them: only a line feed ends one. Each byte is a character, so that all come back as they are.
    return list(io.StringIO(data.decode("latin-1"), newline="\n"))


def _terminated(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
