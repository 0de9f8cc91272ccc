"""What a function returns, where its callers take gradients of it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from torchlint.rule import Frame, last_name, ops, own_nodes, statement_of, trees

from .eval_mode import callers

# Methods and functions behind which there is no graph any more.
_CUTS = ops.CUTS | {"item", "tolist", "numpy", "len", "float", "int", "str", "print"}
_FILLING = frozenset({"append", "extend", "insert"})


def is_returned_into_loss(frame: Frame) -> bool:
    """Whether a caller in the file calls `backward` on something that is made of what the function returns, as where
    log-probabilities are collected for a policy gradient."""
    return any(_reaches_backward(outer, node) for node, outer in callers(frame))


def _reaches_backward(frame: Frame, callee: ast.expr) -> bool:
    first = statement_of(frame.module, callee)
    if not isinstance(first, ast.Assign):
        return False
    return reaches_backward(frame, first, {name for target in first.targets for name in _names(target)})


def reaches_backward(frame: Frame, first: ast.stmt, names: Collection[str]) -> bool:
    """Whether what some names hold after a statement is part of something that `backward` is called on, as far as the
    function's text tells."""
    held = {*names}
    later = [node for node in own_nodes(frame.scope) if getattr(node, "lineno", 0) > (first.end_lineno or 0)]
    for node in sorted(later, key=lambda node: (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))):
        if _is_backward_of(node, held):
            return True
        for targets, value in _flows(node):
            given = {name for target in targets for name in _names(target)}
            if held.intersection(_names(value)):
                held |= given
            elif isinstance(node, ast.Assign):
                held -= given
    return False


def _is_backward_of(node: ast.AST, held: set[str]) -> bool:
    if not isinstance(node, ast.Call) or last_name(node.func) not in ("backward", "manual_backward"):
        return False
    return any(held.intersection(_names(part)) for part in (node.func, *node.args))


def _flows(node: ast.AST) -> Iterator[tuple[list[ast.expr], ast.expr]]:
    """What a node puts something into, and what."""
    match node:
        case ast.Assign(targets=targets, value=value):
            yield targets, value
        case ast.AugAssign(target=target, value=value) | ast.For(target=target, iter=value):
            yield [target], value
        case ast.Call(func=ast.Attribute(value=target, attr=name), args=[*_, value]) if name in _FILLING:
            yield [target], value


def _names(node: ast.AST) -> Iterator[str]:
    """The names that an expression reads, or binds, without those behind which no graph is left."""
    if isinstance(node, ast.Call) and last_name(node.func) in _CUTS:
        return
    if isinstance(node, ast.Name):
        yield node.id
    for inner in trees.children(node):
        yield from _names(inner)
