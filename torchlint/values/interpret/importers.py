"""The calls of a file's functions and classes in other files of its project, which import them."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from typing import NamedTuple

from torchlint.syntax.bindings import imported
from torchlint.syntax.import_index import ImportIndex
from torchlint.syntax.module import FunctionModel, Module, Reference
from torchlint.syntax.module_paths import package_file, split
from torchlint.syntax.names import last_name
from torchlint.torch_facts import ops
from torchlint.values.interpret.project_files import ProjectFiles
from torchlint.values.interpret.unpassed_parameters import default_of

# A definition that more files than this import is used in more ways than are looked at.
_MAX_FILES = 3
_MAX_HOPS = 2
_PLAIN = frozenset({"int", "float", "bool", "str"})


class OutsideCall(NamedTuple):
    """A call in another file, and the function that it stands in; None at the level of the module."""

    node: ast.Call
    function: FunctionModel | None
    module: Module


class Importers:
    """Finds the files that import the definitions of one file. The names that the index is asked for go to `asked`."""

    def __init__(self, path: str, index: ImportIndex, files: ProjectFiles, asked: set[str]) -> None:
        self._path = os.path.abspath(path)
        self._index = index
        self._project_files = files
        self._files: dict[str, list[str] | None] = {}
        self._led = index.answered(self._path)
        self.asked = asked

    def files(self, name: str) -> list[str] | None:
        """The files of the project that name a definition of the file; None where there are too many."""
        if name not in self._files:
            found = list(dict.fromkeys(path for path in self._naming(name) if path != self._path))
            self._files[name] = found if len(found) <= _MAX_FILES else None
        return self._files[name]

    def imports_of(self, path: str) -> list[str]:
        """The dotted names that a file imports."""
        return self._index.imports_of(path)

    def _naming(self, name: str) -> Iterator[str]:
        for path, dotted in self._importing(name):
            if self._leads_to(path, dotted) == [name]:
                yield path
        for module in self._modules():
            for path, dotted in self._importing(module):
                if self._leads_to(path, dotted) is not None and name in self._project_files.words(path):
                    yield path
            for path, dotted in self._importing(f"{module}.*"):
                if self._leads_to(path, f"{dotted[:-1]}{name}") == [name] and name in self._project_files.words(path):
                    yield path

    def _importing(self, last: str) -> tuple[tuple[str, str], ...]:
        self.asked.add(last)
        return self._index.importing(last)

    def _modules(self) -> Iterator[str]:
        """The names of the module and of the packages that it is in."""
        folder, file = os.path.split(self._path)
        name = os.path.splitext(file)[0]
        if name != "__init__":
            yield name
        while package_file(folder) is not None:
            folder, name = os.path.split(folder)
            yield name

    def _leads_to(self, importer: str, dotted: str, hops: int = _MAX_HOPS) -> list[str] | None:
        """What of the file a dotted name stands for: nothing of it is the module itself, or a package around it. None
        where it is of another file."""
        key = importer, dotted, hops
        if key not in self._led:
            self._led[key] = self._followed(importer, dotted, hops)
        return self._led[key]

    def _followed(self, importer: str, dotted: str, hops: int) -> list[str] | None:
        path, rest = split(importer, dotted)
        if path == self._path or (path is not None and not rest and self._is_around(path)):
            return rest
        if path is None or not rest or hops == 0:
            return None
        for other in self._index.imports_of(path):
            last = other.rpartition(".")[2]
            if last in (rest[0], "*"):
                found = self._leads_to(path, other.removesuffix("*") + (rest[0] if last == "*" else ""), hops - 1)
                if found is not None:
                    return [*found, *rest[1:]]
        return None

    def _is_around(self, path: str) -> bool:
        folder, file = os.path.split(path)
        return file == "__init__.py" and self._path.startswith(os.path.join(folder, ""))

    def calls(self, name: str) -> list[OutsideCall] | None:
        """All calls in other files of a definition; None where not all can be seen."""
        files = self.files(name)
        if files is None:
            return None
        calls: list[OutsideCall] = []
        for path in files:
            module = self._project_files.load(path)
            if module is None:
                return None
            for reference in self._references(module, path, name):
                if reference.call is None:
                    return None
                calls.append(OutsideCall(reference.call, reference.function, module))
        return calls

    def _references(self, module: Module, path: str, name: str) -> Iterator[Reference]:
        """Where another file reads a definition, under whatever name it has there."""
        bound: dict[str, list[str]] = {}
        for scope in module.all_scopes:
            for statement in (*scope.nodes.of(ast.Import), *scope.nodes.of(ast.ImportFrom)):
                for each in imported(statement):
                    own, dotted = (name, f"{each.qualname[:-1]}{name}") if each.name == "*" else each[:2]
                    bound.setdefault(own, []).append(dotted)
        for own, meanings in bound.items():
            if not any(self._leads_to(path, dotted) == [name] for dotted in meanings):
                continue
            for reference in module.references(own):
                if isinstance(reference.node, ast.Name) and not _is_hidden(reference, own):
                    yield reference
        for reference in module.references(name):
            node = reference.node
            root, inner = _dotted(node.value) if isinstance(node, ast.Attribute) else ("", "")
            if any(self._leads_to(path, f"{base}{inner}.{name}") == [name] for base in bound.get(root, ())):
                yield reference


def _is_hidden(reference: Reference, name: str) -> bool:
    """Whether a name is a local one of the function that reads it, and not because that imports it."""
    function = reference.function
    if function is None or name not in function.locals:
        return False
    nodes = function.scope.nodes
    return all(each.name != name for node in nodes.of(ast.ImportFrom) for each in imported(node))


def _dotted(node: ast.expr) -> tuple[str, str]:
    """The first name of a dotted one, and the rest with its dots; nothing for other expressions."""
    inner = ""
    while isinstance(node, ast.Attribute):
        inner = f".{node.attr}{inner}"
        node = node.value
    return (node.id, inner) if isinstance(node, ast.Name) else ("", "")


def called_as(function: FunctionModel) -> str:
    """The name that calls of a function have: for `__init__`, that of its class."""
    return function.cls.name if function.cls is not None and function.name == "__init__" else function.name


def callable_from_outside(module: Module) -> Iterator[FunctionModel]:
    """The functions of a module, and the methods that make instances of its classes."""
    yield from module.functions.values()
    yield from (cls.methods["__init__"] for cls in module.classes.values() if "__init__" in cls.methods)


def is_asked_about(function: FunctionModel) -> bool:
    """Whether it may matter to a rule what a function is called with: losses, training, and what looks like a loss."""
    if function.parent is not None or (function.cls is not None and function.name != "__init__"):
        return False
    if not any(arg.arg != function.self_name and _may_be_object(function, arg) for arg in function.parameters):
        return False
    scope = function.scope if function.cls is None else function.cls.scope
    if not ops.LOSS_WORDS.isdisjoint(scope.all_words) or "backward" in scope.all_words:
        return True
    return _calls_like_a_loss(function)


def _may_be_object(function: FunctionModel, arg: ast.arg) -> bool:
    """Whether a parameter may hold anything but a number, a flag or a text, by its annotation and its default."""
    if isinstance(arg.annotation, ast.Name) and arg.annotation.id in _PLAIN:
        return False
    default = default_of(function, arg.arg)
    return not isinstance(default, ast.Constant) or default.value is None


def _calls_like_a_loss(function: FunctionModel) -> bool:
    """Whether a function gives two values to one of its parameters, or a class to an attribute of that name."""
    owner = function.cls or function
    prefix = f"{function.self_name}." if function.cls is not None else ""
    # Half of what is asked here, by the text: on timm 0.1 s of 8 (November 2026).
    text = function.module.words.text([(owner.node.lineno, owner.node.end_lineno)])
    called = {arg.arg for arg in function.parameters if f"{prefix}{arg.arg}(".encode() in text}
    calls = (call for inventory in (owner.inventories() if called else ()) for call in inventory.of(ast.Call))
    return any(len(call.args) == 2 and last_name(call.func) in called for call in calls)
