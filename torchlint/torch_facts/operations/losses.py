"""Losses."""

from __future__ import annotations

from torchlint.torch_facts.rows import family

loss = family(loss=True, shape="loss", takes="input target", raises="int bool complex", saves="operands")

ROWS = (
    loss("binary_cross_entropy", range="nonnegative", arguments="input:unit target:binary|unit weight:weight"),
    loss("binary_cross_entropy_with_logits", arguments="target:binary|unit weight:weight pos_weight:weight"),
    loss("cosine_embedding_loss", dtype="float", raises="complex", range="nonnegative", takes="input1 input2 target"),
    loss("cross_entropy", classes=True, arguments="target:labels|prob weight:weight"),
    loss("ctc_loss", range="nonnegative", takes="log_probs targets input_lengths target_lengths"),
    loss("gaussian_nll_loss", takes="input target var", broadcasts=True, saves=""),
    loss("hinge_embedding_loss", broadcasts=True, saves=""),
    loss("huber_loss", range="nonnegative", broadcasts=True),
    loss("kl_div", broadcasts=True),
    loss("l1_loss", real=True, raises="int bool", range="nonnegative", broadcasts=True, saves=""),
    loss(
        "margin_ranking_loss",
        dtype="float",
        raises="bool complex",
        range="nonnegative",
        takes="input1 input2 target",
        saves="",
    ),
    loss("mse_loss", range="nonnegative", broadcasts=True),
    loss("multi_margin_loss", range="nonnegative", arguments="target:labels"),
    loss("multilabel_margin_loss", range="nonnegative", arguments="target:labels"),
    loss("multilabel_soft_margin_loss", range="nonnegative"),
    loss("nll_loss", classes=True, arguments="target:labels weight:weight"),
    loss("poisson_nll_loss", dtype="float", raises="", broadcasts=True),
    loss("smooth_l1_loss", range="nonnegative", broadcasts=True),
    loss("soft_margin_loss", raises="int bool", range="nonnegative"),
    loss(
        "triplet_margin_loss",
        dtype="float",
        real=True,
        raises="bool",
        range="nonnegative",
        takes="anchor positive negative",
        saves="",
    ),
    loss(
        "triplet_margin_with_distance_loss",
        dtype="float",
        real=True,
        raises="bool",
        range="nonnegative",
        takes="anchor positive negative",
        saves="",
    ),
)
