"""Calls to values: what is outside the project, classes, instances and functions of the project."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from torchlint.syntax.module import FunctionModel
from torchlint.torch_facts import ops, signatures
from torchlint.values import facts
from torchlint.values.compare import join
from torchlint.values.interpret import assignments, classes, setting_objects, wrapped_models
from torchlint.values.interpret.arguments import Arguments, apply, arguments_of, calls, opaque
from torchlint.values.interpret.attributes import attribute_of, callee_of
from torchlint.values.interpret.frame import Frame, Slice, evaluates
from torchlint.values.interpret.layer_calls import call_layer, construct_layer
from torchlint.values.interpret.method_slices import slice_of
from torchlint.values.interpret.torch_calls import bind, record
from torchlint.values.value import (
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
    Op,
    Super,
    Value,
)

_MOST_REPEATED = 8
_GRAD_MODES = ops.NO_GRAD | ops.GRAD
# These call their first argument with those that follow.
_APPLIERS = frozenset({"torch.nn.parallel.data_parallel", "torch.utils.checkpoint.checkpoint"})
_LAYER = re.compile(r"torch\.nn\.(?:modules\.(?:\w+\.)?)?([A-Z]\w*)$")
_NOT_LAYERS = frozenset({"Module", "Parameter", "Buffer", "UninitializedParameter"}) | {
    name for name in ops.CONTAINERS if name.startswith("Parameter")
}
_OP_NAMESPACES = ("torch.", "torch.nn.functional.", "torch.special.", "torch.linalg.", "torch.fft.")
_NAMESPACE_FORM = {"torch.nn.functional": "F"}


@evaluates(ast.Call)
def _call(frame: Frame, node: ast.Call) -> Value:
    callee = callee_of(frame, node.func)
    frame.callees[node] = callee
    return apply(frame, callee, arguments_of(node, frame.value), node)


@calls(Choice)
def _call_choice(frame: Frame, callee: Choice, arguments: Arguments, node: ast.Call) -> Value:
    if _is_choice_of_losses(callee):
        return opaque(frame, callee, arguments, node)
    # A call of None raises: what goes on called another one.
    members = [member for member in callee.members if not (isinstance(member, Constant) and member.value is None)]
    return join(*(apply(frame, member, arguments, node) for member in members or callee.members))


def _is_choice_of_losses(callee: Choice) -> bool:
    """Whether the kind of loss depends on the path: what it is given then does too."""
    kinds = {_kind(member) for member in callee.members} - {None}
    return len(kinds) > 1 and any(kind in ops.LOSSES or str(kind).endswith("Loss") for kind in kinds)


def _kind(callee: Value) -> str | None:
    """The operation of a layer or of a function of torch: that of `nn.NLLLoss()` is `F.nll_loss`."""
    if isinstance(callee, Layer):
        return ops.LAYERS.get(callee.name, callee.name)
    name = callee.qualname if isinstance(callee, External) else ""
    return name.rpartition(".")[2] if name.startswith("torch.nn.functional.") else None


@calls(Call)
def _call_result(frame: Frame, callee: Call, arguments: Arguments, node: ast.Call) -> Value:
    """A call of what another call made: of `partial(nn.Conv2d, kernel_size=1)`, for example."""
    if callee.qualname != "functools.partial" or not callee.args:
        return opaque(frame, callee, arguments, node)
    function, *first = callee.args
    joined = Arguments([*first, *arguments.values], [node] * len(first) + arguments.nodes)
    joined.known = callee.known and arguments.known
    joined.keywords = {**callee.keywords, **arguments.keywords}
    joined.keyword_nodes = arguments.keyword_nodes
    return apply(frame, function, joined, node)


@calls(ClassRef)
def _call_class(frame: Frame, callee: ClassRef, arguments: Arguments, node: ast.Call) -> Value:
    known = arguments.known
    return Instance(callee.cls, arguments.values if known else None, arguments.keywords if known else None, node, frame)


# -- outside the project ------------------------------------------------------------------------------------------


@calls(External)
def _call_external(frame: Frame, callee: External, arguments: Arguments, node: ast.Call) -> Value:
    name = callee.qualname
    if name.startswith("builtins."):
        return _call_builtin(frame, callee, arguments, node)
    inner = wrapped_models.wrapped(name, arguments)
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
            assignments.mutate(frame, value, node)
    if not name.startswith("torch.") or name in _GRAD_MODES:
        return opaque(frame, callee, arguments, node)
    layer = _LAYER.match(name)
    if layer and layer[1] not in _NOT_LAYERS and signatures.known(f"torch.nn.{layer[1]}"):
        return construct_layer(frame, layer[1], arguments, node)
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
        case "list" | "tuple" as kind if len(values) == 1 and isinstance(values[0], Call):
            repeated = _repeated(values[0], kind, node, frame)
            return repeated if repeated is not None else opaque(frame, callee, arguments, node)
        case "list" | "tuple" as kind if not values and arguments.known:
            return Items((), kind, node, frame)
        case "dict" if not values and arguments.known:
            return Mapped(arguments.keywords, node, frame)
        case "super" if frame.function is not None and frame.function.cls is not None:
            return Super(frame.function.cls, frame.instance, node)
        case "getattr" if len(values) >= 2 and isinstance(values[1], Constant) and isinstance(values[1].value, str):
            if len(values) == 3 and setting_objects.lacks(frame, values[0], values[1].value):
                return values[2]
            return attribute_of(frame, values[0], values[1].value, node)
        case "abs" if len(values) == 1 and facts.is_tensor(values[0]):
            return record(frame, "abs", {"input": values[0]}, {"input": node.args[0]}, "operator", node)
    return opaque(frame, callee, arguments, node)


def _repeated(call: Call, kind: str, node: ast.Call, frame: Frame) -> Items | None:
    """`tuple(repeat(x, 2))`."""
    if call.qualname != "itertools.repeat" or len(call.args) != 2:
        return None
    value, times = call.args
    if not isinstance(times, Constant) or not isinstance(times.value, int) or not 0 <= times.value <= _MOST_REPEATED:
        return None
    return Items([value] * times.value, kind, node, frame)


# -- instances and functions --------------------------------------------------------------------------------------


@calls(Instance)
def _call_instance(frame: Frame, instance: Instance, arguments: Arguments, node: ast.Call) -> Value:
    for name in ("__call__", "forward"):
        method = classes.find_method(frame, instance.cls, name)
        if method is not None:
            if not frame.evaluator.is_plain(method):
                break
            return _call_function(frame, FunctionRef(method, instance), arguments, node)
    sequential = wrapped_models.sequential_of(frame, instance)
    return call_layer(frame, sequential, arguments, node) if sequential else opaque(frame, instance, arguments, node)


@calls(FunctionRef)
def _call_function(frame: Frame, reference: FunctionRef, arguments: Arguments, node: ast.Call) -> Value:
    on_self = reference.bound is not None and reference.bound is frame.instance
    part = _part(frame, reference, on_self) if reference.function.is_procedure else None
    if part is not None:
        _forget(frame, part.forgotten)
        if not part.body:
            return Constant(None, node)  # nothing that it does is seen here
    inlined = None
    if arguments.known:
        body = part.body if part is not None else None
        inlined = frame.evaluator.inline(reference, arguments.values, arguments.keywords, frame, body)
    if inlined is None:
        if on_self:
            _forget_attributes(frame, reference.function)
        return opaque(frame, reference, arguments, node)
    if on_self:
        for key, value in inlined.env.items():
            if key.startswith("self."):
                frame.bind(key, value)
    return inlined.result


def _part(frame: Frame, procedure: FunctionRef, on_self: bool) -> Slice | None:
    """What is to be evaluated of a function that gives back nothing: only what it leaves on the instance is seen."""
    if not on_self:
        return Slice((), frozenset())
    bound = procedure.bound
    return slice_of(frame, bound.cls, procedure.function) if isinstance(bound, Instance) else None


def _forget_attributes(frame: Frame, method: FunctionModel) -> None:
    if method.cls is not None:
        _forget(frame, [name for name, writers in method.cls.writers.items() if method in writers])


def _forget(frame: Frame, attributes: Iterable[str]) -> None:
    for name in attributes:
        frame.unbind(f"self.{name}")
