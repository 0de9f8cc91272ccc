"""What may run: pure operations of torch, a little arithmetic, and no way to anything else.

The lists hold what reads and gives tensors and numbers. What touches files, processes, devices, global state or hooks
is not in them, nor what calls back into Python.
"""

from __future__ import annotations

import ast
import builtins
import math
from typing import Any


def names_in(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


_ELEMENTWISE = names_in("""
    abs absolute acos acosh add addcdiv addcmul angle arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh
    atan atan2 atanh bitwise_and bitwise_not bitwise_or bitwise_xor ceil clamp clamp_max clamp_min clip copysign cos
    cosh deg2rad digamma div divide eq erf erfc erfinv exp exp2 expm1 fix float_power floor floor_divide fmax fmin
    fmod frac ge greater greater_equal gt heaviside hypot i0 isclose isfinite isinf isnan isneginf isposinf isreal ldexp
    le lerp less less_equal lgamma log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or
    logical_xor logit lt masked_fill maximum minimum mul multiply nan_to_num ne neg negative nextafter not_equal
    positive pow polygamma rad2deg reciprocal relu remainder round rsqrt rsub sgn sigmoid sign signbit sin sinc sinh
    softmax log_softmax sqrt square sub subtract tan tanh true_divide trunc where xlogy
""")
_REDUCTIONS = names_in("""
    all allclose amax amin aminmax any argmax argmin argsort bincount count_nonzero cummax cummin cumprod cumsum
    diff dist equal kthvalue logcumsumexp logsumexp max mean median min mode msort nanmean nanmedian nanquantile
    nansum norm numel prod quantile sort std std_mean sum topk trace unique unique_consecutive var var_mean
""")
_SHAPES = names_in("""
    atleast_1d atleast_2d atleast_3d broadcast_to chunk diag diag_embed diagonal expand expand_as flatten flip fliplr
    flipud gather index_add index_copy index_fill index_put index_select masked_scatter masked_select movedim moveaxis
    narrow nonzero permute ravel repeat repeat_interleave reshape reshape_as roll rot90 scatter scatter_add select
    slice_scatter split squeeze swapaxes swapdims t take take_along_dim tensor_split tile transpose tril triu unbind
    unflatten unfold unsqueeze view view_as
""")
_PRODUCTS = names_in("""
    addbmm addmm addmv baddbmm bmm chain_matmul cholesky cholesky_inverse cholesky_solve cross det dot einsum ger
    inner inverse kron logdet matmul matrix_exp matrix_power mm mv outer pinverse slogdet svd tensordot vdot
""")
_TORCH = names_in("""
    arange bartlett_window block_diag broadcast_tensors bucketize cartesian_prod cat cdist column_stack combinations
    complex concat concatenate cosine_similarity cov corrcoef dropout dstack empty_like eye full full_like hann_window
    histc hstack is_floating_point is_tensor isin linspace logspace meshgrid ones ones_like pairwise_distance polar
    rand rand_like randint randn randn_like range row_stack searchsorted stack tensor tril_indices triu_indices
    trapezoid trapz vander vstack zeros zeros_like as_tensor scalar_tensor result_type promote_types finfo iinfo Size
""")
_FUNCTIONAL = names_in("""
    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_max_pool2d avg_pool1d avg_pool2d batch_norm binary_cross_entropy
    binary_cross_entropy_with_logits celu conv1d conv2d cosine_embedding_loss cosine_similarity cross_entropy dropout
    elu embedding fold gelu glu group_norm gumbel_softmax hardshrink hardsigmoid hardswish hardtanh hinge_embedding_loss
    huber_loss instance_norm interpolate kl_div l1_loss layer_norm leaky_relu linear log_softmax logsigmoid
    margin_ranking_loss max_pool1d max_pool2d mish mse_loss nll_loss normalize one_hot pad pairwise_distance
    pixel_shuffle poisson_nll_loss prelu relu relu6 rms_norm scaled_dot_product_attention selu sigmoid silu
    smooth_l1_loss soft_margin_loss softmax softmin softplus softshrink softsign tanh tanhshrink threshold
    triplet_margin_loss unfold upsample upsample_bilinear upsample_nearest
""")
_LINALG = names_in("""
    cholesky cond cross det diagonal eigh eigvalsh inv lstsq matmul matrix_norm matrix_power matrix_rank multi_dot norm
    pinv qr slogdet solve solve_triangular svd svdvals vector_norm vecdot
""")
_SPECIAL = names_in("""
    digamma entr erf erfc erfinv exp2 expit expm1 gammaln i0 log1p log_ndtr log_softmax logit logsumexp ndtr sinc
    softmax xlog1py xlogy
""")
_INIT = names_in("""
    constant constant_ dirac_ eye_ kaiming_normal kaiming_normal_ kaiming_uniform kaiming_uniform_ normal normal_ ones_
    orthogonal orthogonal_ sparse_ trunc_normal_ uniform uniform_ xavier_normal xavier_normal_ xavier_uniform
    xavier_uniform_ zeros_
""")
_MATH = frozenset(name for name in dir(math) if not name.startswith("_")) - {"factorial", "perm", "comb"}
_DTYPES = names_in("""
    float float16 float32 float64 half double bfloat16 bool int int8 int16 int32 int64 uint8 short long pi inf nan e
    strided preserve_format contiguous_format
""")
# Layers without parameters: calling one is calling a function.
LAYERS = names_in("""
    BCELoss BCEWithLogitsLoss CELU CosineSimilarity CrossEntropyLoss ELU Flatten GELU GLU Hardsigmoid Hardswish Hardtanh
    HuberLoss Identity KLDivLoss L1Loss LeakyReLU LogSigmoid LogSoftmax Mish MSELoss NLLLoss PairwiseDistance ReLU
    ReLU6 SELU SiLU Sigmoid SmoothL1Loss Softmax Softmax2d Softmin Softplus Softshrink Softsign Tanh Threshold Unflatten
    Upsample
""")
_METHODS_ONLY = names_in("""
    append bool byte char clone contiguous detach dim double extend fill_diagonal_ float half int item long new_empty
    new_full new_ones new_tensor new_zeros size short softmax log_softmax sum_to_size to tolist type_as
    bfloat16 element_size is_contiguous is_floating_point nelement requires_grad_ stride
""")
_IN_PLACE = frozenset(f"{name}_" for name in _ELEMENTWISE) | names_in("""
    zero_ fill_ copy_ index_add_ index_copy_ index_fill_ index_put_ masked_scatter_ scatter_ scatter_add_ squeeze_
    unsqueeze_ transpose_ t_ tril_ triu_ cumsum_ cumprod_ clamp_ normal_ uniform_ detach_
""")
METHODS = _ELEMENTWISE | _REDUCTIONS | _SHAPES | _PRODUCTS | _METHODS_ONLY | _IN_PLACE
# Attributes of tensors and of what operations return.
ATTRIBUTES = names_in("shape dtype device ndim T mT H mH real imag data values indices max min eps tiny requires_grad")
BUILTINS = names_in("abs bool enumerate float int len list max min pow range reversed round sum tuple zip")
# What a loop over these literals costs or allocates is bounded.
LARGEST = 2**20

_QUALIFIED: dict[str, frozenset[str]] = {
    "torch": _ELEMENTWISE | _REDUCTIONS | _SHAPES | _PRODUCTS | _TORCH,
    "torch.nn.functional": _FUNCTIONAL,
    "torch.linalg": _LINALG,
    "torch.special": _SPECIAL,
    "torch.nn": LAYERS,
    "torch.nn.init": _INIT,
    "math": _MATH,
}
_CONSTANTS: dict[str, frozenset[str]] = {
    "torch": _DTYPES,
    "math": names_in("pi e tau inf nan"),
}


def is_function(qualname: str) -> bool:
    """Whether a dotted name such as `torch.nn.functional.softmax` may be called."""
    module, _, name = qualname.rpartition(".")
    return name in _QUALIFIED.get(module, ())


def is_constant(qualname: str) -> bool:
    """Whether a dotted name such as `torch.float32` is a value that may be read."""
    module, _, name = qualname.rpartition(".")
    return name in _CONSTANTS.get(module, ())


def is_layer(callee: ast.expr) -> bool:
    """Whether a rebuilt callee makes a layer."""
    module, _, name = (dotted(callee) or "").rpartition(".")
    return module == "torch.nn" and name in LAYERS


class NotAllowedError(Exception):
    """A text holds something that may not run; the message says what."""


_NODES = (
    *(ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AugAssign, ast.Expr, ast.For),
    *(ast.If, ast.Pass, ast.Name, ast.Constant, ast.Attribute, ast.Call, ast.keyword, ast.Starred, ast.BinOp),
    *(ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript, ast.Slice, ast.Tuple, ast.List, ast.ListComp),
    *(ast.GeneratorExp, ast.comprehension, ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
)


def check(tree: ast.Module) -> None:
    """Raise `NotAllowedError` unless all that a text of function definitions can reach is in the lists."""
    for node in ast.walk(tree):
        if not isinstance(node, _NODES):
            raise NotAllowedError(f"{type(node).__name__} is not run")
        if isinstance(node, ast.FunctionDef) and (node.decorator_list or node.returns or node.args.defaults):
            raise NotAllowedError("only plain definitions are run")
        if isinstance(node, ast.Name | ast.arg):
            _check_name(node.id if isinstance(node, ast.Name) else node.arg)
        elif isinstance(node, ast.Attribute):
            _check_attribute(node)
        elif isinstance(node, ast.Constant):
            check_literal(node.value)


def check_literal(value: object) -> None:
    """Raise `NotAllowedError` for a literal that could make an operation as large as it likes."""
    if isinstance(value, int) and abs(value) > LARGEST:
        raise NotAllowedError(f"the number {value} is too large to be a size")
    if isinstance(value, str) and len(value) > 60:
        raise NotAllowedError("long texts are not run")
    if isinstance(value, bytes):
        raise NotAllowedError("bytes are not run")


def _check_name(name: str) -> None:
    # Inputs and locals are h0, v0, ...: whatever has another name is one of ours.
    own = name[:1] in "hvs" and name[1:].isdigit()
    if not own and name not in BUILTINS and name not in ("torch", "math", "before", "after", "DEVICE"):
        raise NotAllowedError(f"the name {name} is not known")


def _check_attribute(node: ast.Attribute) -> None:
    qualname = dotted(node)
    if qualname is not None and qualname.partition(".")[0] in ("torch", "math"):
        if not (qualname in _QUALIFIED or is_function(qualname) or is_constant(qualname)):
            raise NotAllowedError(f"{qualname} is not run")
    elif node.attr not in METHODS and node.attr not in ATTRIBUTES:
        raise NotAllowedError(f".{node.attr} is not run")


def dotted(node: ast.expr) -> str | None:
    """`a.b.c` for a chain of attributes of a name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def namespace(torch: Any, device: str) -> dict[str, Any]:
    """The globals that a checked text runs with."""
    allowed = {name: getattr(builtins, name) for name in BUILTINS}
    return {"__builtins__": allowed, "torch": torch, "math": math, "DEVICE": device}
