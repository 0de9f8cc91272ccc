"""One cell as Python: without magics, and, if it does not parse, without all that it does."""

from __future__ import annotations

import ast
import keyword
import re
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from torchlint.notebooks.magics import Masked, blanked, masked, without_commands
from torchlint.source import Broken, Source
from torchlint.syntax.parsing import parse

# What IPython takes for the wish to see nothing.
_QUIET = re.compile(r";[ \t\r\n]*(?:#[^\r\n]*\s*)*\Z")
_SHOWS_ALL = re.compile(r"""\bast_node_interactivity\s*=\s*["']all["']""")
_LINE = re.compile(r"[^\r\n]+")
_BINDS = re.compile(
    r"\s*(?:(?:async\s+)?(?:def|class)\s+(?P<made>[^\W\d]\w*)|(?P<given>[^\W\d]\w*)\s*(?:[-+*/@%&|^]|//|\*\*)?=(?!=))"
)
_Starts = tuple[tuple[int, int], ...]


class Program(NamedTuple):
    """A cell to Python; rows and columns are those of `ast`. Statements may begin at `head`. `expressions` are its
    expressions as statements, `shown` those of them whose values are seen, `shows_everything`: so are those of all
    cells. `broken` is why it does not parse, and then `text` only says which names it binds."""

    text: str
    head: int = 0
    expressions: _Starts = ()
    shown: _Starts = ()
    shows_everything: bool = False
    broken: Broken | None = None


def program_of(text: str) -> Program:
    """What a cell with this text runs."""
    cell = masked(text)
    if not cell.is_python:
        return Program(cell.text)
    parsed = parse(cell.text)
    if parsed.tree is not None:
        return _parsed(text, cell, parsed.tree)
    bare = without_commands(cell)
    tree = parse(bare.text).tree if bare.text != cell.text else None
    if tree is not None:
        return _parsed(text, bare, tree)
    if text[:1] in " \t" and parse(textwrap.dedent(cell.text)).tree is not None:
        # IPython runs a cell that is indented as a whole. At its place in the program it has no meaning.
        return Program(blanked(text))
    return Program(_names_of(text), broken=Broken(parsed.error, max(parsed.row, 1), parsed.column))


def _names_of(text: str) -> str:
    """Assignments of something unknown to the names that a cell seems to bind: what they held before, they hold no
    longer. They are of the same length, line by line."""
    found = _LINE.sub(lambda line: _binding(line[0]).ljust(len(line[0])), text)
    return found if parse(found).tree is not None else blanked(text)


def _binding(line: str) -> str:
    binds = _BINDS.match(line)
    name = f"{binds['made'] or binds['given']}=_" if binds else ""
    return name if len(name) <= len(line) and not keyword.iskeyword(name[:-2]) else ""


def _parsed(text: str, cell: Masked, tree: ast.Module) -> Program:
    expressions = [statement for statement in tree.body if isinstance(statement, ast.Expr)]
    shown = expressions if cell.measured else [*_shown(cell, tree)]
    return Program(cell.text, cell.head, _starts(expressions), _starts(shown), bool(_SHOWS_ALL.search(text)))


def _shown(cell: Masked, tree: ast.Module) -> Iterator[ast.Expr]:
    offset = Source("", cell.text).offset
    for statement in tree.body:
        if not isinstance(statement, ast.Expr):
            continue
        is_last = statement is tree.body[-1] and not _QUIET.search(cell.text)
        if is_last or (cell.shown and offset(statement.lineno, statement.col_offset) in cell.shown):
            yield statement


def _starts(statements: list[ast.Expr]) -> _Starts:
    return tuple((statement.lineno, statement.col_offset) for statement in statements)
