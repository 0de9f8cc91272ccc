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
    convolved_shapes,
    elementwise_shapes,
    indexed_shapes,
    joined_shapes,
    layer_shapes,
    loss_shapes,
    new_shapes,
    product_shapes,
    reduced_shapes,
    view_shapes,
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

    add(elementwise_shapes.same, _same())
    add(elementwise_shapes.same, "InstanceNorm1d InstanceNorm2d InstanceNorm3d")
    add(elementwise_shapes.operands, "clamp clamp_min clamp_max masked_fill where")
    add(elementwise_shapes.operands, iter(ops.that(shape="broadcast", elementwise=True, gives="tensor", writes="")))
    add(elementwise_shapes.into_input, _in_place(found, elementwise_shapes.operands))
    add(elementwise_shapes.same, _in_place(found, elementwise_shapes.same))
    add(elementwise_shapes.along_dim, "softmax log_softmax softmin cumsum cumprod logcumsumexp argsort flip")
    add(elementwise_shapes.pair_along_dim, "sort cummax cummin")
    add(elementwise_shapes.glu, "glu")
    add(elementwise_shapes.prelu, "PReLU")
    add(elementwise_shapes.one_hot, "one_hot")
    add(reduced_shapes.reduced, "sum mean std var prod amax amin argmax argmin all any nansum nanmean logsumexp norm")
    add(reduced_shapes.reduced, "count_nonzero linalg.vector_norm")
    add(reduced_shapes.values_and_indices, "max min median nanmedian")
    add(reduced_shapes.pair_of_one_dim, "mode kthvalue")
    add(reduced_shapes.pair, "std_mean var_mean")
    add(reduced_shapes.top, "topk")
    add(product_shapes.linear_layer, "Linear")
    add(product_shapes.lazy_linear, "LazyLinear")
    add(product_shapes.linear, "linear")
    add(product_shapes.matmul, "matmul")
    add(product_shapes.mm, "mm")
    add(product_shapes.bmm, "bmm")
    add(product_shapes.mv, "mv")
    add(product_shapes.dot, "dot")
    add(product_shapes.outer, "outer")
    add(product_shapes.addmm, "addmm")
    add(product_shapes.baddbmm, "baddbmm")
    add(product_shapes.einsum, "einsum")
    for dims in (1, 2, 3):
        add(convolved_shapes.conv_layer(dims), f"Conv{dims}d")
        add(convolved_shapes.conv(dims), f"conv{dims}d")
        add(convolved_shapes.transposed_layer(dims), f"ConvTranspose{dims}d")
        add(convolved_shapes.transposed(dims), f"conv_transpose{dims}d")
        add(convolved_shapes.pool(dims), f"max_pool{dims}d avg_pool{dims}d")
        add(convolved_shapes.adaptive_pool(dims), f"adaptive_avg_pool{dims}d adaptive_max_pool{dims}d")
        add(
            view_shapes.padding_layer(dims),
            f"ZeroPad{dims}d ConstantPad{dims}d ReflectionPad{dims}d ReplicationPad{dims}d",
        )
        add(layer_shapes.batch_norm_layer, f"BatchNorm{dims}d")
    add(convolved_shapes.unfold, "nn.functional.unfold")
    add(convolved_shapes.pixel_shuffle, "pixel_shuffle")
    add(convolved_shapes.pixel_unshuffle, "pixel_unshuffle")
    add(convolved_shapes.interpolate, "interpolate")
    add(view_shapes.viewed, "view reshape")
    add(view_shapes.flattened, "flatten")
    add(view_shapes.ravelled, "ravel")
    add(view_shapes.unflattened, "unflatten Unflatten")
    add(view_shapes.permuted, "permute")
    add(view_shapes.transposed, "transpose")
    add(view_shapes.turned, "t T mT")
    add(view_shapes.unsqueezed, "unsqueeze")
    add(view_shapes.squeezed, "squeeze")
    add(view_shapes.expanded, "expand broadcast_to")
    add(view_shapes.expanded_like, "expand_as")
    add(view_shapes.repeated, "repeat tile")
    add(view_shapes.like_other, "view_as reshape_as")
    add(view_shapes.diagonal, "diagonal")
    add(view_shapes.moved, "movedim")
    add(view_shapes.viewed_with_size, "unfold")
    add(view_shapes.padded, "pad")
    add(joined_shapes.joined, "cat")
    add(joined_shapes.stacked, "stack")
    add(joined_shapes.unbound, "unbind")
    add(joined_shapes.chunked, "chunk")
    add(joined_shapes.split, "split split_with_sizes")
    add(joined_shapes.narrowed, "narrow")
    add(joined_shapes.selected, "select")
    add(joined_shapes.selected_rows, "index_select")
    add(joined_shapes.gathered, "gather")
    add(indexed_shapes.indexed, "getitem")
    add(layer_shapes.layer_norm, "LayerNorm layer_norm RMSNorm")
    add(layer_shapes.group_norm, "GroupNorm group_norm")
    add(layer_shapes.embedding_layer, "Embedding")
    add(layer_shapes.embedding, "embedding")
    add(layer_shapes.recurrent, "RNN GRU LSTM")
    add(layer_shapes.cell, "RNNCell GRUCell")
    add(layer_shapes.lstm_cell, "LSTMCell")
    add(layer_shapes.attention_layer, "MultiheadAttention")
    add(layer_shapes.transformer_layer, "TransformerEncoderLayer TransformerDecoderLayer")
    add(layer_shapes.attention, "scaled_dot_product_attention")
    add(layer_shapes.shuffled_channels, "channel_shuffle")
    add(layer_shapes.folded_view, "view_as_complex")
    add(loss_shapes.of_classes, "cross_entropy nll_loss")
    add(loss_shapes.of_alike, "binary_cross_entropy binary_cross_entropy_with_logits")
    add(loss_shapes.of_broadcast, "mse_loss l1_loss smooth_l1_loss huber_loss")
    add(new_shapes.of_size, "zeros ones empty rand randn full randint new_zeros new_ones new_empty new_full")
    add(new_shapes.normal, "normal")
    add(new_shapes.of_data, "tensor")
    add(new_shapes.identity, "eye")
    add(new_shapes.steps, "linspace")
    add(new_shapes.permutation, "randperm")
    add(new_shapes.counted, "arange")
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
