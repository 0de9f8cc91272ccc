"""Which dim of a sequence is the batch, as layers take and give it."""

from __future__ import annotations

from enum import Enum, auto

from torchlint.torch_facts import ops
from torchlint.values.compare import walk
from torchlint.values.units.unit_family import Chain, Family, Turn, same_unit
from torchlint.values.value import Constant, Element, Items, Layer, Op, Value

RECURRENT = ops.that(kind="layer", shape="sequence")
TRANSFORMERS = frozenset(
    {"TransformerEncoder", "TransformerEncoderLayer", "TransformerDecoder", "TransformerDecoderLayer"}
)
# They take (sequence, batch, features) unless `batch_first=True` says otherwise.
SEQUENCE_LAYERS = RECURRENT | TRANSFORMERS | {"MultiheadAttention", "Transformer"}
# What leaves each vector of features in its place.
_KEEPING = ops.DROPOUTS | ops.that(elementwise=True, shape="same") | ops.that(kind="layer", shape=("same", "last dim"))
# What changes the order of dims.
_TURNING = ops.that(shape=("swapped", "permuted"))


class Layouts(Enum):
    """The first two dims of a sequence of vectors."""

    BATCH_FIRST = auto()
    SEQUENCE_FIRST = auto()


_OTHER = {Layouts.BATCH_FIRST: Layouts.SEQUENCE_FIRST, Layouts.SEQUENCE_FIRST: Layouts.BATCH_FIRST}


def layout(layer: Layer) -> Layouts | None:
    """What a sequence layer takes; None where that is not known."""
    inner = layer.args.get("encoder_layer", layer.args.get("decoder_layer", layer))
    if not isinstance(inner, Layer) or inner.name not in SEQUENCE_LAYERS or not inner.complete:
        return None
    given = inner.args.get("batch_first", Constant(False))
    if not isinstance(given, Constant) or not isinstance(given.value, bool):
        return None
    return Layouts.BATCH_FIRST if given.value else Layouts.SEQUENCE_FIRST


def owner(layer: Layer) -> Layer:
    """The layer in whose call `batch_first` stands: the one that an encoder is made of."""
    inner = layer.args.get("encoder_layer", layer.args.get("decoder_layer"))
    return inner if isinstance(inner, Layer) else layer


def sequence_call(chain: Chain) -> Op:
    """The call of the layer that gave a value its layout."""
    call = _call(chain[-1])
    assert call is not None
    return call


def is_turned(value: Value) -> bool:
    """Whether dims change places somewhere on the way to a value, so that their order is not known."""
    return any(isinstance(part, Op) and (part.name in _TURNING or part.name == "einsum") for part in walk(value))


def _call(value: Value) -> Op | None:
    """The call of a sequence layer whose (first) output a value is."""
    match value:
        case Element(base=Op() as made, key=0) if made.name in RECURRENT or made.name == "MultiheadAttention":
            return made
        case Op(name="getitem", input=Op() as made) if made.name in RECURRENT and value.constant("index") == 0:
            return made
        case Op() if value.name in TRANSFORMERS:
            return value
    return None


def _given(value: Value) -> Layouts | None:
    call = _call(value)
    return layout(call.layer) if call is not None and call.layer is not None else None


def _turned(value: Value) -> Turn[Layouts] | None:
    keeps = isinstance(value, Op) and value.name in _KEEPING - SEQUENCE_LAYERS and "input" in value.args
    return Turn((value.input,), same_unit) if isinstance(value, Op) and keeps else None


def _moved(value: Value) -> Turn[Layouts] | None:
    if not isinstance(value, Op):
        return None
    if value.name not in ops.CARRIERS:
        return Turn((), same_unit) if value.name in ops.JOINS else None
    if value.name in ops.SAME_ELEMENTS:
        return Turn((value.input,), same_unit)
    dims = {value.constant("dim0"), value.constant("dim1")}
    order = value.args.get("dims")
    permuted = [part.value for part in order.items if isinstance(part, Constant)] if isinstance(order, Items) else []
    is_swap = (value.name == "transpose" and dims == {0, 1}) or (value.name == "permute" and permuted[:2] == [1, 0])
    return Turn((value.input,), _OTHER.get) if is_swap else Turn((), same_unit)


layouts = Family(Layouts, _given, _turned, _moved)
