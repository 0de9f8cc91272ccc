"""Layers of `torch.nn`: made, and called."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cache

from torchlint.torch_facts import ops, signatures
from torchlint.values import facts
from torchlint.values.interpret import lists
from torchlint.values.interpret.arguments import Arguments, apply, calls, opaque
from torchlint.values.interpret.frame import Frame
from torchlint.values.interpret.torch_calls import as_values, nodes_of, record
from torchlint.values.value import Choice, Constant, Instance, Items, Layer, Mapped, Unknown, Value


def construct_layer(frame: Frame, name: str, arguments: Arguments, node: ast.Call) -> Layer:
    """The layer that calling a class of `torch.nn` makes."""
    children = _children(name, arguments)
    bound: signatures.Bound[Value] | None = None
    if children is None and arguments.known:
        bound = signatures.bind(f"torch.nn.{name}", arguments.values, arguments.keywords, facts.kind)
    # `Sigmoid(*args, **kwargs)` takes nothing.
    args = as_values({key: value for key, value in (bound or {}).items() if value != ()}, node, frame)
    nodes = nodes_of(args, arguments)
    layer = Layer(name, args, nodes, node, frame, bound is not None or children is not None)
    layer.children = tuple(children or ())
    return layer


def _children(name: str, arguments: Arguments) -> Sequence[Value] | None:
    """The layers of a container; None for other layers."""
    if name not in ops.CONTAINERS:
        return None
    values = arguments.values
    if len(values) == 1 and isinstance(values[0], Mapped):
        return list(values[0].items.values())
    if name == "Sequential":
        return values
    if len(values) == 1 and isinstance(values[0], Items):
        return values[0].items
    last = lists.last_of(values[0]) if len(values) == 1 else ()
    return (Unknown(), *last) if last else ()


@calls(Layer)
def call_layer(frame: Frame, layer: Layer, arguments: Arguments, node: ast.Call) -> Value:
    """The result of calling a layer of `torch.nn`."""
    if layer.name == "Identity" and arguments.values:
        return arguments.values[0]
    if layer.name == "Sequential":
        return _call_sequential(frame, layer, arguments, node)
    if layer.name in ops.CONTAINERS:
        return opaque(frame, layer, arguments, node)
    op = ops.LAYERS.get(layer.name)
    parameters = ops.forward_parameters(layer.name)
    if len(arguments.values) > len(parameters) and op in ops.LOSSES:
        return opaque(frame, layer, arguments, node)  # Another one, of the same name, is what is called here.
    if len(arguments.values) > len(parameters):
        parameters = (*parameters, *(f"arg{index}" for index in range(len(parameters), len(arguments.values))))
    args = dict(zip(parameters, arguments.values, strict=False)) | arguments.keywords
    nodes = dict(zip(parameters, arguments.nodes, strict=False)) | arguments.keyword_nodes
    settings: dict[str, Value] = {name: Constant(value) for name, value in ops.layer_settings(layer.name).items()}
    settings |= layer.args
    # `self.conv.padding = (1, 1)`: what the layer was made with no longer holds.
    settings |= dict.fromkeys(_settings(layer.name) & frame.module.foreign_writes, Unknown(node, frame))
    settings.pop("inplace", None)
    if not (layer.complete and arguments.known):
        settings["**"] = Unknown(node, frame)
    name = op or layer.name
    made = record(frame, name, settings | args, nodes, "module", node, _function_defaults(op))
    made.layer = layer
    return made


@cache
def _settings(layer: str) -> frozenset[str]:
    """The names of what a layer is made with."""
    qualname = f"torch.nn.{layer}"
    return frozenset(signatures.names_of(qualname)) if signatures.known(qualname) else frozenset()


def _function_defaults(op: str | None) -> dict[str, object]:
    if op is None:
        return {}
    for namespace in ("torch.nn.functional", "torch"):
        if signatures.known(f"{namespace}.{op}"):
            return dict(signatures.defaults(f"{namespace}.{op}"))
    return {}


def _call_sequential(frame: Frame, layer: Layer, arguments: Arguments, node: ast.Call) -> Value:
    if not arguments.values or not layer.children:
        return opaque(frame, layer, arguments, node)
    value = arguments.values[0]
    for child in layer.children:
        known = isinstance(child, Layer | Instance | Choice)
        step = Arguments([value], [node])
        value = apply(frame, child, step, node) if known else Unknown(node, frame)
    return value
