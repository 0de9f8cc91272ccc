"""`loss.data[0]`: how the number of a tensor without dims was taken before torch 0.5, where it raises."""

from __future__ import annotations

import ast


def number_of(node: ast.AST | None) -> ast.expr | None:
    """`loss` of `loss.data[0]`; None for anything else."""
    match node:
        case ast.Subscript(value=ast.Attribute(value=number, attr="data"), slice=ast.Constant(value=0), ctx=ast.Load()):
            return number
    return None
