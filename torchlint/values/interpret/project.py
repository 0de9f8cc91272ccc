"""Other files of the same project: modules beside a script and of its own package, read when a value leads there."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Mapping
from functools import lru_cache

from torchlint.reading import read
from torchlint.source import Source, SourceError
from torchlint.syntax.bindings import imported, stored
from torchlint.syntax.module import Module
from torchlint.syntax.scope import statements_of
from torchlint.syntax.words import Words
from torchlint.values.interpret.attributes import attribute_of
from torchlint.values.interpret.frame import Frame
from torchlint.values.interpret.lookup import resolved
from torchlint.values.value import External, Unknown, Value

_MAX_BYTES = 400_000
_MAX_MODULES = 40
_MAX_HOPS = 8
# Packages whose modules have no name in them that stands for another module of torch.
_HARMLESS = frozenset({"torch", *sys.stdlib_module_names})


class Project:
    """Finds what names imported from the project's own files hold. One for each file that is checked."""

    def __init__(self) -> None:
        self.consulted: set[str] = set()
        self._values: dict[tuple[str, str], Value | None] = {}
        self._words: dict[tuple[str, int], frozenset[str]] = {}
        self._hops = 0

    def lookup(self, frame: Frame, qualname: str) -> Value | None:
        """The value that a dotted name has in another file of the project; None where it is not of the project."""
        importer = frame.module.source.path
        key = (importer, qualname)
        if key not in self._values:
            self._values[key] = None  # while it is looked up: an import cycle ends here
            self._values[key] = self._find(frame, importer, qualname)
        return self._values[key]

    def _find(self, frame: Frame, importer: str, qualname: str) -> Value | None:
        parts, base = _relative(importer, qualname)
        if _module_path(base, tuple(parts)) is not None:
            return None  # a module: its name goes on
        for count in range(len(parts) - 1, 0, -1):
            path = _module_path(base, tuple(parts[:count]))
            if path is not None:
                return self._value(frame, path, parts[count:])
        if qualname.startswith(".") and parts:
            path = _package_file(base)
            return self._value(frame, path, parts) if path else None
        return None

    def _value(self, frame: Frame, path: str, names: list[str]) -> Value | None:
        module = self._load(path)
        if module is None or self._hops >= _MAX_HOPS or _is_same_file(path, frame.module.source.path):
            return None
        self._hops += 1
        try:
            outer = frame.evaluator.module_frame(module)
            value = outer.all_bindings(names[0])
            if isinstance(value, External):
                value = resolved(outer, value)
            for name in names[1:]:
                value = attribute_of(outer, value, name, module.tree) if value is not None else None
        finally:
            self._hops -= 1
        return Unknown() if value is None else value

    def exports(self, importer: str, name: str, hops: int = _MAX_HOPS) -> Mapping[str, str] | None:
        """The names that `from name import *` binds, each with the dotted name that it stands for, which is empty for
        what the module defines itself; None where that is not known."""
        if name.partition(".")[0] in _HARMLESS:
            return {}
        parts, base = _relative(importer, name)
        path = _module_path(base, tuple(parts)) if parts else _package_file(base)
        module = self._load(path) if path and hops else None
        if path is None or module is None:
            return None
        found: dict[str, str] = {}
        for line in statements_of(module.tree.body):
            if isinstance(line, ast.ImportFrom) and line.names[0].name == "*":
                inner = self.exports(path, "." * line.level + (line.module or ""), hops - 1)
                if inner is None:
                    return None
                found |= inner
            elif isinstance(line, ast.Import | ast.ImportFrom):
                found |= {each.name: each.qualname for each in imported(line)}
            else:
                found |= dict.fromkeys(stored(line), "")
        return {bound: qualname for bound, qualname in found.items() if not bound.startswith("_")}

    def _load(self, path: str) -> Module | None:
        changed = self._consult(path)
        return _parsed(path, *changed) if changed else None

    def _consult(self, path: str) -> tuple[int, int] | None:
        """The state of a file that is about to be read: its time and size; None where no more are read."""
        if path not in self.consulted:
            if len(self.consulted) >= _MAX_MODULES:
                return None
            self.consulted.add(path)
        try:
            stat = os.stat(path)
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size

    def words(self, source: Source, tree: ast.Module) -> dict[str, frozenset[str]]:
        """For each name that a file imports from its project, the words of the module that it comes from."""
        found: dict[str, frozenset[str]] = {}
        for statement in statements_of(tree.body):
            for name, qualname in _imported(statement):
                path = _home(source.path, qualname)
                if path is not None:
                    found[name] = found.get(name, frozenset()) | self._words_behind(path)
        return found

    def _words_behind(self, path: str, hops: int = 2) -> frozenset[str]:
        """The words of a module and, if it is a package, of the modules that it imports from."""
        known = self._words.get((path, hops))
        if known is not None:
            return known
        changed = self._consult(path)
        words = _words_of(path, *changed) if changed else frozenset()
        # Only a package passes on what it imports: of other files the words are enough, and nothing is parsed.
        module = self._load(path) if hops and os.path.basename(path) == "__init__.py" else None
        if module is not None:
            named = (name for statement in module.tree.body for _, name in _imported(statement))
            homes = dict.fromkeys(_home(path, name) for name in named)
            words = words.union(*(self._words_behind(inner, hops - 1) for inner in homes if inner and inner != path))
        self._words[path, hops] = words
        return words


