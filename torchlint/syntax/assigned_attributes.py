"""Where a file assigns attributes, of whatever object."""

from __future__ import annotations

import ast

from torchlint.syntax import trees
from torchlint.syntax.module import Module
from torchlint.syntax.per_file import once_per_file


@once_per_file
def assigned_attributes(module: Module) -> list[ast.Attribute]:
    """All attributes that are assigned or deleted."""
    return [
        node
        for node in trees.walk(module.tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del)
    ]


@once_per_file
def assigned_by_name(module: Module) -> frozenset[tuple[str, str]]:
    """The same as pairs of a name and an attribute, of those whose object is a name: `Settings.depth = 3`."""
    return frozenset(
        (node.value.id, node.attr) for node in assigned_attributes(module) if isinstance(node.value, ast.Name)
    )
