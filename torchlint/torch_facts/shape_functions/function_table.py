"""Which function gives the shape of each operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import cast

from torchlint.torch_facts import ops
from torchlint.torch_facts.dims import Shape
from torchlint.torch_facts.shape_functions import (
    convolved_shapes,
    elementwise_shapes,
    fourier_shapes,
    indexed_shapes,
    joined_shapes,
    layer_shapes,
    loss_shapes,
    matrix_shapes,
    new_shapes,
    product_shapes,
    reduced_shapes,
    spatial_shapes,
    stacked_shapes,
    view_shapes,
)
from torchlint.torch_facts.shape_functions.refusal import Given

# A shape, or as many as there are results, of which one may be several again.
Result = Shape | tuple["Result", ...]
Function = Callable[[Given], Result]


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
    add(elementwise_shapes.operands, "clamp clamp_min clamp_max masked_fill")
    add(elementwise_shapes.operands, iter(ops.that(shape="broadcast", elementwise=True, gives="tensor", writes="")))
    add(elementwise_shapes.into_input, _in_place(found, elementwise_shapes.operands))
    add(elementwise_shapes.same, _in_place(found, elementwise_shapes.same))
    add(elementwise_shapes.dropped_features, "dropout1d dropout2d")
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
            f"ZeroPad{dims}d ConstantPad{dims}d ReflectionPad{dims}d ReplicationPad{dims}d CircularPad{dims}d",
        )
        add(layer_shapes.batch_norm_layer, f"BatchNorm{dims}d")
    add(convolved_shapes.unfold, "nn.functional.unfold")
    add(convolved_shapes.pixel_shuffle, "pixel_shuffle")
    add(convolved_shapes.pixel_unshuffle, "pixel_unshuffle")
    add(convolved_shapes.interpolate, "interpolate UpsamplingNearest2d UpsamplingBilinear2d")
    add(view_shapes.viewed, "view reshape")
    add(view_shapes.flattened, "flatten")
    add(view_shapes.ravelled, "ravel")
    add(view_shapes.unflattened, "unflatten Unflatten")
    add(view_shapes.permuted, "permute")
    add(view_shapes.transposed, "transpose")
    add(view_shapes.turned, "t T mT H mH adjoint")
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
    add(joined_shapes.chunked, "chunk unsafe_chunk")
    add(joined_shapes.split, "split split_with_sizes")
    add(joined_shapes.narrowed, "narrow")
    add(joined_shapes.selected, "select")
    add(joined_shapes.selected_rows, "index_select")
    add(joined_shapes.gathered, "gather")
    add(indexed_shapes.indexed, "getitem")
    add(indexed_shapes.where, "where")
    add(indexed_shapes.masked, "masked_select")
    add(indexed_shapes.scattered_by_mask, "masked_scatter")
    add(indexed_shapes.nonzero, "nonzero argwhere")
    add(indexed_shapes.taken_flat, "take")
    add(indexed_shapes.taken_along, "take_along_dim")
    add(indexed_shapes.kept, "scatter scatter_add scatter_reduce index_add index_copy index_fill index_reduce")
    add(indexed_shapes.kept, "scatter_ scatter_add_ scatter_reduce_ index_add_ index_copy_ index_fill_ index_reduce_")
    add(indexed_shapes.kept, "masked_scatter_ zero_ fill_ copy_ normal_ uniform_ select_scatter slice_scatter")
    add(indexed_shapes.counted, "bincount")
    add(indexed_shapes.unique, "unique")
    add(indexed_shapes.sampled, "multinomial")
    add(indexed_shapes.repeated, "repeat_interleave")
    add(stacked_shapes.side_by_side, "hstack")
    add(stacked_shapes.stacked_along(0, 2), "vstack")
    add(stacked_shapes.stacked_along(2, 3), "dstack")
    add(stacked_shapes.columns, "column_stack")
    for dims in (1, 2, 3):
        add(stacked_shapes.at_least(dims), f"atleast_{dims}d")
    add(stacked_shapes.broadcast_each, "broadcast_tensors")
    add(stacked_shapes.grid, "meshgrid")
    add(stacked_shapes.split_evenly, "tensor_split")
    add(stacked_shapes.turned, "rot90")
    add(stacked_shapes.pairs, "view_as_real")
    add(stacked_shapes.differences, "diff")
    add(matrix_shapes.of_square, "inverse cholesky linalg.cholesky matrix_exp matrix_power")
    add(matrix_shapes.number_of_square, "det logdet")
    add(matrix_shapes.sign_and_logarithm, "slogdet")
    add(matrix_shapes.eigen, "linalg.eig linalg.eigh")
    add(matrix_shapes.eigenvalues, "linalg.eigvals linalg.eigvalsh")
    add(matrix_shapes.decomposed, "linalg.svd")
    add(matrix_shapes.singular_values, "linalg.svdvals")
    add(matrix_shapes.orthogonal, "linalg.qr")
    add(matrix_shapes.trace, "trace")
    add(matrix_shapes.kron, "kron")
    add(matrix_shapes.inner, "inner")
    add(matrix_shapes.tensordot, "tensordot")
    add(matrix_shapes.addmv, "addmv")
    add(matrix_shapes.product_added, "addbmm")
    add(matrix_shapes.distances, "cdist")
    add(matrix_shapes.similarity, "cosine_similarity")
    add(matrix_shapes.pair_distance, "pairwise_distance")
    add(matrix_shapes.crossed, "linalg.cross")
    add(matrix_shapes.vector_dot, "linalg.vecdot")
    add(matrix_shapes.diag, "diag")
    add(matrix_shapes.embedded_diagonal, "diag_embed")
    add(matrix_shapes.flat_diagonal, "diagflat")
    add(matrix_shapes.two_sided, "bilinear Bilinear")
    add(elementwise_shapes.number, "dist")
    add(fourier_shapes.along_dim(fourier_shapes.full), "fft.fft fft.ifft")
    add(fourier_shapes.along_dim(fourier_shapes.half), "fft.rfft fft.ihfft")
    add(fourier_shapes.along_dim(fourier_shapes.full, backwards=True), "fft.irfft fft.hfft")
    add(fourier_shapes.along_dims(fourier_shapes.full, (-2, -1)), "fft.fft2 fft.ifft2")
    add(fourier_shapes.along_dims(fourier_shapes.half, (-2, -1)), "fft.rfft2")
    add(fourier_shapes.along_dims(fourier_shapes.full, None), "fft.fftn fft.ifftn")
    add(fourier_shapes.along_dims(fourier_shapes.half, None), "fft.rfftn")
    add(elementwise_shapes.along_dim, "fft.fftshift fft.ifftshift gumbel_softmax")
    add(fourier_shapes.spectrogram, "stft")
    add(fourier_shapes.window, "hann_window hamming_window blackman_window bartlett_window kaiser_window")
    add(fourier_shapes.frequencies_of(halved=False), "fft.fftfreq")
    add(fourier_shapes.frequencies_of(halved=True), "fft.rfftfreq")
    add(fourier_shapes.histogram, "histc")
    add(fourier_shapes.counted_pairs, "tril_indices triu_indices")
    for dims in (1, 2, 3):
        add(spatial_shapes.lazy(dims, turned=False), f"LazyConv{dims}d")
        add(spatial_shapes.lazy(dims, turned=True), f"LazyConvTranspose{dims}d")
    add(spatial_shapes.folded, "fold")
    add(spatial_shapes.affine_grid, "affine_grid")
    add(spatial_shapes.sampled, "grid_sample")
    add(spatial_shapes.bags, "EmbeddingBag")
    add(loss_shapes.of_any("input", "target"), "kl_div poisson_nll_loss soft_margin_loss hinge_embedding_loss")
    add(loss_shapes.of_any("input1", "input2", "target"), "margin_ranking_loss")
    add(loss_shapes.of_any(), "gaussian_nll_loss multi_margin_loss multilabel_margin_loss cosine_embedding_loss")
    add(loss_shapes.of_any(), "multilabel_soft_margin_loss ctc_loss")
    add(loss_shapes.of_triplets, "triplet_margin_loss")
    add(layer_shapes.layer_norm, "LayerNorm layer_norm RMSNorm rms_norm")
    add(layer_shapes.function_norm, "batch_norm instance_norm local_response_norm LocalResponseNorm")
    add(layer_shapes.group_norm, "GroupNorm group_norm")
    add(layer_shapes.embedding_layer, "Embedding")
    add(layer_shapes.embedding, "embedding")
    add(layer_shapes.recurrent, "RNN GRU LSTM")
    add(layer_shapes.cell, "RNNCell GRUCell")
    add(layer_shapes.lstm_cell, "LSTMCell")
    add(layer_shapes.attention_layer, "MultiheadAttention")
    add(layer_shapes.transformer_layer, "TransformerEncoderLayer TransformerDecoderLayer")
    add(layer_shapes.transformer, "Transformer")
    add(layer_shapes.attention, "scaled_dot_product_attention")
    add(layer_shapes.shuffled_channels, "channel_shuffle")
    add(layer_shapes.folded_view, "view_as_complex")
    add(loss_shapes.of_classes, "cross_entropy nll_loss")
    add(loss_shapes.of_alike, "binary_cross_entropy binary_cross_entropy_with_logits")
    add(loss_shapes.of_broadcast, "mse_loss l1_loss smooth_l1_loss huber_loss")
    add(new_shapes.of_size, "zeros ones empty rand randn full randint new_zeros new_ones new_empty new_full")
    add(new_shapes.normal, "normal")
    add(new_shapes.of_data, "tensor as_tensor new_tensor")
    add(elementwise_shapes.number, "scalar_tensor")
    add(new_shapes.identity, "eye")
    add(new_shapes.steps, "linspace logspace")
    add(new_shapes.permutation, "randperm")
    add(new_shapes.counted, "arange")
    return found


FUNCTIONS: Mapping[str, Function] = _table()
# The ranks that the input of an operation may have, where only few are accepted.
RANKS: Mapping[str, tuple[int, ...]] = {
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
