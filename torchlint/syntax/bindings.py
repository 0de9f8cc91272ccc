"""Which names single statements bind and read, and what an imported name stands for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from torchlint.syntax import trees

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Imported(NamedTuple):
    """A name that an import binds, the dotted name that it stands for, and the module that is imported for it.

    Relative ones begin with dots, as in the statement. `*` is the name of all that a module has. `import a.b` binds
    `a`, which stands for `a`, and imports `a.b`.
    """

    name: str
    qualname: str
    module: str

    @property
    def last(self) -> str:
        """The last part of the dotted name: what the thing is called where it comes from."""
        return self.qualname.rpartition(".")[2]

    @property
    def is_member(self) -> bool:
        """Whether it is something of the module, as in `from a import b`, not the module or a package around it."""
        return len(self.qualname) > len(self.module)

    @property
    def is_relative(self) -> bool:
        return self.module.startswith(".")

    def is_of(self, package: str) -> bool:
        """Whether a package, or something in it, is imported."""
        return self.module.partition(".")[0] == package


def imported(node: ast.AST) -> Iterator[Imported]:
    """What an import statement binds; nothing for other nodes."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            root = alias.name.partition(".")[0]
            yield Imported(alias.asname, alias.name, alias.name) if alias.asname else Imported(root, root, alias.name)
    elif isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        joint = "" if module.endswith(".") else "."
        for alias in node.names:
            yield Imported(alias.asname or alias.name, f"{module}{joint}{alias.name}", module)


def bound_by(node: ast.AST) -> Iterator[str]:
    """The names that a single node, except a name itself, binds in its scope; `*` for all that a module has."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Import() | ast.ImportFrom():
            yield from (each.name for each in imported(node))
        case ast.ExceptHandler(name=str() as name):
            yield name
        case ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name):
            yield name
        case ast.MatchMapping(rest=str() as name):
            yield name


def targets_of(statement: ast.stmt) -> list[ast.expr]:
    """What a statement assigns to or deletes."""
    match statement:
        case ast.Assign() | ast.Delete():
            return statement.targets[:]
        case ast.AnnAssign() | ast.AugAssign() | ast.For() | ast.AsyncFor():
            return [statement.target]
        case ast.With() | ast.AsyncWith():
            return [item.optional_vars for item in statement.items if item.optional_vars is not None]
    return []


def stored(node: ast.AST) -> set[str]:
    """The names that a node, with all that runs in its scope, binds there."""
    names: set[str] = set()
    inside = [] if isinstance(node, _DEFINITIONS) else trees.walk_own(node)
    for part in (node, *inside):
        if not isinstance(part, ast.Name):
            names.update(bound_by(part))
        elif not isinstance(part.ctx, ast.Load):
            names.add(part.id)
    return names


def loaded(node: ast.AST) -> set[str]:
    """The names that a node reads, in definitions and lambdas inside it too."""
    names: set[str] = set()
    for part in trees.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            names.add(part.id)
        elif isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name):
            names.add(part.target.id)
    return names


def rebound(module: ast.Module) -> set[str]:
    """The names of a module that something binds besides the imports of its top level, at any time."""
    found: set[str] = set()
    for line in module.body:
        found |= set() if isinstance(line, ast.Import | ast.ImportFrom) else stored(line)
    for node in trees.walk(module):
        found.update(node.names if isinstance(node, ast.Global) else ())
    return found
