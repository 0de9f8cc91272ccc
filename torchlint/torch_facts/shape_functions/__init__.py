"""The shape that each operation gives, from the shapes that it is given; and what it certainly refuses.

Pure functions of a `Given`: sizes are numbers, symbols, or not known, and so may be the number of dims. A function
answers with `ANY` where it does not know, and raises `Refusal` only where torch raises for all that the shapes may be.
`torchlint verify --shapes` compares them with torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import cast

from torchlint import data
from torchlint.torch_facts import ops
from torchlint.torch_facts.dims import ANY, Shape
from torchlint.torch_facts.shape_functions import (
    convolutions,
    elementwise,
    factories,
    indexing,
    joins,
    layers,
    losses,
    products,
    reductions,
    views,
)
from torchlint.torch_facts.shape_functions.refusal import Given

# A shape, or as many as there are results, of which one may be several again.
Result = Shape | tuple["Result", ...]
Function = Callable[[Given], Result]


def result(given: Given) -> Result:
    """The shape of what an operation gives; any shape where nothing is known.

    Raises `Refusal` where torch certainly raises.
    """
    function = FUNCTIONS.get(given.name)
    return ANY if function is None else function(given)


@cache
def proven() -> frozenset[str]:
    """The operations whose functions were compared with torch: only these are used when linting. What moves a tensor to
    another device leaves its shape alone, and not every machine can be asked."""
    return (frozenset(data.read("shapes.json")["calls"]) | ops.that(moves=True)).intersection(FUNCTIONS)


def takes_ranks(name: str) -> tuple[int, ...]:
    """The ranks that the input of an operation may have, where only few are accepted."""
    return _RANKS.get(name, ())


def _same() -> Iterator[str]:
    """Operations whose result has the shape of the input, and that take all shapes."""
    for name in ops.that(shape="same", gives="tensor", writes=""):
        if not name.startswith(("linalg.", "fft.")) and name not in _OTHERS:
            yield name


# The rows that say "same" of what only holds for matrices, of the input as something else, or of sparse tensors.
_OTHERS = frozenset(
    [
        "addbmm",
        "addmm",
        "addmv",
        "addr",
        "baddbmm",
        "as_subclass",
        "cholesky",
        "cholesky_inverse",
        "cholesky_solve",
        "inverse",
        "matrix_exp",
        "matrix_power",
        "lu_solve",
        "bucketize",
        "isin",
        "Transformer",
        "TransformerEncoder",
        "TransformerDecoder",
        "as_strided_scatter",
        "batch_norm",
        "gumbel_softmax",
        "polygamma",
        "local_response_norm",
        "LocalResponseNorm",
        "scatter",
        "scatter_add",
        "index_add",
        "index_copy",
        "index_fill",
        "masked_scatter",
        "masked_fill",
        "put",
        "diagonal_scatter",
        "select_scatter",
        "slice_scatter",
        "index_put",
        "slice_inverse",
        "channel_shuffle",
        "layer_norm",
        "group_norm",
        "rms_norm",
        "instance_norm",
        "sparse_mask",
        "clamp",
        "clamp_min",
        "clamp_max",
        "scatter_reduce",
        "index_reduce",
        "fill",
        "real",
        "imag",
        "data",
        "grad",
    ]
)


def _in_place(found: Mapping[str, Function], function: Function) -> Iterator[str]:
    """The operations that write the result of such a function into their input."""
    return iter([f"{name}_" for name, known in found.items() if known is function and f"{name}_" in ops.everything()])


def _table() -> dict[str, Function]:
    found: dict[str, Function] = {}

    def add(function: object, names: str | Iterator[str]) -> None:
        for name in names.split() if isinstance(names, str) else names:
            found[name] = cast("Function", function)

    add(elementwise.same, _same())
    add(elementwise.same, "InstanceNorm1d InstanceNorm2d InstanceNorm3d")
    add(elementwise.operands, "clamp clamp_min clamp_max masked_fill where")
    add(elementwise.operands, iter(ops.that(shape="broadcast", elementwise=True, gives="tensor", writes="")))
    add(elementwise.into_input, _in_place(found, elementwise.operands))
    add(elementwise.same, _in_place(found, elementwise.same))
    add(elementwise.along_dim, "softmax log_softmax softmin cumsum cumprod logcumsumexp argsort flip")
    add(elementwise.pair_along_dim, "sort cummax cummin")
    add(elementwise.glu, "glu")
    add(elementwise.prelu, "PReLU")
    add(elementwise.one_hot, "one_hot")
    add(reductions.reduced, "sum mean std var prod amax amin argmax argmin all any nansum nanmean logsumexp norm")
    add(reductions.reduced, "count_nonzero linalg.vector_norm")
    add(reductions.values_and_indices, "max min median nanmedian")
    add(reductions.pair_of_one_dim, "mode kthvalue")
    add(reductions.pair, "std_mean var_mean")
    add(reductions.top, "topk")
    add(products.linear_layer, "Linear")
    add(products.lazy_linear, "LazyLinear")
    add(products.linear, "linear")
    add(products.matmul, "matmul")
    add(products.mm, "mm")
    add(products.bmm, "bmm")
    add(products.mv, "mv")
    add(products.dot, "dot")
    add(products.outer, "outer")
    add(products.addmm, "addmm")
    add(products.baddbmm, "baddbmm")
    add(products.einsum, "einsum")
    for dims in (1, 2, 3):
        add(convolutions.conv_layer(dims), f"Conv{dims}d")
        add(convolutions.conv(dims), f"conv{dims}d")
        add(convolutions.transposed_layer(dims), f"ConvTranspose{dims}d")
        add(convolutions.transposed(dims), f"conv_transpose{dims}d")
        add(convolutions.pool(dims), f"max_pool{dims}d avg_pool{dims}d")
        add(convolutions.adaptive_pool(dims), f"adaptive_avg_pool{dims}d adaptive_max_pool{dims}d")
        add(views.padding_layer(dims), f"ZeroPad{dims}d ConstantPad{dims}d ReflectionPad{dims}d ReplicationPad{dims}d")
        add(layers.batch_norm_layer, f"BatchNorm{dims}d")
    add(convolutions.unfold, "nn.functional.unfold")
    add(convolutions.pixel_shuffle, "pixel_shuffle")
    add(convolutions.pixel_unshuffle, "pixel_unshuffle")
    add(convolutions.interpolate, "interpolate")
    add(views.viewed, "view reshape")
    add(views.flattened, "flatten")
    add(views.ravelled, "ravel")
    add(views.unflattened, "unflatten Unflatten")
    add(views.permuted, "permute")
    add(views.transposed, "transpose")
    add(views.turned, "t T mT")
    add(views.unsqueezed, "unsqueeze")
    add(views.squeezed, "squeeze")
    add(views.expanded, "expand broadcast_to")
    add(views.expanded_like, "expand_as")
    add(views.repeated, "repeat tile")
    add(views.like_other, "view_as reshape_as")
    add(views.diagonal, "diagonal")
    add(views.moved, "movedim")
    add(views.viewed_with_size, "unfold")
    add(views.padded, "pad")
    add(joins.joined, "cat")
    add(joins.stacked, "stack")
    add(joins.unbound, "unbind")
    add(joins.chunked, "chunk")
    add(joins.split, "split split_with_sizes")
    add(joins.narrowed, "narrow")
    add(joins.selected, "select")
    add(joins.selected_rows, "index_select")
    add(joins.gathered, "gather")
    add(indexing.indexed, "getitem")
    add(layers.layer_norm, "LayerNorm layer_norm RMSNorm")
    add(layers.group_norm, "GroupNorm group_norm")
    add(layers.embedding_layer, "Embedding")
    add(layers.embedding, "embedding")
    add(layers.recurrent, "RNN GRU LSTM")
    add(layers.cell, "RNNCell GRUCell")
    add(layers.lstm_cell, "LSTMCell")
    add(layers.attention_layer, "MultiheadAttention")
    add(layers.transformer_layer, "TransformerEncoderLayer TransformerDecoderLayer")
    add(layers.attention, "scaled_dot_product_attention")
    add(layers.shuffled_channels, "channel_shuffle")
    add(layers.folded_view, "view_as_complex")
    add(losses.of_classes, "cross_entropy nll_loss")
    add(losses.of_alike, "binary_cross_entropy binary_cross_entropy_with_logits")
    add(losses.of_broadcast, "mse_loss l1_loss smooth_l1_loss huber_loss")
    add(factories.of_size, "zeros ones empty rand randn full randint new_zeros new_ones new_empty new_full")
    add(factories.normal, "normal")
    add(factories.of_data, "tensor")
    add(factories.identity, "eye")
    add(factories.steps, "linspace")
    add(factories.permutation, "randperm")
    add(factories.counted, "arange")
    return found


FUNCTIONS: Mapping[str, Function] = _table()
_RANKS: Mapping[str, tuple[int, ...]] = {
    **{f"{name}{dims}d": (dims + 1, dims + 2) for dims in (1, 2, 3) for name in ("Conv", "conv", "ConvTranspose")},
    **{f"conv_transpose{dims}d": (dims + 1, dims + 2) for dims in (1, 2, 3)},
    **{
        f"{kind}_pool{dims}d": (dims + 1, dims + 2)
        for dims in (1, 2, 3)
        for kind in ("max", "avg", "adaptive_avg", "adaptive_max")
    },
    "BatchNorm1d": (2, 3),
    "BatchNorm2d": (4,),
    "BatchNorm3d": (5,),
}
