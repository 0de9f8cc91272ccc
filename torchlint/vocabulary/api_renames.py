"""Uses of the names that a project itself calls otherwise now: the table `renames` of its configuration."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

from torchlint.rule import (
    ClassModel,
    External,
    Frame,
    Module,
    Problem,
    Rename,
    dotted_names,
    first_name,
    once_per_file,
    parents,
    trees,
)

from .api_calls import renaming
from .api_table import ANY, Row
from .api_uses import by_name, guarded, last_names, nodes_of

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor


class _Use(NamedTuple):
    """A use of an old name: its row, the node that is marked, and the import that it stands in, if it is one. For what
    lies in a renamed module `rest` is what follows the old name."""

    row: Row
    node: ast.Attribute | ast.alias | ast.ImportFrom
    statement: ast.Import | ast.ImportFrom | None = None
    rest: str = ""


def renamed(frame: Frame, cls: ClassModel | None) -> Iterator[Problem]:
    """What is said of old names in a frame, or in a class outside its methods.

    A name that an import binds is reported where it is imported, once; its uses change with it.
    """
    rows = _rows(frame.module.renames)
    if frame.module.vocabulary.isdisjoint(_words(frame.module.renames)):
        return
    for use in _uses(frame, cls, rows):
        if use.node in _expected(frame.module) or use.statement in _expected(frame.module):
            continue
        yield Problem(use.node, use.row.message, _fix_of(frame, use), title=_title(use))


@lru_cache(maxsize=16)
def _rows(renames: tuple[Rename, ...]) -> Mapping[str, Row]:
    return by_name([_row(each) for each in renames])


@lru_cache(maxsize=16)
def _words(renames: tuple[Rename, ...]) -> frozenset[str]:
    return last_names(_rows(renames))


def _row(rename: Rename) -> Row:
    since = f" since {rename.since}" if rename.since else ""
    said = f"`{rename.old}` is called `{rename.new}`{since}: the old name may go, so use the new one"
    return Row(rename.old, rename.new, ANY, fix=rename.fix, message=rename.message or said)


def _title(use: _Use) -> str:
    return f"Use `{use.row.new}`" if use.row.new else ""


@once_per_file
def _expected(module: Module) -> frozenset[ast.AST | None]:
    """What stands where an old name is expected: beside the new one, for other versions of the project."""
    return frozenset(guarded(module.tree))


def _uses(frame: Frame, cls: ClassModel | None, rows: Mapping[str, Row]) -> Iterator[_Use]:
    known, package = dotted_names.known_in(frame.module), dotted_names.package_of(frame.module.source.path)
    last = last_names(rows)
    for node in nodes_of(frame, cls):
        if isinstance(node, ast.ImportFrom):
            yield from _of_from(node, dotted_names.absolute("." * node.level + (node.module or ""), package), rows)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield from _of_module(node, alias, alias.name, rows)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            row = rows.get(known.get(node) or _value_of(frame, node)) if node.attr in last else None
            if row is not None:
                yield _Use(row, node)


def _value_of(frame: Frame, node: ast.Attribute) -> str:
    """What an attribute is by its value: `losses = acme.losses` is another name for a module. Of a name that an import
    binds, and not only that, nothing is certain."""
    value = frame.values.get(node)
    if not isinstance(value, External) or first_name(node) in _imported(frame.module):
        return ""
    return value.qualname


@once_per_file
def _imported(module: Module) -> frozenset[str]:
    return frozenset(each.name for each in module.naming.imports)


def _of_from(node: ast.ImportFrom, module: str, rows: Mapping[str, Row]) -> Iterator[_Use]:
    """The old names in `from a import b`, or the old module that it imports from."""
    if not module:
        return
    found = list(_of_module(node, node, module, rows))
    yield from found
    for alias in () if found else node.names:
        row = rows.get(f"{module}.{alias.name}")
        if row is not None:
            yield _Use(row, alias, node)


def _of_module(
    statement: ast.Import | ast.ImportFrom, node: ast.alias | ast.ImportFrom, name: str, rows: Mapping[str, Row]
) -> Iterator[_Use]:
    """The old name that a module has, or one that it lies in."""
    parts = name.split(".")
    for count in range(len(parts), 1, -1):
        row = rows.get(".".join(parts[:count]))
        if row is not None:
            yield _Use(row, node, statement, "".join(f".{part}" for part in parts[count:]))
            return


def _fix_of(frame: Frame, use: _Use) -> Callable[[Editor], None] | None:
    """What writes the new name; None where only people can."""
    row, node, statement = use.row, use.node, use.statement
    if not row.fix:
        return None
    if isinstance(node, ast.Attribute):
        outer = parents(frame.module).get(node)
        is_called = isinstance(outer, ast.Call) and outer.func is node
        return renaming(frame, row, node, outer if isinstance(outer, ast.Call) and is_called else None)
    if isinstance(statement, ast.Import) and isinstance(node, ast.alias):
        return lambda editor: editor.rename(node, row.new + use.rest)
    if isinstance(node, ast.ImportFrom):
        return _from_elsewhere(node, row.new + use.rest, node.names)
    return _imported_as_before(frame.module, row, node, statement) if isinstance(statement, ast.ImportFrom) else None


def _imported_as_before(
    module: Module, row: Row, node: ast.alias, statement: ast.ImportFrom
) -> Callable[[Editor], None] | None:
    """A fix that imports the new name in place of the old one. Where it is certain which words of the file mean that,
    they become the new name, too; else it keeps the old one in this file."""
    (old_home, _, old), (home, _, new) = row.old.rpartition("."), row.new.rpartition(".")
    uses = None if node.asname else _uses_of_import(module, row, new)
    kept = node.asname or (old if uses is None else None)
    writes: Callable[[Editor], None] | None
    if home == old_home:
        text = new if node.asname or kept is None else f"{new} as {kept}"
        writes = partial(_rename_alias, node, text)
    elif len(statement.names) == 1:
        writes = _from_elsewhere(statement, home, [ast.alias(new, kept)])
    else:
        return None  # its neighbours stay where they are
    return None if writes is None else partial(_write_all, writes, uses or (), new)


def _rename_alias(node: ast.alias, text: str, editor: Editor) -> None:
    editor.rename(node, text)


def _write_all(writes: Callable[[Editor], None], uses: Sequence[ast.Name], new: str, editor: Editor) -> None:
    writes(editor)
    for use in uses:
        editor.rename(use, new)


def _from_elsewhere(
    statement: ast.ImportFrom, home: str, names: Sequence[ast.alias]
) -> Callable[[Editor], None] | None:
    """A fix that imports from another module; None for a statement of several lines, whose layout would be lost."""
    if statement.lineno != statement.end_lineno:
        return None
    line = ast.unparse(ast.ImportFrom(home, list(names), 0))
    return lambda editor: editor.replace_statements(statement, statement, [line], carry_comments=True)


def _uses_of_import(module: Module, row: Row, new: str) -> list[ast.Name] | None:
    """The words that an import of an old name stands behind: all there are. None where one of them means something
    else, where a text has the word, such as `__all__`, or where the new one is taken."""
    old = row.old.rpartition(".")[2]
    known = dotted_names.known_in(module)
    uses: list[ast.Name] = []
    for node in trees.walk(module.tree):
        if isinstance(node, ast.Name) and node.id == old:
            uses.append(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and old in node.value:
            return None
    return None if new in module.vocabulary or any(known.get(node) != row.old for node in uses) else uses
