"""The expressions in which two versions of a statement differ."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.verify.instance.change import Change

_Pair = tuple[ast.AST, ast.AST]
# Of a name or a constant nothing can be seen; the others have no value of their own.
_MUTE = (ast.Name, ast.Attribute, ast.Constant, ast.Starred, ast.Slice)
_COMPOUND = (ast.Call, ast.BinOp, ast.Subscript, ast.Compare, ast.IfExp, ast.UnaryOp)


def chain(change: Change) -> list[tuple[ast.expr, ast.expr]]:
    """The expressions around the difference in both versions, the smallest first; none where there is not one place."""
    if len(change.old) != 1 or len(change.new) != 1:
        return []
    found: list[tuple[ast.expr, ast.expr]] = []
    pair: _Pair | None = (change.old[0], change.new[0])
    while pair is not None:
        old, new = pair
        if _tells(old) and _tells(new):
            assert isinstance(old, ast.expr)
            assert isinstance(new, ast.expr)
            found.append((old, new))
        pair = _only_difference(old, new)
    return found[::-1]


def _tells(node: ast.AST) -> bool:
    return isinstance(node, ast.expr) and not isinstance(node, _MUTE)


def _only_difference(old: ast.AST, new: ast.AST) -> _Pair | None:
    """The only children that differ; None where more does."""
    if type(old) is not type(new):
        return None
    found: list[_Pair] = []
    for name in old._fields:
        left, right = getattr(old, name, None), getattr(new, name, None)
        if isinstance(left, ast.AST) and isinstance(right, ast.AST):
            found += [(left, right)] if ast.dump(left) != ast.dump(right) else []
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return None
            for one, other in zip(left, right, strict=True):
                if not isinstance(one, ast.AST) or not isinstance(other, ast.AST):
                    if one != other:
                        return None
                elif ast.dump(one) != ast.dump(other):
                    found.append((one, other))
        elif left != right:
            return None
    if len(found) != 1 or isinstance(found[0][0], ast.stmt) or _is_stored(found[0][0]):
        return None
    return found[0]


def _is_stored(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)


def shared(old: ast.expr, new: ast.expr) -> frozenset[str]:
    """The shapes of the compound expressions that both versions contain: what the rewrite leaves as it is."""
    return frozenset(_shapes(old)) & frozenset(_shapes(new))


def _shapes(node: ast.expr) -> Iterator[str]:
    for part in ast.walk(node):
        if part is node or not isinstance(part, _COMPOUND):
            continue
        if not (isinstance(part, ast.UnaryOp) and isinstance(part.operand, ast.Constant)):
            yield ast.dump(part)
