"""Weights of a model that a function keeps for later without a copy."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from torchlint.rule import Call, Frame, Parameter, Value, is_none, own_nodes, parents, statement_of, trees, units

from .nn_modules import is_module
from .training import is_optimizer

# What only modules have, and optimisers and schedulers do not.
_OF_MODULES = frozenset({"parameters", "named_parameters", "train", "eval", "modules"})
_MODEL = re.compile(r"(^|_)(model|net|network)\d*$")
# What is done to a dict that is something else afterwards.
_CHANGING = frozenset({"update", "pop", "popitem", "clear", "setdefault", "__setitem__"})


class Kept(NamedTuple):
    """Weights under another name. `node` is the statement that keeps them, `name` how they are called, `value` what is
    kept, as far as it is not a copy; `model` is how the model is written whose weights they are; `others` are the keys
    of a table under which something else is beside the weights."""

    node: ast.stmt
    name: str
    value: ast.expr
    model: str
    is_model: bool
    others: frozenset[object] = frozenset()

    @property
    def is_attribute(self) -> bool:
        return "." in self.name.partition("[")[0]


def kept_weights(frame: Frame) -> Iterator[Kept]:
    """The assignments of a frame that keep the weights of a model, or a model, without a copy."""
    for node in own_nodes(frame.scope):
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            continue
        for target, value in _pairs(node.targets[0], node.value):
            name = ast.unparse(target) if _is_name(frame, target) else ""
            kept = _kept(frame, node, name, value) if name else None
            if kept is not None:
                yield kept


def _kept(frame: Frame, node: ast.stmt, name: str, value: ast.expr) -> Kept | None:
    for part in _parts(value):
        model = _model_of(frame, part)
        if model is not None:
            return Kept(node, name, part, model, False, _other_keys(frame, value))
    # A model in a table may be there for its settings.
    is_model = isinstance(value, ast.Name) or (isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name))
    if is_model and _is_model(frame, frame.values.get(value), ast.unparse(value), False):
        return Kept(node, name, value, ast.unparse(value), True)
    return None


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """`a, b = x, y` as two assignments."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def _parts(value: ast.expr) -> list[ast.expr]:
    """The values of a dict display such as `{"epoch": i, "weights": model.state_dict()}`; else the expression."""
    return value.values if isinstance(value, ast.Dict) else [value]


def _other_keys(frame: Frame, value: ast.expr) -> frozenset[object]:
    """The keys of a dict display that do not hold weights."""
    if not isinstance(value, ast.Dict):
        return frozenset()
    entries = zip(value.keys, value.values, strict=True)
    return frozenset(
        key.value for key, part in entries if isinstance(key, ast.Constant) and _model_of(frame, part) is None
    )


def _is_name(frame: Frame, target: ast.expr) -> bool:
    match target:
        case ast.Attribute(value=ast.Name(id=owner)):
            return owner == frame.self_name
        case ast.Subscript(value=ast.Name() | ast.Attribute() as table, slice=ast.Constant(value=str())):
            return _is_name(frame, table)
    return isinstance(target, ast.Name)


def _model_of(frame: Frame, node: ast.expr) -> str | None:
    """How the model is written whose weights an expression holds without a copy."""
    value = frame.values.get(node) if ".state_dict(" in frame.module.source.text else None
    found = units.owner_of(value) if value is not None else None
    if found is None:
        return None
    model, call = found
    text = _written(frame, model, call)
    return text if text is not None and _is_model(frame, model, text, True) else None


def _written(frame: Frame, model: Value, call: Call) -> str | None:
    """The expression by which a frame has a model, if only in the method or function that it calls."""
    func = call.node.func if isinstance(call.node, ast.Call) else None
    here = func.value if isinstance(func, ast.Attribute) else None
    if here is not None and frame.values.get(here) is model:
        return ast.unparse(here) if isinstance(here, ast.Name | ast.Attribute) else None
    for node, value in frame.values.items():
        if value is model and isinstance(node, ast.Name | ast.Attribute):
            return ast.unparse(node)
    return None


def _is_model(frame: Frame, value: Value | None, text: str, has_state: bool) -> bool:
    """Whether an expression is a module by its value, or by what is done with it in the function or class."""
    if value is not None and is_module(frame, value):
        return True
    if is_optimizer(value):
        return False
    if has_state and isinstance(value, Parameter) and _MODEL.search(value.name):
        return True
    scope = frame.function.cls.node if frame.function and frame.function.cls and "." in text else frame.scope
    for other in trees.walk(scope):
        used = other.func if isinstance(other, ast.Call) else None
        if used is None:
            continue
        if ast.unparse(used) == text:
            return True
        if isinstance(used, ast.Attribute) and used.attr in _OF_MODULES and ast.unparse(used.value) == text:
            return True
    return False


def loads_of(scope: ast.AST, kept: Kept) -> list[ast.expr]:
    """Where a name is read, except for what is beside the weights in a table."""
    read: list[ast.expr] = [
        node
        for node in trees.walk(scope)
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript)
        and isinstance(node.ctx, ast.Load)
        and ast.unparse(node) == kept.name
    ]
    if not kept.others:
        return read
    beside = {
        id(node.value) for node in trees.walk(scope) if isinstance(node, ast.Subscript) and _key(node) in kept.others
    }
    return [node for node in read if id(node) not in beside]


def _key(node: ast.Subscript) -> object:
    return node.slice.value if isinstance(node.slice, ast.Constant) else None


def is_changed(scope: ast.AST, kept: Kept) -> bool:
    """Whether a dict is written to under its name, and so is not what was kept."""
    for node in trees.walk(scope):
        match node:
            case ast.Subscript(value=base, ctx=ast.Store() | ast.Del()) if ast.unparse(base) == kept.name:
                return True
            case ast.Call(func=ast.Attribute(value=base, attr=name)) if name in _CHANGING:
                if ast.unparse(base) == kept.name:
                    return True
    return False


def is_kept_for_later(frame: Frame, kept: Kept) -> bool:
    """Whether an attribute is assigned once in its function: what follows may replace what was kept by a copy."""
    assigned = [
        node
        for node in own_nodes(frame.scope)
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript)
        and isinstance(node.ctx, ast.Store)
        and ast.unparse(node) == kept.name
    ]
    values = [parents(frame.module).get(node) for node in assigned]
    others = [other for other in values if isinstance(other, ast.Assign) and not is_none(other.value)]
    return len(others) <= 1 or all(statement_of(frame.module, other) is kept.node for other in others)
