"""On which device and of which dtype a tensor is made, and whether it is certain that a move makes another one."""

from __future__ import annotations

from torchlint.rule import (
    UNKNOWN,
    Call,
    Choice,
    Constant,
    External,
    Frame,
    Op,
    Value,
    made_by,
    members,
    ops,
    same,
)

from .autograd import is_moved, settled
from .nn_modules import PARAMETERS
from .shown_tensors import dtype

_CPU, _CUDA = Constant("cpu"), Constant("cuda")
# With one of these, a factory without `device` or `dtype` says nothing.
_DEFAULTS = frozenset({"set_default_device", "set_default_tensor_type", "set_default_dtype"})
_DEPTH = 12
# These give a tensor of the same elements on the same device.
_SAME_PLACE = ops.that(elements="same", casts=False, moves=False)


def makes_another(op: Op, frame: Frame) -> bool:
    """Whether `x.to(..)`, `x.cuda()` or `x.half()` certainly makes another tensor, at least on a machine with a GPU.

    Of what is there already, on that device and of that dtype, they give back the tensor itself.
    """
    if not _DEFAULTS.isdisjoint(frame.module.vocabulary):
        return False
    return _is_cast(op) or _is_sent(op)


def is_meant_to_make_another(op: Op, frame: Frame) -> bool:
    """Whether a move is there to make another tensor, as `.to(device)` is: not where it is on that device already."""
    target, now = _target_of(op), _device_of(op.input)
    return is_moved(op) and (target is None or now is None or not same(target, now))


def _is_cast(op: Op) -> bool:
    wanted = op.args.get("dtype", op.args.get("target")) if op.name == "to" else None
    target = ops.cast_dtype(op.name) or (dtype(wanted) if isinstance(wanted, External) else None)
    now = dtype(_data_of(op.input))
    now = "float32" if now == "default" else now
    return isinstance(target, str) and isinstance(now, str) and target != now


def _is_sent(op: Op) -> bool:
    target = _target_of(op)
    now = _device_of(op.input)
    if target is None or now is None or same(target, now):
        return False
    kinds, held = _kinds(target), _kinds(now)
    return kinds is not None and held is not None and not kinds <= held


def _target_of(op: Op) -> Value | None:
    if op.name in ("cuda", "cpu"):
        return _CUDA if op.name == "cuda" else _CPU
    target = op.args.get("device", op.args.get("target")) if op.name == "to" else None
    return None if isinstance(target, External) else target


def _data_of(value: Value) -> Value:
    """The tensor that a parameter is made of."""
    value = settled(value)
    while isinstance(value, Call) and value.qualname in PARAMETERS:
        made = made_by(value)
        data = made.value("data") if made is not None and made.gives("data") else None
        if data is None:
            break
        value = settled(data)
    if isinstance(value, Op) and value.name in _SAME_PLACE:
        return _data_of(value.input)
    return value


def _device_of(value: Value, depth: int = _DEPTH) -> Value | None:
    value = _data_of(value)
    if not isinstance(value, Op) or depth == 0:
        return None
    target = _target_of(value)
    if target is not None:
        return target
    if value.name not in ops.FACTORIES:
        return _device_of(value.input, depth - 1) if "other" not in value.args else None
    given = value.args.get("device")
    if given is not None:
        return given
    return _device_of(value.input, depth - 1) if "input" in value.args else _CPU


def _kinds(device: Value) -> frozenset[str] | None:
    """The kinds of device that a value may name, `cuda` for `cuda:0`; None where that is not known."""
    if isinstance(device, Choice):
        found = [_kinds(member) for member in members(device)]
        known = [kinds for kinds in found if kinds is not None]
        return frozenset().union(*known) if len(known) == len(found) else None
    if isinstance(device, Op) and device.name == "device":
        return _kinds(device.args.get("type", device.args.get("device", device)))
    made = made_by(device)
    if made is not None and made.qualname == "torch.device":
        return _kinds(made.value("type") or UNKNOWN)
    if isinstance(device, Constant) and isinstance(device.value, str):
        return frozenset({device.value.partition(":")[0]})
    return frozenset({"cuda"}) if isinstance(device, Constant) and type(device.value) is int else None
