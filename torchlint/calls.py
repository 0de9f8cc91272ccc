"""Calls to values: torch operations, layers, functions and classes of the project, and what is known of the rest."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from torchlint import classes, facts, ops, signatures
from torchlint.frame import Frame
from torchlint.scout import FunctionModel
from torchlint.values import (
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
    Parameter,
    Super,
    Unknown,
    Value,
    join,
)

_NO_GRAD = frozenset({"torch.no_grad", "torch.inference_mode", "torch.autograd.no_grad", "torch.autograd.inference_mode"})
_GRAD = frozenset({"torch.enable_grad", "torch.autograd.enable_grad", "torch.set_grad_enabled"})
# These return their first argument, as far as its outputs are concerned.
_WRAPPERS = frozenset(
    {
        "torch.compile",
        "torch.jit.script",
        "torch.jit.trace",
        "torch.jit.freeze",
        "torch.nn.DataParallel",
        "torch.nn.parallel.DataParallel",
        "torch.nn.parallel.DistributedDataParallel",
        "torch.nn.utils.weight_norm",
        "torch.nn.utils.spectral_norm",
        "torch.nn.utils.parametrizations.weight_norm",
        "torch.nn.utils.parametrizations.spectral_norm",
        "copy.deepcopy",
        "copy.copy",
    }
)
# Methods of modules that return the module itself.
_SAME_MODULE = frozenset(
    ["to", "cuda", "cpu", "xpu", "float", "half", "double", "bfloat16", "eval", "train", "requires_grad_", "share_memory", "apply", "type", "to_empty"]
)
_LAYER = re.compile(r"torch\.nn\.(?:modules\.(?:\w+\.)?)?([A-Z]\w*)$")
_NOT_LAYERS = frozenset({"Module", "Parameter", "Buffer", "UninitializedParameter", "ParameterList", "ParameterDict"})
_OP_NAMESPACES = ("torch.", "torch.nn.functional.", "torch.special.", "torch.linalg.", "torch.fft.")
_NAMESPACE_FORM = {"torch.nn.functional": "F"}
_MAX_CALLERS = 3
# What the modules of rules call torch (`torchlint.lazy`).
_STAND_INS = {"torchlint.rule.torch": "torch", "torchlint.rule.F": "torch.nn.functional"}


@dataclass(slots=True)
class Arguments:
    """The arguments of a call. `known` is False where `*args` or `**kwargs` may bring more."""

    values: list[Value] = field(default_factory=list)
    nodes: list[ast.expr] = field(default_factory=list)
    keywords: dict[str, Value] = field(default_factory=dict)
    keyword_nodes: dict[str, ast.expr] = field(default_factory=dict)
    known: bool = True


def call(frame: Frame, node: ast.Call) -> Value:
    """The value of a call expression."""
    callee = _callee(frame, node.func)
    frame.callees[node] = callee
    return apply(frame, callee, _arguments(frame, node), node)


def external(frame: Frame, qualname: str, node: ast.AST | None) -> Value:
    """The value of a dotted name from outside the file: what the project defines under it, or the name itself."""
    for stand_in, module in _STAND_INS.items():
        if qualname == stand_in or qualname.startswith(f"{stand_in}."):
            return External(module + qualname[len(stand_in) :], node)
    if frame.evaluator.project is not None and not qualname.startswith(("torch.", "builtins.")):
        found = frame.evaluator.project.lookup(frame, qualname)
        if found is not None:
            return found
    return External(qualname, node)


def _callee(frame: Frame, node: ast.expr) -> Value:
    from torchlint.expressions import attribute_of, evaluate, path

    if not isinstance(node, ast.Attribute):
        return evaluate(frame, node)
    key = path(frame, node)
    if key is not None and key in frame.env:
        return evaluate(frame, node)
    receiver = evaluate(frame, node.value)
    value: Value
    if isinstance(receiver, Choice):
        value = join(*(_method_of(frame, member, node) for member in receiver.members))
    elif isinstance(receiver, External):
        value = attribute_of(frame, receiver, node.attr, node)
    else:
        value = _method_of(frame, receiver, node)
    frame.values[node] = value
    return value


def _method_of(frame: Frame, receiver: Value, node: ast.Attribute) -> Value:
    if isinstance(receiver, Instance | ClassRef):
        found = classes.attribute(frame, receiver, node.attr)
        if found is not None:
            return found
    if isinstance(receiver, Super):
        method = classes.find_method(frame, receiver.cls, node.attr, skip_own=True)
        if method is not None and frame.evaluator.is_plain(method):
            return FunctionRef(method, receiver.instance)
    if isinstance(receiver, External):
        return external(frame, f"{receiver.qualname}.{node.attr}", node)
    return Method(receiver, node.attr, node, frame)


def _arguments(frame: Frame, node: ast.Call) -> Arguments:
    from torchlint.expressions import evaluate

    arguments = Arguments()
    for arg in node.args:
        if not isinstance(arg, ast.Starred):
            arguments.values.append(evaluate(frame, arg))
            arguments.nodes.append(arg)
            continue
        inner = evaluate(frame, arg.value)
        if isinstance(inner, Items):
            arguments.values.extend(inner.items)
            arguments.nodes.extend([arg] * len(inner.items))
        else:
            arguments.values.append(Unknown(arg, frame))
            arguments.nodes.append(arg)
            arguments.known = False
    for keyword in node.keywords:
        value = evaluate(frame, keyword.value)
        if keyword.arg is not None:
            arguments.keywords[keyword.arg] = value
            arguments.keyword_nodes[keyword.arg] = keyword.value
        elif isinstance(value, Mapped) and all(isinstance(key, str) for key in value.items):
            arguments.keywords.update({str(key): item for key, item in value.items.items()})
        else:
            arguments.known = False
    return arguments


def apply(frame: Frame, callee: Value, arguments: Arguments, node: ast.Call) -> Value:
    """The result of calling a value."""
    match callee:
        case Choice():
            return join(*(apply(frame, member, arguments, node) for member in callee.members))
        case External():
            return _call_external(frame, callee, arguments, node)
        case Layer():
            return _call_layer(frame, callee, arguments, node)
        case Instance():
            return _call_instance(frame, callee, arguments, node)
        case ClassRef():
            known = arguments.known
            return Instance(
                callee.cls, arguments.values if known else None, arguments.keywords if known else None, node, frame
            )
        case FunctionRef():
            return _call_function(frame, callee, arguments, node)
        case Method():
            return _call_method(frame, callee, arguments, node)
    return _opaque(frame, callee, arguments, node)


def _opaque(frame: Frame, callee: Value, arguments: Arguments, node: ast.Call) -> Value:
    return Call(callee, arguments.values, arguments.keywords, node, frame, arguments.known)


# -- outside the project ------------------------------------------------------------------------------------------


def _call_external(frame: Frame, callee: External, arguments: Arguments, node: ast.Call) -> Value:
    name = callee.qualname
    if name.startswith("builtins."):
        return _call_builtin(frame, callee, arguments, node)
    if name in _WRAPPERS and arguments.values:
        return arguments.values[0]
    if name == "collections.OrderedDict" and len(arguments.values) == 1:
        return _mapped(arguments.values[0]) or _opaque(frame, callee, arguments, node)
    if not name.startswith("torch.") or name in _NO_GRAD or name in _GRAD:
        return _opaque(frame, callee, arguments, node)
    layer = _LAYER.match(name)
    if layer and layer[1] not in _NOT_LAYERS and signatures.known(f"torch.nn.{layer[1]}"):
        return _construct_layer(frame, layer[1], arguments, node)
    namespace, _, leaf = name.rpartition(".")
    if f"{namespace}." in _OP_NAMESPACES and signatures.known(name) and leaf[:1].islower():
        op = _bind(frame, name, None, arguments, node, _NAMESPACE_FORM.get(namespace, namespace))
        if op is not None:
            return op
    return _opaque(frame, callee, arguments, node)


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
    from torchlint.expressions import attribute_of

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
            return attribute_of(frame, values[0], values[1].value, node)
        case "abs" if len(values) == 1 and facts.is_tensor(values[0]):
            return _record(frame, "abs", {"input": values[0]}, {"input": node.args[0]}, "operator", node)
    return _opaque(frame, callee, arguments, node)


def _construct_layer(frame: Frame, name: str, arguments: Arguments, node: ast.Call) -> Layer:
    children = _children(name, arguments)
    bound: dict[str, Value] | None = None
    nodes: dict[str, ast.expr] = {}
    if children is None and arguments.known:
        bound = signatures.bind(f"torch.nn.{name}", arguments.values, arguments.keywords, facts.kind)
        nodes = _nodes_of(bound or {}, arguments)
    layer = Layer(name, bound or {}, nodes, node, frame, bound is not None or children is not None)
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
    return ()


def _nodes_of(bound: dict[str, Value], arguments: Arguments) -> dict[str, ast.expr]:
    """Which expression each bound argument was written as."""
    nodes: dict[str, ast.expr] = {}
    written = {id(value): node for value, node in zip(arguments.values, arguments.nodes, strict=True)}
    written |= {id(value): arguments.keyword_nodes[key] for key, value in arguments.keywords.items() if key in arguments.keyword_nodes}
    for name, value in bound.items():
        if not isinstance(value, tuple) and id(value) in written:
            nodes[name] = written[id(value)]
    return nodes


def _bind(
    frame: Frame, qualname: str, receiver: Value | None, arguments: Arguments, node: ast.Call, form: str
) -> Op | None:
    """The operation that a call of a torch function or tensor method is; None where its arguments do not bind."""
    if not arguments.known:
        return None
    bound = signatures.bind(qualname, arguments.values, arguments.keywords, facts.kind)
    if bound is None:
        return None
    nodes = _nodes_of(bound, arguments)
    args: dict[str, Value] = {}
    if receiver is not None:
        args["input"] = receiver
        if isinstance(node.func, ast.Attribute):
            nodes["input"] = node.func.value
    for key, value in bound.items():
        args[key] = Items(value, "tuple", node, frame) if isinstance(value, tuple) else value
    return _record(frame, signatures.canonical(qualname), args, nodes, form, node, signatures.defaults(qualname))


def _record(
    frame: Frame,
    name: str,
    args: dict[str, Value],
    nodes: dict[str, ast.expr],
    form: str,
    node: ast.AST,
    defaults: dict[str, object] | None = None,
) -> Op:
    if name == "size" and "dim" not in args:
        name = "shape"
    name, args = ops.normalise(name, args, defaults or {})
    op = Op(name, args, nodes, form, node, frame)
    frame.ops.append(op)
    return op


# -- layers, instances, functions ---------------------------------------------------------------------------------


def _call_layer(frame: Frame, layer: Layer, arguments: Arguments, node: ast.Call) -> Value:
    if layer.name == "Identity" and arguments.values:
        return arguments.values[0]
    if layer.name == "Sequential":
        return _call_sequential(frame, layer, arguments, node)
    if layer.name in ("ModuleList", "ModuleDict"):
        return _opaque(frame, layer, arguments, node)
    op = ops.layer_op(layer.name)
    parameters = ops.forward_parameters(op) if op else ("input",)
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
        return _opaque(frame, layer, arguments, node)
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
    return _opaque(frame, instance, arguments, node)


def _call_function(frame: Frame, reference: FunctionRef, arguments: Arguments, node: ast.Call) -> Value:
    from torchlint.evaluate import result

    inlined = None
    if arguments.known:
        inlined = frame.evaluator.inline(reference, arguments.values, arguments.keywords, frame)
    on_self = reference.bound is not None and reference.bound is frame.instance
    if inlined is None:
        if on_self:
            _forget_attributes(frame, reference.function)
        return _opaque(frame, reference, arguments, node)
    if on_self:
        for key, value in inlined.env.items():
            if key.startswith("self."):
                frame.bind(key, value)
    return result(inlined)


def _forget_attributes(frame: Frame, method: FunctionModel) -> None:
    if method.cls is None:
        return
    for name, writers in method.cls.writers.items():
        if method in writers:
            frame.unbind(f"self.{name}")


# -- methods --------------------------------------------------------------------------------------------------------


def _call_method(frame: Frame, method: Method, arguments: Arguments, node: ast.Call) -> Value:
    receiver, name = method.receiver, method.name
    match receiver:
        case Layer() | Instance() if name in _SAME_MODULE:
            return receiver
        case Layer() if name == "forward":
            return _call_layer(frame, receiver, arguments, node)
        case Layer() | Instance() | ClassRef() | Super() | FunctionRef() | Constant():
            return _opaque(frame, method, arguments, node)
        case Items():
            return _call_list_method(frame, receiver, method, arguments, node)
        case Mapped() if name == "get" and arguments.values and isinstance(arguments.values[0], Constant):
            return receiver.items.get(arguments.values[0].value) or _opaque(frame, method, arguments, node)
        case Mapped():
            if name in ("update", "setdefault", "pop", "popitem", "clear"):
                frame.substitute(receiver, Unknown(node, frame))
            return _opaque(frame, method, arguments, node)
    return _call_tensor_method(frame, method, arguments, node)


def _call_list_method(
    frame: Frame, receiver: Items, method: Method, arguments: Arguments, node: ast.Call
) -> Value:
    from torchlint.expressions import MUTATORS

    if method.name == "append" and len(arguments.values) == 1:
        frame.substitute(receiver, Items((*receiver.items, arguments.values[0]), receiver.kind, node, frame))
    elif method.name == "extend" and len(arguments.values) == 1 and isinstance(arguments.values[0], Items):
        items = (*receiver.items, *arguments.values[0].items)
        frame.substitute(receiver, Items(items, receiver.kind, node, frame))
    elif method.name in MUTATORS:
        frame.substitute(receiver, Unknown(node, frame))
    return _opaque(frame, method, arguments, node)


def _call_tensor_method(frame: Frame, method: Method, arguments: Arguments, node: ast.Call) -> Value:
    from torchlint.expressions import mutate

    qualname = f"torch.Tensor.{method.name}"
    if not signatures.known(qualname) or facts.is_tensor(method.receiver) is False:
        return _opaque(frame, method, arguments, node)
    op = _bind(frame, qualname, method.receiver, arguments, node, "Tensor")
    if op is None:
        return _opaque(frame, method, arguments, node)
    if method.name.endswith("_") and not method.name.endswith("__"):
        mutate(frame, method.receiver, node)
    return op


# -- context and callers --------------------------------------------------------------------------------------------


def disables_grad(value: Value) -> bool:
    """Whether entering this context manager switches gradients off."""
    if not isinstance(value, Call):
        return False
    if value.qualname in _NO_GRAD:
        return True
    first = value.args[0] if value.args else value.keywords.get("mode")
    return value.qualname == "torch.set_grad_enabled" and isinstance(first, Constant) and first.value is False


def may_change_grad(value: Value) -> bool:
    """Whether entering this context manager may switch gradients on."""
    return isinstance(value, Call) and value.qualname in _GRAD


def parameter(frame: Frame, function: FunctionModel, arg: ast.arg) -> Value:
    """What a parameter holds: what its few callers in the file agree to pass, else only its name."""
    own = Parameter(arg.arg, arg.annotation, arg, frame)
    if arg.arg == function.self_name:
        return own
    values = _passed(frame, function, arg.arg)
    return join(*values) if values else own


def _passed(frame: Frame, function: FunctionModel, name: str) -> list[Value] | None:
    """The values that all calls in the file pass for a parameter; None where not all are known."""
    evaluator = frame.evaluator
    is_init = function.name == "__init__" and function.cls is not None
    callee = function.cls.name if is_init and function.cls else function.name
    if function.parent is not None or (function.name.startswith("__") and not is_init) or function.name == "forward":
        return None
    references = function.module.references.get(callee, ())
    if not 0 < len(references) <= _MAX_CALLERS:
        return None
    values: list[Value] = []
    for _, node, caller in references:
        if node is None or (caller is not None and evaluator.is_busy(caller)) or caller is function:
            return None
        outer = evaluator.frame(caller) if caller else evaluator.module_frame(function.module)
        value = _argument_of(outer, function, name, node)
        if value is None:
            return None
        values.append(value)
    return values


def _argument_of(outer: Frame, function: FunctionModel, name: str, node: ast.Call) -> Value | None:
    if any(isinstance(arg, ast.Starred) for arg in node.args) or any(keyword.arg is None for keyword in node.keywords):
        return None
    for keyword in node.keywords:
        if keyword.arg == name:
            return outer.values.get(keyword.value)
    spec = function.node.args
    positional = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
    if function.self_name is not None:
        positional = positional[1:]
    if name in positional and positional.index(name) < len(node.args):
        return outer.values.get(node.args[positional.index(name)])
    return None
