"""Statements that freeze a model: none of its parameters gets a gradient afterwards."""

from __future__ import annotations

import ast


def freezes(node: ast.AST) -> tuple[ast.AST, str] | None:
    """A statement that freezes all parameters of a model, with how the model is written."""
    match node:
        case ast.For(
            target=ast.Name(id=name),
            iter=ast.Call(func=ast.Attribute(value=model, attr="parameters"), args=[], keywords=[]),
            body=[statement],
        ) if _frozen_by(statement) == name:
            return node, ast.unparse(model)
        case ast.For(
            target=ast.Tuple(elts=[_, ast.Name(id=name)]),
            iter=ast.Call(func=ast.Attribute(value=model, attr="named_parameters"), args=[], keywords=[]),
            body=[statement],
        ) if _frozen_by(statement) == name:
            return node, ast.unparse(model)
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="requires_grad_"))):
            frozen = _frozen_by(node)
            return (node, frozen) if frozen else None
    return None


def _frozen_by(statement: ast.stmt) -> str:
    """What a statement freezes: `p` of `p.requires_grad = False` and of `p.requires_grad_(False)`."""
    match statement:
        case ast.Assign(targets=[ast.Attribute(value=frozen, attr="requires_grad")], value=value):
            return ast.unparse(frozen) if is_false(value) else ""
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=frozen, attr="requires_grad_"), args=[value])):
            return ast.unparse(frozen) if is_false(value) else ""
    return ""


def is_false(node: ast.expr) -> bool:
    """Whether `False` is written."""
    return isinstance(node, ast.Constant) and node.value is False
