"""What is True in a boolean mask: the places that are kept, or those that are dropped."""

from __future__ import annotations

import ast
import re
from enum import Enum, auto

from torchlint.rule import Constant, Element, Field, Frame, Instance, Op, Value, classes, dtypes, frame_of, members, ops

_DEPTH = 16
_PAD = re.compile(r"(^|_|\b)pad(_|\b|ding)", re.IGNORECASE)
# What a tokenizer of transformers returns: 1 for a token, 0 for padding.
_TOKENIZERS = "attention_mask"
# The elements stay what they are: moved along, chosen, repeated, cast.
_CARRIERS = ops.CARRIERS | ops.CASTS | ops.MOVES
_SWAPS = ops.that(shape="swapped")
_NEGATIONS = frozenset(ops.that(elementwise=True, dtype="bool", tensors_only=True) & {"logical_not"} | {"bitwise_not"})


class Truth(Enum):
    """Where a mask is True."""

    PAST = auto()  # on the diagonal and below
    FUTURE = auto()  # above the diagonal
    PAST_TURNED = auto()  # on the diagonal and above: the past, transposed
    TOKENS = auto()  # where there is no padding
    PADDING = auto()

    @property
    def keeps(self) -> bool | None:
        """Whether True stands for what is to be attended to."""
        return None if self is Truth.PAST_TURNED else self in (Truth.PAST, Truth.TOKENS)


_OPPOSITE = {
    Truth.PAST: Truth.FUTURE,
    Truth.FUTURE: Truth.PAST,
    Truth.TOKENS: Truth.PADDING,
    Truth.PADDING: Truth.TOKENS,
}
_TURNED = {Truth.PAST: Truth.PAST_TURNED, Truth.PAST_TURNED: Truth.PAST}


def truth(value: Value, depth: int = _DEPTH) -> Truth | None:
    """Where a mask is certainly True; None where that is not known, or differs by the path."""
    found = {_truth(member, depth) for member in members(value)}
    return found.pop() if len(found) == 1 else None


def _truth(value: Value, depth: int) -> Truth | None:
    if depth == 0:
        return None
    if isinstance(value, Field):
        held = _buffer(value)
        return truth(held, depth - 1) if held is not None else None
    if isinstance(value, Element):
        return Truth.TOKENS if value.key == _TOKENIZERS else None
    if not isinstance(value, Op):
        return None
    if value.name == "getitem" and value.constant("index") == _TOKENIZERS:
        return Truth.TOKENS
    if value.name in ("tril", "triu"):
        return _triangle(value)
    if value.name in ops.COMPARISONS:
        return _compared(value, depth)
    if value.name in _NEGATIONS:
        return _turned(truth(value.input, depth - 1), True)
    if value.name in _SWAPS:
        inner = truth(value.input, depth - 1)
        return _TURNED.get(inner) if inner is not None else None
    return truth(value.input, depth - 1) if value.name in _CARRIERS else None


def is_boolean(value: Value) -> bool:
    """Whether a mask is certainly of booleans, a registered buffer included."""
    if dtypes.dtype_class(value) == "bool":
        return True
    while isinstance(value, Op) and (value.name in ops.CARRIERS - ops.CASTS or value.name in _NEGATIONS):
        value = value.input
    held = _buffer(value) if isinstance(value, Field) else None
    return held is not None and dtypes.dtype_class(held) == "bool"


def _turned(found: Truth | None, negated: bool) -> Truth | None:
    return _OPPOSITE.get(found) if negated and found is not None else found


def _triangle(op: Op) -> Truth | None:
    """`tril(ones)`, `triu(ones, 1)`, `triu(ones)`."""
    filled = op.input
    while isinstance(filled, Op) and filled.name in ops.CASTS | ops.MOVES:
        filled = filled.input
    name = filled.name if isinstance(filled, Op) else ""
    is_full = isinstance(filled, Op) and name == "full" and filled.constant("fill_value") in (True, 1)
    if name not in ("ones", "ones_like") and not is_full:
        return None
    known = {("tril", 0): Truth.PAST, ("triu", 1): Truth.FUTURE, ("triu", 0): Truth.PAST_TURNED}
    diagonal = op.constant("diagonal", 0)
    return known.get((op.name, diagonal)) if isinstance(diagonal, int) else None


def _compared(op: Op, depth: int) -> Truth | None:
    """`mask == 0`, `mask > 0`, `ids != pad`."""
    other = op.args.get("other")
    if other is None:
        return None
    if isinstance(other, Constant) and other.value in (0, 1):
        asks_for_zero = {("eq", 0), ("ne", 1), ("lt", 1), ("le", 0)}
        asks_for_one = {("eq", 1), ("ne", 0), ("gt", 0), ("ge", 1)}
        number = int(bool(other.value))
        inner = truth(op.input, depth - 1) if (op.name, number) in asks_for_zero | asks_for_one else None
        if inner is None and number == 0 and op.name in ("eq", "ne") and _is_embedded_from_one(op.input):
            return Truth.PADDING if op.name == "eq" else Truth.TOKENS
        return _turned(inner, (op.name, number) in asks_for_zero)
    node = op.nodes.get("other")
    if node is None or op.name not in ("eq", "ne") or not _PAD.search(_last_part(node)):
        return None
    return Truth.PADDING if op.name == "eq" else Truth.TOKENS


def _is_embedded_from_one(ids: Value) -> bool:
    """Whether the function of a value embeds it by a table whose row 0 is that of the padding."""
    frame = frame_of(ids)
    return frame is not None and any(
        op.name in ("Embedding", "embedding") and op.input is ids and op.constant("padding_idx") == 0
        for op in frame.ops
    )


def _last_part(node: ast.expr) -> str:
    """The name that an expression ends in: `pad_token_id` of `tokenizer.pad_token_id`."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str() as name)):
            return name
    return ""


def _buffer(field: Field) -> Value | None:
    """What a module registered as a buffer of this name in its `__init__`."""
    instance, frame = field.base, frame_of(field)
    if not isinstance(instance, Instance) or frame is None:
        return None
    init = classes.find_method(frame, instance.cls, "__init__")
    if init is None or frame.evaluator.is_busy(init):
        return None
    return _registered(frame.evaluator.frame(init), field.name)


def _registered(frame: Frame, name: str) -> Value | None:
    for call in frame.callees:
        match call:
            case ast.Call(func=ast.Attribute(attr="register_buffer"), args=[ast.Constant(value=given), buffer, *_]) if (
                given == name
            ):
                return frame.values.get(buffer)
    return None
