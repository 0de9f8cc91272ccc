"""The way of a value to the one expression that uses it."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from torchlint.rule import (
    UNKNOWN,
    Chain,
    Frame,
    Layer,
    LoopCarried,
    Mutated,
    Unknown,
    Value,
    members,
    parents,
    trees,
    units,
)


class Route:
    """The way of a value from the expression that makes it to the one that takes it, where nothing else takes it."""

    def __init__(self, reads: list[ast.Name], statements: list[ast.Assign]) -> None:
        self.reads = reads
        self.statements = statements


def route(frame: Frame, chain: Chain, sink: ast.AST | None) -> Route | None:
    """How the source of a chain gets to the expression `sink`; None where that is not clear or not its only use."""
    op = units.source(chain)
    if op.frame is not frame or not isinstance(op.node, ast.expr) or sink is None:
        return None
    steps = {id(value) for value in chain}
    above = parents_of(frame)
    node: ast.AST = op.node
    found = Route([], [])
    for _ in range(40):
        parent = above.get(node)
        if parent is sink:
            return found
        name = _assigned(parent, node)
        if name is not None and isinstance(parent, ast.Assign):
            reads = reads_of(frame, name, frame.values.get(node))
            if len(reads) != 1 or frame.loop_of.get(parent) is not _loop_of(frame, reads[0], above):
                return None
            found.statements.append(parent)
            found.reads.append(reads[0])
            node = reads[0]
        elif parent is not None and _passes_on(frame, parent, steps):
            node = parent
        else:
            return None
    return None


def _passes_on(frame: Frame, parent: ast.AST, steps: set[int]) -> bool:
    """Whether an expression is part of the way: a reshape, or what leads from a value to its method or argument."""
    if isinstance(parent, ast.keyword | ast.Attribute):
        return True
    return isinstance(parent, ast.Call | ast.Subscript | ast.UnaryOp) and id(frame.values.get(parent)) in steps


def parents_of(frame: Frame) -> Mapping[ast.AST, ast.AST]:
    """The parent of each node of a frame's file."""
    return parents(frame.module)


def _assigned(parent: ast.AST | None, node: ast.AST) -> str | None:
    """The one local name that a statement assigns an expression to."""
    if isinstance(parent, ast.Assign) and parent.value is node and len(parent.targets) == 1:
        target = parent.targets[0]
        return target.id if isinstance(target, ast.Name) else None
    return None


def reads_of(frame: Frame, name: str, value: Value | None) -> list[ast.Name]:
    """Where a name is read that may hold a value; a read of which nothing certain is known counts."""
    scope = frame.scope
    found = []
    for node in trees.walk(scope):
        if isinstance(node, ast.Global | ast.Nonlocal) and name in node.names:
            found += [ast.Name(name), ast.Name(name)]
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Store):
            held = members(frame.values.get(node, UNKNOWN))
            if any(member is value or isinstance(member, Unknown | LoopCarried | Mutated) for member in held):
                found.append(node)
    return found


def _loop_of(frame: Frame, node: ast.AST, above: Mapping[ast.AST, ast.AST]) -> ast.stmt | None:
    while not isinstance(node, ast.stmt):
        node = above[node]
    return frame.loop_of.get(node)


def is_lone(layer: Value, frame: Frame) -> bool:
    """Whether a layer is made where it is called, or in a local name that is read once."""
    if not isinstance(layer, Layer) or layer.node is None or layer.frame is not frame:
        return False
    above = parents_of(frame)
    parent = above.get(layer.node)
    if isinstance(parent, ast.Call):
        return parent.func is layer.node
    name = _assigned(parent, layer.node)
    return name is not None and frame.function is not None and len(reads_of(frame, name, layer)) == 1
