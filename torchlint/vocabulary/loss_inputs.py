"""Where the input of a loss comes from, seen through what only reshapes it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import Call, Element, Field, Items, Op, Place, Unknown, Value, frame_of, members, ops

# A value and what it was before it was reshaped, step by step; the last one is what computed the elements.
Chain = tuple[Value, ...]

_MAX_CHAINS = 16


def chains(value: Value) -> list[Chain]:
    """How a value may have come about, one chain for each path; empty where there are too many."""
    found: list[Chain] = []
    for chain in _chains(value, 24):
        found.append(chain)
        if len(found) > _MAX_CHAINS:
            return []
    return found


def _chains(value: Value, depth: int) -> Iterator[Chain]:
    for member in members(value):
        inner = carried(member)
        parts = _joined(member) if inner is None else (inner,)
        if not parts or depth == 0:
            yield (member,)
            continue
        for part in parts:
            for chain in _chains(part, depth - 1):
                yield (member, *chain)


def _joined(value: Value) -> tuple[Value, ...]:
    """The tensors that `cat` and `stack` put together."""
    tensors = value.args.get("tensors") if isinstance(value, Op) and value.name in ops.JOINS else None
    return tensors.items if isinstance(tensors, Items) else ()


def averaged(value: Value) -> list[Value]:
    """The outputs of several models that a value is the mean of: `stack([m(x) for m in models]).mean(0)` and
    `sum(m(x) for m in models) / len(models)`; empty for anything else."""
    while (inner := carried(value)) is not None:
        value = inner
    match value:
        case Op(name="mean") if "dim" in value.args and isinstance(value.input, Op) and value.input.name == "stack":
            return _elements(value.input.args.get("tensors"))
        case Op(name="div") if isinstance(value.input, Call) and value.input.qualname == "builtins.sum":
            return _elements(value.input.args[0]) if value.input.args else []
    return []


def _elements(value: Value | None) -> list[Value]:
    """What a display holds, or what a comprehension makes each time."""
    if isinstance(value, Items):
        return [*value.items]
    node, frame = (value.node, frame_of(value)) if isinstance(value, Unknown) else (None, None)
    if frame is None or not isinstance(node, ast.ListComp | ast.GeneratorExp):
        return []
    made = frame.values.get(node.elt)
    return [made] if made is not None else []


def carried(value: Value) -> Value | None:
    """The value whose elements this one has; None where the elements are its own."""
    match value:
        case Op() if value.name in ops.CARRIERS:
            return value.input
        case Element() if isinstance(value.base, Op) and value.base.name in ops.PARTS:
            return value.base.input
        case Field(name="data"):
            return value.base
    return None


def sources(value: Value, names: frozenset[str]) -> list[Chain]:
    """The chains of a value where every one of them ends in one of these operations; else nothing."""
    found = chains(value)
    return found if all(isinstance(chain[-1], Op) and chain[-1].name in names for chain in found) else []


def source(chain: Chain) -> Op:
    """The operation at the end of a chain from `sources`."""
    op = chain[-1]
    assert isinstance(op, Op)
    return op


def maker(chain: Chain) -> ast.AST | None:
    """Where the operation at the end of a chain is written: its call, or the layer that a container calls."""
    op = source(chain)
    if op.layer is not None and op.layer.node is not None and not _is_direct(op):
        return op.layer.node
    return op.node


def places(found: list[Chain], message: str, loss: Op) -> tuple[Place, ...]:
    """Where the operations of some chains are written, except in the loss's own line."""
    shown: dict[ast.AST, Place] = {}
    for chain in found:
        node = maker(chain)
        op = source(chain)
        frame = op.layer.frame if op.layer is not None and node is op.layer.node else op.frame
        if node is not None and getattr(node, "lineno", 0) != getattr(loss.node, "lineno", 0):
            shown[node] = Place(node, message, frame)
    return tuple(shown.values())


def _is_direct(op: Op) -> bool:
    """Whether the operation's call calls its own layer, not a container of it."""
    return isinstance(op.node, ast.Call) and op.frame is not None and op.frame.callees.get(op.node) is op.layer


def operand(op: Op) -> ast.expr | None:
    """The expression of an operation's input, where it is written in the operation's own expression."""
    if not isinstance(op.node, ast.Call) or (op.layer is not None and not _is_direct(op)):
        return None
    node = op.nodes.get("input")
    if node is None or isinstance(node, ast.Starred) or op.frame is None:
        return None
    return node if op.frame.values.get(node) is op.input else None
