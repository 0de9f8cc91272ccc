"""What dotted names of a file stand for by its imports alone: `losses.focal` is `acme.losses.focal` after
`from acme import losses`."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping

from torchlint.syntax import module_paths, trees
from torchlint.syntax.bindings import bound_by, imported
from torchlint.syntax.module import Module
from torchlint.syntax.per_file import once_per_file

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Scope = _Function | ast.ClassDef
# What the names of a scope stand for; empty for those that something else than one import binds.
_Bindings = Mapping[str, str]


@once_per_file
def known_in(module: Module) -> Mapping[ast.AST, str]:
    """The names and attributes that a file reads, and what each stands for, as far as imports tell.

    A name that anything else binds in its scope, or another scope may set, stands for nothing that is known here. What
    relative imports name is told where the file lies in a package.
    """
    elsewhere = {name for node in trees.walk(module.tree) for name in getattr(node, "names", ()) if _sets(node)}
    reader = _Reader(package_of(module.source.path), elsewhere)
    return dict(reader.read(module.tree, []))


def package_of(path: str) -> list[str]:
    """The parts of the name of the package that a file belongs to; none for one that is in no package."""
    return module_paths.package_of(os.path.dirname(os.path.abspath(path)))


def absolute(qualname: str, package: list[str]) -> str:
    """A dotted name as it is in any file; empty for a relative one whose package is not known."""
    name = qualname.lstrip(".")
    above = len(qualname) - len(name) - 1
    if above < 0:
        return name
    return ".".join(filter(None, [*package[: len(package) - above], name])) if above < len(package) else ""


def _sets(node: ast.AST) -> bool:
    return isinstance(node, ast.Global | ast.Nonlocal)


class _Reader:
    """Goes through the scopes of a file. `elsewhere` are names that inner scopes may set."""

    def __init__(self, package: list[str], elsewhere: set[str]) -> None:
        self._package = package
        self._elsewhere = elsewhere

    def read(self, scope: ast.Module | _Scope, outer: list[_Bindings]) -> Iterator[tuple[ast.AST, str]]:
        """All that is known in a scope and in those in it; `outer` are the scopes around it, the innermost last."""
        seen = [*outer, self._bindings(scope)]
        # The names of a class are not seen by its methods.
        within = outer if isinstance(scope, ast.ClassDef) else seen
        for node in _parts(scope):
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                name = self._name(node, seen)
                if name:
                    yield node, name
            elif isinstance(node, _Scope):
                yield from self.read(node, within)
                yield from ((part, name) for part in _around(node) if (name := self._name(part, seen)))

    def _name(self, node: ast.AST, scopes: list[_Bindings]) -> str:
        if isinstance(node, ast.Attribute):
            base = self._name(node.value, scopes)
            return f"{base}.{node.attr}" if base else ""
        if not isinstance(node, ast.Name):
            return ""
        return next((scope[node.id] for scope in reversed(scopes) if node.id in scope), "")

    def _bindings(self, scope: ast.Module | _Scope) -> dict[str, str]:
        found: dict[str, set[str]] = {}
        for argument in _arguments(scope):
            found.setdefault(argument, set()).add("")
        for node in _parts(scope):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for each in imported(node):
                    found.setdefault(each.name, set()).add(absolute(each.qualname, self._package))
                continue
            names = [node.id] if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) else bound_by(node)
            for name in names:
                found.setdefault(name, set()).add("")
        one = {name: next(iter(meanings)) if len(meanings) == 1 else "" for name, meanings in found.items()}
        return {**one, **dict.fromkeys(self._elsewhere & one.keys(), "")}


def _parts(scope: ast.Module | _Scope) -> Iterator[ast.AST]:
    """The nodes that run in a scope, and the definitions and lambdas in it, not what is in these."""
    body = [scope.body] if isinstance(scope, ast.Lambda) else scope.body
    stack: list[ast.AST] = [*body]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, _Scope):
            stack.extend(trees.children(node))


def _around(node: _Scope) -> Iterator[ast.AST]:
    """What stands in the head of a definition: it belongs to the scope that the definition is in."""
    heads = [child for name, value in ast.iter_fields(node) if name not in ("body", "name") for child in _nodes(value)]
    for head in heads:
        yield from (part for part in ast.walk(head) if isinstance(getattr(part, "ctx", None), ast.Load))


def _nodes(value: object) -> list[ast.AST]:
    return [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, ast.AST)]


def _arguments(scope: ast.AST) -> Iterator[str]:
    if isinstance(scope, _Function):
        yield from (node.arg for node in ast.walk(scope.args) if isinstance(node, ast.arg))
