"""How an operation that torch refuses is spoken of: as it is written, and by which calls the program comes to it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import Frame, Op, Place


def subject(op: Op) -> str:
    """What refuses, as it is written."""
    node, layer = op.node, op.layer
    if layer is not None and isinstance(node, ast.Call):
        named = isinstance(node.func, ast.Name | ast.Attribute) and layer.name == op.name
        return f"`{ast.unparse(node.func)}`" if named else f"`{layer.name}`"
    return "This" if op.form == "operator" else f"`{op.name}`"


def layer_made(op: Op) -> Iterator[Place]:
    """Where the layer was made that is called, if it is one."""
    if op.layer is not None and isinstance(op.layer.node, ast.expr):
        yield Place(op.layer.node, "the layer is made here", op.layer.frame)


def called_from(frame: Frame) -> Iterator[Place]:
    """The calls that an evaluation comes in by, the innermost first."""
    inner = frame
    while inner.caller is not None and inner.call_site is not None:
        yield Place(inner.call_site, "it is called here", inner.caller)
        inner = inner.caller
