"""What the files of a project import, notebooks included, read off their text: who may call a definition is found
without parsing them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from torchlint.kept import kept
from torchlint.reading import read
from torchlint.syntax.module_paths import outermost_package
from torchlint.syntax.project_root import project_root
from torchlint.syntax.tests import is_test_file

# Of a larger project nothing is known: listing it would cost more than is found, and it is likely several projects.
_MAX_FILES = 6_000
_MAX_BYTES = 400_000
# Outputs make notebooks long.
_MAX_NOTEBOOK_BYTES = 2_000_000
_NOTEBOOK = ".ipynb"
_ENDS = (".py", _NOTEBOOK)
_NOT_OF_THE_PROJECT = frozenset({"__pycache__", "node_modules", "site-packages", "build", "dist"})
_ENVIRONMENT = "pyvenv.cfg"
_COMMENT = re.compile(r"#[^\n]*")

# Time of change in nanoseconds and size of a file, and the dotted names that it imports, separated by blanks.
Row = tuple[int, int, str]


def imported_names(text: bytes) -> set[str]:
    """The dotted names in the import statements of a text: `a.b.c` for `import a.b.c`, `.a.b` for `from .a import b`,
    `a.*` for `from a import *`."""
    found: set[str] = set()
    place = text.find(b"import")
    while place >= 0:
        start = text.rfind(b"\n", 0, place) + 1
        head = text[start:place].split()
        if not head or (len(head) == 2 and head[0] == b"from"):
            module = head[1].decode("utf-8", "replace") if head else ""
            found.update(_names(module, text[place + len(b"import") : place + 4_000]))
        place = text.find(b"import", place + 1)
    return found


def _lines_of_notebook(text: bytes) -> bytes:
    """The strings of a notebook's JSON as lines of a program, outputs and all: what is imported begins one."""
    lines = text.replace(b"\\n", b"\n").split(b"\n")
    return b"\n".join(line.lstrip(b' \t["').partition(b'"')[0] for line in lines)


def _names(module: str, rest: bytes) -> Iterator[str]:
    """The dotted names of a statement, from what stands behind `import`."""
    text = rest.decode("utf-8", "replace").replace("\\\n", " ").replace("\\\r\n", " ")
    if not text[:1].isspace() and text[:1] not in ("(", "*"):
        return  # `importlib`
    text = text.lstrip(" \t")
    end = ")" if text.startswith("(") else "\n"
    text = _COMMENT.sub("", text.partition(end)[0]) if end == ")" else text.partition(end)[0].partition("#")[0]
    joint = "." if module and not module.endswith(".") else ""
    for piece in text.lstrip("(").partition(";")[0].split(","):
        name = piece.split()[:1]
        if name:
            yield f"{module}{joint}{name[0]}"


class ImportIndex:
    """The files of a project, tests excepted, and what each imports. `known` is what an earlier run read, by path."""

    def __init__(self, root: str, known: Mapping[str, Row]) -> None:
        self.root = root
        self.rows: dict[str, Row] = {}
        self.has_read = False
        # What dotted names stand for in the file that was asked about last: an editor asks again at each change, and
        # in transformers it cost 100 of the 360 ms of a check (2026-11).
        self._answered_for = ""
        self._answered: dict[tuple[str, str, int], list[str] | None] = {}
        for path, stat in _files(root):
            row = known.get(path)
            if row is None or row[0] != stat.st_mtime_ns or row[1] != stat.st_size:
                row = stat.st_mtime_ns, stat.st_size, _read(path, stat.st_size)
                self.has_read = True
            self.rows[path] = row

    def importing(self, last: str) -> tuple[tuple[str, str], ...]:
        """The files that import something of this name, and the dotted name under which they do; for `engine.*`, all
        that a module `engine` has."""
        return tuple(self._by_last.get(last, ()))

    def answered(self, path: str) -> dict[tuple[str, str, int], list[str] | None]:
        """What is known of the names that stand for something in a file; of other files it is forgotten."""
        if path != self._answered_for:
            self._answered_for, self._answered = path, {}
        return self._answered

    def imports_of(self, path: str) -> list[str]:
        """The dotted names that a file imports."""
        row = self.rows.get(path)
        return row[2].split() if row is not None else []

    def answers(self, names: Iterable[str]) -> str:
        """All answers to questions for these names, as a text to compare."""
        return "\n".join(f"{path} {dotted}" for name in sorted(names) for path, dotted in self.importing(name))

    @kept
    def _by_last(self) -> dict[str, list[tuple[str, str]]]:
        found: dict[str, list[tuple[str, str]]] = {}
        for path, (_, _, names) in self.rows.items():
            for dotted in names.split():
                module, _, last = dotted.rpartition(".")
                if last == "*":
                    last = f"{module.rpartition('.')[2]}.*"
                found.setdefault(last, []).append((path, dotted))
        return found


class ImportIndexes:
    """The index of each project that files of a run belong to, made when it is first asked for."""

    def __init__(self, known: Mapping[str, Row] | None = None) -> None:
        self._known = known or {}
        self._made: dict[str, ImportIndex | None] = {}
        self._roots: dict[str, str] = {}

    def of(self, path: str) -> ImportIndex | None:
        """The index of the project that a file belongs to; None for one that is too large."""
        folder = os.path.dirname(os.path.abspath(path))
        root = self._roots.get(folder)
        if root is None:
            root = self._roots[folder] = project_root(folder) or outermost_package(folder)
        if root not in self._made:
            try:
                self._made[root] = ImportIndex(root, self._known)
            except (OSError, _TooLargeError):
                self._made[root] = None
        return self._made[root]

    def unsaved(self) -> dict[str, Row]:
        """All rows, if some of them were read anew since this was last asked."""
        made = [index for index in self._made.values() if index is not None]
        if not any(index.has_read for index in made):
            return {}
        for index in made:
            index.has_read = False
        return dict(self._known) | {path: row for index in made for path, row in index.rows.items()}


@cache
def of_process() -> ImportIndexes:
    """What the files of each project import, for a process that is one run: none of them changes meanwhile."""
    return ImportIndexes()


class _TooLargeError(Exception):
    """A project has more files than are listed."""


def _files(root: str) -> Iterator[tuple[str, os.stat_result]]:
    """The Python files and notebooks of a project, by name. Raises `OSError`, `_TooLargeError`."""
    count = 0
    pending = [root]
    while pending:
        with os.scandir(pending.pop()) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
        if any(entry.name == _ENVIRONMENT for entry in entries):
            continue
        for entry in entries:
            if entry.name.startswith(".") or entry.name in _NOT_OF_THE_PROJECT:
                continue
            if entry.is_dir(follow_symlinks=False):
                pending.append(entry.path)
            elif entry.name.endswith(_ENDS) and not is_test_file(entry.path) and entry.is_file():
                count += 1
                if count > _MAX_FILES:
                    raise _TooLargeError
                yield entry.path, entry.stat()


def _read(path: str, size: int) -> str:
    """What a file imports; nothing where it is too large or cannot be read."""
    is_notebook = path.endswith(_NOTEBOOK)
    if size > (_MAX_NOTEBOOK_BYTES if is_notebook else _MAX_BYTES):
        return ""
    try:
        text = read(path)[0]
        return " ".join(sorted(imported_names(_lines_of_notebook(text) if is_notebook else text)))
    except OSError:
        return ""
