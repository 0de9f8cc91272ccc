"""What proofs ask of an operation: does it write, may its result share memory, which dtypes does it take and give.

All questions of this package about operations by name are answered here.
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.analysis import families, ops
from torchlint.analysis.values import Constant, External, Op, Value


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Besides `families.VIEWS`: views, and what gives back its input where there is nothing to do.
_MORE_VIEWS = _names(
    """
    H mH adjoint real imag as_strided slice view_as_real view_as_complex broadcast_to unsafe_split hsplit vsplit dsplit
    type type_as double half bfloat16 long int short bool byte char pin_memory conj resolve_conj resolve_neg alias
    data numpy atleast_1d atleast_2d atleast_3d asarray as_tensor from_numpy movedim moveaxis swapaxes tile
    dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout chunk split tensor_split unbind
    split_with_sizes meshgrid broadcast_tensors identity to_dense coalesce expand_copy refine_names rename align_to
    """
)
# Several tensors, or one, as the arguments say; never to be taken for one.
_SEVERAL = _names(
    """
    var_mean std_mean aminmax frexp svd linalg.svd linalg.eig linalg.eigh linalg.qr linalg.slogdet linalg.lstsq
    linalg.lu linalg.lu_factor linalg.lu_factor_ex linalg.ldl_factor linalg.inv_ex linalg.cholesky_ex
    linalg.solve_ex qr lu lu_unpack slogdet geqrf triangular_solve eig symeig lstsq unique_consecutive
    histogram histogramdd batch_norm_stats native_dropout LSTM GRU RNN LSTMCell MultiheadAttention
    adaptive_max_pool1d_with_indices max_pool1d_with_indices max_pool2d_with_indices multi_head_attention_forward
    """
)
_NO_TENSORS = _names("initial_seed get_rng_state numel dim seed is_nonzero result_type promote_types can_cast")
# Arguments that turn one result into several.
_MORE_RESULTS = ("return_inverse", "return_counts", "return_indices", "as_tuple", "return_logdet")

_IN_PLACE_ARGUMENTS = {
    "batch_norm": ("running_mean", "running_var"),
    "instance_norm": ("running_mean", "running_var"),
}
# These take floating-point tensors alone: integers, bools and complex numbers raise.
ONLY_FLOATS = _names(
    """
    softmax log_softmax softmin logsigmoid softplus gelu elu selu celu mish hardswish hardsigmoid layer_norm
    group_norm binary_cross_entropy binary_cross_entropy_with_logits nll_loss cross_entropy kl_div
    gumbel_softmax glu
    """
)
# Layers with weights in floating point, which do not mix with other tensors.
_FLOAT_LAYERS = _names(
    """
    Linear Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d BatchNorm1d BatchNorm2d BatchNorm3d
    SyncBatchNorm LayerNorm GroupNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d RMSNorm PReLU
    """
)
# Their results are floating-point too, but they take indices.
_LOOKUPS = _names("Embedding EmbeddingBag")
# Real in, floating-point out; complex in, complex out.
_TO_FLOAT = _names(
    """
    exp exp2 expm1 log log2 log10 log1p sqrt rsqrt sigmoid tanh sin cos tan asin acos atan sinh cosh asinh acosh atanh
    erf erfc erfinv lgamma digamma logit reciprocal logsumexp mean nanmean float_power silu sinc rad2deg deg2rad
    """
)
# Floating-point whatever they are given.
_FLOATS = _names(
    """
    norm std var linalg.norm linalg.vector_norm linalg.matrix_norm cdist pairwise_distance angle cosine_similarity
    """
)
# These have the default dtype, which is floating-point.
_DEFAULT_DTYPE = _names("zeros ones empty rand randn eye linspace logspace normal")
_KEPT = _names(
    """
    abs neg positive relu relu6 leaky_relu clamp clamp_min clamp_max clip view reshape squeeze unsqueeze transpose
    permute t T mT H mH flatten unflatten expand expand_as view_as repeat repeat_interleave contiguous detach clone
    getitem select narrow amax amin cumsum cumprod cummax max min median mode topk sort kthvalue roll flip rot90 cuda
    cpu gather index_select take take_along_dim masked_fill masked_select scatter scatter_add index_fill zeros_like
    ones_like empty_like rand_like randn_like full_like new_zeros new_ones new_empty new_full tril triu
    requires_grad_ movedim moveaxis swapaxes swapdims diagonal diag nan_to_num ravel dropout dropout1d dropout2d
    dropout3d alpha_dropout interpolate pad normalize max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d
    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d unfold fold floor ceil round trunc sign split chunk
    unbind tensor_split split_with_sizes sum nansum prod square broadcast_to cross hardtanh Dropout Dropout2d Dropout3d
    ReLU MaxPool1d MaxPool2d MaxPool3d AvgPool1d AvgPool2d AvgPool3d AdaptiveAvgPool1d AdaptiveAvgPool2d Upsample
    """
)
_PROMOTED = _names(
    """
    add sub mul pow maximum minimum fmod remainder floor_divide matmul mm bmm mv dot outer einsum addmm baddbmm where
    cat stack hstack vstack hypot lerp logaddexp atan2
    """
)
_BITWISE = _names("bitwise_and bitwise_or bitwise_xor bitwise_not")
_BOOLEAN = _names(
    """
    eq ne lt le gt ge logical_and logical_or logical_not logical_xor isnan isinf isfinite isclose any all not
    """
)
_INDICES = _names("argmax argmin argsort nonzero randperm randint bincount one_hot searchsorted bucketize multinomial")
# What shows where in memory a tensor is, or raises for some layouts.
_LAYOUT_SEEN = _names(
    """
    view view_as data_ptr is_contiguous stride storage untyped_storage storage_offset as_strided numpy set_ resize_
    view_as_real view_as_complex is_set_to
    """
)
_CONTIGUOUS = _names(
    """
    zeros ones empty full rand randn arange linspace eye tensor contiguous stack softmax log_softmax linear Linear
    matmul mm bmm
    """
)
# Registers code that runs when a module is called, or is such code.
HOOKS = _names(
    """
    register_forward_hook register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
    register_backward_hook register_module_forward_hook register_module_forward_pre_hook spectral_norm weight_norm
    parametrize register_parametrization register_module_full_backward_hook
    """
)


def is_view(name: str) -> bool:
    """Whether the result may share memory with the first argument."""
    return name in families.VIEWS or name in _MORE_VIEWS or is_in_place(name)


def is_in_place(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last.endswith("_") and not last.endswith("__")


def written(op: Op) -> Iterator[Value]:
    """The arguments that an operation writes to."""
    first = op.args.get("input")
    if is_in_place(op.name) and op.name != "requires_grad_" and first is not None:
        yield first
    if op.name.rpartition(".")[2].startswith("_foreach_"):
        yield from op.args.values()
    out = op.args.get("out")
    if out is not None and not (isinstance(out, Constant) and out.value is None):
        yield out
    layer = op.layer.args.get("inplace") if op.layer is not None else None
    for flag in (op.args.get("inplace"), layer):
        if flag is not None and not (isinstance(flag, Constant) and not flag.value) and first is not None:
            yield first
    for name in _IN_PLACE_ARGUMENTS.get(op.name, ()):
        if name in op.args:
            yield op.args[name]
    if op.name == "embedding" and "max_norm" in op.args and "weight" in op.args:
        yield op.args["weight"]


def is_random(name: str) -> bool:
    return name in families.RANDOM or name in ("RReLU", "MultiheadAttention", "Transformer", "LSTM", "GRU", "RNN")


def is_one_tensor(op: Op) -> bool:
    """Whether the result is one tensor, not several and not something else."""
    if op.name in families.NOT_TENSORS or op.name in _NO_TENSORS or op.name in _SEVERAL or op.name in ops.SEQUENCES:
        return False
    if ops.outputs(op.name, op.args) or any(name in op.args for name in _MORE_RESULTS):
        return False
    if op.name in ("where", "nonzero"):
        return "other" in op.args if op.name == "where" else True
    if op.name.startswith("atleast_"):
        return not isinstance(op.args.get("tensors"), Value) or "other" not in op.args
    return True


def takes_only_floats(op: Op) -> bool:
    """Whether an operation raises for what is not a floating-point tensor."""
    if "dtype" in op.args:
        return False
    if op.layer is not None and op.name in _FLOAT_LAYERS:
        return "dtype" not in op.layer.args
    return op.name in ONLY_FLOATS


def gives_only_floats(op: Op) -> bool:
    """Whether the result is floating-point, and not complex, whatever the operation is given without raising."""
    if op.layer is not None and op.name in _FLOAT_LAYERS | _LOOKUPS:
        return "dtype" not in op.layer.args
    return op.name in ONLY_FLOATS or op.name in _FLOATS or op.name in _DEFAULT_DTYPE


def turns_to_floats(name: str) -> bool:
    return name in _TO_FLOAT or name == "div"


def keeps_dtype(name: str) -> bool:
    return name in _KEPT


def promotes(name: str) -> bool:
    return name in _PROMOTED or name == "div"


def is_bitwise(name: str) -> bool:
    return name in _BITWISE


def is_boolean(name: str) -> bool:
    return name in _BOOLEAN


def gives_indices(name: str) -> bool:
    return name in _INDICES


def sees_layout(name: str) -> bool:
    return name in _LAYOUT_SEEN


LAYOUT_WORDS = _LAYOUT_SEEN


def is_contiguous(op: Op) -> bool:
    """Whether the result is contiguous whatever the input is."""
    return op.name in _CONTIGUOUS


def is_pure_function(qualname: str) -> bool:
    """Whether a function outside the project writes nothing that is there before, and is no operation of torch."""
    home, _, name = qualname.rpartition(".")
    if home == "builtins":
        return name in _BUILTINS
    return home == "math" or qualname in _PURE


_BUILTINS = _names(
    """
    abs all any bool complex dict divmod enumerate float frozenset getattr hasattr id int isinstance issubclass len list
    max min object pow print range repr reversed round set slice sorted str sum tuple type zip super
    """
)
_PURE = frozenset(
    {
        *("torch.device", "torch.dtype", "torch.Size", "torch.no_grad", "torch.enable_grad", "torch.inference_mode"),
        *("torch.autocast", "torch.cuda.is_available", "torch.get_default_dtype", "torch.is_grad_enabled"),
        *("torch.FloatTensor", "torch.LongTensor", "torch.Tensor", "torch.nn.Parameter", "torch.Generator"),
        *("copy.copy", "copy.deepcopy", "time.time", "time.perf_counter", "warnings.warn", "functools.partial"),
        *("torch.autograd.Variable", "torch.cuda.amp.autocast", "torch.amp.autocast", "torch.manual_seed"),
        *("torch.cuda.synchronize", "torch.cuda.is_current_stream_capturing", "torch.jit.is_scripting"),
    }
)


def is_settled(qualname: str) -> bool:
    """Whether a function of torch that is not bound to an operation leaves its arguments alone."""
    return qualname in _PURE


def dtype_of(value: Value) -> str | None:
    """`float`, `int`, `bool` or `complex` for a dtype that is written out."""
    if not isinstance(value, External) or not value.qualname.startswith("torch."):
        return None
    return _DTYPES.get(value.qualname.removeprefix("torch."))


_DTYPES = {
    **dict.fromkeys(["float", "float16", "float32", "float64", "half", "double", "bfloat16"], "float"),
    **dict.fromkeys(["int", "int8", "int16", "int32", "int64", "uint8", "short", "long"], "int"),
    **dict.fromkeys(["cfloat", "cdouble", "chalf", "complex32", "complex64", "complex128"], "complex"),
    "bool": "bool",
}
CASTS = {
    **dict.fromkeys(["float", "double", "half", "bfloat16"], "float"),
    **dict.fromkeys(["long", "int", "short", "char", "byte"], "int"),
    "bool": "bool",
    **dict.fromkeys(["cfloat", "cdouble"], "complex"),
}
