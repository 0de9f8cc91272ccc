"""What git says has been added since a revision: rows of files, renames followed, files that git does not know whole.

The revision is where the branch left it: lines that others have changed there since are not ours.
"""

from __future__ import annotations

import difflib
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress

from torchlint.running.changed_rows import Scope, Span

_HUNK = re.compile(rb"@@ -\S+ \+(?P<first>\d+)(?:,(?P<count>\d+))? @@")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
# Whatever the user's configuration says: no program of a repository is run, and the form of what is printed is known.
_DIFF = (
    *("diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-relative", "--ignore-submodules", "--unified=0"),
    *("--find-renames", "--src-prefix=a/", "--dst-prefix=b/"),
)


class ChangesError(Exception):
    """git cannot say what has changed; the message is one line."""


class _FailedError(ChangesError):
    """git ran, and said no."""


class Changes:
    """The changes since a revision, of each repository that files are in."""

    def __init__(self, revision: str) -> None:
        self._revision = revision
        self._repositories: dict[str, _Repository] = {}

    def scope(self, path: str) -> Scope | None:
        """The rows of a file that were added, perhaps none; None for all, as of a file that git does not know. Raises
        `ChangesError`."""
        repository, name = self._located(path)
        return repository.scope(name)

    def scope_of_text(self, path: str, data: bytes) -> Scope | None:
        """The same for a text that is to be the content of a file. Raises `ChangesError`."""
        repository, name = self._located(path)
        old = repository.old_content(name)
        return None if old is None else Scope(tuple(_added(old.splitlines(), data.splitlines())))

    def _located(self, path: str) -> tuple[_Repository, str]:
        real = os.path.realpath(path)
        root = _root_of(os.path.dirname(real))
        if root is None:
            folder = os.path.dirname(os.path.abspath(path))
            raise ChangesError(f"{folder} is not in a git repository, so that nothing is known to have changed there")
        if root not in self._repositories:
            self._repositories[root] = _Repository(root, self._revision)
        return self._repositories[root], os.path.relpath(real, root).replace(os.sep, "/")


class _Repository:
    def __init__(self, root: str, revision: str) -> None:
        self._root = root
        self._base = self._base_of(revision)
        self._tracked = set(self._lines("ls-files", "-z"))
        self._scopes: dict[str, list[Span]] = {}
        # The names that renamed files had.
        self._old_names: dict[str, str] = {}
        self._read(self._git(*_DIFF, self._base, "--"))

    def scope(self, name: str) -> Scope | None:
        if name not in self._tracked:
            return None
        return Scope(tuple(self._scopes.get(name, ())))

    def old_content(self, name: str) -> bytes | None:
        try:
            return self._git("cat-file", "blob", f"{self._base}:{self._old_names.get(name, name)}")
        except _FailedError:
            return None  # it was not there

    def _base_of(self, revision: str) -> str:
        try:
            commit = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        except _FailedError:
            raise ChangesError(f"git knows no revision {revision!r} in {self._root}") from None
        with suppress(_FailedError):  # they have no ancestor in common
            commit = self._git("merge-base", commit.decode().strip(), "HEAD")
        return commit.decode().strip()

    def _read(self, diff: bytes) -> None:
        name, old = "", ""
        in_hunk = 0
        for line in diff.split(b"\n"):
            if in_hunk and line[:1] in (b"+", b"-", b"\\"):
                continue
            in_hunk = 0
            if line.startswith(b"rename from "):
                old = _unquoted(line.removeprefix(b"rename from "))
            elif line.startswith(b"rename to "):
                self._old_names[_unquoted(line.removeprefix(b"rename to "))] = old
            elif line.startswith(b"+++ "):
                name = _unquoted(line.removeprefix(b"+++ ").removesuffix(b"\t")).removeprefix("b/")
            elif hunk := _HUNK.match(line):
                in_hunk = 1
                first, count = int(hunk["first"]), int(hunk["count"] or 1)
                if count:
                    self._scopes.setdefault(name, []).append((first, first + count - 1))

    def _lines(self, *arguments: str) -> Iterator[str]:
        return (os.fsdecode(name) for name in self._git(*arguments).split(b"\0") if name)

    def _git(self, *arguments: str) -> bytes:
        # `core.fsmonitor` is a program that the configuration of a repository may name.
        command = ["git", "-C", self._root, "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", *arguments]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        except OSError as error:
            raise ChangesError(f"git cannot be run: {error.strerror or error}") from None
        if done.returncode:
            said = " ".join(done.stderr.decode(errors="replace").split())
            raise _FailedError(f"git {arguments[0]} failed in {self._root}: {said}")
        return done.stdout


def _root_of(folder: str) -> str | None:
    while not os.path.lexists(os.path.join(folder, ".git")):
        folder, child = os.path.dirname(folder), folder
        if folder == child:
            return None
    return folder


def _unquoted(name: bytes) -> str:
    """A name as git prints it: in quotes and with escapes where it has unusual characters."""
    if name.startswith(b'"'):
        name = _ESCAPE.sub(_character, name.strip(b'"'))
    return os.fsdecode(name)


def _character(escape: re.Match[bytes]) -> bytes:
    text = escape[1]
    return bytes([int(text, 8)]) if len(text) == 3 else _ESCAPES.get(text, text)


def _added(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[Span]:
    codes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return ((first + 1, last) for kind, _, _, first, last in codes if kind in ("insert", "replace"))
