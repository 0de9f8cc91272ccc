"""The strings that torch takes where it takes one of a few, by the public name of what is called and its parameter.

Others raise: when the call is made, or, of a layer, when it is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_REDUCTIONS = frozenset(["none", "mean", "sum", "elementwise_mean"])
_LOSSES = (
    *("L1Loss", "MSELoss", "CrossEntropyLoss", "NLLLoss", "PoissonNLLLoss", "GaussianNLLLoss", "BCELoss", "HuberLoss"),
    *("BCEWithLogitsLoss", "MarginRankingLoss", "HingeEmbeddingLoss", "MultiLabelMarginLoss", "SmoothL1Loss"),
    *("SoftMarginLoss", "CosineEmbeddingLoss", "MultiMarginLoss", "TripletMarginLoss", "CTCLoss"),
)
_LOSS_FUNCTIONS = (
    *("l1_loss", "mse_loss", "cross_entropy", "nll_loss", "poisson_nll_loss", "binary_cross_entropy", "huber_loss"),
    *("binary_cross_entropy_with_logits", "margin_ranking_loss", "hinge_embedding_loss", "multilabel_margin_loss"),
    *("smooth_l1_loss", "soft_margin_loss", "cosine_embedding_loss", "multi_margin_loss", "triplet_margin_loss"),
    "ctc_loss",
)
_MODES = frozenset(["nearest", "linear", "bilinear", "bicubic", "trilinear", "area", "nearest-exact"])
_PADDINGS = frozenset(["zeros", "reflect", "replicate", "circular"])
_FANS = frozenset(["fan_in", "fan_out"])
_GAINS = frozenset(
    [
        *("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"),
        *("sigmoid", "tanh", "relu", "leaky_relu", "selu"),
    ]
)


def _literals() -> Iterator[tuple[str, str, frozenset[str]]]:
    for name in _LOSSES:
        yield f"torch.nn.{name}", "reduction", _REDUCTIONS
    for name in _LOSS_FUNCTIONS:
        yield f"torch.nn.functional.{name}", "reduction", _REDUCTIONS
    yield "torch.nn.KLDivLoss", "reduction", _REDUCTIONS | {"batchmean"}
    yield "torch.nn.functional.kl_div", "reduction", _REDUCTIONS | {"batchmean"}
    for dims in (1, 2, 3):
        yield f"torch.nn.Conv{dims}d", "padding_mode", _PADDINGS
        yield f"torch.nn.ConvTranspose{dims}d", "padding_mode", frozenset(["zeros"])
    yield "torch.nn.functional.pad", "mode", frozenset(["constant", "reflect", "replicate", "circular"])
    yield "torch.nn.Upsample", "mode", _MODES
    yield "torch.nn.functional.interpolate", "mode", _MODES
    yield "torch.nn.functional.grid_sample", "mode", frozenset(["bilinear", "nearest", "bicubic"])
    yield "torch.nn.functional.grid_sample", "padding_mode", frozenset(["zeros", "border", "reflection"])
    yield "torch.nn.RNN", "nonlinearity", frozenset(["tanh", "relu"])
    yield "torch.nn.RNNCell", "nonlinearity", frozenset(["tanh", "relu"])
    yield "torch.nn.GELU", "approximate", frozenset(["none", "tanh"])
    yield "torch.nn.functional.gelu", "approximate", frozenset(["none", "tanh"])
    yield "torch.nn.EmbeddingBag", "mode", frozenset(["sum", "mean", "max"])
    yield "torch.nn.TransformerEncoderLayer", "activation", frozenset(["relu", "gelu"])
    yield "torch.nn.TransformerDecoderLayer", "activation", frozenset(["relu", "gelu"])
    for name in ("kaiming_uniform_", "kaiming_normal_"):
        yield f"torch.nn.init.{name}", "mode", _FANS
        yield f"torch.nn.init.{name}", "nonlinearity", _GAINS
    yield "torch.nn.init.calculate_gain", "nonlinearity", _GAINS
    yield "torch.optim.lr_scheduler.ReduceLROnPlateau", "mode", frozenset(["min", "max"])
    yield "torch.optim.lr_scheduler.ReduceLROnPlateau", "threshold_mode", frozenset(["rel", "abs"])
    yield "torch.optim.lr_scheduler.OneCycleLR", "anneal_strategy", frozenset(["cos", "linear"])
    yield "torch.meshgrid", "indexing", frozenset(["ij", "xy"])


def _table() -> Mapping[str, Mapping[str, frozenset[str]]]:
    found: dict[str, dict[str, frozenset[str]]] = {}
    for qualname, parameter, words in _literals():
        found.setdefault(qualname, {})[parameter] = words
    return found


LITERALS = _table()