def _is_same_file(path: str, importer: str) -> bool:
    """Whether a module is the file that imports it. What comes from an editor or a pipe may not be on the disk."""
    try:
        return os.path.samefile(path, importer)
    except OSError:
        return os.path.abspath(path) == os.path.abspath(importer)


def _imported(statement: ast.stmt) -> list[tuple[str, str]]:
    """The names that an import statement binds, each with the longest dotted name that is imported for it."""
    longest = [
        (each.name, each.module if isinstance(statement, ast.Import) else each.qualname) for each in imported(statement)
    ]
    return [(name, qualname) for name, qualname in longest if name != "*"]


def _home(importer: str, qualname: str) -> str | None:
    """The file of the module that a dotted name begins with, as long a beginning as there is."""
    parts, folder = _relative(importer, qualname)
    paths = (_module_path(folder, tuple(parts[:count])) for count in range(len(parts), 0, -1))
    return next((path for path in paths if path), None)


def _relative(importer: str, qualname: str) -> tuple[list[str], str]:
    """The parts of a dotted name, and the folder in which to look for the first of them."""
    folder = os.path.dirname(os.path.abspath(importer))
    level = len(qualname) - len(qualname.lstrip("."))
    for _ in range(level - 1):
        folder = os.path.dirname(folder)
    parts = [part for part in qualname.lstrip(".").split(".") if part]
    if level == 0 and parts and not _exists(folder, parts[0]):
        folder = _package_root(folder)
    return parts, folder


@lru_cache(maxsize=4096)
def _exists(folder: str, name: str) -> bool:
    base = os.path.join(folder, name)
    return os.path.isfile(f"{base}.py") or os.path.isdir(base)


@lru_cache(maxsize=1024)
def _package_root(folder: str) -> str:
    """The folder that holds the package which a folder belongs to."""
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder)
    return folder


@lru_cache(maxsize=4096)
def _module_path(folder: str, parts: tuple[str, ...]) -> str | None:
    base = os.path.join(folder, *parts)
    return f"{base}.py" if os.path.isfile(f"{base}.py") else _package_file(base)


def _package_file(folder: str) -> str | None:
    path = os.path.join(folder, "__init__.py")
    return path if os.path.isfile(path) else None


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
    try:
        if size > _MAX_BYTES:
            return None
        return Source.from_bytes(path, read(path)[0])
    except (OSError, SourceError):
        return None
