"""Imports that fixes left without a use: `from torch import ger` after the last `ger(a, b)` is `torch.outer(a, b)`.

Only what is certainly nobody's goes: imports of names from what `import torch` loads anyway, that
nothing in the file can reach by other means, and that stand where they are always run.
"""

from __future__ import annotations

import ast
import os
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from torchlint.finding import Edit
from torchlint.fixing.imports import LOADED
from torchlint.fixing.logical_lines import Pieces, is_future, parse
from torchlint.source import Source

# Modules whose import does nothing that another line of a file could need.
_IDLE = LOADED | {
    *("functorch", "torch._utils", "torch._vmap_internals", "torch.autograd.variable", "torch.cpu.amp"),
    *("torch.cuda.amp.autocast_mode", "torch.library", "torch.nn.utils.clip_grad", "torch.utils._pytree"),
    *("torch.utils.data._utils.collate", "torch.utils.data.dataloader", "torchvision.transforms"),
}
# Where one of these is used, a name can be reached without being spelled.
_REFLECTION = frozenset({"__all__", "globals", "locals", "vars", "dir", "eval", "exec"})
_WORD = re.compile(r"[^\W\d]\w*")
_EXAMPLE = re.compile(r"^\s*(?:>>>|\.\.\.) .*$", re.MULTILINE)
_Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef


class _Import(NamedTuple):
    """One name of a `from` import that is always run."""

    line: ast.ImportFrom
    alias: ast.alias

    @property
    def name(self) -> str:
        """What the file calls it."""
        return self.alias.asname or self.alias.name


def edits(before: str, after: Source) -> list[Edit]:
    """Edits of the new text that delete imports of names that were used in the old text, and no longer are."""
    if os.path.basename(after.path) == "__init__.py":  # what it imports is there for others
        return []
    old, new = parse(before), parse(after.text)
    if old is None or new is None:
        return []
    used = _loads(old)
    found = [one for one in _imports(new) if used[one.name] and not _loads(new)[one.name]]
    if not found or not _REFLECTION.isdisjoint({*_loads(new), *_stores(new)}):
        return []
    spelled, bound = _spelled(new).union(_WORD.findall(after.unread)), _stores(new)
    gone = [one for one in found if one.name not in spelled and bound[one.name] == 1]
    return _removals(gone, Pieces(after, new))


def _imports(tree: ast.Module) -> Iterator[_Import]:
    """The names that a module or a function imports from a module of torch's, outside of `if` and `try`."""
    for scope in ast.walk(tree):
        if not isinstance(scope, _Scope):
            continue
        for line in scope.body:
            if isinstance(line, ast.ImportFrom) and not line.level and line.module in _IDLE and not is_future(line):
                # `from a import b as b` says that others may import it from here.
                names = (alias for alias in line.names if alias.asname != alias.name and alias.name != "*")
                yield from (_Import(line, alias) for alias in names)


def _loads(tree: ast.AST) -> Counter[str]:
    return Counter(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store)
    )


def _stores(tree: ast.AST) -> Counter[str]:
    """How often each name is bound."""
    bound: Counter[str] = Counter()
    for node in ast.walk(tree):
        match node:
            case ast.Name(ctx=ast.Store()):
                bound[node.id] += 1
            case ast.alias():
                bound[node.asname or node.name.partition(".")[0]] += 1
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                bound[node.name] += 1
            case ast.Global() | ast.Nonlocal():
                bound.update(node.names)
    return bound


def _spelled(tree: ast.AST) -> set[str]:
    """The words in the strings of a file: `getattr`, annotations, names to export; of docstrings, in the examples."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    texts = ("\n".join(_EXAMPLE.findall(str(node.value))) if id(node) in prose else str(node.value) for node in strings)
    return {word for text in texts for word in _WORD.findall(text)}


def _removals(gone: list[_Import], pieces: Pieces) -> list[Edit]:
    by_line: dict[ast.ImportFrom, list[ast.alias]] = {}
    for one in gone:
        by_line.setdefault(one.line, []).append(one.alias)
    return [edit for line, aliases in by_line.items() for edit in _removal(line, aliases, pieces)]


def _removal(line: ast.ImportFrom, gone: list[ast.alias], pieces: Pieces) -> list[Edit]:
    """Take names out of an import; none where a comment would go too, or one above would be about nothing."""
    text = pieces.source.text
    start, end = pieces.span(line)
    first, last = pieces.line_start(start), pieces.line_end(end)
    if "#" in text[first:last]:  # perhaps `noqa`, because other modules import the name from here
        return []
    left = [alias for alias in line.names if alias not in gone]
    if left:
        return _aliases(line, gone, pieces)
    alone = text[first:last].strip() == text[start:end]
    above = pieces.source.line(line.lineno - 1).strip()
    only = len(pieces.block(line)) == 1
    if not above and line.lineno > 1 and not text[last:].partition("\n")[0].strip():
        # One blank line is enough where the import stood between two.
        last = text.find("\n", last) + 1 or last
    return [Edit(first, last, "")] if alone and not only and not above.startswith("#") else []


def _aliases(line: ast.ImportFrom, gone: list[ast.alias], pieces: Pieces) -> list[Edit]:
    """Each name goes with the comma after it, those at the end with the comma before them."""
    starts = [pieces.source.offset(alias.lineno, alias.col_offset) for alias in line.names]
    ends = [pieces.source.offset(alias.end_lineno or 0, alias.end_col_offset or 0) for alias in line.names]
    last_left = max(index for index, alias in enumerate(line.names) if alias not in gone)
    edits = [
        Edit(start, starts[index + 1], "")
        for index, (start, alias) in enumerate(zip(starts, line.names, strict=True))
        if alias in gone and index < last_left
    ]
    if last_left + 1 < len(line.names):
        edits.append(Edit(ends[last_left], ends[-1], ""))
    return edits
