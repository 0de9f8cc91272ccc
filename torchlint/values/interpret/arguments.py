"""The arguments of a call, and what calling a value with them gives.

How a kind of value is called is said by other modules: each registers its handlers here (`@calls(Layer)`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, TypeVar

from torchlint.values.interpret import lists, size_tuples
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import Call, Items, Mapped, Unknown, Value

_Handler = TypeVar("_Handler", bound=Callable[..., Value])
_CALLEES: dict[type[Value], Callable[[Frame, Any, Arguments, ast.Call], Value]] = {}


class Arguments:
    """The arguments of a call. `known` is False where `*args` or `**kwargs` may bring more; if these are the sizes of
    a shape, `sizes` is the tuple that all positional arguments are."""

    __slots__ = ("keyword_nodes", "keywords", "known", "nodes", "sizes", "values")

    def __init__(self, values: list[Value], nodes: list[ast.expr], known: bool = True) -> None:
        self.values = values
        self.nodes = nodes
        self.keywords: dict[str, Value] = {}
        self.keyword_nodes: dict[str, ast.expr] = {}
        self.known = known
        self.sizes: Value | None = None


def calls(*kinds: type[Value]) -> Callable[[_Handler], _Handler]:
    """Register what calling values of these classes gives: a function of the frame, the value, the arguments and the
    call."""

    def register(handler: _Handler) -> _Handler:
        _CALLEES.update(dict.fromkeys(kinds, handler))
        return handler

    return register


def apply(frame: Frame, callee: Value, arguments: Arguments, node: ast.Call) -> Value:
    """The result of calling a value."""
    return _CALLEES.get(callee.__class__, opaque)(frame, callee, arguments, node)


def opaque(frame: Frame, callee: Value, arguments: Arguments, node: ast.Call) -> Value:
    """A call of which only callee and arguments are known."""
    return Call(callee, arguments.values, arguments.keywords, node, frame, arguments.known)


def arguments_of(node: ast.Call, value_of: Callable[[ast.expr], Value]) -> Arguments:
    """The arguments of a call in order, each valued by a function; displays behind `*` and `**` are unpacked."""
    values: list[Value] = []
    nodes: list[ast.expr] = []
    arguments = Arguments(values, nodes)
    parts: list[size_tuples.Part] = []
    for arg in node.args:
        if isinstance(arg, ast.Starred):
            parts.append((arg, value_of(arg.value)))
            _unpack(arg, parts[-1][1], arguments)
        else:
            values.append(value_of(arg))
            nodes.append(arg)
            parts.append((arg, values[-1]))
    if not arguments.known and not any(keyword.arg is None for keyword in node.keywords):
        arguments.sizes = size_tuples.joined(parts, node, values[0].frame)
    for keyword in node.keywords:
        value = value_of(keyword.value)
        if keyword.arg is not None:
            arguments.keywords[keyword.arg] = value
            arguments.keyword_nodes[keyword.arg] = keyword.value
        elif isinstance(value, Mapped) and all(isinstance(key, str) for key in value.items):
            arguments.keywords.update({str(key): item for key, item in value.items.items()})
        else:
            arguments.known = False
    return arguments


def _unpack(starred: ast.Starred, inner: Value, arguments: Arguments) -> None:
    if isinstance(inner, Items):
        arguments.values.extend(inner.items)
        arguments.nodes.extend([starred] * len(inner.items))
    else:
        last = lists.last_of(inner)
        arguments.values.extend((Unknown(starred, inner.frame), *last))
        arguments.nodes.extend([starred] * (1 + len(last)))
        arguments.known = False
