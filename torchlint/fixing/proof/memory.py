"""What shares memory with what: the tensors that a value may be, or be a view of."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.fixing.proof import operation_traits
from torchlint.fixing.proof.kinds import is_integer
from torchlint.torch_facts import ops
from torchlint.values import facts
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import (
    Call,
    Choice,
    ClassRef,
    Constant,
    Element,
    External,
    Field,
    FunctionRef,
    Item,
    Items,
    Layer,
    LoopCarried,
    Mapped,
    Mutated,
    Op,
    Parameter,
    Unknown,
    Value,
)

_DEPTH = 60
_IMMUTABLE = (Constant, External, ClassRef, FunctionRef)
_SHARING_FIELDS = ops.that(kind="attribute", gives="tensor") | {"real", "imag"}
_PLAIN_RESULTS = ops.that(gives=("number", "bool", "size", "list"), pure=True) | {"slice"}
_PLAIN = frozenset({"int", "float", "str", "bool", "torch.device", "torch.dtype", "torch.Size"})
_PLAIN_CALLS = frozenset({"builtins.int", "builtins.float", "builtins.len", "builtins.range", "builtins.str"})
_SHARING_CALLS = frozenset({"torch.nn.Parameter", "torch.nn.parameter.Parameter", "torch.autograd.Variable"})


def roots(value: Value) -> frozenset[Value]:
    """The values that made the memory that a value lies in; none for numbers and what else nobody can write to."""
    return frozenset(_roots(value, _DEPTH))


def _roots(value: Value, depth: int) -> Iterator[Value]:
    if isinstance(value, _IMMUTABLE) or _is_plain(value):
        return
    inner = _shared(value) if depth else None
    if inner is None:
        yield value
        return
    for part in inner:
        yield from _roots(part, depth - 1)
    if isinstance(value, LoopCarried):
        yield value


def _shared(value: Value) -> tuple[Value, ...] | None:
    """The values whose memory a value may have; None where it is its own."""
    match value:
        case Choice():
            return value.members
        case Mutated() | Element():
            return (value.base,)
        case Item():
            return (value.iterable,)
        case LoopCarried():
            return (value.initial,) if value.initial is not None else None
        case Items():
            return value.items
        case Mapped():
            return tuple(value.items.values())
        case Field():
            return (value.base,) if value.name in _SHARING_FIELDS else None
        case Call(qualname="builtins.enumerate" | "builtins.zip" | "builtins.list" | "builtins.tuple") as call:
            return call.args
        case Call() as call if call.qualname in _SHARING_CALLS:
            return call.args
        case Op() if operation_traits.is_view(value.name):
            shared = (arg for name, arg in value.args.items() if name in ("input", "tensors", "data", "self"))
            return tuple(shared) or tuple(value.args.values())
        case Op(name="out") | Op() if "out" in value.args:
            return (value.args["out"],)
    return None


def _is_plain(value: Value) -> bool:
    """Whether a value is a number, a size, or something else that never changes."""
    if isinstance(value, Parameter) and value.annotation is not None:
        return ast.unparse(value.annotation).strip("'\"") in _PLAIN
    if isinstance(value, Op):
        return value.name in _PLAIN_RESULTS
    if isinstance(value, Call):
        return value.qualname in _PLAIN_CALLS
    if isinstance(value, Field):
        return value.name in ("dtype", "device", "shape", "ndim", "requires_grad", "is_cuda", "training")
    return is_integer(value)


def is_new(value: Value) -> bool:
    """Whether the memory of a root was made by the operation itself."""
    if isinstance(value, Op):
        return facts.is_tensor(value) is not False or value.name in ops.SEQUENCES
    return isinstance(value, Layer)


def is_made_in(frame: Frame, value: Value) -> bool:
    """Whether the memory of a root was made in one evaluation of a function: no caller, and no callee, has it."""
    return value.frame is frame and is_new(value)


def may_be_one(a: Value, b: Value) -> bool:
    """Whether two roots may be the same memory."""
    if a is b or (a.node is not None and a.node is b.node):
        return True
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return True
    if is_new(a) or is_new(b):
        # What an operation has just made is nothing that was there before, unless it was given away meanwhile.
        return isinstance(a, Call) or isinstance(b, Call)
    return True


def may_share(a: Value, b: Value) -> bool:
    """Whether writing to one value may be seen in the other."""
    return any(may_be_one(x, y) for x in roots(a) for y in roots(b))
