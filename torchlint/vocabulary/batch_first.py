"""Which dim of a sequence layer's input is the batch."""

from __future__ import annotations

from torchlint.rule import Constant, Element, Layer, Op, Value, ops, walk

RECURRENT = ops.that(kind="layer", shape="sequence")
TRANSFORMERS = frozenset(
    {"TransformerEncoder", "TransformerEncoderLayer", "TransformerDecoder", "TransformerDecoderLayer"}
)
# They take (sequence, batch, features) unless `batch_first=True` says otherwise.
SEQUENCE_LAYERS = RECURRENT | TRANSFORMERS | {"MultiheadAttention", "Transformer"}
_SAME = ops.SAME_ELEMENTS | ops.DROPOUTS
# What changes the order of dims.
_TURNING = ops.that(shape=("swapped", "permuted"))


def is_batch_first(layer: Layer) -> bool | None:
    """Whether a sequence layer takes (batch, sequence, features); None where that is not known."""
    inner = layer.args.get("encoder_layer", layer.args.get("decoder_layer"))
    if inner is not None:
        return is_batch_first(inner) if isinstance(inner, Layer) else None
    if layer.name not in SEQUENCE_LAYERS or not layer.complete:
        return None
    given = layer.args.get("batch_first")
    if given is None:
        return False
    return given.value if isinstance(given, Constant) and isinstance(given.value, bool) else None


def owner(layer: Layer) -> Layer:
    """The layer in whose call `batch_first` stands: the one that an encoder is made of."""
    inner = layer.args.get("encoder_layer", layer.args.get("decoder_layer"))
    return inner if isinstance(inner, Layer) else layer


def output_of(value: Value) -> Op | None:
    """The call of a sequence layer whose (first) output a value is."""
    while isinstance(value, Op) and value.name in _SAME:
        value = value.input
    match value:
        case Element(base=Op() as made, key=0) if made.name in RECURRENT or made.name == "MultiheadAttention":
            return made
        case Op(name="getitem", input=Op() as made) if made.name in RECURRENT and value.constant("index") == 0:
            return made
        case Op() if value.name in TRANSFORMERS:
            return value
    return None


def is_turned(value: Value) -> bool:
    """Whether dims change places somewhere on the way to a value, so that their order is not known."""
    return any(isinstance(part, Op) and (part.name in _TURNING or part.name == "einsum") for part in walk(value))
