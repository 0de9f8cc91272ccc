"""Who imports whom in a checkout, read from the text of its modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from checkout import ROOT

PACKAGES = ("torchlint", "rules", "tools", "benchmarks")
_Import = ast.Import | ast.ImportFrom
_Function = ast.FunctionDef | ast.AsyncFunctionDef
Graph = Mapping[str, frozenset[str]]


class Imported(NamedTuple):
    """An import statement and where it stands: in a function, or only for type checkers."""

    node: _Import
    in_function: bool
    for_types: bool


def modules(root: Path = ROOT, packages: Sequence[str] = PACKAGES) -> dict[str, Path]:
    """The modules below some folders by their dotted names."""
    found: dict[str, Path] = {}
    for path in sorted(path for package in packages for path in (root / package).rglob("*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    return found


def imports_in(tree: ast.Module) -> Iterator[Imported]:
    """All imports of a module, at any depth."""
    stack: list[tuple[ast.AST, bool, bool]] = [(tree, False, False)]
    while stack:
        node, in_function, for_types = stack.pop()
        if isinstance(node, _Import):
            yield Imported(node, in_function, for_types)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            stack += [(child, in_function, True) for child in node.body]
            stack += [(child, in_function, for_types) for child in node.orelse]
        else:
            inside = in_function or isinstance(node, _Function)
            stack += [(child, inside, for_types) for child in ast.iter_child_nodes(node)]


def graph(found: Mapping[str, Path], *, types: bool) -> Graph:
    """For each module the others that it imports, wherever it does so; with `types`, those for type checkers too."""
    edges: dict[str, frozenset[str]] = {}
    for name, path in found.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        nodes = [each.node for each in imports_in(tree) if types or not each.for_types]
        targets = {target for node in nodes for target in _targets(node, name, path.name == "__init__.py", found)}
        edges[name] = frozenset(targets - {name})
    return edges


def _targets(node: _Import, importer: str, is_package: bool, found: Mapping[str, Path]) -> Iterator[str]:
    """The modules of the checkout that a statement imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in found)
        return
    base = node.module or ""
    if node.level:
        package = importer.split(".")[: None if is_package else -1]
        base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])
    for alias in node.names:
        inner = f"{base}.{alias.name}"
        if inner in found:
            yield inner
        elif base in found:
            yield base


def circles(edges: Graph) -> list[list[str]]:
    """The groups of modules that import each other, directly or through others of the group."""
    reach = {name: _reached(name, edges) for name in edges}
    groups = {frozenset({name, *(other for other in reach[name] if name in reach[other])}) for name in edges}
    return sorted(sorted(group) for group in groups if len(group) > 1)


def _reached(name: str, edges: Graph) -> set[str]:
    seen: set[str] = set()
    stack = [*edges[name]]
    while stack:
        current = stack.pop()
        if current not in seen:
            seen.add(current)
            stack += edges[current]
    return seen
