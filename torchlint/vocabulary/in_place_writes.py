"""Statements that write into a tensor in place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from torchlint.rule import Constant, Frame, Mutated, Op, Value, inventory_of, last_name, ops, own_nodes, path

# They change what a tensor looks like, or whether it has a graph, and none of its elements.
_LOOKS = ops.that(writes="graph") | {"squeeze_", "unsqueeze_", "transpose_", "t_", "as_strided_", "set_", "backward"}
WRITING = ops.IN_PLACE - _LOOKS - ops.that(kind=("layer", "initialiser"))
# What `+=` adds to no tensor.
_LISTS_AND_TEXTS = ast.List | ast.ListComp | ast.Tuple | ast.JoinedStr


class Write(NamedTuple):
    """A write: the node that does it, the expression that is written to, and what that held before."""

    node: ast.stmt | ast.expr
    target: ast.expr
    value: Value


def may_write(frame: Frame) -> bool:
    """Whether a function writes to something in place, as far as its text tells."""
    nodes = inventory_of(frame.scope)
    stored = any(isinstance(node.targets[0], ast.Subscript) for node in nodes.of(ast.Assign))
    added = any(not isinstance(node.value, _LISTS_AND_TEXTS) for node in nodes.of(ast.AugAssign))
    return stored or added or any(map(_is_written, nodes.of(ast.Call)))


def _is_written(call: ast.Call) -> bool:
    """Whether a call says itself that it writes: by its name, or by `inplace`, which a class only keeps for later."""
    name = last_name(call.func) or ""
    return name in WRITING or (not name[:1].isupper() and any(keyword.arg == "inplace" for keyword in call.keywords))


def writes(frame: Frame) -> Iterator[Write]:
    """The writes of a function: `x += y`, `x[i] = y`, `x.add_(y)`, `relu(x, inplace=True)`."""
    for node in own_nodes(frame.scope):
        match node:
            case ast.AugAssign(target=ast.Name() | ast.Attribute() as target) if node in frame.envs:
                key = path(frame, target)
                value = frame.envs[node].get(key) if key is not None else None
                if value is not None:
                    yield Write(node, target, value)
            case ast.Assign(targets=[ast.Subscript(value=ast.Name() | ast.Attribute() as target)]):
                if target in frame.values:
                    yield Write(node, target, frame.values[target])
            case ast.AugAssign(target=ast.Subscript(value=ast.Name() | ast.Attribute() as target)):
                if target in frame.values:
                    yield Write(node, target, frame.values[target])
            case ast.Call() if _is_written(node):
                yield from _of_call(frame, node)


def _of_call(frame: Frame, call: ast.Call) -> Iterator[Write]:
    op = frame.values.get(call)
    if not isinstance(op, Op) or op.node is not call:
        return
    is_asked = isinstance(flag := op.args.get("inplace"), Constant) and flag.value is True
    target = op.nodes.get("input")
    if target is not None and (is_asked or op.name in WRITING):
        yield Write(call, target, op.input)


def is_first(write: Write) -> bool:
    """Whether nothing was written to the same tensor before."""
    return not isinstance(write.value, Mutated)
