"""Attributes of values, and methods that are about to be called."""

from __future__ import annotations

import ast

from torchlint.syntax.assigned_attributes import assigned_by_name
from torchlint.torch_facts import ops
from torchlint.values.compare import join
from torchlint.values.interpret import classes, setting_objects, wrapped_models
from torchlint.values.interpret.frame import Frame, evaluates, path
from torchlint.values.interpret.lookup import external
from torchlint.values.value import (
    UNKNOWN,
    Call,
    Choice,
    ClassRef,
    Element,
    External,
    Field,
    FunctionRef,
    Instance,
    Layer,
    Mapped,
    Method,
    Op,
    Super,
    Value,
)


@evaluates(ast.Attribute)
def _attribute(frame: Frame, node: ast.Attribute) -> Value:
    key = path(frame, node)
    if key is not None:
        held = frame.load(key, node)
        if held is not None:
            frame.values[node.value] = frame.env.get(frame.self_name or "", UNKNOWN)
            return held
    return attribute_of(frame, frame.value(node.value), node.attr, node)


def attribute_of(frame: Frame, base: Value, name: str, node: ast.AST) -> Value:
    """The attribute of a value."""
    match base:
        case Choice():
            return join(*(attribute_of(frame, member, name, node) for member in base.members))
        case External():
            return external(frame, f"{base.qualname}.{name}", node)
        case Instance() | ClassRef():
            if isinstance(base, ClassRef) and (base.cls.name, name) in assigned_by_name(base.cls.module):
                return Field(base, name, node, frame)
            found = classes.attribute(frame, base, name)
            if found is None and name in wrapped_models.INNER:
                return base
            return found if found is not None else Field(base, name, node, frame)
        case Layer() if name in wrapped_models.INNER:
            return base
        case Call(qualname="functools.partial") if name in ("func", "keywords") and base.args and base.known:
            return base.args[0] if name == "func" else Mapped(base.keywords, node, frame)
        case Call():
            found = setting_objects.setting(frame, base, name, node)
            if found is not None:
                return found
        case Op() if name in ops.outputs(base.name, base.args):
            return Element(base, ops.outputs(base.name, base.args).index(name), node, frame)
    if name == "shape" and not isinstance(base, Layer):
        return Op("shape", {"input": base}, {}, "Tensor", node, frame)
    if name == "ndim":
        return Op("dim", {"input": base}, {}, "Tensor", node, frame)
    return Field(base, name, node, frame)


def callee_of(frame: Frame, node: ast.expr) -> Value:
    """What a call calls: a method of a value stays one, with its receiver."""
    if not isinstance(node, ast.Attribute):
        return frame.value(node)
    key = path(frame, node)
    if key is not None and key in frame.env:
        return frame.value(node)
    receiver = frame.value(node.value)
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
    if isinstance(receiver, Call):
        found = setting_objects.setting(frame, receiver, node.attr, node)
        if found is not None:
            return found
    if node.attr in wrapped_models.INNER and isinstance(receiver, Instance | Layer):
        return receiver
    if isinstance(receiver, Super):
        method = classes.find_method(frame, receiver.cls, node.attr, skip_own=True)
        if method is not None and frame.evaluator.is_plain(method):
            return FunctionRef(method, receiver.instance)
    if isinstance(receiver, External):
        return external(frame, f"{receiver.qualname}.{node.attr}", node)
    return Method(receiver, node.attr, node, frame)
