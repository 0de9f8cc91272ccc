"""Which modules compute the same in training mode and in eval mode."""

from __future__ import annotations

import ast
import re

from torchlint.rule import (
    Call,
    ClassModel,
    Constant,
    External,
    Frame,
    Instance,
    Layer,
    Op,
    Unknown,
    Value,
    classes,
    library_models,
    members,
    ops,
    parents,
    trees,
)

from .nn_modules import has_plain_base

# Layers that ask for their mode. Recurrent ones do where cuDNN computes them: its backward pass wants training mode.
_RANDOM = ops.that(random="training")
_WITH_MODE = ops.that(kind="layer", random="training") | ops.that(kind="layer", writes="running_mean running_var")
_WITH_MODE |= {layer for layer, function in ops.LAYERS.items() if function in _RANDOM}
# Nothing but an argument makes these keep statistics.
_WITH_MODE |= {layer for layer in ops.that(kind="layer") if "InstanceNorm" in layer}
# Arguments without which a layer of the kind does the same in both modes.
_SWITCHES = (
    (re.compile(r"\w*Dropout\w*"), "p", 0.5),
    (re.compile(r"\w*InstanceNorm\w*"), "track_running_stats", False),
    (re.compile(r"MultiheadAttention"), "dropout", 0.0),
)
_SURE = re.compile(r"\w*Dropout|(Sync)?BatchNorm")
# These add modules under names that are not seen, or decide about the mode themselves.
_HIDING = frozenset({"training", "train", "eval", "add_module", "register_module", "setattr", "__dict__", "_modules"})
_WALKED = frozenset({"enumerate", "zip", "reversed", "iter", "list", "tuple"})
_MAX_DEPTH = 6


def is_modeless(frame: Frame, value: Value, depth: int = _MAX_DEPTH) -> bool:
    """Whether a module is known down to its last layer, and no layer of it does anything else in eval mode."""
    return depth > 0 and all(_is_modeless(frame, member, depth) for member in members(value))


def _is_modeless(frame: Frame, value: Value, depth: int) -> bool:
    if isinstance(value, Instance):
        return _is_modeless_class(frame, value, depth)
    if not isinstance(value, Layer):
        return False
    if value.name in ops.CONTAINERS:
        return _holds_modeless(frame, value, depth)
    if value.name not in _WITH_MODE:
        return True
    return value.complete and any(_is_off(value, *switch) for switch in _SWITCHES)


def depends_on_mode(frame: Frame, value: Value, depth: int = _MAX_DEPTH) -> bool:
    """Whether a module certainly has dropout or batch norm, and leaves its mode to others."""
    return depth > 0 and all(_depends_on_mode(frame, member, depth) for member in members(value))


def _depends_on_mode(frame: Frame, value: Value, depth: int) -> bool:
    if isinstance(value, Call):
        return library_models.is_model(value.qualname)
    if isinstance(value, Layer):
        if value.name not in ops.CONTAINERS:
            plain = value.complete and not any(_is_off(value, *switch) for switch in _SWITCHES)
            return _SURE.match(value.name) is not None and plain and "track_running_stats" not in value.args
        return any(depends_on_mode(frame, child, depth - 1) for child in value.children)
    if not isinstance(value, Instance) or not has_plain_base(frame, value.cls):
        return False
    own = _own_classes(frame, value.cls)
    if any(_hides(part) for part in own):
        return False
    held = [(name, classes.attribute(frame, value, name)) for name in {name for part in own for name in part.writers}]
    return any(
        found is not None
        and not isinstance(found, Op)
        and depends_on_mode(frame, found, depth - 1)
        and any(_is_called(part, name) for part in own)
        for name, found in held
    )


def _is_off(layer: Layer, name: re.Pattern[str], argument: str, default: float) -> bool:
    given = layer.args.get(argument, Constant(default))
    return name.fullmatch(layer.name) is not None and isinstance(given, Constant) and given.value in (0, None)


def _holds_modeless(frame: Frame, container: Layer, depth: int) -> bool:
    if container.children:
        return all(is_modeless(frame, child, depth - 1) for child in container.children)
    for arg in container.node.args if isinstance(container.node, ast.Call) else ():
        inner = arg.value if isinstance(arg, ast.Starred) else arg
        made = getattr(inner, "elt", None)
        held = container.frame.values.get(made) if container.frame is not None and made is not None else None
        if held is None or not is_modeless(frame, held, depth - 1):
            return False
    return True


def _is_modeless_class(frame: Frame, instance: Instance, depth: int) -> bool:
    cls = instance.cls
    if not has_plain_base(frame, cls) or any(_hides(part) for part in _own_classes(frame, cls)):
        return False
    names = {name for part in _own_classes(frame, cls) for name in part.writers}
    return all(_is_modeless_attribute(frame, instance, name, depth) for name in names)


def _own_classes(frame: Frame, cls: ClassModel) -> list[ClassModel]:
    return [part for part in classes.lineage(frame, cls) if isinstance(part, ClassModel)]


def _hides(cls: ClassModel) -> bool:
    if not _HIDING.isdisjoint(cls.methods):
        return True
    return any(getattr(node, "attr", getattr(node, "id", "")) in _HIDING for node in trees.walk(cls.node))


def _is_modeless_attribute(frame: Frame, instance: Instance, name: str, depth: int) -> bool:
    for member in members(classes.attribute(frame, instance, name) or Unknown()):
        if isinstance(member, Instance | Layer):
            if not is_modeless(frame, member, depth - 1):
                return False
        elif _may_be_module(member) and any(_is_called(part, name) for part in _own_classes(frame, instance.cls)):
            return False
    return True


def _may_be_module(value: Value) -> bool:
    if isinstance(value, Call):
        return not value.qualname.startswith(("torch.nn.Parameter", "torch.nn.parameter.", "builtins."))
    return not isinstance(value, Constant | External | Op)


def _is_called(cls: ClassModel, name: str) -> bool:
    """Whether the class calls, walks over or picks from an attribute of its instances, as it may do with modules."""
    above = parents(cls.module)
    for node in trees.walk(cls.node):
        if not isinstance(node, ast.Attribute) or node.attr != name or not isinstance(node.ctx, ast.Load):
            continue
        outer = above.get(node)
        match outer:
            case ast.Call(func=func) if func is node or getattr(func, "id", "") in _WALKED:
                return True
            case ast.Attribute() | ast.Subscript() | ast.For() | ast.comprehension() | ast.Starred():
                return True
    return False
