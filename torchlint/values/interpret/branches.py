"""Outcomes of tests: which branch of an `if` is taken, where that is certain."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from torchlint.torch_facts import ops
from torchlint.values import facts
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import (
    Call,
    ClassRef,
    Constant,
    External,
    FunctionRef,
    Instance,
    Items,
    Layer,
    Mapped,
    Value,
)

# What is only true of a model that was compiled or is traced.
_NOT_EAGER = frozenset({"torch.jit.is_scripting", "torch.jit.is_tracing", "torch.onnx.is_in_onnx_export"})
# What orders two numbers.
_ORDERS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


_KINDS: Mapping[str, type] = {
    **{kind.__name__: kind for kind in (int, float, bool, str, tuple, list, dict)},
    "Iterable": Iterable,
    "Sequence": Sequence,
}


# What a number, a text or a list is certainly not.
_OF_CALLABLES = frozenset({"partial", "FunctionType", "type"})


def outcome(frame: Frame, test: ast.expr) -> bool | None:
    """The outcome of a test that was evaluated; None where it is open.

    A literal and the main guard of a script always come out the same. What was passed to a function decides only where
    the function is looked at for one call of it: another call may pass something else.
    """
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__":
        return True
    if isinstance(test, ast.Name) and test.id == "TYPE_CHECKING":
        return True
    return _passed(frame, test) if frame.depth else None


def _passed(frame: Frame, test: ast.expr) -> bool | None:
    match test:
        case ast.UnaryOp(op=ast.Not()):
            inner = _passed(frame, test.operand)
            return None if inner is None else not inner
        case ast.BoolOp():
            return _joint(frame, test)
        case ast.Call(func=ast.Name(id="isinstance"), args=[subject, kind]) if _is_own(frame, subject):
            return _is_instance(frame.values.get(subject), kind)
        case ast.Compare(left=ast.Constant(value=key), ops=[ast.In() | ast.NotIn() as sign], comparators=[table]):
            held = frame.values.get(table)
            known = isinstance(held, Mapped) and _is_own(frame, table)
            return (key in held.items) is isinstance(sign, ast.In) if known else None  # type: ignore[union-attr]
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if _is_own(frame, left):
            return _compared(sign, frame.values.get(left), frame.values.get(right))
    value = frame.values.get(test)
    if isinstance(value, Call) and value.qualname in _NOT_EAGER:
        return False
    if isinstance(value, Mapped) and _is_own(frame, test):
        return bool(value.items)
    if isinstance(value, Layer) and value.name not in ops.CONTAINERS:
        return True  # those with a length may be false
    return bool(value.value) if isinstance(value, Constant) and _is_own(frame, test) else None


def _joint(frame: Frame, test: ast.BoolOp) -> bool | None:
    decisive = isinstance(test.op, ast.Or)
    parts = [_passed(frame, part) for part in test.values]
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _is_own(frame: Frame, node: ast.expr) -> bool:
    """Whether an expression is a local name, an attribute or a method of one: a global may be assigned by anyone."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and _is_own(frame, node.func.value)
    return isinstance(node, ast.Attribute) or (isinstance(node, ast.Name) and node.id in frame.env)


def _compared(sign: ast.cmpop, left: Value | None, right: Value | None) -> bool | None:
    if isinstance(right, Constant) and right.value is None and isinstance(sign, ast.Is | ast.IsNot):
        empty = _is_none(left)
        return empty if empty is None or isinstance(sign, ast.Is) else not empty
    wanted = _class_of(left)
    if wanted is not None and isinstance(right, Items) and isinstance(sign, ast.In | ast.NotIn):
        listed = [*map(_class_of, right.items)]
        return None if None in listed else (wanted in listed) is isinstance(sign, ast.In)
    if not isinstance(left, Constant):
        return None
    order = _ORDERS.get(type(sign))
    if order is not None and isinstance(right, Constant):
        numbers = isinstance(left.value, int | float) and isinstance(right.value, int | float)
        return order(left.value, right.value) if numbers else None
    if isinstance(right, Constant) and isinstance(sign, ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
        equal = left.value == right.value
        return equal if isinstance(sign, ast.Eq | ast.Is) else not equal
    if isinstance(right, Items) and isinstance(sign, ast.In | ast.NotIn):
        held = [item.value for item in right.items if isinstance(item, Constant)]
        if len(held) == len(right.items):
            return (left.value in held) is isinstance(sign, ast.In)
    return None


def _is_instance(value: Value | None, kind: ast.expr) -> bool | None:
    """Whether a number, a sequence, a class or a function is one of the classes that are named."""
    names = {getattr(part, "attr", getattr(part, "id", "")) for part in _alternatives(kind)}
    own = _kind_of_callable(value)
    if own:
        if not names <= (_KINDS.keys() | _OF_CALLABLES) - {"Iterable", "Sequence"}:
            return None
        return own in names
    held = value.value if isinstance(value, Constant) else () if isinstance(value, Items) else None
    if held is None or (isinstance(value, Items) and value.kind not in ("tuple", "list")):
        return None
    names -= _OF_CALLABLES  # what is written is none of these
    if not names <= _KINDS.keys():
        return None
    if isinstance(value, Items):
        return not names.isdisjoint({value.kind, "Iterable", "Sequence"})
    return isinstance(held, tuple(_KINDS[name] for name in names))


def _kind_of_callable(value: Value | None) -> str:
    """The class of a class, a function or a partial; empty for others."""
    if isinstance(value, FunctionRef):
        return "FunctionType"
    if isinstance(value, Call) and value.qualname == "functools.partial":
        return "partial"
    return "" if _class_of(value) is None else "type"


def _class_of(value: Value | None) -> object:
    """What tells a class of the project, or a layer of torch, from others; None of what may be no class."""
    if isinstance(value, ClassRef):
        return value.cls
    leaf = value.qualname.rpartition(".")[2] if isinstance(value, External) else ""
    is_layer = isinstance(value, External) and value.qualname.startswith("torch.nn.") and leaf[:1].isupper()
    return value.qualname if is_layer and isinstance(value, External) else None


def _alternatives(kind: ast.expr) -> list[ast.expr]:
    return kind.elts if isinstance(kind, ast.Tuple) else [kind]


def _is_none(value: Value | None) -> bool | None:
    if isinstance(value, Constant):
        return value.value is None
    if isinstance(value, Layer | Instance | Items | Mapped | FunctionRef) or _class_of(value) is not None:
        return False
    if value is not None and facts.is_tensor(value):
        return False
    return None
