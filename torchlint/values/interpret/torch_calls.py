"""Calls of torch functions and tensor methods: the operation that they are, arguments bound to parameter names."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from torchlint.torch_facts import signatures
from torchlint.values import facts
from torchlint.values.interpret.arguments import Arguments
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import Constant, Items, Op, Value


def bind(
    frame: Frame, qualname: str, receiver: Value | None, arguments: Arguments, node: ast.Call, form: str
) -> Op | None:
    """The operation that a call of a torch function or tensor method is; None where its arguments do not bind."""
    values = arguments.values
    if not arguments.known:
        if arguments.sizes is None or not signatures.takes_sizes(qualname):
            return None
        values = [arguments.sizes]
    bound = signatures.bind(qualname, values, arguments.keywords, facts.kind)
    if bound is None:
        return None
    args = as_values(bound, node, frame)
    nodes = nodes_of(args, arguments)
    if receiver is not None:
        args = {"input": receiver, **args}
        if isinstance(node.func, ast.Attribute):
            nodes["input"] = node.func.value
    return record(frame, signatures.canonical(qualname), args, nodes, form, node, signatures.defaults(qualname))


def converted(frame: Frame, receiver: Value, arguments: Arguments, node: ast.Call) -> Op | None:
    """`x.to(y)` where `y` may be a dtype, a device or a tensor: `to(input, target)`."""
    if not arguments.known or len(arguments.values) != 1:
        return None
    args = {"input": receiver, "target": arguments.values[0], **arguments.keywords}
    nodes = {"target": arguments.nodes[0], **arguments.keyword_nodes}
    if isinstance(node.func, ast.Attribute):
        nodes["input"] = node.func.value
    return record(frame, "to", args, nodes, "Tensor", node)


def record(
    frame: Frame,
    name: str,
    args: dict[str, Value],
    nodes: dict[str, ast.expr],
    form: str,
    node: ast.AST,
    defaults: Mapping[str, object] | None = None,
) -> Op:
    """An operation in its normal form; the frame notes that it was run."""
    if name == "size" and "dim" not in args:
        name = "shape"
    name, args = _normalised(name, args, defaults or {})
    op = Op(name, args, nodes, form, node, frame)
    frame.ops.append(op)
    return op


def as_values(bound: signatures.Bound[Value], node: ast.AST, frame: Frame) -> dict[str, Value]:
    """Bound arguments, those of `*sizes` as one tuple."""
    return {
        name: Items(value, "tuple", node, frame) if isinstance(value, tuple) else value for name, value in bound.items()
    }


def nodes_of(bound: dict[str, Value], arguments: Arguments) -> dict[str, ast.expr]:
    """Which expression each bound argument was written as."""
    written = dict(zip(arguments.values, arguments.nodes, strict=True))
    written |= {
        value: arguments.keyword_nodes[key]
        for key, value in arguments.keywords.items()
        if key in arguments.keyword_nodes
    }
    return {name: written[value] for name, value in bound.items() if value in written}


def _normalised(name: str, args: dict[str, Value], defaults: Mapping[str, object]) -> tuple[str, dict[str, Value]]:
    """One form for what may be written in several: no defaults, no one-element dims, `square` as `pow`."""
    kept = args
    if defaults:
        kept = {
            key: value
            for key, value in args.items()
            if not (isinstance(value, Constant) and key in defaults and _equals(value.value, defaults[key]))
        }
    dim = kept.get("dim")
    if isinstance(dim, Items) and len(dim.items) == 1:
        kept["dim"] = dim.items[0]
    if name == "square":
        return "pow", {"input": kept["input"], "exponent": Constant(2)}
    if name == "reciprocal":
        return "div", {"input": Constant(1), "other": kept["input"]}
    if name in ("pow", "float_power") and "other" in kept:
        kept["exponent"] = kept.pop("other")
    if name == "pow" and "self" in kept:
        kept["input"] = kept.pop("self")
    return name, kept


def _equals(a: object, b: object) -> bool:
    return type(a) is type(b) and a == b
