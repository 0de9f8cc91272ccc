"""Whether values take part in autograd: which require grad, which are leaves. None means not known."""

from __future__ import annotations

from collections.abc import Callable

from torchlint.rule import (
    Call,
    Choice,
    Constant,
    Element,
    External,
    Field,
    Frame,
    Layer,
    Mutated,
    Op,
    Value,
    dtypes,
    facts,
    frame_of,
    made_by,
    ops,
)

from .nn_modules import PARAMETERS, has_parameters

_DEPTH = 24
# These may return the tensor itself, where there is nothing to do.
_MOVES = ops.that(elements="same", view="sometimes")
# Through these no gradient goes, or one that is zero.
_CUTS = ops.CUTS | ops.that(grad="zero")
# What arguments say decides whether these do anything.
_AS_TOLD = ops.that(casts=True, dtype=("argument", "other"))
# Those that certainly make another tensor, of what a parameter is: in float32 and on the CPU.
_ELSEWHERE = (_MOVES & ops.CASTS | ops.that(moves=True, syncs=False)) - _AS_TOLD - {"float"}


def requires_grad(value: Value, depth: int = _DEPTH) -> bool | None:
    """Whether a value is certainly a tensor that requires grad (True) or certainly not one (False)."""
    if depth == 0:
        return None
    match value:
        case Constant():
            return False
        case Choice():
            answers = {requires_grad(member, depth - 1) for member in value.members}
            return answers.pop() if len(answers) == 1 else None
        case Element():
            # Indices, such as those that `max` gives, are integers.
            return False if dtypes.dtype_class(value) in ("int", "bool") else requires_grad(value.base, depth - 1)
        case Call() if value.qualname in PARAMETERS:
            made = made_by(value)
            flag = made.value("requires_grad") if made is not None else None
            return bool(flag.value) if isinstance(flag, Constant) else None
        case Call() if value.qualname.startswith("torch.sparse.") and value.args:
            return requires_grad(value.args[0], depth - 1)
        case Call():
            return False if facts.is_tensor(value) is False else None
        case Field(name="grad"):
            return None
        case Field(name="data"):
            return False
        case Field(name="weight" | "bias") if isinstance(value.base, Layer):
            return True
        case Op():
            return _op(value, depth)
    return None


def _op(op: Op, depth: int) -> bool | None:
    name = op.name
    if name == "requires_grad_":
        return _flag(op, "requires_grad", True)
    if name in ops.FACTORIES:
        return _flag(op, "requires_grad", False)
    if not op.grad or name in _CUTS:
        return False
    made_in = frame_of(op.layer)
    if op.layer is not None and made_in is not None and has_parameters(made_in, op.layer):
        return True
    row = ops.of(name)
    places = row.places if row is not None else ()
    answers = [requires_grad(arg, depth - 1) for key, arg in op.args.items() if key not in places]
    if True in answers:
        return True
    return False if None not in answers else None


def _flag(op: Op, name: str, default: bool) -> bool | None:
    given = op.constant(name, default)
    return given if isinstance(given, bool) else None


def is_non_leaf(value: Value, frame: Frame, moves: Callable[[Op, Frame], bool]) -> bool:
    """Whether a value is certainly the result of an operation that autograd records. `moves` says whether a move to
    another device or dtype makes another tensor."""
    if isinstance(value, Choice):
        return all(is_non_leaf(member, frame, moves) for member in value.members)
    if isinstance(value, Element):
        return requires_grad(value) is True
    if not isinstance(value, Op) or requires_grad(value) is not True:
        return False
    if value.name in ops.FACTORIES or value.name in ("requires_grad_", "retain_grad"):
        return False
    if value.name in _MOVES:
        return moves(value, frame) or is_non_leaf(value.input, frame, moves)
    return True


def is_moved(op: Op) -> bool:
    """Whether a conversion, such as `.to(..)`, makes another tensor: on a device, of half or double precision."""
    if op.name in _ELSEWHERE:
        return True
    if op.name != "to":
        return False
    device = op.args.get("device", op.args.get("target"))
    if device is None or isinstance(device, External):
        return False
    named = device.args.get("type", device) if isinstance(device, Op) and device.name == "device" else device
    return not (isinstance(named, Constant) and str(named.value).startswith("cpu"))


def settled(value: Value) -> Value:
    """The value before something was written into it."""
    while isinstance(value, Mutated):
        value = value.base
    return value
