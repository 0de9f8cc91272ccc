"""Where the input of a loss comes from, as the text has it."""

from __future__ import annotations

import ast

from torchlint.rule import Call, Chain, Items, Op, Place, Unknown, Value, frame_of, ops, units


def averaged(value: Value) -> list[Value]:
    """The outputs of several models that a value is the mean of: `stack([m(x) for m in models]).mean(0)` and
    `sum(m(x) for m in models) / len(models)`; empty for anything else."""
    while isinstance(value, Op) and value.name in ops.CARRIERS:
        value = value.input
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


def maker(chain: Chain) -> ast.AST | None:
    """Where the operation at the end of a chain is written: its call, or the layer that a container calls."""
    op = units.source(chain)
    if op.layer is not None and op.layer.node is not None and is_within_a_model(op):
        return op.layer.node
    return op.node


def places(found: list[Chain], message: str, loss: Op) -> tuple[Place, ...]:
    """Where the operations of some chains are written, except in the loss's own line. `{}` in the message is the name
    of the operation."""
    shown: dict[ast.AST, Place] = {}
    for chain in found:
        node = maker(chain)
        op = units.source(chain)
        frame = op.layer.frame if op.layer is not None and node is op.layer.node else op.frame
        if node is not None and getattr(node, "lineno", 0) != getattr(loss.node, "lineno", 0):
            shown[node] = Place(node, message.format(op.name.replace("_", "-")), frame)
    return tuple(shown.values())


def is_within_a_model(op: Op) -> bool:
    """Whether an operation is that of a layer in a container, and its call one of the container."""
    called = isinstance(op.node, ast.Call) and op.frame is not None and op.frame.callees.get(op.node) is op.layer
    return op.layer is not None and not called


def operand(op: Op) -> ast.expr | None:
    """The expression of an operation's input, where it is written in the operation's own expression."""
    if not isinstance(op.node, ast.Call) or is_within_a_model(op):
        return None
    node = op.nodes.get("input")
    if node is None or isinstance(node, ast.Starred) or op.frame is None:
        return None
    return node if op.frame.values.get(node) is op.input else None
