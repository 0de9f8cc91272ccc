"""What review services need of a place: a path within the repository, and a name that survives moving the line."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TextIO
from urllib.parse import quote

from torchlint.finding import Finding, Location, Place
from torchlint.running.outcome import Run
from torchlint.source import Source


def within_repository(path: str) -> str:
    """The path relative to the git repository around the working directory, with slashes; as it is if outside."""
    root = os.getcwd()
    while not os.path.exists(os.path.join(root, ".git")) and os.path.dirname(root) != root:
        root = os.path.dirname(root)
    if not os.path.exists(os.path.join(root, ".git")):
        root = os.getcwd()
    relative = os.path.relpath(path, root)
    return (path if relative.startswith("..") else relative).replace(os.sep, "/")


def uri(path: str) -> str:
    """The path as a relative URI reference, or an absolute one for a file outside of the repository."""
    escaped = quote(os.fsencode(within_repository(path)))
    return f"file://{escaped}" if escaped.startswith("/") else escaped


def place_in(source: Source, path: str, location: Location) -> Place:
    """A place as it is said. `path` may be another file than that of the findings, which is then one of Python."""
    return source.place(location) if path == source.path else Place(None, *location)


def in_file(source: Source, path: str, location: Location) -> Location:
    """Row and column of the file itself: of a notebook, those of its JSON."""
    return source.place_in_file(location) if path == source.path else location


def write_each(run: Run, out: TextIO, line_of: Callable[[Finding, Source], str]) -> None:
    """Write a line for each finding."""
    for source, findings in run.files():
        for finding in findings:
            out.write(line_of(finding, source) + "\n")


def fingerprinted(run: Run) -> Iterator[tuple[Source, Finding, str]]:
    """Source, finding and fingerprint.

    Code, path, text of the line and message make the fingerprint, not the line's number, so that a finding stays the
    same one when lines are added above. Equal ones are numbered.
    """
    seen: Counter[str] = Counter()
    for source, findings in run.files():
        path = within_repository(source.path)
        for finding in findings:
            line = source.displayed(finding.location.row).strip()
            identity = "\0".join([finding.code, path, line, finding.message])
            seen[identity] += 1
            yield source, finding, _digest(f"{identity}\0{seen[identity]}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
