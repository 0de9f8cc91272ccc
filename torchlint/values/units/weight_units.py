"""Weights under another name: what a model goes on to change, and what is a copy."""

from __future__ import annotations

import ast
from enum import Enum, auto

from torchlint.values.units.unit_family import Family, Turn, same_unit
from torchlint.values.value import Call, Method, Unknown, Value

# New tables with the same tensors.
_TABLES = frozenset({"builtins.dict", "collections.OrderedDict", "copy.copy"})
# The same memory, without a gradient.
_SAME_MEMORY = frozenset({"data", "detach"})


class Weights(Enum):
    """Whose the memory is."""

    LIVE = auto()  # that of the model, which each step writes to


def _given(value: Value) -> Weights | None:
    return Weights.LIVE if _owner(value) is not None else None


def _owner(value: Value) -> Value | None:
    """What `state_dict()` was called on."""
    if not isinstance(value, Call) or not isinstance(value.callee, Method) or value.args or value.keywords:
        return None
    return value.callee.receiver if value.callee.name == "state_dict" else None


def _turned(value: Value) -> Turn[Weights] | None:
    if isinstance(value, Unknown):
        return _comprehension(value)
    if not isinstance(value, Call):
        return None
    if isinstance(value.callee, Method):
        return Turn((value.callee.receiver,), same_unit) if value.callee.name == "copy" and not value.args else None
    return Turn(value.args, same_unit) if value.qualname in _TABLES and len(value.args) == 1 else None


def _comprehension(value: Unknown) -> Turn[Weights] | None:
    """`{name: tensor for name, tensor in weights.items()}`, with `.detach()` of the tensors or without."""
    match value.node:
        case ast.DictComp(
            value=held, generators=[ast.comprehension(target=ast.Tuple(elts=[_, ast.Name(id=name)]), iter=it)]
        ):
            while isinstance(held, ast.Attribute | ast.Call):
                func = held.func if isinstance(held, ast.Call) else held
                if not isinstance(func, ast.Attribute) or func.attr not in _SAME_MEMORY:
                    return None
                held = func.value
            items = value.frame.values.get(it) if value.frame is not None else None
            method = items.callee if isinstance(items, Call) else None
            if isinstance(held, ast.Name) and held.id == name and isinstance(method, Method) and method.name == "items":
                return Turn((method.receiver,), same_unit)
    return None


weights = Family(Weights, _given, _turned)


def owner_of(value: Value) -> tuple[Value, Call] | None:
    """What has the weights that a value is on every path, with the call of `state_dict` that gave them."""
    chains = weights.chains(value, Weights.LIVE)
    owners = {owner: chain[-1] for chain in chains if (owner := _owner(chain[-1])) is not None}
    if len(owners) != 1:
        return None
    ((owner, call),) = owners.items()
    assert isinstance(call, Call)
    return owner, call
