"""Where the losses of torch take `size_average` and `reduce`, which `reduction` replaced in torch 0.4.1."""

from __future__ import annotations

_LAYERS = """
    BCELoss 1 2, BCEWithLogitsLoss 1 2, CosineEmbeddingLoss 1 2, CrossEntropyLoss 1 3, HingeEmbeddingLoss 1 2,
    KLDivLoss 0 1, L1Loss 0 1, MSELoss 0 1, MarginRankingLoss 1 2, MultiLabelMarginLoss 0 1,
    MultiLabelSoftMarginLoss 1 2, MultiMarginLoss 3 4, NLLLoss 1 3, PoissonNLLLoss 2 4, SmoothL1Loss 0 1,
    SoftMarginLoss 0 1, TripletMarginLoss 4 5
"""
_FUNCTIONS = """
    binary_cross_entropy 3 4, binary_cross_entropy_with_logits 3 4, cosine_embedding_loss 4 5, cross_entropy 3 5,
    hinge_embedding_loss 3 4, kl_div 2 3, l1_loss 2 3, margin_ranking_loss 4 5, mse_loss 2 3, multi_margin_loss 5 6,
    multilabel_margin_loss 2 3, multilabel_soft_margin_loss 3 4, nll_loss 3 5, poisson_nll_loss 4 6,
    smooth_l1_loss 2 3, soft_margin_loss 2 3, triplet_margin_loss 7 8
"""
KEYWORDS = ("size_average", "reduce")


def _places(home: str, table: str) -> dict[str, tuple[int, int]]:
    rows = (row.split() for row in table.split(","))
    return {f"{home}.{name}": (int(average), int(reduce)) for name, average, reduce in rows}


# The positions of both among the arguments of each loss.
PLACES = _places("torch.nn", _LAYERS) | _places("torch.nn.functional", _FUNCTIONS)
NAMES = frozenset(name.rpartition(".")[2] for name in PLACES)


def reduction(size_average: bool | None, reduce: bool | None) -> str:
    """What both together mean; None is what a loss takes for True."""
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"
