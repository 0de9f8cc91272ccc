"""Tuples of sizes that are put together: `(*x.shape[:-1], heads, -1)`, and the same as arguments of `x.view(..)`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from torchlint.values import facts
from torchlint.values.value import Items, Op, Origin, Value

# An element of a display or an argument, and its value: of `*x` that of x.
Part = tuple[ast.expr, Value]


def joined(parts: Sequence[Part], node: ast.AST, frame: Origin | None) -> Value | None:
    """The tuple that a display makes, as a sum of tuples; None where one that is unpacked may hold something else."""
    if not all(facts.are_sizes(value) or isinstance(value, Items) for value in _unpacked(parts)):
        return None
    whole: Value | None = None
    for piece in _pieces(parts, node, frame):
        whole = piece if whole is None else Op("add", {"input": whole, "other": piece}, {}, "operator", node, frame)
    return whole


def _unpacked(parts: Iterable[Part]) -> Iterable[Value]:
    return (value for element, value in parts if isinstance(element, ast.Starred))


def _pieces(parts: Iterable[Part], node: ast.AST, frame: Origin | None) -> Iterable[Value]:
    """What is unpacked, and what stands between as tuples."""
    plain: list[Value] = []
    for element, value in parts:
        if not isinstance(element, ast.Starred):
            plain.append(value)
        elif isinstance(value, Items):
            plain.extend(value.items)
        else:
            if plain:
                yield Items(plain, "tuple", node, frame)
            plain = []
            yield value
    if plain:
        yield Items(plain, "tuple", node, frame)
