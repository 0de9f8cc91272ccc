"""Torch operations: canonical names, how they may be spelled, and what they return."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from torchlint.analysis import signatures

# Python's operators are the operations of the same meaning.
BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.FloorDiv: "floor_divide",
    ast.Mod: "remainder",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
    ast.BitAnd: "bitwise_and",
    ast.BitOr: "bitwise_or",
    ast.BitXor: "bitwise_xor",
    ast.LShift: "bitwise_left_shift",
    ast.RShift: "bitwise_right_shift",
}
UNARY: dict[type[ast.unaryop], str] = {ast.USub: "neg", ast.UAdd: "positive", ast.Invert: "bitwise_not", ast.Not: "not"}
COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Is: "is",
    ast.IsNot: "is_not",
    ast.In: "in",
    ast.NotIn: "not_in",
}

# Operations that may be written without naming them: as an operator, an index or an attribute.
UNSPELLED = frozenset(
    {
        *BINARY.values(),
        *UNARY.values(),
        *COMPARE.values(),
        "getitem",
        "slice",
        "size",
        "shape",
        "dim",
        "reciprocal",
        "T",
    }
)
COMMUTATIVE = frozenset({"add", "mul", "eq", "ne", "logaddexp", "maximum", "minimum", "bitwise_and", "bitwise_or"})
LOSSES = frozenset(
    [
        "cross_entropy",
        "nll_loss",
        "binary_cross_entropy",
        "binary_cross_entropy_with_logits",
        "kl_div",
        "mse_loss",
        "l1_loss",
        "smooth_l1_loss",
        "huber_loss",
        "multi_margin_loss",
        "multilabel_margin_loss",
        "multilabel_soft_margin_loss",
        "hinge_embedding_loss",
        "soft_margin_loss",
        "gaussian_nll_loss",
        "poisson_nll_loss",
        "margin_ranking_loss",
        "cosine_embedding_loss",
        "triplet_margin_loss",
        "ctc_loss",
    ]
)

# The layers that are a function: class of torch.nn -> operation. Their settings have the names of its parameters.
LAYERS: dict[str, str] = {
    "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
    "Softmin": "softmin",
    "Softmax2d": "softmax",
    "Sigmoid": "sigmoid",
    "LogSigmoid": "logsigmoid",
    "Softplus": "softplus",
    "ReLU": "relu",
    "ReLU6": "relu6",
    "LeakyReLU": "leaky_relu",
    "ELU": "elu",
    "SELU": "selu",
    "GELU": "gelu",
    "SiLU": "silu",
    "Mish": "mish",
    "Hardtanh": "hardtanh",
    "Hardsigmoid": "hardsigmoid",
    "Tanh": "tanh",
    "Flatten": "flatten",
    "Dropout": "dropout",
    "Dropout1d": "dropout1d",
    "Dropout2d": "dropout2d",
    "Dropout3d": "dropout3d",
    "AlphaDropout": "alpha_dropout",
    "CrossEntropyLoss": "cross_entropy",
    "NLLLoss": "nll_loss",
    "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "KLDivLoss": "kl_div",
    "MSELoss": "mse_loss",
    "L1Loss": "l1_loss",
    "SmoothL1Loss": "smooth_l1_loss",
    "HuberLoss": "huber_loss",
    "CosineSimilarity": "cosine_similarity",
}
# The identifiers under which a loss may be written.
LOSS_WORDS = LOSSES | {layer for layer, op in LAYERS.items() if op in LOSSES}

# What a layer sets where its function's default is another.
_LAYER_ARGS: dict[str, dict[str, object]] = {"Flatten": {"start_dim": 1, "end_dim": -1}, "Softmax2d": {"dim": -3}}

# The parameters of `forward` of the layers above that take more than `input`.
_FORWARD: dict[str, tuple[str, ...]] = {
    "cosine_similarity": ("x1", "x2"),
    **{loss: ("input", "target") for loss in LOSSES if "margin" not in loss and "cosine" not in loss},
}

# Several results, in this order.
OUTPUTS: dict[str, tuple[str, ...]] = dict.fromkeys(
    ("max", "min", "median", "nanmedian", "mode", "kthvalue", "topk", "sort", "cummax", "cummin"), ("values", "indices")
)
SEQUENCES = frozenset({"unbind", "split", "chunk", "tensor_split", "meshgrid", "split_with_sizes", "broadcast_tensors"})
# These return one tensor where no dim is given.
_DIM_DECIDES = frozenset({"max", "min", "median", "nanmedian"})


def layer_op(layer: str) -> str | None:
    """The operation that a class of `torch.nn` is; None where it is more than a function."""
    return LAYERS.get(layer)


def layer_defaults(layer: str) -> dict[str, object]:
    return _LAYER_ARGS.get(layer, {})


def forward_parameters(op: str) -> tuple[str, ...]:
    """The parameters that a layer of this operation is called with."""
    return _FORWARD.get(op, ("input",))


def layers_of(op: str) -> frozenset[str]:
    return frozenset(layer for layer, name in LAYERS.items() if name == op)


def spellings(op: str) -> frozenset[str]:
    """The identifiers under which an operation may be written; empty where it may be written without any."""
    return frozenset() if op in UNSPELLED else words_for(op)


def words_for(op: str) -> frozenset[str]:
    """The identifiers under which an operation may be written, those aside that it may also do without."""
    if op[:1].isupper():
        return frozenset({op})
    return signatures.spellings(op) | layers_of(op) | {op.rpartition(".")[2]} | _NORMALISED.get(op, frozenset())


def outputs(op: str, args: Mapping[str, object]) -> tuple[str, ...]:
    """The field names of an operation's results where it returns several, else nothing."""
    if op in _DIM_DECIDES and "dim" not in args:
        return ()
    return OUTPUTS.get(op, ())


# The words that evaluation makes another operation of.
_NORMALISED = {"div": frozenset({"reciprocal"}), "pow": frozenset({"square"})}
