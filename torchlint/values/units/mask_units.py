"""What is True in a mask: the places that are kept, or those that are dropped."""

from __future__ import annotations

import ast
import re
from enum import Enum, auto

from torchlint.torch_facts import library_models, ops
from torchlint.values.compare import members
from torchlint.values.facts import dtypes
from torchlint.values.interpret.frame import frame_of
from torchlint.values.units.unit_family import Family, Turn, same_unit
from torchlint.values.value import Call, Constant, Element, Mutated, Op, Parameter, Value

_PAD = re.compile(r"(^|_|\b)pad(_|\b|ding)", re.IGNORECASE)
# What a tokenizer of transformers returns: 1 for a token, 0 for padding.
_TOKENIZERS = "attention_mask"
_CASTS = ops.CASTS | ops.MOVES
_SWAPS = ops.that(shape="swapped")
# Masks that are both, or one of the two.
_BOTH = frozenset({"bitwise_and", "logical_and", "mul"})
_EITHER = frozenset({"bitwise_or", "logical_or"})


class Masks(Enum):
    """Where a mask is True."""

    PAST = auto()  # on the diagonal and below
    FUTURE = auto()  # above the diagonal
    PAST_TURNED = auto()  # on the diagonal and above: the past, transposed
    TOKENS = auto()  # where there is no padding
    PADDING = auto()
    KEPT = auto()  # where several masks keep
    DROPPED = auto()  # where one of several masks drops

    @property
    def keeps(self) -> bool | None:
        """Whether True stands for what is to be attended to."""
        return None if self is Masks.PAST_TURNED else self in (Masks.PAST, Masks.TOKENS, Masks.KEPT)


_PAIRS = ((Masks.PAST, Masks.FUTURE), (Masks.TOKENS, Masks.PADDING), (Masks.KEPT, Masks.DROPPED))
_OPPOSITE = {**dict(_PAIRS), **{drops: keeps for keeps, drops in _PAIRS}}
_TURNED = {
    **{Masks.PAST: Masks.PAST_TURNED, Masks.PAST_TURNED: Masks.PAST},
    **{mask: mask for mask in (Masks.TOKENS, Masks.PADDING)},
}
_TRIANGLES = {("tril", 0): Masks.PAST, ("triu", 1): Masks.FUTURE, ("triu", 0): Masks.PAST_TURNED}
_ASKS_FOR_ZERO = {("eq", 0), ("ne", 1), ("lt", 1), ("le", 0)}
_ASKS_FOR_ONE = {("eq", 1), ("ne", 0), ("gt", 0), ("ge", 1)}


def _given(value: Value) -> Masks | None:
    match value:
        case Element(key=key):
            return Masks.TOKENS if key == _TOKENIZERS else None
        case Parameter(name=name):
            return Masks.TOKENS if name == _TOKENIZERS and _is_of_transformers(value) else None
        case Op(name="getitem") if value.constant("index") == _TOKENIZERS:
            return Masks.TOKENS
        case Op(name="tril" | "triu"):
            return _triangle(value)
        case Op(name="eq" | "ne"):
            node = value.nodes.get("other")
            is_padding = node is not None and _PAD.search(_last_part(node))
            if is_padding or (value.constant("other") == 0 and _is_embedded_from_one(value.input)):
                return Masks.PADDING if value.name == "eq" else Masks.TOKENS
        case Op() if value.name in _BOTH | _EITHER and "other" in value.args:
            sides = {masks.of(value.input), masks.of(value.args["other"])}
            keeps = {side.keeps if side is not None else None for side in sides}
            wanted = value.name in _BOTH
            if keeps == {wanted}:
                return sides.pop() if len(sides) == 1 else Masks.KEPT if wanted else Masks.DROPPED
    return None


def _is_of_transformers(mask: Parameter) -> bool:
    """Whether a function gives a parameter to a model of transformers as its `attention_mask`, too."""
    frame = frame_of(mask)
    return frame is not None and any(
        isinstance(callee, Call)
        and library_models.is_of_transformers(callee.qualname)
        and any(each.arg == _TOKENIZERS and frame.values.get(each.value) is mask for each in call.keywords)
        for call, callee in frame.callees.items()
    )


def _turned(value: Value) -> Turn[Masks] | None:
    if isinstance(value, Mutated):
        held = _buffer(value)
        return Turn((held,), same_unit) if held is not None else None
    if not isinstance(value, Op) or "input" not in value.args:
        return None
    if ops.column("turns").get(value.name) == "not":
        return Turn((value.input,), _OPPOSITE.get)
    other = value.args.get("other")
    if value.name == "sub" and isinstance(value.input, Constant) and value.input.value == 1 and other is not None:
        return Turn((other,), _OPPOSITE.get)
    if value.name in ops.COMPARISONS and isinstance(other, Constant) and other.value in (0, 1):
        asked = value.name, int(bool(other.value))
        if asked in _ASKS_FOR_ZERO | _ASKS_FOR_ONE:
            return Turn((value.input,), _OPPOSITE.get if asked in _ASKS_FOR_ZERO else same_unit)
    return Turn((value.input,), same_unit) if value.name in _CASTS else None


def _moved(value: Value) -> Turn[Masks] | None:
    """Masks of two dims have another meaning when these change places."""
    if isinstance(value, Op) and value.name in _SWAPS:
        return Turn((value.input,), _TURNED.get)
    return None


masks = Family(Masks, _given, _turned, _moved)


def is_boolean(value: Value) -> bool:
    """Whether a mask is certainly of booleans, on every path, a registered buffer included."""
    return all(map(_is_boolean, members(value)))


def _is_boolean(value: Value) -> bool:
    if dtypes.dtype_class(value) == "bool":
        return True
    if isinstance(value, Op) and value.name in _BOTH | _EITHER and "other" in value.args:
        return is_boolean(value.input) and is_boolean(value.args["other"])
    turns = ops.column("turns")
    while isinstance(value, Op) and (value.name in ops.CARRIERS - ops.CASTS or turns.get(value.name) == "not"):
        value = value.input
    held = _buffer(value) if isinstance(value, Mutated) else None
    return held is not None and dtypes.dtype_class(held) == "bool"


def _triangle(op: Op) -> Masks | None:
    """`tril(ones)`, `triu(ones, 1)`, `triu(ones)`."""
    filled = op.input
    while isinstance(filled, Op) and filled.name in _CASTS:
        filled = filled.input
    name = filled.name if isinstance(filled, Op) else ""
    is_full = isinstance(filled, Op) and name == "full" and filled.constant("fill_value") in (True, 1)
    if name not in ("ones", "ones_like") and not is_full:
        return None
    diagonal = op.constant("diagonal", 0)
    return _TRIANGLES.get((op.name, diagonal)) if isinstance(diagonal, int) else None


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


def _buffer(value: Mutated) -> Value | None:
    """What a module registered as a buffer: nobody puts another mask into it."""
    match value.node:
        case ast.Call(func=ast.Attribute(attr="register_buffer")):
            return value.base
    return None
