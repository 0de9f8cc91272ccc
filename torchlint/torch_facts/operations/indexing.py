"""Elements that are taken or put by indices and masks."""

from __future__ import annotations

from torchlint.torch_facts.rows import family, op

# Copies of the input with other elements in some places.
filled = family(shape="same", in_place=True, saves="operands")

ROWS = (
    op("as_strided_scatter", shape="same", saves=""),
    op("argwhere", dtype="int64", shape="matrix", range="nonnegative", grad=False, syncs=True),
    op("diagonal_scatter", shape="same", saves=""),
    op(
        "gather",
        shape="like index",
        elements="some",
        tensors_only=True,
        arguments="dim:dim index:labels",
        saves="operands",
    ),
    op(
        "index_select",
        shape="same rank",
        elements="some",
        tensors_only=True,
        arguments="dim:dim index:labels",
        saves="operands",
    ),
    op(
        "masked_select",
        shape="vector",
        elements="some",
        syncs=True,
        tensors_only=True,
        arguments="mask:bool",
        saves="operands",
    ),
    op(
        "nonzero",
        gives="varies",
        several_with="as_tuple",
        dtype="int64",
        shape="matrix",
        range="nonnegative",
        grad=False,
        syncs=True,
    ),
    op("nonzero_static", dtype="int64", shape="matrix", grad=False),
    op("select_scatter", shape="same", saves=""),
    op("slice_scatter", shape="same", saves=""),
    op("take", shape="like index", elements="some", arguments="index:labels", saves="operands"),
    op("take_along_dim", elements="some", arguments="indices:labels dim:dim", saves="operands"),
    op("one_hot", dtype="int64", shape="one more", range="unit", grad=False, arguments="input:labels num_classes:size"),
    filled("index_add", tensors_only=True, arguments="dim:dim index:labels"),
    filled("index_copy", tensors_only=True, arguments="dim:dim index:labels"),
    filled("index_fill", tensors_only=True, arguments="dim:dim index:labels"),
    filled("index_put"),
    filled("index_reduce", arguments="dim:dim index:labels", saves="operands result"),
    filled("masked_fill", tensors_only=True, arguments="mask:bool"),
    filled("masked_scatter", tensors_only=True, arguments="mask:bool"),
    filled("put"),
    filled("scatter", tensors_only=True, arguments="dim:dim index:labels"),
    filled("scatter_add", tensors_only=True, arguments="dim:dim index:labels"),
    filled("scatter_reduce", arguments="dim:dim index:labels", saves="operands result"),
)
