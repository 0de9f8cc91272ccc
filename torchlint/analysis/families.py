"""Families of operations: what their names say about shapes, memory and Python types."""

from __future__ import annotations

from functools import cache


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Results that are not tensors.
NOT_TENSORS = _names(
    """
    size shape dim numel nelement item tolist numpy is_floating_point is_complex is_contiguous stride storage_offset
    element_size get_device data_ptr is_tensor equal allclose not is is_not in not_in slice backward ndimension
    untyped_storage is_grad_enabled manual_seed seed get_default_dtype finfo iinfo device save load
    """
)
# Methods that only tensors have: a call with the arguments that a tensor takes shows that the receiver is one. NumPy
# arrays share `sum`, `mean`, `max`, `view`, `squeeze`, `item`; data frames and loggers share `log`, `mean`, `diff`.
TENSOR_METHODS = _names(
    """
    exp sqrt rsqrt sigmoid tanh softmax log_softmax logsumexp relu unsqueeze permute expand expand_as gather scatter
    index_select masked_fill masked_select log1p expm1 log2 matmul bmm mm addmm unbind chunk detach contiguous
    index_add view_as requires_grad_ narrow softplus clamp clamp_min clamp_max type_as new_zeros new_ones new_full
    new_tensor logical_not
    """
)
# Operations that return a view of their input, or the input itself.
VIEWS = _names(
    """
    view reshape transpose permute squeeze unsqueeze expand expand_as narrow select getitem t swapaxes swapdims
    movedim flatten unflatten detach diagonal unfold view_as ravel positive contiguous to float cuda cpu T mT
    requires_grad_ squeeze_ unsqueeze_
    """
)
# One result element per element of `input`, with the same rank.
ELEMENTWISE = _names(
    """
    abs exp log log2 log10 log1p expm1 sqrt rsqrt sigmoid logsigmoid tanh relu relu6 leaky_relu elu selu gelu silu
    mish softplus hardtanh hardsigmoid sin cos tan asin acos atan sinh cosh floor ceil round trunc sign neg positive
    clamp clamp_min clamp_max nan_to_num softmax log_softmax softmin dropout alpha_dropout contiguous clone detach
    to float double half bfloat16 long int bool cuda cpu type type_as pow erf lgamma digamma logit masked_fill
    cumsum cumprod flip roll sort argsort zeros_like ones_like rand_like randn_like full_like empty_like bitwise_not
    logical_not isnan isinf isfinite requires_grad_ normalize layer_norm Linear linear BatchNorm1d BatchNorm2d
    BatchNorm3d LayerNorm GroupNorm PReLU Dropout Hardswish Threshold GLU tril triu
    """
)
BINARY = _names(
    """
    add sub mul div floor_divide remainder fmod atan2 maximum minimum logaddexp logaddexp2 hypot xlogy eq ne lt le
    gt ge bitwise_and bitwise_or bitwise_xor logical_and logical_or where
    """
)
REDUCTIONS = _names(
    """
    sum mean prod max min amax amin argmax argmin std var norm any all median nanmean nansum logsumexp linalg.norm
    linalg.vector_norm count_nonzero
    """
)
FACTORIES = _names(
    """
    zeros ones empty full rand randn randint
    """
)
# Context managers and decorators that switch gradients off, and those that may switch them on, by qualified name.
NO_GRAD = _names("torch.no_grad torch.inference_mode torch.autograd.no_grad torch.autograd.inference_mode")
GRAD = _names("torch.enable_grad torch.autograd.enable_grad torch.set_grad_enabled")
# Results that differ from call to call.
RANDOM = _names(
    """
    dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout bernoulli multinomial normal
    poisson rand rand_like randn randn_like randint randint_like randperm rrelu gumbel_softmax
    scaled_dot_product_attention
    """
)


@cache
def is_pure(name: str) -> bool:
    """Whether an operation gives the same result each time and changes nothing."""
    return name not in RANDOM and not name.endswith("_")
