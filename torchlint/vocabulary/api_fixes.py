"""What is said of the uses of names in a table, and the fix of each: another name, an expression, a keyword less."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from torchlint.rule import (
    INFO,
    Changes,
    ClassModel,
    External,
    Frame,
    Problem,
    Range,
    Same,
    is_test,
    parents,
    peek,
    trees,
)

from .api_calls import renaming
from .api_table import SCHEDULER, TENSOR, Row
from .api_templates import from_template
from .api_uses import UsedNode, uses
from .api_versions import Standing, advice_of, severity_of, standing, state_of

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

    from .api_calls import Fix

# Values of a keyword that can go without a trace.
_INERT = (ast.Constant, ast.Name, ast.Attribute)


def problems(frame: Frame, rows: Mapping[str, Row], cls: ClassModel | None) -> Iterator[Problem]:
    """The uses of old names in a frame, or in a class outside its methods."""
    target = frame.module.target
    for row, node, call in uses(frame, rows, cls):
        stands = standing(row, target)
        if stands is None:
            continue
        if row.severity is INFO and not row.fix and (is_test(frame.module) or not is_first(frame, node)):
            continue
        if isinstance(node, ast.ImportFrom | ast.alias):
            if row.is_gone and not stands.is_removed:
                continue  # the import works, and each use is reported
            yield Problem(node, _said(row, stands, target), severity=severity_of(row, stands))
            continue
        table = _table_of(frame, node)
        if call is None and (_names_new_ones(frame, table, rows) or _is_patched(frame, row.old.rpartition(".")[0])):
            continue
        fix = None if stands.is_stuck or (call is None and table is not None) else fix_of(frame, row, node, call)
        claim = Changes(_changes(row, stands)) if row.changes else Same()
        said, severity = _said(row, stands, target), severity_of(row, stands)
        yield Problem(call or node, said, fix, claim, _title(row), row.absent, severity=severity)


def fix_of(frame: Frame, row: Row, node: UsedNode, call: ast.Call | None) -> Fix | None:
    """The fix of one use of an old name; None where the row has none that fits it."""
    if not row.fix or isinstance(node, ast.ImportFrom | ast.alias):
        return None
    if row.keyword:
        return _with_keyword(row, call) if call is not None else None
    if row.cases:
        return from_template(frame, row, call) if call is not None else None
    return renaming(frame, row, node, call)


def _title(row: Row) -> str:
    """What the fix of a row does, or what there is to do without one."""
    if row.new or row.renamed:
        return f"Use `{_shown(row.new or row.renamed)}`"
    if not row.fix:
        return ""
    return f"Add `{row.adds}`" if row.absent else f"Drop `{row.keyword}`"


def _with_keyword(row: Row, call: ast.Call) -> Fix | None:
    """A fix that adds a keyword, drops it or gives it its new name."""
    if row.absent:
        return lambda editor: editor.add_argument(call, row.adds)
    keyword = next((keyword for keyword in call.keywords if keyword.arg == row.keyword), None)
    if keyword is None:
        return None  # by position
    if not row.renamed and not isinstance(keyword.value, _INERT):
        return None

    def fix(editor: Editor) -> None:
        if row.renamed:
            editor.rename(keyword, row.renamed)
        else:
            editor.remove_argument(call, keyword)

    return fix


def _changes(row: Row, stands: Standing) -> str:
    """What a fix changes. The harness runs on a torch without the removed names, and compares nothing with them."""
    is_old = bool(row.removed) and not stands.is_removed
    return f"old and new are not compared: torch {row.removed} and later lack the old" if is_old else row.changes


def _said(row: Row, stands: Standing, target: Range) -> str:
    """What is wrong and what to write instead, in one line. A row's own message names its state as `{state}`."""
    state = state_of(row, stands)
    if row.message and not stands.is_stuck:
        return row.message.replace("{state}", state)
    name = f"`{_shown(row.old)}`"
    if row.keyword:
        name = f"`{row.keyword}` of `{row.old}`"
        instead = f"call it `{row.renamed}`" if row.renamed else "drop it"
    else:
        instead = f"use `{_shown(row.new)}`"
    return f"{name} {state}: {advice_of(row, stands, target, instead)}"


def _shown(name: str) -> str:
    """How a name of a row is spelled for the user: `x.qr` for a method of tensors."""
    return f"x.{name.removeprefix(TENSOR)}" if name.startswith(TENSOR) else name.removeprefix(SCHEDULER)


def _table_of(frame: Frame, node: ast.AST) -> ast.expr | None:
    """The outermost display that a name stands in as it is: `{"normal": nn.init.normal}`, `[(old, new), ..]`."""
    found, outer = None, parents(frame.module).get(node)
    while isinstance(outer, ast.Dict | ast.List | ast.Tuple | ast.Set):
        found, outer = outer, parents(frame.module).get(outer)
    return found


def _is_patched(frame: Frame, home: str) -> bool:
    """Whether the file replaces functions of a module of torch: it names the old ones on purpose."""
    for _, call, _ in frame.module.references("setattr"):
        held = peek(frame, call.args[0]) if call is not None and call.args else None
        if isinstance(held, External) and held.qualname == home:
            return True
    return False


def _names_new_ones(frame: Frame, table: ast.expr | None, rows: Mapping[str, Row]) -> bool:
    """Whether a table lists new names, too: the old ones are then there on purpose."""
    if table is None:
        return False
    new = {row.new for row in rows.values()}
    held = (peek(frame, node) for node in trees.walk(table) if isinstance(node, ast.Name | ast.Attribute))
    return any(isinstance(value, External) and value.qualname in new for value in held)


def is_first(frame: Frame, node: ast.expr | ast.ImportFrom | ast.alias) -> bool:
    """Whether no line above uses the name: what is only a note is said once for each file."""
    if isinstance(node, ast.alias):
        return True  # a name that an import names, which the file imports once
    if isinstance(node, ast.ImportFrom):
        imports = (part for part in trees.walk(frame.module.tree) if isinstance(part, ast.ImportFrom))
        return all(part.lineno >= node.lineno for part in imports if part.module == node.module)
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    alike = (part for part in trees.walk(frame.module.tree) if getattr(part, "attr", getattr(part, "id", "")) == name)
    return all(getattr(part, "lineno", 0) >= node.lineno for part in alike)
