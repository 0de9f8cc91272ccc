"""Which loops may compute something from the slices of tensors, as far as the bare tree tells.

`_sweeps`, `_slices` and `_stacks` tell the same of an evaluated function: what they find there is never missed here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from torchlint.rule import inventory_of, ops, trees

from .loop_stacks import appended
from .loops import Loop, is_path
from .slices import ARITHMETIC, ELEMENTWISE

# What is written so is not a tensor with rows, nor the call of one of these functions of Python's.
_NO_TENSORS = (
    *(ast.Constant, ast.JoinedStr, ast.BinOp, ast.UnaryOp, ast.Compare, ast.List, ast.Tuple, ast.Dict, ast.Set),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)
_PYTHONS = frozenset(
    ["range", "enumerate", "zip", "sorted", "reversed", "map", "filter", "list", "tuple", "set", "dict"]
)
# Methods that look at more of a tensor than one element for each element of the result. Those that are left out are
# what rows are put together, and indices are read, with.
_NOT_ELEMENTWISE = ops.methods(*(ops.everything() - ELEMENTWISE - ARITHMETIC - {"sum", "unsqueeze", "item"}))


class Taken(NamedTuple):
    """The names that a loop may give to slices of tensors, and to the counters by which slices are taken."""

    rows: frozenset[str]
    counters: frozenset[str]


_NOTHING = Taken(frozenset(), frozenset())


def taken_by(loop: Loop) -> Taken:
    """The names of slices and counters; none where a loop runs over something else."""
    if getattr(loop, "orelse", None) or getattr(loop, "is_async", 0):
        return _NOTHING
    match loop.target, loop.iter:
        case ast.Name(id=name), ast.Call(func=ast.Name(id="range")):
            return Taken(frozenset(), frozenset({name}))
        case ast.Name(id=name), source if _may_have_rows(source):
            return Taken(frozenset({name}), frozenset({name}))
        case ast.Tuple(elts=targets), ast.Call(args=args, keywords=[]) if all(map(_may_have_rows, args)):
            names = frozenset(target.id for target in targets if isinstance(target, ast.Name))
            return Taken(names, names) if len(names) == len(targets) else _NOTHING
    return _NOTHING


def _may_have_rows(node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id not in _PYTHONS
    return not isinstance(node, _NO_TENSORS)


def has_slice(node: ast.expr, taken: Taken) -> bool:
    """Whether an expression may be elementwise arithmetic over slices: `x[i]`, `row`, `torch.exp(row) + 1`. What a loop
    takes and calls is not a tensor."""
    match node:
        case ast.Name(id=name):
            return name in taken.rows
        case ast.Subscript(value=base, slice=index):
            parts = index.elts if isinstance(index, ast.Tuple) else [index]
            root = base
            while isinstance(root, ast.Subscript):  # `x[j][i]` is `x[j, i]`
                root = root.value
            if is_path(root) and any(isinstance(part, ast.Name) and part.id in taken.counters for part in parts):
                return True
            # `row[None]` has a leading dim of one.
            return isinstance(index, ast.Constant | ast.Name | ast.Attribute) and has_slice(base, taken)
        case ast.BinOp(left=left, right=right):
            return has_slice(left, taken) or has_slice(right, taken)
        case ast.UnaryOp(operand=operand):
            return has_slice(operand, taken)
        case ast.Compare(left=left, comparators=others):
            return any(has_slice(side, taken) for side in (left, *others))
        case ast.Call(func=ast.Name(id=name)) if name in taken.rows:
            return False
        case ast.Call(func=func, args=args, keywords=keywords):
            if isinstance(func, ast.Attribute) and has_slice(func.value, taken):
                return func.attr not in _NOT_ELEMENTWISE
            given = [*args, *(keyword.value for keyword in keywords)]
            return any(has_slice(part, taken) for part in given)
    return False


def has_gathered(node: ast.expr, taken: Taken) -> bool:
    """Whether something in an expression may be `x[i][t[i]]` or `x[i, t[i]]`."""
    return any(isinstance(part, ast.Subscript) and _is_gathered(part, taken) for part in trees.walk(node))


def _is_gathered(node: ast.Subscript, taken: Taken) -> bool:
    match node.slice:
        case ast.Tuple(elts=[ast.Name(id=first), second]):
            return first in taken.counters and has_slice(second, taken)
    return has_slice(node.value, taken) and has_slice(node.slice, taken)


def stacked(scope: ast.AST) -> Iterator[tuple[ast.expr, Taken]]:
    """What loops and comprehensions of a scope make in each turn and may be stacked, and what they take for it."""
    nodes = inventory_of(scope)
    comprehensions: list[ast.ListComp | ast.GeneratorExp] = [*nodes.of(ast.ListComp), *nodes.of(ast.GeneratorExp)]
    for made in comprehensions:
        if len(made.generators) == 1 and not made.generators[0].ifs:
            yield made.elt, taken_by(made.generators[0])
    for loop in nodes.of(ast.For):
        added = appended(loop.body[0]) if len(loop.body) == 1 else None
        if added is not None:
            yield added[1], taken_by(loop)
