"""Calls to values: torch operations, layers, functions and classes of the project, and what is known of the rest."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence

from torchlint.analysis import (
    classes,
    effects,
    evaluate,
    expressions,
    facts,
    families,
    grown,
    methods,
    ops,
    signatures,
    storing,
    wrappers,
)
from torchlint.analysis.arguments import Arguments, arguments_of
from torchlint.analysis.compare import join
from torchlint.analysis.frame import Frame
from torchlint.analysis.scout import FunctionModel
from torchlint.analysis.values import (
    Call,
    Choice,
    ClassRef,
    Constant,
    External,
    FunctionRef,
    Instance,
    Items,
    Layer,
    Mapped,
    Method,
    Op,
    Super,
    Unknown,
    Value,
)

_GRAD_MODES = families.NO_GRAD | families.GRAD
# These call their first argument with those that follow.
_APPLIERS = frozenset({"torch.nn.parallel.data_parallel", "torch.utils.checkpoint.checkpoint"})
_LAYER = re.compile(r"torch\.nn\.(?:modules\.(?:\w+\.)?)?([A-Z]\w*)$")
_NOT_LAYERS = frozenset({"Module", "Parameter", "Buffer", "UninitializedParameter", "ParameterList", "ParameterDict"})
_OP_NAMESPACES = ("torch.", "torch.nn.functional.", "torch.special.", "torch.linalg.", "torch.fft.")
_NAMESPACE_FORM = {"torch.nn.functional": "F"}
# What the modules of rules call torch (`torchlint.lazy`).
_STAND_INS = {"torchlint.rule.torch": "torch", "torchlint.rule.F": "torch.nn.functional"}


def call(frame: Frame, node: ast.Call) -> Value:
    """The value of a call expression."""
    callee = _callee(frame, node.func)
    frame.callees[node] = callee
    return apply(frame, callee, arguments_of(frame, node), node)


def external(frame: Frame, qualname: str, node: ast.AST | None) -> Value:
    """The value of a dotted name from outside the file: what the project defines under it, or the name itself."""
    for stand_in, module in _STAND_INS.items() if qualname.startswith("torchlint.") else ():
        if qualname == stand_in or qualname.startswith(f"{stand_in}."):
            return External(module + qualname[len(stand_in) :], node)
    if frame.evaluator.project is not None and not qualname.startswith(("torch.", "builtins.")):
        found = frame.evaluator.project.lookup(frame, qualname)
        if found is not None:
            return found
    return External(qualname, node)


def _callee(frame: Frame, node: ast.expr) -> Value:
    if not isinstance(node, ast.Attribute):
        return expressions.evaluate(frame, node)
    key = expressions.path(frame, node)
    if key is not None and key in frame.env:
        return expressions.evaluate(frame, node)
    receiver = expressions.evaluate(frame, node.value)
    value: Value
    if isinstance(receiver, Choice):
        value = join(*(_method_of(frame, member, node) for member in receiver.members))
    elif isinstance(receiver, External):
        value = expressions.attribute_of(frame, receiver, node.attr, node)
    else:
        value = _method_of(frame, receiver, node)
    frame.values[node] = value
    return value


def _method_of(frame: Frame, receiver: Value, node: ast.Attribute) -> Value:
    if isinstance(receiver, Instance | ClassRef):
        found = classes.attribute(frame, receiver, node.attr)
        if found is not None:
            return found
    if node.attr in wrappers.INNER and isinstance(receiver, Instance | Layer):
        return receiver
    if isinstance(receiver, Super):
        method = classes.find_method(frame, receiver.cls, node.attr, skip_own=True)
        if method is not None and frame.evaluator.is_plain(method):
            return FunctionRef(method, receiver.instance)
    if isinstance(receiver, External):
        return external(frame, f"{receiver.qualname}.{node.attr}", node)
    return Method(receiver, node.attr, node, frame)


def apply(frame: Frame, callee: Value, arguments: Arguments, node: ast.Call) -> Value:
    """The result of calling a value."""
    match callee:
        case Method():  # the most frequent one
            return methods.call_method(frame, callee, arguments, node)
        case Choice() if _is_choice_of_losses(callee):
            return opaque(frame, callee, arguments, node)
        case Choice():
            return join(*(apply(frame, member, arguments, node) for member in callee.members))
        case External():
            return _call_external(frame, callee, arguments, node)
        case Layer():
            return call_layer(frame, callee, arguments, node)
        case Instance():
            return _call_instance(frame, callee, arguments, node)
        case ClassRef():
            known = arguments.known
            return Instance(
                callee.cls, arguments.values if known else None, arguments.keywords if known else None, node, frame
            )
        case FunctionRef():
            return _call_function(frame, callee, arguments, node)
    return opaque(frame, callee, arguments, node)


def _is_choice_of_losses(callee: Choice) -> bool:
    """Whether the kind of loss depends on the path: what it is given then does too."""
    names = {member.name for member in callee.members if isinstance(member, Layer)}
    return len(names) > 1 and any(name.endswith("Loss") for name in names)


def opaque(frame: Frame, callee: Value, arguments: Arguments, node: ast.Call) -> Value:
    """A call of which only callee and arguments are known."""
    return Call(callee, arguments.values, arguments.keywords, node, frame, arguments.known)


# -- outside the project ------------------------------------------------------------------------------------------


def _call_external(frame: Frame, callee: External, arguments: Arguments, node: ast.Call) -> Value:
    name = callee.qualname
    if name.startswith("builtins."):
        return _call_builtin(frame, callee, arguments, node)
    inner = wrappers.wrapped(name, arguments)
    if inner is not None:
        return inner
    if name in _APPLIERS and len(arguments.values) > 1 and isinstance(arguments.values[0], Layer | Instance):
        count = 2 if name == "torch.nn.parallel.data_parallel" else len(arguments.values)
        inputs = Arguments(arguments.values[1:count], arguments.nodes[1:count], arguments.known)
        return apply(frame, arguments.values[0], inputs, node)
    if name == "collections.OrderedDict" and len(arguments.values) == 1:
        return _mapped(arguments.values[0]) or opaque(frame, callee, arguments, node)
    if name.startswith("torch.distributed."):
        for value in arguments.values:
            storing.mutate(frame, value, node)
    if not name.startswith("torch.") or name in _GRAD_MODES:
        return opaque(frame, callee, arguments, node)
    layer = _LAYER.match(name)
    if layer and layer[1] not in _NOT_LAYERS and signatures.known(f"torch.nn.{layer[1]}"):
        return _construct_layer(frame, layer[1], arguments, node)
    namespace, _, leaf = name.rpartition(".")
    if f"{namespace}." in _OP_NAMESPACES and signatures.known(name) and leaf[:1].islower():
        op = bind(frame, name, None, arguments, node, _NAMESPACE_FORM.get(namespace, namespace))
        if op is not None:
            return op
    return opaque(frame, callee, arguments, node)


def _mapped(value: Value) -> Mapped | None:
    """The dict that a list of pairs makes."""
    if isinstance(value, Mapped):
        return value
    if not isinstance(value, Items):
        return None
    pairs: dict[object, Value] = {}
    for item in value.items:
        if not (isinstance(item, Items) and len(item.items) == 2 and isinstance(item.items[0], Constant)):
            return None
        pairs[item.items[0].value] = item.items[1]
    return Mapped(pairs, value.node, value.frame)


def _call_builtin(frame: Frame, callee: External, arguments: Arguments, node: ast.Call) -> Value:
    values = arguments.values
    match callee.qualname.removeprefix("builtins."):
        case "len" if len(values) == 1 and facts.is_tensor(values[0]):
            return Op("size", {"input": values[0], "dim": Constant(0)}, {}, "operator", node, frame)
        case "list" | "tuple" as kind if len(values) == 1 and isinstance(values[0], Items):
            return Items(values[0].items, kind, node, frame)
        case "list" | "tuple" as kind if not values and arguments.known:
            return Items((), kind, node, frame)
        case "dict" if not values and arguments.known:
            return Mapped(arguments.keywords, node, frame)
        case "super" if frame.function is not None and frame.function.cls is not None:
            return Super(frame.function.cls, frame.instance, node)
        case "getattr" if len(values) >= 2 and isinstance(values[1], Constant) and isinstance(values[1].value, str):
            return expressions.attribute_of(frame, values[0], values[1].value, node)
        case "abs" if len(values) == 1 and facts.is_tensor(values[0]):
            return _record(frame, "abs", {"input": values[0]}, {"input": node.args[0]}, "operator", node)
    return opaque(frame, callee, arguments, node)


def _construct_layer(frame: Frame, name: str, arguments: Arguments, node: ast.Call) -> Layer:
    children = _children(name, arguments)
    bound: signatures.Bound[Value] | None = None
    if children is None and arguments.known:
        bound = signatures.bind(f"torch.nn.{name}", arguments.values, arguments.keywords, facts.kind)
    # `Sigmoid(*args, **kwargs)` takes nothing.
    args = _as_values({key: value for key, value in (bound or {}).items() if value != ()}, node, frame)
    nodes = _nodes_of(args, arguments)
    layer = Layer(name, args, nodes, node, frame, bound is not None or children is not None)
    layer.children = tuple(children or ())
    return layer


def _children(name: str, arguments: Arguments) -> Sequence[Value] | None:
    """The layers of a container; None for other layers."""
    if name not in ("Sequential", "ModuleList", "ModuleDict"):
        return None
    values = arguments.values
    if len(values) == 1 and isinstance(values[0], Mapped):
        return list(values[0].items.values())
    if name == "Sequential":
        return values
    if len(values) == 1 and isinstance(values[0], Items):
        return values[0].items
    last = grown.last_of(values[0]) if len(values) == 1 else ()
    return (Unknown(), *last) if last else ()


def _as_values(bound: signatures.Bound[Value], node: ast.AST, frame: Frame) -> dict[str, Value]:
    """Bound arguments, those of `*sizes` as one tuple."""
    return {
        name: Items(value, "tuple", node, frame) if isinstance(value, tuple) else value for name, value in bound.items()
    }


def _nodes_of(bound: dict[str, Value], arguments: Arguments) -> dict[str, ast.expr]:
    """Which expression each bound argument was written as."""
    written = dict(zip(arguments.values, arguments.nodes, strict=True))
    written |= {
        value: arguments.keyword_nodes[key]
        for key, value in arguments.keywords.items()
        if key in arguments.keyword_nodes
    }
    return {name: written[value] for name, value in bound.items() if value in written}


def bind(
    frame: Frame, qualname: str, receiver: Value | None, arguments: Arguments, node: ast.Call, form: str
) -> Op | None:
    """The operation that a call of a torch function or tensor method is; None where its arguments do not bind."""
    if not arguments.known:
        return None
    bound = signatures.bind(qualname, arguments.values, arguments.keywords, facts.kind)
    if bound is None:
        return None
    args = _as_values(bound, node, frame)
    nodes = _nodes_of(args, arguments)
    if receiver is not None:
        args = {"input": receiver, **args}
        if isinstance(node.func, ast.Attribute):
            nodes["input"] = node.func.value
    return _record(frame, signatures.canonical(qualname), args, nodes, form, node, signatures.defaults(qualname))


def converted(frame: Frame, receiver: Value, arguments: Arguments, node: ast.Call) -> Op | None:
    """`x.to(y)` where `y` may be a dtype, a device or a tensor: `to(input, target)`."""
    if not arguments.known or len(arguments.values) != 1:
        return None
    args = {"input": receiver, "target": arguments.values[0], **arguments.keywords}
    nodes = {"target": arguments.nodes[0], **arguments.keyword_nodes}
    if isinstance(node.func, ast.Attribute):
        nodes["input"] = node.func.value
    return _record(frame, "to", args, nodes, "Tensor", node)


def _record(
    frame: Frame,
    name: str,
    args: dict[str, Value],
    nodes: dict[str, ast.expr],
    form: str,
    node: ast.AST,
    defaults: Mapping[str, object] | None = None,
) -> Op:
    if name == "size" and "dim" not in args:
        name = "shape"
    name, args = ops.normalise(name, args, defaults or {})
    op = Op(name, args, nodes, form, node, frame)
    frame.ops.append(op)
    return op


# -- layers, instances, functions ---------------------------------------------------------------------------------


def call_layer(frame: Frame, layer: Layer, arguments: Arguments, node: ast.Call) -> Value:
    """The result of calling a layer of `torch.nn`."""
    if layer.name == "Identity" and arguments.values:
        return arguments.values[0]
    if layer.name == "Sequential":
        return _call_sequential(frame, layer, arguments, node)
    if layer.name in ("ModuleList", "ModuleDict"):
        return opaque(frame, layer, arguments, node)
    op = ops.layer_op(layer.name)
    parameters = ops.forward_parameters(op) if op else ("input",)
    if len(arguments.values) > len(parameters) and op in ops.LOSSES:
        return opaque(frame, layer, arguments, node)  # Another one, of the same name, is what is called here.
    if len(arguments.values) > len(parameters):
        parameters = (*parameters, *(f"arg{index}" for index in range(len(parameters), len(arguments.values))))
    args = dict(zip(parameters, arguments.values, strict=False)) | arguments.keywords
    nodes = dict(zip(parameters, arguments.nodes, strict=False)) | arguments.keyword_nodes
    settings: dict[str, Value] = {name: Constant(value) for name, value in ops.layer_defaults(layer.name).items()}
    settings |= layer.args
    settings.pop("inplace", None)
    if not (layer.complete and arguments.known):
        settings["**"] = Unknown(node, frame)
    name = op or layer.name
    record = _record(frame, name, settings | args, nodes, "module", node, _function_defaults(op))
    record.layer = layer
    return record


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


def _call_instance(frame: Frame, instance: Instance, arguments: Arguments, node: ast.Call) -> Value:
    for name in ("__call__", "forward"):
        method = classes.find_method(frame, instance.cls, name)
        if method is not None:
            if not frame.evaluator.is_plain(method):
                break
            return _call_function(frame, FunctionRef(method, instance), arguments, node)
    sequential = wrappers.sequential_of(frame, instance)
    return call_layer(frame, sequential, arguments, node) if sequential else opaque(frame, instance, arguments, node)


def _call_function(frame: Frame, reference: FunctionRef, arguments: Arguments, node: ast.Call) -> Value:
    inlined = None
    on_self = reference.bound is not None and reference.bound is frame.instance
    if reference.function.is_procedure and (not on_self or _leaves_attributes(frame, reference)):
        return expressions.none(node)  # nothing that it does is seen here
    if arguments.known:
        inlined = frame.evaluator.inline(reference, arguments.values, arguments.keywords, frame)
    if inlined is None:
        if on_self:
            _forget_attributes(frame, reference.function)
        return opaque(frame, reference, arguments, node)
    if on_self:
        for key, value in inlined.env.items():
            if key.startswith("self."):
                frame.bind(key, value)
    return evaluate.result(inlined)


def _leaves_attributes(frame: Frame, method: FunctionRef) -> bool:
    return isinstance(method.bound, Instance) and effects.leaves_attributes(frame, method.bound.cls, method.function)


def _forget_attributes(frame: Frame, method: FunctionModel) -> None:
    if method.cls is None:
        return
    for name, writers in method.cls.writers.items():
        if method in writers:
            frame.unbind(f"self.{name}")
