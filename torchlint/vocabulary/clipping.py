"""The clipping of gradients, and the scalers that must be taken back before it."""

from __future__ import annotations

import ast
import re

from torchlint.rule import Call, Constant, External, Frame, Instance, Layer, Value, made_by, members

from .training import settled

# The names under which torch clips gradients.
CLIPS = ("clip_grad_norm_", "clip_grad_value_", "clip_grad_norm", "clip_grads_with_norm_")
_CLIP = re.compile(rf"torch\.nn\.utils\.(?:clip_grad\.)?(?:{'|'.join(CLIPS)})$")
_SCALER = re.compile(r"torch\.(?:amp|cuda\.amp|cpu\.amp)\.(?:grad_scaler\.)?GradScaler$")


def clips(frame: Frame) -> list[ast.Call]:
    """The calls in a frame that clip gradients."""
    return [
        call
        for call, callee in frame.callees.items()
        if isinstance(callee, External) and _CLIP.match(callee.qualname) is not None
    ]


def is_scaler(value: Value | None) -> bool:
    """Whether a value is a scaler of torch that is at work, where it is not None."""
    found = [settled(member) for member in members(value)] if value is not None else []
    made = [member for member in found if not (isinstance(member, Constant) and member.value is None)]
    return bool(made) and all(isinstance(member, Call) and _works(member) for member in made)


def may_be_scaler(value: Value | None) -> bool:
    """Whether a value with the methods of a scaler is one, as far as is known."""
    for member in members(value) if value is not None else ():
        inner = settled(member)
        if isinstance(inner, Instance | Layer) or (isinstance(inner, Call) and inner.qualname and not _works(inner)):
            return False
    return True


def _works(scaler: Call) -> bool:
    made = made_by(scaler)
    return _SCALER.match(scaler.qualname) is not None and made is not None and bool(made.constant("enabled"))
