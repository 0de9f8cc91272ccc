"""Tables at the top of a module that nothing in its file reads: they may list hundreds of models."""

from __future__ import annotations

import ast

from torchlint.syntax.inventory import inventory_of
from torchlint.syntax.module import Module


def unread(module: Module) -> frozenset[ast.stmt]:
    """The statements that do nothing but bind a name that stands nowhere else in the text to a call or a dict."""
    found = [node for node in module.tree.body if isinstance(node, ast.Assign) and _is_table(node, module.source.text)]
    if not found:
        return frozenset()
    nodes = inventory_of(module.tree)
    # A method may change what it is called on, or what it is given, and `:=` binds another name.
    acting = [call for call in nodes.of(ast.Call) if not isinstance(call.func, ast.Name)]
    rows = [node.lineno for node in (*acting, *nodes.of(ast.NamedExpr))]
    return frozenset(node for node in found if not any(node.lineno <= row <= (node.end_lineno or 0) for row in rows))


def _is_table(statement: ast.Assign, text: str) -> bool:
    target = statement.targets[0]
    return (
        isinstance(statement.value, ast.Call | ast.Dict)
        and len(statement.targets) == 1
        and isinstance(target, ast.Name)
        and _stands_once(target.id, text)
    )


def _stands_once(name: str, text: str) -> bool:
    """Whether an identifier stands in a text only once, comments and strings included."""
    count, start = 0, text.find(name)
    while start >= 0 and count < 2:
        end = start + len(name)
        count += not (_is_part(text[start - 1 : start]) or _is_part(text[end : end + 1]))
        start = text.find(name, end)
    return count == 1


def _is_part(character: str) -> bool:
    return character == "_" or character.isalnum()
