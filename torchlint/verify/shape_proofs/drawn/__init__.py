"""Random calls of operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torchlint.torch_facts.dims import Shape
from torchlint.verify.shape_proofs.drawn import (
    drawn_arranged,
    drawn_layers,
    drawn_matrices,
    drawn_plain,
    drawn_products,
    drawn_spatial,
    drawn_stacked,
)
from torchlint.verify.shape_proofs.drawn.draw import Arguments, Draw


def _new(draw: Draw) -> Arguments:
    return {"input": draw.shape(), "size": draw.shape().sizes}


def _pixels(draw: Draw) -> Arguments:
    shape = Shape((*draw.shape(0, 1).sizes, draw.random.choice((4, 8, 9, 6)), 3, 2))
    return {"input": shape, "upscale_factor": draw.random.choice((1, 2, 3))}


def _blocks(draw: Draw) -> Arguments:
    shape = Shape((*draw.shape(0, 1).sizes, 2, draw.random.choice((4, 6, 3)), 6))
    return {"input": shape, "downscale_factor": draw.random.choice((1, 2, 3))}


def _each(names: str, make: Callable[[Draw], Arguments]) -> dict[str, Callable[[Draw], Arguments]]:
    return dict.fromkeys(names.split(), make)


# Operations that take a tensor and nothing else that matters.
_PLAIN = _each(
    """
    H Identity InstanceNorm1d InstanceNorm2d InstanceNorm3d T abs abs_ acos acos_ acosh acosh_ adjoint airy_ai
    alpha_dropout angle argwhere asin asin_ asinh asinh_ atan atan_ atanh atanh_ atleast_1d atleast_2d atleast_3d
    bernoulli bernoulli_ bessel_j0 bessel_j1 bessel_y0 bessel_y1 bfloat16 bincount bitwise_not bitwise_not_ bool
    byte ceil ceil_ celu char clone conj conj_physical conj_physical_ contiguous cos cos_ cosh cosh_ deg2rad
    deg2rad_ detach detach_ digamma digamma_ double dropout dropout1d dropout2d dropout3d elu empty_like entr erf
    erf_ erfc erfc_ erfcx erfinv erfinv_ exp exp2 exp2_ exp_ expm1 expm1_ feature_alpha_dropout float floor floor_
    frac frac_ gelu gumbel_softmax half hardshrink hardsigmoid hardswish hardtanh histc i0 i0_ i0e i1 i1e
    instance_norm int isfinite isinf isnan isneginf isposinf isreal leaky_relu lgamma lgamma_ log log10 log10_ log1p
    log1p_ log2 log2_ log_ log_ndtr logical_not logical_not_ logit logit_ logsigmoid long mH mT mish
    modified_bessel_i0 modified_bessel_i1 modified_bessel_k0 modified_bessel_k1 msort nan_to_num nan_to_num_ ndtr
    ndtri neg neg_ nonzero normal_ normalize ones_like poisson positive rad2deg rad2deg_ rand_like randn_like ravel
    reciprocal reciprocal_ relu relu6 relu_ resolve_conj resolve_neg round round_ rrelu rsqrt rsqrt_
    scaled_modified_bessel_k0 scaled_modified_bessel_k1 selu sgn sgn_ short sigmoid sigmoid_ sign sign_ signbit silu
    sin sin_ sinc sinc_ sinh sinh_ softplus softshrink softsign spherical_bessel_j0 sqrt sqrt_ square square_ t tan
    tan_ tanh tanh_ tanhshrink to_dense tril tril_ triu triu_ trunc trunc_ uniform_ unique view_as_complex
    view_as_real zero_ zeros_like
    """,
    drawn_plain.tensor,
)
_SPECIAL: Mapping[str, Callable[[Draw], Arguments]] = {
    **_each(
        "softmax log_softmax softmin cumsum cumprod logcumsumexp sort cummax cummin argsort",
        drawn_plain.with_dim,
    ),
    **_each("amax amin sum mean std var nansum nanmean norm", drawn_plain.reduced),
    **_each("count_nonzero std_mean var_mean linalg.vector_norm", drawn_plain.reduced),
    **_each("all any prod argmax argmin mode logsumexp", drawn_plain.reduced_one),
    **_each("max min", drawn_plain.extreme),
    **_each("median nanmedian", drawn_plain.reduced_one),
    "kthvalue": lambda draw: {**drawn_plain.reduced_one(draw), "k": 1},
    "topk": lambda draw: {**drawn_plain.with_dim(draw), "k": draw.size()},
    "flip": lambda draw: {"input": draw.shape(), "dims": (0, draw.random.randint(-2, 2))},
    "glu": drawn_plain.with_dim,
    "roll": lambda draw: {"input": draw.shape(1), "shifts": 1, "dims": 0},
    "full_like": lambda draw: {"input": draw.shape(), "fill_value": 1.0},
    "addcmul": lambda draw: {**drawn_plain.two("tensor1")(draw), "tensor2": draw.shape(0, 1)},
    "addcdiv": lambda draw: {**drawn_plain.two("tensor1")(draw), "tensor2": draw.shape(0, 1)},
    "masked_fill_": lambda draw: {**drawn_plain.two("mask")(draw), "value": 0.0},
    "clamp_": lambda draw: {"input": draw.shape(), "min": 0.0},
    "Unflatten": drawn_arranged.unflatten_layer,
    **{f"ConstantPad{dims}d": drawn_spatial.padding_layer(dims, value=1.0) for dims in (1, 2, 3)},
    **_each("floor_divide isclose copysign xlogy rsub floor_divide_", drawn_plain.two()),
    "PReLU": drawn_plain.prelu,
    "one_hot": lambda draw: {"input": draw.shape(), "num_classes": 7},
    "Linear": drawn_products.linear,
    "linear": drawn_products.linear_function,
    "matmul": drawn_products.matrices((0, 4), (0, 4), "other"),
    "mm": drawn_products.matrices((1, 3), (2, 2), "mat2"),
    "bmm": drawn_products.matrices((3, 3), (2, 3), "mat2"),
    "mv": drawn_products.matrices((2, 2), (1, 2), "vec"),
    "dot": drawn_products.matrices((1, 1), (1, 2), "tensor"),
    "outer": drawn_products.matrices((1, 1), (1, 2), "vec2"),
    "addmm": drawn_products.addmm,
    "baddbmm": drawn_products.baddbmm,
    "einsum": drawn_products.einsum,
    **{f"Conv{dims}d": drawn_spatial.conv_layer(dims, turned=False) for dims in (1, 2, 3)},
    **{f"ConvTranspose{dims}d": drawn_spatial.conv_layer(dims, turned=True) for dims in (1, 2, 3)},
    **{f"conv{dims}d": drawn_spatial.conv(dims, turned=False) for dims in (1, 2, 3)},
    **{f"conv_transpose{dims}d": drawn_spatial.conv(dims, turned=True) for dims in (1, 2, 3)},
    **{f"max_pool{dims}d": drawn_spatial.pool(dims, dilates=True) for dims in (1, 2, 3)},
    **{f"avg_pool{dims}d": drawn_spatial.pool(dims, dilates=False) for dims in (1, 2, 3)},
    **{f"adaptive_{kind}_pool{dims}d": drawn_spatial.adaptive(dims) for dims in (1, 2, 3) for kind in ("avg", "max")},
    **{
        f"{kind}Pad{dims}d": drawn_spatial.padding_layer(dims)
        for dims in (1, 2, 3)
        for kind in ("Zero", "Reflection", "Replication")
    },
    "nn.functional.unfold": lambda draw: {"input": drawn_spatial.of_space(draw, 2), **drawn_spatial.window(draw, 2)},
    "pixel_shuffle": _pixels,
    "pixel_unshuffle": _blocks,
    "channel_shuffle": lambda draw: {"input": draw.shape(3, 4), "groups": draw.size(2)},
    "interpolate": drawn_spatial.interpolate,
    **_each("view reshape", drawn_arranged.view),
    "flatten": drawn_arranged.flatten,
    "unflatten": drawn_arranged.unflatten,
    "permute": drawn_arranged.permute,
    "transpose": drawn_arranged.transpose,
    "unsqueeze": drawn_arranged.unsqueeze,
    "squeeze": drawn_arranged.squeeze,
    **_each("expand broadcast_to", drawn_arranged.expand),
    "expand_as": drawn_plain.two(),
    "repeat": drawn_arranged.repeat("repeats"),
    "tile": drawn_arranged.repeat("dims"),
    **_each("view_as reshape_as", drawn_arranged.reshape_as),
    "diagonal": drawn_arranged.diagonal,
    "movedim": drawn_arranged.movedim,
    "unfold": drawn_arranged.windows,
    "pad": drawn_arranged.pad,
    "cat": drawn_arranged.cat,
    "stack": drawn_arranged.stack,
    "unbind": drawn_plain.with_dim,
    "chunk": drawn_arranged.chunk,
    "split": drawn_arranged.split,
    "split_with_sizes": drawn_arranged.split_with_sizes,
    "narrow": drawn_arranged.narrow,
    "select": drawn_arranged.select,
    "index_select": drawn_arranged.index_select,
    "gather": drawn_arranged.gather,
    "getitem": drawn_arranged.getitem,
    "LayerNorm": drawn_layers.norm_layer,
    "layer_norm": drawn_layers.norm_layer,
    "RMSNorm": drawn_layers.norm_layer,
    **{f"BatchNorm{dims}d": drawn_layers.batch_norm for dims in (1, 2, 3)},
    "GroupNorm": drawn_layers.group_norm_layer,
    "group_norm": drawn_layers.group_norm,
    "Embedding": drawn_layers.embedding_layer,
    "embedding": drawn_layers.embedding,
    **_each("RNN GRU LSTM", drawn_layers.recurrent),
    **_each("RNNCell GRUCell LSTMCell", drawn_layers.cell),
    "MultiheadAttention": drawn_layers.attention_layer,
    "TransformerEncoderLayer": drawn_layers.transformer_layer,
    "scaled_dot_product_attention": drawn_layers.attention,
    **_each("cross_entropy nll_loss", drawn_plain.class_loss),
    **_each("mse_loss l1_loss smooth_l1_loss huber_loss", drawn_plain.loss),
    **_each("binary_cross_entropy binary_cross_entropy_with_logits", drawn_plain.loss),
    **_each("zeros ones empty rand randn", drawn_plain.sized),
    "full": lambda draw: {"size": draw.shape().sizes, "fill_value": 1.0},
    "randint": lambda draw: {"high": 5, "size": draw.shape().sizes},
    **dict.fromkeys(
        ("new_zeros", "new_ones", "new_empty"), lambda draw: {"input": draw.shape(), "size": draw.shape().sizes}
    ),
    "new_full": lambda draw: {**_new(draw), "fill_value": 1.0},
    "tensor": drawn_plain.data,
    "eye": lambda draw: {"n": draw.size(), **draw.some({"m": draw.size()})},
    "linspace": lambda draw: {"start": 0.0, "end": 1.0, "steps": draw.size()},
    "randperm": lambda draw: {"n": draw.size()},
    "arange": drawn_plain.arange,
    "where": drawn_stacked.where,
    "masked_select": drawn_plain.two("mask"),
    "masked_scatter": lambda draw: {**drawn_plain.two("mask")(draw), "source": Shape((7**5,))},
    "take": lambda draw: {"input": draw.shape(), "index": draw.shape()},
    "take_along_dim": drawn_stacked.along,
    **_each("scatter scatter_ scatter_add scatter_add_", drawn_stacked.scattered),
    **_each("index_add index_add_ index_copy index_copy_", drawn_stacked.index_added("source")),
    "multinomial": lambda draw: {"input": draw.shape(), "num_samples": 1},
    "repeat_interleave": drawn_stacked.repeated,
    "copy_": drawn_plain.two(),
    "fill_": lambda draw: {"input": draw.shape(), "value": 1.0},
    **_each("hstack vstack dstack column_stack", drawn_stacked.alike),
    "broadcast_tensors": drawn_stacked.several,
    "meshgrid": drawn_stacked.grid,
    "tensor_split": drawn_stacked.split_evenly,
    "rot90": drawn_stacked.turned,
    "diff": drawn_stacked.differences,
    **_each("inverse cholesky matrix_exp det logdet slogdet trace", drawn_matrices.square),
    "matrix_power": lambda draw: {**drawn_matrices.square(draw), "n": draw.random.randint(0, 3)},
    **{f"linalg.{name}": drawn_matrices.square for name in ("eig", "eigh", "eigvals", "eigvalsh", "cholesky")},
    **_each("linalg.svd linalg.svdvals", drawn_matrices.decomposed),
    "linalg.qr": drawn_matrices.orthogonal,
    "kron": lambda draw: {"input": draw.shape(0, 3), "other": draw.shape(0, 3)},
    "inner": drawn_matrices.inner,
    "tensordot": drawn_matrices.tensordot,
    "addmv": drawn_matrices.addmv,
    "addbmm": drawn_matrices.addbmm,
    "cdist": drawn_matrices.distances,
    "dist": lambda draw: {"input": (shape := draw.shape()), "other": draw.like(shape)},
    "cosine_similarity": drawn_matrices.similar,
    "pairwise_distance": drawn_matrices.pair,
    "linalg.cross": drawn_matrices.crossed,
    "linalg.vecdot": drawn_matrices.vectors,
    "diag": drawn_matrices.diag,
    **_each("diag_embed diagflat", drawn_matrices.of_offset),
    "bilinear": drawn_matrices.bilinear,
    "Bilinear": drawn_matrices.bilinear_layer,
    **_each("fft.fft fft.ifft fft.rfft fft.ihfft", drawn_matrices.transformed),
    **_each("fft.irfft fft.hfft", drawn_matrices.transformed_back),
    **_each("fft.fft2 fft.ifft2 fft.rfft2", drawn_matrices.transformed_dims(default=True)),
    **_each("fft.fftn fft.ifftn fft.rfftn", drawn_matrices.transformed_dims(default=False)),
    **_each("fft.fftshift fft.ifftshift", drawn_plain.with_dim),
    "stft": drawn_matrices.spectrogram,
    **_each(
        "hann_window hamming_window blackman_window bartlett_window kaiser_window",
        lambda draw: {"window_length": draw.size()},
    ),
    **_each("fft.fftfreq fft.rfftfreq", lambda draw: {"n": draw.size()}),
    **_each("tril_indices triu_indices", lambda draw: {"row": draw.size(), "col": draw.size()}),
    **{f"LazyConv{dims}d": drawn_spatial.lazy_layer(dims, turned=False) for dims in (1, 2, 3)},
    **{f"LazyConvTranspose{dims}d": drawn_spatial.lazy_layer(dims, turned=True) for dims in (1, 2, 3)},
    **{f"CircularPad{dims}d": drawn_spatial.padding_layer(dims) for dims in (1, 2, 3)},
    **_each("UpsamplingNearest2d UpsamplingBilinear2d", drawn_spatial.upsampled),
    "fold": drawn_spatial.folded,
    "affine_grid": drawn_spatial.affine_grid,
    "grid_sample": drawn_spatial.sampled,
    "EmbeddingBag": drawn_layers.bags,
    "LazyLinear": lambda draw: {"input": draw.shape(), "out_features": draw.size()},
    "Transformer": drawn_layers.transformer,
    "TransformerDecoderLayer": drawn_layers.decoder_layer,
    "rms_norm": drawn_layers.norm_layer,
    "batch_norm": drawn_layers.function_norm,
    "local_response_norm": lambda draw: {"input": draw.shape(), "size": draw.size()},
    "LocalResponseNorm": lambda draw: {"input": draw.shape(), "size": draw.size()},
    "prelu": lambda draw: {"input": draw.shape(), "weight": Shape((1,))},
    "threshold": lambda draw: {"input": draw.shape(), "threshold": 0.0, "value": 1.0},
    **_each("fliplr flipud", lambda draw: {"input": draw.shape(2)}),
    "type_as": drawn_plain.two(),
    "mvlgamma": lambda draw: {"input": draw.shape(), "p": 1},
    **_each("cumsum_ cumprod_", drawn_plain.with_dim),
    **_each("kl_div poisson_nll_loss soft_margin_loss", drawn_plain.named_loss("input", "target")),
    "hinge_embedding_loss": drawn_plain.named_loss("input", "target"),
    "margin_ranking_loss": drawn_plain.named_loss("input1", "input2", "target"),
    "gaussian_nll_loss": drawn_plain.named_loss("input", "target", "var"),
    "multilabel_soft_margin_loss": drawn_plain.named_loss("input", "target"),
    "multilabel_margin_loss": drawn_plain.named_loss("input", "target"),
    "cosine_embedding_loss": drawn_plain.rows_loss,
    "triplet_margin_loss": drawn_plain.named_loss("anchor", "positive", "negative"),
    **_each("as_tensor scalar_tensor", drawn_plain.data),
    "logspace": lambda draw: {"start": 0.0, "end": 1.0, "steps": draw.size()},
    "unsafe_chunk": drawn_arranged.chunk,
    **_each(
        "bitwise_and bitwise_or bitwise_xor bitwise_and_ bitwise_or_ bitwise_xor_ gcd lcm gcd_ lcm_ ldexp "
        "logaddexp2 nextafter xlog1py zeta igamma igammac eq_ ne_ lt_ le_ gt_ ge_ fmod_ remainder_ hypot_ copysign_ "
        "atan2_ xlogy_ nextafter_ ldexp_ igamma_ igammac_ logical_and_ logical_or_ logical_xor_",
        drawn_plain.two(),
    ),
    **_each("pow_ ", drawn_plain.two("exponent")),
    **_each("heaviside heaviside_", drawn_plain.two("values")),
    "clamp_min_": drawn_plain.two("min"),
    "clamp_max_": drawn_plain.two("max"),
    "lerp_": lambda draw: {"input": (shape := draw.shape()), "end": draw.like(shape), "weight": draw.like(shape)},
    "addcmul_": lambda draw: {**drawn_plain.two("tensor1")(draw), "tensor2": draw.shape(0, 1)},
    "addcdiv_": lambda draw: {**drawn_plain.two("tensor1")(draw), "tensor2": draw.shape(0, 1)},
    "masked_fill": lambda draw: {**drawn_plain.two("mask")(draw), "value": 0.0},
    "lerp": lambda draw: {"input": (shape := draw.shape()), "end": draw.like(shape), "weight": draw.like(shape)},
    **_each("clamp_min", drawn_plain.two("min")),
    **_each("clamp_max", drawn_plain.two("max")),
    "clamp": lambda draw: {"input": (shape := draw.shape()), "min": draw.like(shape), "max": draw.like(shape)},
    **_each("pow float_power", drawn_plain.two("exponent")),
    **_each(
        "add sub mul div maximum minimum eq ne lt le gt ge atan2 fmod remainder add_ sub_ mul_ div_",
        drawn_plain.two(),
    ),
    **dict.fromkeys(
        ("logical_and", "logical_or", "logical_xor", "fmax", "fmin", "hypot", "logaddexp"), drawn_plain.two()
    ),
}


def makers() -> Mapping[str, Callable[[Draw], Arguments]]:
    """What draws the arguments of each operation that can be called at random."""
    return {**_PLAIN, **_SPECIAL}
