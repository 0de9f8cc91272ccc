"""What a file calls a module, and the import line that a fix needs where it does not call it anything yet."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from torchlint.finding import Edit
from torchlint.fixing.logical_lines import CannotFix, Pieces, is_future, is_string
from torchlint.syntax.bindings import imported, rebound

# What `import torch` imports along with torch (sys.modules under torch 2.13, of what torch 2.3 has too, and
# `torch.accelerator` of 2.6, which older ones do not have in any way).
_LOADED = """
    torch torch.accelerator torch.amp torch.autograd torch.backends torch.backends.cuda torch.backends.cudnn
    torch.backends.mkldnn torch.backends.mps torch.cuda torch.cuda.amp torch.distributed
    torch.distributions torch.fft torch.func torch.jit torch.linalg torch.nn torch.nn.functional torch.nn.init
    torch.nn.parallel torch.nn.utils torch.nn.utils.rnn torch.optim torch.optim.lr_scheduler torch.random torch.special
    torch.utils torch.utils.data
"""
LOADED = frozenset(_LOADED.split())
_Binding = tuple[str, str]


class Imports:
    """The modules that the top level of a file imports, and those that a fix adds."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._source = pieces.source
        self._added: list[ast.Import] = []
        # Where the last of the imports that are used ends: what uses them stands below.
        self.end = 0

    def edit(self) -> Edit | None:
        """One insertion of all lines that are to be added."""
        if not self._added:
            return None
        newline = self._source.newline
        lines = "".join(ast.unparse(line) + newline for line in self._added)
        at, blank = self._place()
        if at and not self._source.text[:at].endswith(("\n", "\r")):
            lines = newline + lines
        return Edit(at, at, newline + lines if blank else lines)

    def name(self, module: str, asname: str | None, scope_names: Collection[str]) -> str:
        """The expression that names a module; an import is added if there is none. Raises `CannotFix`."""
        targets: dict[str, str] = dict.fromkeys([*scope_names, *rebound(self._pieces.tree)], "")
        loaded, first = set(LOADED), dict[str, ast.stmt]()
        for line in [*self._pieces.tree.body, *self._added]:
            loaded |= {alias.name for alias in line.names} if isinstance(line, ast.Import) else set()
            for name, target in _bindings(line):
                # A name that two imports bind to two things is nobody's.
                targets[name] = target if targets.get(name, target) == target else ""
                first.setdefault(name, line)
        known = {
            name + module.removeprefix(target): first[name]
            for name, target in targets.items()
            if module == target or (target and module.startswith(f"{target}.") and module in loaded)
        }
        if known:
            expression = min(known, key=lambda name: (name.count("."), len(name)))
            if known[expression] not in self._added:
                self.end = max(self.end, self._pieces.span(known[expression]).end)
            return expression
        self._add(ast.Import([ast.alias(module, asname)]), targets)
        return asname or module

    def _add(self, line: ast.Import, targets: dict[str, str]) -> None:
        for name, target in _bindings(line):
            if targets.get(name, target) != target:
                raise CannotFix(f"the name `{name}` is taken")
        self._place()
        self._added.append(line)

    def _place(self) -> tuple[int, bool]:
        """Where import lines go, and whether a blank line comes first."""
        body = self._pieces.tree.body
        index = next((index for index, stmt in enumerate(body) if _is_import(stmt)), None)
        if index is None:
            index = sum(1 for stmt in body if is_future(stmt) or is_string(stmt)) - 1
        if index < 0:
            return self._pieces.line_start(self._pieces.start(body[0])), False
        while index + 1 < len(body) and self._goes_on(body[index], body[index + 1]):
            index += 1
        at = self._pieces.line_end(self._pieces.span(body[index]).end)
        if self._source.text[:at].rstrip("\r\n").endswith("\\"):
            raise CannotFix("there is no line to put an import after")
        return at, not isinstance(body[index], ast.Import | ast.ImportFrom)

    def _goes_on(self, stmt: ast.stmt, following: ast.stmt) -> bool:
        """Whether the block of imports goes on, or at least the line."""
        return following.lineno == stmt.end_lineno or (_is_import(stmt) and _is_import(following))


def _bindings(line: ast.stmt) -> Iterator[_Binding]:
    """The names that an import binds and what they stand for; an empty text where that is not known."""
    for each in imported(line):
        yield each.name, "" if each.is_relative else each.qualname


def _is_import(stmt: ast.stmt) -> bool:
    return isinstance(stmt, ast.Import | ast.ImportFrom) and not is_future(stmt)
