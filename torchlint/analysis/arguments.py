"""The arguments of a call."""

from __future__ import annotations

import ast

from torchlint.analysis import expressions, grown
from torchlint.analysis.frame import Frame
from torchlint.analysis.values import Items, Mapped, Unknown, Value


class Arguments:
    """The arguments of a call. `known` is False where `*args` or `**kwargs` may bring more."""

    __slots__ = ("keyword_nodes", "keywords", "known", "nodes", "values")

    def __init__(self, values: list[Value], nodes: list[ast.expr], known: bool = True) -> None:
        self.values = values
        self.nodes = nodes
        self.keywords: dict[str, Value] = {}
        self.keyword_nodes: dict[str, ast.expr] = {}
        self.known = known


def arguments_of(frame: Frame, node: ast.Call) -> Arguments:
    """Evaluate the arguments of a call in order; displays behind `*` and `**` are unpacked."""
    values: list[Value] = []
    nodes: list[ast.expr] = []
    arguments = Arguments(values, nodes)
    for arg in node.args:
        if isinstance(arg, ast.Starred):
            _unpack(frame, arg, arguments)
        else:
            values.append(expressions.evaluate(frame, arg))
            nodes.append(arg)
    for keyword in node.keywords:
        value = expressions.evaluate(frame, keyword.value)
        if keyword.arg is not None:
            arguments.keywords[keyword.arg] = value
            arguments.keyword_nodes[keyword.arg] = keyword.value
        elif isinstance(value, Mapped) and all(isinstance(key, str) for key in value.items):
            arguments.keywords.update({str(key): item for key, item in value.items.items()})
        else:
            arguments.known = False
    return arguments


def _unpack(frame: Frame, starred: ast.Starred, arguments: Arguments) -> None:
    inner = expressions.evaluate(frame, starred.value)
    if isinstance(inner, Items):
        arguments.values.extend(inner.items)
        arguments.nodes.extend([starred] * len(inner.items))
    else:
        last = grown.last_of(inner)
        arguments.values.extend((Unknown(starred, frame), *last))
        arguments.nodes.extend([starred] * (1 + len(last)))
        arguments.known = False
