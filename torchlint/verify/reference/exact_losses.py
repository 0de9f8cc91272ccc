"""Activations, normalisations and losses of `torch.nn.functional`, as their formulas read in real numbers.

`binary_cross_entropy` is taken without torch's clamp of the logarithm at -100: the clamp is an error of the
implementation, not what the loss means.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from torchlint.verify.reference.exact import OPERATIONS, Exact, exact, objects, operation
from torchlint.verify.reference.exact_math import (
    Dims,
    add_,
    clamp,
    div_,
    matmul,
    max_,
    mean,
    mul_,
    norm,
    sub_,
    sum_,
    where,
)
from torchlint.verify.reference.exact_shape import gather, transpose
from torchlint.verify.reference.meaning import NoReferenceError


def _op(name: str) -> Callable[..., Exact]:
    # Bound now: some names are given to torch's own variants below.
    function = OPERATIONS[name]
    return lambda *args, **kwargs: exact(function(*args, **kwargs))


exp, log, log1p, sqrt, square = _op("exp"), _op("log"), _op("log1p"), _op("sqrt"), _op("square")
tanh, erf, sigmoid, logsigmoid, absolute = _op("tanh"), _op("erf"), _op("sigmoid"), _op("logsigmoid"), _op("abs")
expm1, plus = _op("expm1"), _op("softplus")


def _implicit_dim(rank: int) -> int:
    return 0 if rank in (0, 1, 3) else 1


@operation("softmax")
def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Exact:
    over = _implicit_dim(objects(input).ndim) if dim is None else dim
    powers = exp(input)
    return div_(powers, sum_(powers, over, True))


@operation("log_softmax")
def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Exact:
    over = _implicit_dim(objects(input).ndim) if dim is None else dim
    return sub_(input, logsumexp(input, over, True))


operation("softmin")(lambda input, dim=None, **kwargs: softmax(mul_(input, -1), dim))


@operation("logsumexp")
def logsumexp(input: Any, dim: Dims, keepdim: bool = False) -> Exact:
    return log(sum_(exp(input), dim, keepdim))


@operation("softplus")
def softplus(input: Any, beta: float = 1, threshold: float = 20) -> Exact:
    # The threshold is an approximation of the implementation.
    return plus(input) if beta == 1 else div_(plus(mul_(input, beta)), beta)


@operation("relu", "relu_")
def relu(input: Any, inplace: bool = False) -> Exact:
    return where(OPERATIONS["le"](input, 0), 0, input)


operation("relu6")(lambda input, inplace=False: clamp(input, 0, 6))
operation("hardtanh")(lambda input, min_val=-1.0, max_val=1.0, inplace=False: clamp(input, min_val, max_val))


@operation("silu")
def silu(input: Any, inplace: bool = False) -> Exact:
    return mul_(input, sigmoid(input))


@operation("mish")
def mish(input: Any, inplace: bool = False) -> Exact:
    return mul_(input, tanh(plus(input)))


@operation("gelu")
def gelu(input: Any, approximate: str = "none") -> Exact:
    if approximate == "none":
        return mul_(mul_(input, 0.5), add_(erf(div_(input, math.sqrt(2))), 1))
    inner = add_(input, mul_(mul_(square(input), input), 0.044715))
    return mul_(mul_(input, 0.5), add_(tanh(mul_(inner, math.sqrt(2 / math.pi))), 1))


@operation("leaky_relu")
def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Exact:
    return where(OPERATIONS["gt"](input, 0), input, mul_(input, negative_slope))


@operation("elu")
def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Exact:
    return where(OPERATIONS["gt"](input, 0), input, mul_(expm1(input), alpha))


@operation("layer_norm")
def layer_norm(input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Exact:
    dims = tuple(range(-len(tuple(normalized_shape)), 0))
    centred = sub_(input, mean(input, dims, True))
    scaled = div_(centred, sqrt(add_(mean(square(centred), dims, True), eps)))
    scaled = scaled if weight is None else mul_(scaled, weight)
    return scaled if bias is None else add_(scaled, bias)


@operation("rms_norm")
def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Exact:
    if eps is None:
        raise NoReferenceError("rms_norm with the eps of its dtype")
    dims = tuple(range(-len(tuple(normalized_shape)), 0))
    scaled = div_(input, sqrt(add_(mean(square(input), dims, True), eps)))
    return scaled if weight is None else mul_(scaled, weight)


@operation("normalize")
def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: None = None) -> Exact:
    return div_(input, clamp(norm(input, p, dim, True), min=eps))


@operation("cosine_similarity")
def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Exact:
    left, right = norm(x1, 2, dim), norm(x2, 2, dim)
    return div_(sum_(mul_(x1, x2), dim), mul_(max_(left, eps), max_(right, eps)))


@operation("scaled_dot_product_attention")
def attention(query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, **options: Any) -> Exact:
    if dropout_p or options.get("is_causal") or attn_mask is not None or options.get("enable_gqa"):
        raise NoReferenceError("attention with a mask or dropout")
    scale = options.get("scale") or 1 / math.sqrt(query.shape[-1])
    scores = mul_(matmul(query, transpose(key, -2, -1)), scale)
    return matmul(softmax(scores, -1), value)


# Losses


def _reduced(loss: Exact, reduction: str) -> Exact:
    if reduction == "none":
        return loss
    if reduction == "batchmean":
        return div_(sum_(loss), loss.shape[0])
    return sum_(loss) if reduction == "sum" else mean(loss)


def _no_legacy(*values: Any) -> None:
    if any(value is not None for value in values):
        raise NoReferenceError("size_average or reduce")


@operation("mse_loss")
def mse_loss(input: Any, target: Any, size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> Exact:
    _no_legacy(size_average, reduce)
    return _reduced(square(sub_(input, target)), reduction)


@operation("l1_loss")
def l1_loss(input: Any, target: Any, size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> Exact:
    _no_legacy(size_average, reduce)
    return _reduced(absolute(sub_(input, target)), reduction)


@operation("smooth_l1_loss")
def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Exact:
    distance = absolute(sub_(input, target))
    near = div_(mul_(square(distance), 0.5), beta)
    return _reduced(where(OPERATIONS["lt"](distance, beta), near, sub_(distance, 0.5 * beta)), reduction)


@operation("kl_div")
def kl_div(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Exact:
    _no_legacy(size_average, reduce)
    if log_target:
        return _reduced(mul_(exp(target), sub_(target, input)), reduction)
    entropy = mul_(exact(OPERATIONS["entr"](target)), -1)
    return _reduced(sub_(entropy, mul_(target, input)), reduction)


@operation("binary_cross_entropy")
def bce(
    input: Any, target: Any, weight: Any = None, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> Exact:
    _no_legacy(size_average, reduce)
    one = _weighted_log(target, log(input))
    other = _weighted_log(sub_(1, target), log(sub_(1, input)))
    loss = mul_(add_(one, other), -1)
    return _reduced(loss if weight is None else mul_(loss, weight), reduction)


def _weighted_log(weight: Any, logarithm: Exact) -> Exact:
    """0 log 0 is 0: a target of exactly 0 takes the term away."""
    absent = OPERATIONS["eq"](weight, 0)
    return where(absent, 0, mul_(weight, logarithm))


@operation("binary_cross_entropy_with_logits")
def bce_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Exact:
    _no_legacy(size_average, reduce)
    positive = mul_(target, logsigmoid(input))
    positive = positive if pos_weight is None else mul_(positive, pos_weight)
    loss = mul_(add_(positive, mul_(sub_(1, target), logsigmoid(mul_(input, -1)))), -1)
    return _reduced(loss if weight is None else mul_(loss, weight), reduction)


@operation("nll_loss")
def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
) -> Exact:
    _no_legacy(size_average, reduce)
    return _labelled(exact(input), target, weight, ignore_index, reduction, 0.0)


@operation("cross_entropy")
def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Exact:
    _no_legacy(size_average, reduce)
    class_dim = 0 if objects(input).ndim == 1 else 1
    logarithms = log_softmax(input, class_dim)
    if isinstance(target, torch.Tensor) and not target.is_floating_point():
        return _labelled(logarithms, target, weight, ignore_index, reduction, label_smoothing)
    if label_smoothing or weight is not None:
        raise NoReferenceError("cross_entropy of probabilities with weights or smoothing")
    loss = mul_(sum_(mul_(target, logarithms), class_dim), -1)
    count = loss.numel() if reduction == "mean" else 1
    return loss if reduction == "none" else div_(sum_(loss), count)


def _labelled(logarithms: Exact, target: Any, weight: Any, ignored: int, reduction: str, smoothing: float) -> Exact:
    class_dim = 0 if logarithms.ndim == 1 else 1
    kept = target != ignored
    chosen = torch.where(kept, target, 0)
    picked = gather(logarithms, class_dim, chosen.unsqueeze(class_dim))
    loss = mul_(exact(OPERATIONS["squeeze"](picked, class_dim)), -1)
    weights = kept.to(torch.float64) if weight is None else mul_(exact(weight)[chosen], kept.to(torch.float64))
    # A loss of infinity times a weight of zero is zero here: the ignored label takes the term away.
    loss = where(~kept, 0, mul_(loss, weights))
    if smoothing:
        if weight is not None:
            raise NoReferenceError("label smoothing with weights")
        spread = where(~kept, 0, mul_(sum_(logarithms, class_dim), -1 / logarithms.shape[class_dim]))
        loss = add_(mul_(loss, 1 - smoothing), mul_(spread, smoothing))
    if reduction == "none":
        return loss
    return sum_(loss) if reduction == "sum" else div_(sum_(loss), sum_(weights))
