"""Other files of the project: those that a file imports and those that import it, read when a value leads there."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable, Mapping

from torchlint.kept import kept
from torchlint.source import Source
from torchlint.syntax.bindings import imported, stored
from torchlint.syntax.import_index import ImportIndexes
from torchlint.syntax.module import FunctionModel, Module
from torchlint.syntax.module_paths import is_same_file, split
from torchlint.syntax.scope import statements_of
from torchlint.values.interpret.attributes import attribute_of
from torchlint.values.interpret.frame import Frame
from torchlint.values.interpret.importers import (
    Importers,
    OutsideCall,
    callable_from_outside,
    called_as,
    is_asked_about,
)
from torchlint.values.interpret.lookup import resolved
from torchlint.values.interpret.project_files import ProjectFiles
from torchlint.values.value import External, Unknown, Value

_MAX_HOPS = 8
# Packages whose modules have no name in them that stands for another module of torch.
_HARMLESS = frozenset({"torch", *sys.stdlib_module_names})


class Project:
    """Finds what names imported from the project's own files hold, and the calls of a file's functions in these. One
    for each file that is checked."""

    def __init__(self, module: Module, indexes: Callable[[], ImportIndexes]) -> None:
        self.consulted: set[str] = set()
        self.asked: set[str] = set()
        self._imports = ProjectFiles(self.consulted)
        self._callers = ProjectFiles(self.consulted)
        self._module = module
        self._indexes = indexes
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
        path, names = split(importer, qualname)
        # A module: its name goes on.
        return self._value(frame, path, names) if path is not None and names else None

    def _value(self, frame: Frame, path: str, names: list[str]) -> Value | None:
        module = self._imports.load(path)
        if module is None or self._hops >= _MAX_HOPS or is_same_file(path, frame.module.source.path):
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
        path, rest = split(importer, name)
        module = self._imports.load(path) if path and hops and not rest else None
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

    @kept
    def importers(self) -> Importers | None:
        """The files that import this one; None where the project is too large to tell."""
        path = self._module.source.path
        index = self._indexes().of(path)
        return Importers(path, index, self._callers, self.asked) if index is not None else None

    def calls(self, function: FunctionModel) -> list[OutsideCall] | None:
        """The calls in other files of a function, or, for `__init__`, of its class; None where not all are seen."""
        if function.module is not self._module or not is_asked_about(function):
            return []
        return self.importers.calls(called_as(function)) if self.importers is not None else []

    def words_of_callers(self) -> dict[str, frozenset[str]]:
        """For the parameters that callers in other files are asked for, the words of these files and of what they
        import."""
        found: dict[str, frozenset[str]] = {}
        for function in callable_from_outside(self._module):
            words = self._words_around(called_as(function)) if is_asked_about(function) else ()
            for arg in function.parameters if words else ():
                found[arg.arg] = found.get(arg.arg, frozenset()).union(words)
        return found

    def _words_around(self, name: str) -> frozenset[str]:
        """The words of the files that name a definition, and of the modules that these import."""
        words: frozenset[str] = frozenset()
        for path in (self.importers and self.importers.files(name)) or ():
            assert self.importers is not None
            homes = {split(path, dotted)[0] for dotted in self.importers.imports_of(path)}
            around = [self._callers.words(home) for home in sorted(home for home in homes if home is not None)]
            words = words.union(self._callers.words(path), *around)
        return words

    def words(self, source: Source, tree: ast.Module) -> dict[str, frozenset[str]]:
        """For each name that a file imports from its project, the words of the module that it comes from."""
        found: dict[str, frozenset[str]] = {}
        for statement in statements_of(tree.body):
            for name, qualname in _imported(statement):
                path = split(source.path, qualname)[0]
                if path is not None:
                    found[name] = found.get(name, frozenset()) | self._words_behind(path)
        return found

    def _words_behind(self, path: str, hops: int = 2) -> frozenset[str]:
        """The words of a module and, if it is a package, of the modules that it imports from."""
        known = self._words.get((path, hops))
        if known is not None:
            return known
        words = self._imports.words(path)
        # Only a package passes on what it imports: of other files the words are enough, and nothing is parsed.
        module = self._imports.load(path) if hops and os.path.basename(path) == "__init__.py" else None
        if module is not None:
            named = (name for statement in module.tree.body for _, name in _imported(statement))
            homes = dict.fromkeys(split(path, name)[0] for name in named)
            words = words.union(*(self._words_behind(inner, hops - 1) for inner in homes if inner and inner != path))
        self._words[path, hops] = words
        return words


def _imported(statement: ast.stmt) -> list[tuple[str, str]]:
    """The names that an import statement binds, each with the longest dotted name that is imported for it."""
    longest = [
        (each.name, each.module if isinstance(statement, ast.Import) else each.qualname) for each in imported(statement)
    ]
    return [(name, qualname) for name, qualname in longest if name != "*"]
