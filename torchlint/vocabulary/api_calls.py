"""How a use of a name of a table (`_api_table`) is rewritten: another name, and the arguments under its names."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from torchlint.rule import UNKNOWN, External, Frame, is_none, parents

from .api_table import ANY, Row

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

    Fix = Callable[[Editor], None]


# `F.sigmoid(x)` is `x.sigmoid()`, whatever `x` is.
_OF_METHODS = "torch.nn.functional"


class UnclearError(Exception):
    """It is not certain what an argument is called now."""


class _Arguments:
    """Collects what happens to the arguments of one call."""

    def __init__(self, row: Row, call: ast.Call) -> None:
        self.row = row
        self.call = call
        self.renamed: list[tuple[ast.keyword, str]] = []
        self.named: list[tuple[ast.expr, str]] = []
        self.dropped: list[ast.keyword] = []
        self.changed: list[tuple[ast.expr, str]] = []
        self._given: set[str] = set()
        self._new: dict[str, str] = {}
        for part in row.arguments.split():
            old, colon, new = part.partition(":")
            self._new[old] = new if colon else old
        if any(keyword.arg is None for keyword in call.keywords):
            raise UnclearError
        self._positional()
        for keyword in call.keywords:
            self._keyword(keyword)
        if not set(row.needs.split()) <= self._given:
            raise UnclearError

    def _positional(self) -> None:
        args, starred = self.call.args, any(isinstance(arg, ast.Starred) for arg in self.call.args)
        if self.row.listed:
            if len(args) < 2 and not starred:
                raise UnclearError
        elif starred:
            if self.row.values or not all(self._new.values()) or any(":=" in part for part in self._needed()):
                raise UnclearError
        elif len(args) > len(self._new) and list(self._new) != ["size"]:
            raise UnclearError
        else:
            for arg, name in zip(args, self._new.values(), strict=False):
                self._take(name.lstrip("="), arg)
                if name.startswith("="):
                    self.named.append((arg, name[1:]))

    def _needed(self) -> list[str]:
        """The parameters of the old name that `*args` may fill."""
        return [part for part in self.row.arguments.split() if part != "out:=out"]

    def _keyword(self, keyword: ast.keyword) -> None:
        name = self._new.get(keyword.arg or "")
        if name is None:
            raise UnclearError
        name = name.lstrip("=")
        if not name or (is_none(keyword.value) and self.row.old.startswith("torch.reduce_")):
            self.dropped.append(keyword)
            return
        self._take(name, keyword.value)
        if name != keyword.arg:
            self.renamed.append((keyword, name))

    def _take(self, name: str, value: ast.expr) -> None:
        if not name or (is_none(value) and self.row.old.startswith("torch.reduce_")):
            raise UnclearError
        self._given.add(name)
        table = {old: new for parameter, old, new in self.row.values if parameter == name}
        if not table:
            return
        if not isinstance(value, ast.Constant) or str(value.value) not in table:
            raise UnclearError
        self.changed.append((value, table[str(value.value)]))

    def write(self, editor: Editor) -> None:
        if self.row.prepends:
            editor.prepend_argument(self.call, self.row.prepends)
        if self.row.listed:
            editor.list_arguments(self.call)
        for keyword, name in self.renamed:
            editor.rename(keyword, name)
        for value, name in self.named:
            editor.name_argument(value, name)
        for value, literal in self.changed:
            editor.replace(value, editor.quoted(literal))
        for keyword in self.dropped:
            editor.remove_argument(self.call, keyword)
        if self.row.adds:
            editor.add_argument(self.call, self.row.adds)


def renaming(frame: Frame, row: Row, node: ast.Name | ast.Attribute, call: ast.Call | None) -> Fix | None:
    """A fix that uses the new name with the same arguments; None where they cannot be carried over."""
    try:
        arguments = _Arguments(row, call) if call is not None and row.arguments != ANY else None
    except UnclearError:
        return None
    is_bare = call is None and _is_decorator(frame, node) and bool(row.adds)
    is_type = call is None and _names_type(frame, node)
    if arguments is None and not (is_bare or is_type or row.called) and _takes_others(row):
        return None
    if row.old.endswith(".astype") and not _is_dtype(frame, call):
        return None

    written = f"({row.adds})" if is_bare or row.called else ""

    def fix(editor: Editor) -> None:
        old_home, (home, _, name) = row.old.rpartition(".")[0], row.new.rpartition(".")
        if isinstance(node, ast.Attribute) and home == old_home and not written:
            editor.rename(node, name)
        elif isinstance(node, ast.Attribute) and home.startswith(f"{old_home}."):
            editor.replace(node, f"{editor.text(node.value)}{row.new.removeprefix(old_home)}{written}", [node.value])
        else:
            editor.replace(node, f"{editor.import_module(home, scope_names=frame.local_names)}.{name}{written}")
        if arguments is not None:
            arguments.write(editor)
        elif call is None and not (is_bare or is_type or row.called):
            editor.proof.need("the function is only called: nobody asks for its name, replaces it or compares it")
        if call is not None and old_home == _OF_METHODS and _is_own_method(frame, name):
            editor.proof.need(f"its argument is a tensor, not an object with a method `{name}` of its own")

    return fix


def _is_own_method(frame: Frame, name: str) -> bool:
    """Whether a class of the file has a method of this name, which some functions of torch call."""
    return any(name in cls.methods for cls in frame.module.all_classes)


def _takes_others(row: Row) -> bool:
    """Whether the new name is not called as the old one was."""
    renames = ":" in row.arguments.replace("out:=out", "")
    return bool(row.adds or row.prepends or row.values or row.listed or renames)


def _is_decorator(frame: Frame, node: ast.expr) -> bool:
    return node in getattr(parents(frame.module).get(node), "decorator_list", ())


def _names_type(frame: Frame, node: ast.expr) -> bool:
    """Whether a name is read as a type: an annotation, or what `isinstance` compares with."""
    outer = parents(frame.module).get(node)
    if isinstance(outer, ast.Tuple):
        outer = parents(frame.module).get(outer)
    if isinstance(outer, ast.Call) and isinstance(outer.func, ast.Name) and outer.func.id == "isinstance":
        return True
    if isinstance(outer, ast.Compare) and any(map(_asks_type, (outer.left, *outer.comparators))):
        return True
    return any(getattr(outer, name, None) is node for name in ("annotation", "returns"))


def _asks_type(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "type"


def _is_dtype(frame: Frame, call: ast.Call | None) -> bool:
    held = frame.values.get(call.args[0], UNKNOWN) if call is not None and call.args else UNKNOWN
    return isinstance(held, External) and held.qualname.startswith("torch.")
