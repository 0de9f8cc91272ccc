"""Findings of earlier runs: an unchanged file costs one `stat`.

One JSON file for a project root, replaced as a whole, so that a reader sees an old or a new one and concurrent runs
lose nothing but each other's additions. Whatever cannot be understood is ignored: the cache never decides more than
whether work is done again.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from torchlint import __version__, registry
from torchlint.finding import Applicability, Edit, Finding, Fix, Location, Related, Severity
from torchlint.running.folder import Folder
from torchlint.running.seal import sealed, unsealed
from torchlint.running.stamp import Stamp, content_digest, stamp

DIRECTORY = ".torchlint_cache"
# What `--verify` found out about fixes, one file each, named by a digest.
VERDICTS = "verdicts"
_VERDICT = re.compile(r"[0-9a-f]{64}\.json")
_FILE = "findings.json"
# What the files of the project import, see `known_imports`.
IMPORTS = "imports.json"
_IGNORE = ".gitignore"
_FORMAT = 3
# While a run goes on, what was found is written at most this often (seconds), and for a twentieth of the time at most.
_PAUSE = 5.0
_SHARE = 20


class Known(NamedTuple):
    """What an earlier run found in a file. `error` is the line that said why it could not be checked; `content` is the
    digest of the file. `asked` are the names for which it was asked who imports them, `answered` the digest of what was
    the answer."""

    findings: Sequence[Finding] = ()
    error: str = ""
    error_row: int = 0
    content: str = ""
    asked: Sequence[str] = ()
    answered: str = ""


def tool_digest() -> str:
    """A digest that changes with everything that findings depend on besides the code: this package and its rules."""
    state = hashlib.blake2b(__version__.encode(), digest_size=16)
    for folder in (str(Path(__file__).parent.parent), registry.rules_folder()):
        for path in sorted(_sources(folder)):
            size, changed = stamp(os.stat(path))
            state.update(f"{path}\0{size}\0{changed}\0".encode())
    for path in registry.installed_files():
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
        self._entries = _read(folder, tool)
        self._changed = False
        self._due = time.monotonic() + _PAUSE

    def get(self, path: str, settings: str) -> Known | None:
        """What is known of a file under these settings (a digest); None if it has to be checked."""
        try:
            entry = self._entries[_key(path)]
            if entry["settings"] != settings or not self._is_current(path, entry):
                return None
            if any(_stamp(other) != tuple(stamp) for other, stamp in entry["consulted"].items()):
                return None
            return _known(entry)
        except (OSError, LookupError, TypeError, ValueError, AttributeError):
            return None

    def _is_current(self, path: str, entry: dict[str, Any]) -> bool:
        stamp = _stamp(path)
        if not os.access(path, os.R_OK):
            return False  # as a file that was never checked
        if tuple(entry["stamp"]) == stamp:
            return True
        # Touched, or checked out again: the content decides.
        if entry["stamp"][1] != stamp[1] or content_digest(Path(path).read_bytes()) != entry["content"]:
            return False
        entry["stamp"] = list(stamp)
        self._changed = True
        return True

    def put(self, path: str, settings: str, known: Known, stamp: Stamp, consulted: Iterable[str] = ()) -> None:
        """Remember what was found in a file when it had this stamp, and these other files as they are now."""
        try:
            others = {other: list(_stamp(other)) for other in consulted}
        except OSError:
            return
        self._entries[_key(path)] = {
            "settings": settings,
            "stamp": list(stamp),
            "content": known.content,
            "findings": [_row(finding) for finding in known.findings],
            "error": known.error,
            "error_row": known.error_row,
            "consulted": others,
            "asked": sorted(known.asked),
            "answered": known.answered,
        }
        self._changed = True

    def save_now_and_then(self) -> None:
        """Write the cache if that was long ago, so that a run that is killed loses little."""
        start = time.monotonic()
        if start < self._due:
            return
        self.save()
        end = time.monotonic()
        self._due = end + max(_PAUSE, _SHARE * (end - start))

    def save(self) -> None:
        """Write the cache if anything changed. A folder that cannot be written is not an error."""
        if not self._changed:
            return
        content = sealed({"format": _FORMAT, "tool": self._tool, "files": self._entries})
        with suppress(OSError):
            write(self._folder, content, _FILE)
            self._changed = False


def clean(folder: Path) -> bool:
    """Delete a cache folder, but nothing in it that is not ours, nor behind a link. True if there was a cache."""
    found = Folder(folder, VERDICTS).remove(like=_VERDICT)
    found += Folder(folder).remove([_FILE, IMPORTS])
    if found:
        Folder(folder).remove([_IGNORE])
    return found > 0


def write(folder: str | Path, content: bytes, *place: str) -> None:
    """Replace a file of a cache folder, which git ignores. Raises `OSError`."""
    Folder(folder).add(_IGNORE, b"*\n")
    *below, name = place
    Folder(folder, *below).write(name, content)


def _stamp(path: str) -> Stamp:
    return stamp(os.stat(path))


def _key(path: str) -> str:
    return os.path.abspath(path)


def _read(folder: Path, tool: str) -> dict[str, Any]:
    try:
        content = unsealed(Folder(folder).read(_FILE))
        entries = content["files"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return {}
    current = content.get("format") == _FORMAT and content.get("tool") == tool and isinstance(entries, dict)
    return entries if current else {}


def _known(entry: dict[str, Any]) -> Known:
    error, row, content = entry["error"], entry["error_row"], entry["content"]
    if not isinstance(error, str) or not isinstance(row, int) or not isinstance(content, str):
        raise TypeError("not an entry of the cache")
    findings = [_finding(stored) for stored in entry["findings"]]
    return Known(findings, error, row, content, [*map(str, entry["asked"])], str(entry["answered"]))


def _row(finding: Finding) -> list[Any]:
    fix = finding.fix
    return [
        finding.code,
        finding.name,
        finding.message,
        finding.severity,
        finding.location,
        finding.end_location,
        [fix.title, fix.applicability, fix.edits, fix.verification, fix.verified, fix.needs] if fix else None,
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
    title, applicability, edits, verification, verified, needs = row
    changes = tuple(Edit(int(start), int(end), str(text)) for start, end, text in edits)
    kept = Fix(str(title), Applicability(applicability), changes, str(verification), bool(verified))
    return kept._replace(needs=tuple(map(str, needs)))
