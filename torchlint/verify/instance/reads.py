"""Who needs whom around a change: what a region depends on, and which of its names are read later."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from torchlint.syntax import trees
from torchlint.syntax.bindings import loaded, stored
from torchlint.verify.instance.change import Change
from torchlint.verify.instance.rebuilt_expressions import root_of
from torchlint.verify.instance.version_scope import Function

# Statements that a region is extended by, at most.
_MOST = 10
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


def earlier(change: Change, slices: Sequence[ast.stmt]) -> frozenset[str]:
    """The names that may have a value before a change other than what the statements of a slice give them."""
    scope = change.old_scope
    first = [*change.old, *change.following, *(level.owner for level in reversed(change.levels))]
    start = first[0].lineno if first else 10**9
    own = [*change.old, *slices]
    loops = change.loops
    names = set(scope.parameters)
    for node in trees.walk_own(scope.node):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            in_loop = bool(loops) and loops[0].lineno <= node.lineno <= (loops[0].end_lineno or 0)
            if (node.lineno < start or in_loop) and not _within(node, own):
                names.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name and node.lineno < start:
            names.add(node.name)
    return frozenset(names)


def _within(node: ast.Name, statements: Sequence[ast.stmt]) -> bool:
    return any(statement.lineno <= node.lineno <= (statement.end_lineno or 0) for statement in statements)


def live(change: Change, core: Sequence[ast.stmt], assigned: set[str]) -> set[str]:
    """Those of the names that a region assigns which something may read after it."""
    scope = change.old_scope.node
    if isinstance(scope, ast.Module):
        # Other files may read them too.
        return assigned
    outside = escaping(change, assigned)
    return {name for name in assigned if name in outside or _is_read(name, change, core)}


def escaping(change: Change, assigned: set[str]) -> set[str]:
    """Those of some names that code may read which is not part of the function's own course."""
    return {name for node in trees.walk_own(change.old_scope.node) for name in _escapes(node)} & assigned


def _escapes(node: ast.AST) -> set[str]:
    """The names that code which runs at another time may read or that belong to another scope."""
    if isinstance(node, ast.Global | ast.Nonlocal):
        return set(node.names)
    if isinstance(node, Function | ast.Lambda | ast.ClassDef):
        return loaded(node)
    return set()


def _is_read(name: str, change: Change, core: Sequence[ast.stmt]) -> bool:
    for statement in _after(change, core):
        if name in _read_first(statement):
            return True
        if isinstance(statement, ast.Assign | ast.AnnAssign) and name in stored(statement):
            return False
    return False


def _read_first(statement: ast.stmt) -> set[str]:
    """The names that a statement reads, less the variable that a loop sets before it is read."""
    if isinstance(statement, ast.For | ast.AsyncFor):
        return (loaded(statement) - stored(statement.target)) | loaded(statement.iter)
    return loaded(statement)


def _after(change: Change, core: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """What may run after a region, in order, as far as that is certain; then all that may run at all."""
    yield from change.following[len(core) :]
    for level in reversed(change.levels):
        if isinstance(level.owner, ast.For | ast.AsyncFor | ast.While):
            yield from level.owner.body
            if isinstance(level.owner, ast.While):
                yield ast.Expr(level.owner.test)
        elif isinstance(level.owner, ast.Try):
            yield from (*level.owner.orelse, *level.owner.finalbody)
            yield from (statement for handler in level.owner.handlers for statement in handler.body)
        yield from level.following


def tail(change: Change) -> int:
    """How many of the following statements a region needs so that no changed name is read after it."""
    names = {name for node in (*change.old, *change.new) for name in changed(node)}
    count = 0
    for place, statement in enumerate(change.following[:_MOST]):
        if names & loaded(statement):
            count = place + 1
        if isinstance(statement, ast.Assign) and not names & loaded(statement):
            names -= stored(statement)
    return count


def slice_of(change: Change, core: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The assignments before a change on which a region depends, in order."""
    needed = {name for node in core for name in loaded(node)}
    blocked: set[str] = set()
    found: list[ast.stmt] = []
    for statement in _before(change):
        if not isinstance(statement, ast.stmt):
            blocked |= statement
            continue
        names = changed(statement)
        if not names & (needed | blocked):
            continue
        if _is_plain(statement) and not (names | loaded(statement)) & blocked and len(found) < _MOST:
            found.insert(0, statement)
            if not isinstance(statement, ast.AugAssign):
                needed -= stored(statement)
            needed |= loaded(statement)
        else:
            # Before this statement the names hold something else.
            blocked |= names
    return found


def _before(change: Change) -> Iterator[ast.stmt | set[str]]:
    """What ran before a change in its function, from the nearest on, and the names that entering a block assigns."""
    yield from reversed(change.preceding)
    for level in reversed(change.levels):
        yield _entered(level.owner)
        yield from reversed(level.preceding)


def _entered(owner: ast.stmt) -> set[str]:
    if isinstance(owner, _LOOPS):
        # Carried from turn to turn: what the loop assigns is not what was there before it.
        return stored(owner)
    if isinstance(owner, ast.With | ast.AsyncWith):
        targets = [item.optional_vars for item in owner.items if item.optional_vars is not None]
        return {name for target in targets for name in stored(target)}
    # Another block of an `if` or `try` may have run, but not before this one in the same turn, save for `try`.
    return stored(owner) if isinstance(owner, ast.Try) else set()


def _is_plain(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assign):
        return all(isinstance(target, ast.Name | ast.Tuple | ast.List) for target in statement.targets)
    return isinstance(statement, ast.AnnAssign | ast.AugAssign) and isinstance(statement.target, ast.Name)


def changed(statement: ast.stmt) -> set[str]:
    """The names that a statement gives other values, by assignment or in place."""
    names = stored(statement)
    for part in trees.walk(statement):
        if isinstance(part, ast.Subscript | ast.Attribute) and isinstance(part.ctx, ast.Store | ast.Del):
            root = root_of(part)
            names |= {root} if root else set()
        elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
            root = root_of(part.func.value) if part.func.attr.endswith("_") else None
            names |= {root} if root else set()
    return names - {"self", "cls"}
