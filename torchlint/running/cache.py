"""Findings of earlier runs: an unchanged file costs one `stat`.

One JSON file for a project root, replaced as a whole, so that a reader sees an old or a new one and concurrent runs
lose nothing but each other's additions. Whatever cannot be understood is ignored: the cache never decides more than
whether work is done again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from torchlint import __version__, registry
from torchlint.finding import Applicability, Edit, Finding, Fix, Location, Related, Severity
from torchlint.running.state import Stamp, content_digest, stamp

DIRECTORY = ".torchlint_cache"
# What `--verify` found out about fixes, one file each, named by a digest.
VERDICTS = "verdicts"
_FILE = "findings.json"
_FORMAT = 1
_DIGITS = 64


class Known(NamedTuple):
    """What an earlier run found in a file. `error` is the line that said why it could not be checked."""

    findings: Sequence[Finding] = ()
    error: str = ""
    error_row: int = 0


def tool_digest() -> str:
    """A digest that changes with everything that findings depend on besides the code: this package and its rules."""
    state = hashlib.blake2b(__version__.encode(), digest_size=16)
    for folder in (str(Path(__file__).parent.parent), registry.rules_folder()):
        for path in sorted(_sources(folder)):
            size, changed = stamp(os.stat(path))
            state.update(f"{path}\0{size}\0{changed}\0".encode())
    return state.hexdigest()


def _sources(folder: str) -> Iterator[str]:
    for entry in os.scandir(folder):
        if entry.is_dir():
            yield from _sources(entry.path)
        elif entry.name.endswith((".py", ".json")):
            yield entry.path


class Cache:
    """The findings under one root folder. `save` writes what was added."""

    def __init__(self, folder: Path, tool: str) -> None:
        self._folder = folder
        self._tool = tool
        self._entries = _read(folder / _FILE, tool)
        self._changed = False

    def get(self, path: str, settings: str) -> Known | None:
        """What is known of a file under these settings (a digest); None if it has to be checked."""
        entry = self._entries.get(_key(path))
        if entry is None or entry.get("settings") != settings:
            return None
        try:
            if not self._is_current(path, entry):
                return None
            if any(_stamp(other) != tuple(stamp) for other, stamp in entry["consulted"].items()):
                return None
            return _known(entry)
        except (OSError, LookupError, TypeError, ValueError, AttributeError):
            return None

    def _is_current(self, path: str, entry: dict[str, Any]) -> bool:
        stamp = _stamp(path)
        if tuple(entry["stamp"]) == stamp:
            return True
        # Touched, or checked out again: the content decides.
        if entry["stamp"][1] != stamp[1] or content_digest(Path(path).read_bytes()) != entry["content"]:
            return False
        entry["stamp"] = list(stamp)
        self._changed = True
        return True

    def put(
        self, path: str, settings: str, content: str, known: Known, stamp: Stamp, consulted: Iterable[str] = ()
    ) -> None:
        """Remember what was found in a file when it had this content (a digest) and stamp, and these other files."""
        try:
            others = {other: list(_stamp(other)) for other in consulted}
        except OSError:
            return
        self._entries[_key(path)] = {
            "settings": settings,
            "stamp": list(stamp),
            "content": content,
            "findings": [_row(finding) for finding in known.findings],
            "error": known.error,
            "error_row": known.error_row,
            "consulted": others,
        }
        self._changed = True

    def save(self) -> None:
        """Write the cache if anything changed. A folder that cannot be written is no error."""
        if not self._changed:
            return
        content = json.dumps({"format": _FORMAT, "tool": self._tool, "files": self._entries}, separators=(",", ":"))
        try:
            prepare(self._folder)
            replace(self._folder / _FILE, content)
        except OSError:
            return
        self._changed = False


def clean(folder: Path) -> bool:
    """Delete a cache folder, but nothing in it that is not ours. True if there was a cache."""
    verdicts = folder / VERDICTS
    ours = [path for path in verdicts.glob("*.json") if len(path.stem) == _DIGITS] if verdicts.is_dir() else []
    if not (folder / _FILE).exists() and not ours:
        return False
    for path in ours:
        path.unlink(missing_ok=True)
    if verdicts.is_dir() and not any(verdicts.iterdir()):
        verdicts.rmdir()
    for name in (_FILE, ".gitignore"):
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
    return True


def prepare(folder: Path) -> None:
    """Make a cache folder that git ignores. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")


def _stamp(path: str) -> Stamp:
    return stamp(os.stat(path))


def _key(path: str) -> str:
    return os.path.abspath(path)


def _read(path: Path, tool: str) -> dict[str, dict[str, Any]]:
    try:
        content = json.loads(path.read_bytes())
        if content["format"] != _FORMAT or content["tool"] != tool:
            return {}
        entries = content["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return entries if isinstance(entries, dict) else {}


def replace(path: Path, content: str) -> None:
    """Write a file in one step. Raises `OSError`."""
    import tempfile

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(content)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise


def _known(entry: dict[str, Any]) -> Known:
    error, row = entry["error"], entry["error_row"]
    if not isinstance(error, str) or not isinstance(row, int):
        raise TypeError("not an entry of the cache")
    return Known([_finding(stored) for stored in entry["findings"]], error, row)


def _row(finding: Finding) -> list[Any]:
    fix = finding.fix
    return [
        finding.code,
        finding.name,
        finding.message,
        finding.severity,
        finding.location,
        finding.end_location,
        [fix.title, fix.applicability, fix.edits, fix.verification, fix.verified] if fix else None,
        finding.related,
        finding.help,
        finding.unfixed,
    ]


def _finding(row: list[Any]) -> Finding:
    code, name, message, severity, start, end, fix, related, advice, unfixed = row
    return Finding(
        str(code),
        str(name),
        str(message),
        Severity(severity),
        _location(start),
        _location(end),
        _fix(fix) if fix is not None else None,
        tuple(Related(str(path), _location(first), _location(last), str(text)) for path, first, last, text in related),
        str(advice),
        str(unfixed),
    )


def _location(row: list[Any]) -> Location:
    return Location(*map(int, row))


def _fix(row: list[Any]) -> Fix:
    title, applicability, edits, verification, verified = row
    changes = tuple(Edit(int(start), int(end), str(text)) for start, end, text in edits)
    return Fix(str(title), Applicability(applicability), changes, str(verification), bool(verified))
