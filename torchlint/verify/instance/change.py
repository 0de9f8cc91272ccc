"""Where two versions of a file differ: neighbouring statements of one block, found by the places of the edits."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from torchlint.finding import Edit
from torchlint.fixing.logical_lines import parse
from torchlint.source import Source, apply
from torchlint.syntax.bindings import stored
from torchlint.verify.instance.version_scope import Function, Scope, imports_among

_BLOCKS = ("body", "orelse", "finalbody")


class NotExtractableError(Exception):
    """Why a rewrite cannot be cut out of its file, in a few words."""


@dataclass(frozen=True, slots=True)
class Level:
    """A statement around a change, and its neighbours in its own block."""

    owner: ast.stmt
    preceding: list[ast.stmt]
    following: list[ast.stmt]


@dataclass(slots=True)
class Change:
    """The statements that a fix changes, and what stands around them.

    `old` and `new` are the changed statements in both versions, `preceding` and `following` the others of their block,
    which both have. `levels` are the statements around the block within the function, outermost first.
    """

    old: list[ast.stmt]
    new: list[ast.stmt]
    preceding: list[ast.stmt]
    following: list[ast.stmt]
    old_scope: Scope
    new_scope: Scope
    levels: list[Level] = field(default_factory=list)

    @property
    def loops(self) -> list[ast.stmt]:
        """The loops around the change within its function, the outermost first."""
        owners = [level.owner for level in self.levels]
        return [owner for owner in owners if isinstance(owner, ast.For | ast.AsyncFor | ast.While)]


class File:
    """A file that has fixes, parsed once. Raises `NotExtractableError` if it does not parse."""

    def __init__(self, source: Source) -> None:
        self.source = source
        tree = parse(source.text)
        if tree is None:
            raise NotExtractableError("the file does not parse")
        self.tree = tree
        self._scopes: dict[ast.stmt, Scope] = {}
        self.imports = imports_among(_top_level(tree))
        self.bound = frozenset(name for node in tree.body for name in stored(node)) - set(self.imports)

    def change(self, edits: Sequence[Edit]) -> Change:
        """Where the edits of a fix are. Raises `NotExtractableError`."""
        own, imports = self._sorted_out(edits)
        if not own:
            raise NotExtractableError("the fix only changes imports")
        definition = self._definition(own)
        body: list[ast.stmt] = self.tree.body if definition is None else [definition]
        spans = self._spans(body)
        first, last = _touched(spans, own)
        if first == last:
            raise NotExtractableError("the fix adds statements to the module")
        start, end = spans[first][0], spans[last - 1][1]
        if not all(start <= edit.start and edit.end <= end for edit in own):
            raise NotExtractableError("the fix changes code between statements")
        scope = Scope(self.imports, self.bound, self.tree)
        new = self._parsed(start, end, own)
        change = Change(body[first:last], new, body[:first], body[last:], scope, scope)
        change = self._narrowed(change, own)
        change.new_scope = change.old_scope.changed(change.new, imports)
        return change

    def _parsed(self, start: int, end: int, edits: Sequence[Edit]) -> list[ast.stmt]:
        """The statements between two offsets after the edits. The text of these alone: a file may be long."""
        text = self.source.text
        moved = [Edit(edit.start - start, edit.end - start, edit.content) for edit in edits]
        indent = text[text.rfind("\n", 0, start) + 1 : start]
        new = apply(text[start:end], moved)
        tree = parse(f"if 1:\n{indent}{new}" if indent else new)
        if tree is None:
            raise NotExtractableError("the new code does not parse by itself")
        block = tree.body[0] if indent and tree.body else tree
        assert isinstance(block, ast.Module | ast.If)
        return block.body

    def _definition(self, edits: Sequence[Edit]) -> ast.stmt | None:
        """The innermost function whose body holds all edits and that stands on lines of its own."""
        found: ast.stmt | None = None
        block: list[ast.stmt] = self.tree.body
        while True:
            spans = self._spans(block)
            first, last = _touched(spans, edits)
            if last - first != 1:
                return found
            statement = block[first]
            name = self._only_block(statement, statement, edits)
            if name is None:
                return found
            line_start = self.source.text.rfind("\n", 0, spans[first][0]) + 1
            if isinstance(statement, Function) and not self.source.text[line_start : spans[first][0]].strip():
                found = statement
            block = getattr(statement, name)

    def _sorted_out(self, edits: Sequence[Edit]) -> tuple[list[Edit], dict[str, str]]:
        """The edits of code, and the imports that the others add."""
        own: list[Edit] = []
        added: dict[str, str] = {}
        for edit in edits:
            lines = parse(edit.content) if edit.start == edit.end and edit.content.strip() else None
            if lines is not None and all(isinstance(line, ast.Import | ast.ImportFrom) for line in lines.body):
                added |= imports_among(lines.body)
            else:
                own.append(edit)
        return own, added

    def _narrowed(self, change: Change, edits: Sequence[Edit]) -> Change:
        """The same change in the innermost block that holds all of it."""
        while len(change.old) == len(change.new) == 1:
            old, new = change.old[0], change.new[0]
            name = self._only_block(old, new, edits)
            if name is None:
                break
            blocks = getattr(old, name), getattr(new, name)
            first, last = _touched(self._spans(blocks[0]), edits)
            kept = len(blocks[0]) - last
            self._enter(change, old, new)
            change.preceding, change.following = blocks[0][:first], blocks[0][last:]
            change.old, change.new = blocks[0][first:last], blocks[1][first : len(blocks[1]) - kept]
        if not any(isinstance(statement, Function | ast.ClassDef) for statement in change.old):
            return change
        raise NotExtractableError("the fix changes a definition as a whole")

    def _scope(self, node: Function) -> Scope:
        if node not in self._scopes:
            self._scopes[node] = Scope(self.imports, self.bound, node)
        return self._scopes[node]

    def _enter(self, change: Change, old: ast.stmt, new: ast.stmt) -> None:
        if isinstance(old, Function) and isinstance(new, Function):
            change.old_scope = self._scope(old)
            change.levels = []
        elif isinstance(old, ast.ClassDef):
            change.levels = []
        else:
            change.levels.append(Level(old, change.preceding, change.following))

    def _only_block(self, old: ast.stmt, new: ast.stmt, edits: Sequence[Edit]) -> str | None:
        """The name of the block in which all edits of a compound statement are; None if there is none."""
        if type(old) is not type(new):
            return None
        for name in _BLOCKS:
            block, other = getattr(old, name, None), getattr(new, name, None)
            if not isinstance(block, list) or not block or not isinstance(other, list):
                continue
            start, end = self._span(block[0])[0], self._span(block[-1])[1]
            if all(self._is_within(edit, start, end) for edit in edits):
                return name
        return None

    def _is_within(self, edit: Edit, start: int, end: int) -> bool:
        """Whether an edit is one of a block that goes from `start` to `end`, its indentation and line end included."""
        text = self.source.text
        before = edit.start >= start or not text[edit.start : start].strip()
        return before and (edit.end <= end or not text[end : edit.end].strip())

    def _spans(self, block: Sequence[ast.stmt]) -> list[tuple[int, int]]:
        return [self._span(statement) for statement in block]

    def _span(self, statement: ast.stmt) -> tuple[int, int]:
        """Character offsets, decorators included."""
        decorators = getattr(statement, "decorator_list", None)
        start = self.source.offset(statement.lineno, statement.col_offset)
        if decorators:
            at = self.source.offset(decorators[0].lineno, decorators[0].col_offset)
            start = self.source.text.rfind("@", 0, at)
        return start, self.source.offset(statement.end_lineno or 1, statement.end_col_offset or 0)


def _top_level(tree: ast.Module) -> list[ast.AST]:
    """The statements that run when a module is imported, also those in `try` and `if`."""
    found: list[ast.AST] = []
    stack: list[ast.stmt] = list(tree.body)
    while stack:
        statement = stack.pop(0)
        found.append(statement)
        if isinstance(statement, ast.If | ast.Try):
            handlers = [inner for handler in getattr(statement, "handlers", []) for inner in handler.body]
            stack = [*statement.body, *handlers, *statement.orelse, *stack]
    return found


def _touched(spans: Sequence[tuple[int, int]], edits: Sequence[Edit]) -> tuple[int, int]:
    """The range of those of some spans that edits touch; an empty one where they stand between spans."""
    start, end = min(edit.start for edit in edits), max(edit.end for edit in edits)
    first = sum(1 for span in spans if span[1] < start or (span[1] == start and start < end))
    last = len(spans) - sum(1 for span in spans if span[0] >= end and not (span[0] == end == start))
    return first, max(first, last)
