"""Elementwise operations, reductions and products of Exact tensors."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from torchlint.verify.reference.exact import (
    OPERATIONS,
    Exact,
    Objects,
    booleans,
    boxed,
    elementwise,
    exact,
    objects,
    operation,
    to_reals,
)
from torchlint.verify.reference.meaning import NoReferenceError
from torchlint.verify.reference.scalar import UNARY, Real, atan2, gmpy2, hypot, maximum, minimum, real, total

Extreme = namedtuple("Extreme", "values indices")
Dims = Any  # None, an int or several ints


def register_unary(name: str, function: Callable[..., Real]) -> None:
    apply = elementwise(function, 1)

    def run(input: Any, *, out: None = None) -> Exact:
        return Exact(apply(objects(input)))

    operation(name)(run)


for _name, _function in UNARY.items():
    register_unary(_name, _function)
for _name, _alias in {"absolute": "abs", "clone": "", "logsigmoid": "logsigmoid"}.items():
    if _alias:
        OPERATIONS[_name] = OPERATIONS[_alias]


def _binary(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Exact]:
    apply = elementwise(function, 2)
    return lambda left, right: Exact(apply(objects(left), objects(right)))


add_ = _binary(lambda a, b: a + b)
sub_ = _binary(lambda a, b: a - b)
mul_ = _binary(lambda a, b: a * b)
div_ = _binary(lambda a, b: a / b)
pow_ = _binary(lambda a, b: a**b)
max_ = _binary(maximum)
min_ = _binary(minimum)
operation("hypot")(_binary(hypot))
operation("atan2", "arctan2")(_binary(atan2))
operation("maximum", "fmax")(max_)
operation("minimum", "fmin")(min_)
operation("mul", "multiply")(mul_)
operation("pow")(pow_)
operation("rpow")(lambda self, other: pow_(other, self))
operation("rsub")(lambda self, other: sub_(other, self))
operation("rdiv")(lambda self, other: div_(other, self))
operation("neg", "negative")(lambda input: mul_(input, -1))


@operation("add")
def add(input: Any, other: Any, *, alpha: Any = 1) -> Exact:
    return add_(input, other if alpha == 1 else mul_(other, alpha))


@operation("sub", "subtract")
def sub(input: Any, other: Any, *, alpha: Any = 1) -> Exact:
    return sub_(input, other if alpha == 1 else mul_(other, alpha))


@operation("div", "divide", "true_divide", "truediv")
def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Exact:
    if rounding_mode is not None:
        raise NoReferenceError("division with a rounding mode")
    return div_(input, other)


def _compare(name: str, function: Callable[[Any, Any], bool]) -> None:
    apply = elementwise(function, 2)
    operation(name)(lambda left, right: booleans(apply(objects(left), objects(right))))


_compare("lt", lambda a, b: a < b)
_compare("le", lambda a, b: a <= b)
_compare("gt", lambda a, b: a > b)
_compare("ge", lambda a, b: a >= b)
_compare("eq", lambda a, b: a == b)
_compare("ne", lambda a, b: a != b)
_isnan = elementwise(lambda a: gmpy2.is_nan(a.value), 1)
_isinf = elementwise(lambda a: gmpy2.is_infinite(a.value), 1)
operation("isnan")(lambda input: booleans(_isnan(objects(input))))
operation("isinf")(lambda input: booleans(_isinf(objects(input))))
operation("isfinite")(lambda input: ~(booleans(_isnan(objects(input))) | booleans(_isinf(objects(input)))))

_pick = elementwise(lambda c, a, b: a if c else b, 3)


@operation("where")
def where(condition: Any, input: Any, other: Any) -> Exact:
    return Exact(_pick(condition.numpy(), objects(input), objects(other)))


operation("masked_fill")(lambda input, mask, value: where(mask, value, input))


def _cut(lower: bool) -> Callable[..., Real]:
    # The bound itself passes the gradient in full, unlike maximum, which halves it.
    def apply(number: Real, bound: Real) -> Real:
        outside = number < bound if lower else number > bound
        return bound if outside else number

    return apply


_cut_low, _cut_high = elementwise(_cut(True), 2), elementwise(_cut(False), 2)


@operation("clamp", "clip")
def clamp(input: Any, min: Any = None, max: Any = None) -> Exact:
    array = objects(input)
    array = array if min is None else _cut_low(array, objects(min))
    return Exact(array if max is None else _cut_high(array, objects(max)))


operation("clamp_min")(lambda input, min: clamp(input, min=min))
operation("clamp_max")(lambda input, max: clamp(input, max=max))


@operation("logaddexp")
def logaddexp(input: Any, other: Any) -> Exact:
    log, exp = OPERATIONS["log"], OPERATIONS["exp"]
    return exact(log(add_(exp(input), exp(other))))


@operation("lerp")
def lerp(input: Any, end: Any, weight: Any) -> Exact:
    return add_(input, mul_(weight, sub_(end, input)))


@operation("addcmul")
def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Exact:
    return add_(input, mul_(mul_(tensor1, tensor2), value))


@operation("addcdiv")
def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Exact:
    return add_(input, mul_(div_(tensor1, tensor2), value))


# Reductions


def axes(dim: Dims, rank: int) -> tuple[int, ...]:
    """The dims that a reduction runs over, without signs. Raises IndexError as torch does."""
    if dim is None or dim == ():
        return tuple(range(rank))
    given = tuple(dim) if isinstance(dim, list | tuple) else (int(dim),)
    limit = max(rank, 1)
    for axis in given:
        if not -limit <= axis < limit:
            raise IndexError(f"Dimension out of range (got {axis})")
    return tuple(axis % limit for axis in given) if rank else ()


def reduce(array: Objects, dim: Dims, keepdim: bool, fold: Callable[[Any], Any]) -> Objects:
    """Apply `fold` to the flat elements along `dim`."""
    over = axes(dim, array.ndim)
    kept = [axis for axis in range(array.ndim) if axis not in over]
    shape = tuple(array.shape[axis] for axis in kept)
    size = int(np.prod([array.shape[axis] for axis in over], dtype=int))
    rows = array.transpose([*kept, *over]).reshape((int(np.prod(shape, dtype=int)), size))
    result = np.empty(len(rows), dtype=object)
    for place, row in enumerate(rows):
        result[place] = fold(row)
    if keepdim:
        shape = tuple(1 if axis in over else extent for axis, extent in enumerate(array.shape))
    return result.reshape(shape)


@operation("sum")
def sum_(input: Any, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Exact:
    return Exact(reduce(objects(input), dim, keepdim, total))


@operation("mean")
def mean(input: Any, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Exact:
    array = objects(input)
    count = int(np.prod([array.shape[axis] for axis in axes(dim, array.ndim)], dtype=int))
    return div_(sum_(input, dim, keepdim), count)


def _product(row: Any) -> Real:
    result = real(1)
    for number in row:
        result = result * number
    return result


@operation("prod")
def prod(input: Any, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Exact:
    return Exact(reduce(objects(input), dim, keepdim, _product))


def _extreme(sign: int) -> Callable[[Any], int]:
    def place(row: Any) -> int:
        best = 0
        for index, number in enumerate(row):
            if gmpy2.is_nan(number.value):
                return index
            better = number > row[best] if sign > 0 else number < row[best]
            best = index if better else best
        if not len(row):
            raise IndexError("the dim of a maximum is empty")
        return best

    return place


def _indices(input: Any, dim: Dims, keepdim: bool, sign: int) -> torch.Tensor:
    return torch.from_numpy(reduce(objects(input), dim, keepdim, _extreme(sign)).astype(np.int64))


def _values(input: Any, dim: Dims, keepdim: bool, sign: int) -> Exact:
    place = _extreme(sign)
    return Exact(reduce(objects(input), dim, keepdim, lambda row: row[place(row)]))


def _shared(sign: int) -> Callable[[Any], Real]:
    """amax gives every tied element the same share of the derivative."""
    place = _extreme(sign)

    def fold(row: Any) -> Real:
        best = row[place(row)]
        tied = [number for number in row if number.value == best.value]
        return best if len(tied) < 2 else total(tied) / len(tied)

    return fold


def _max_like(sign: int, pairwise: Callable[[Any, Any], Exact]) -> Callable[..., Any]:
    def run(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        other = dim if isinstance(dim, Exact | torch.Tensor) else other
        if other is not None:
            return pairwise(input, other)
        if dim is None:
            return Exact(reduce(objects(input), None, False, _shared(sign)))
        return Extreme(_values(input, dim, keepdim, sign), _indices(input, dim, keepdim, sign))

    return run


operation("max")(_max_like(1, max_))
operation("min")(_max_like(-1, min_))


def _amax_like(sign: int) -> Callable[..., Exact]:
    def run(input: Any, dim: Dims = None, keepdim: bool = False) -> Exact:
        return Exact(reduce(objects(input), dim, keepdim, _shared(sign)))

    return run


operation("amax")(_amax_like(1))
operation("amin")(_amax_like(-1))
operation("argmax")(lambda input, dim=None, keepdim=False: _indices(input, dim, keepdim, 1))
operation("argmin")(lambda input, dim=None, keepdim=False: _indices(input, dim, keepdim, -1))


@operation("topk")
def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Extreme:
    array = np.moveaxis(objects(input), dim, -1)
    order = _order(array, descending=largest)[..., :k]
    values = np.take_along_axis(array, order, -1)
    return Extreme(Exact(np.moveaxis(values, -1, dim)), torch.from_numpy(np.moveaxis(order, -1, dim).copy()))


def _order(array: Objects, descending: bool) -> Any:
    order = np.empty(array.shape, dtype=np.int64)
    for place in np.ndindex(*array.shape[:-1]):
        row = array[place]
        order[place] = sorted(range(len(row)), key=lambda i, row=row: row[i].value, reverse=descending)  # type: ignore[misc]
    return order


@operation("cumsum")
def cumsum(input: Any, dim: int, *, dtype: Any = None) -> Exact:
    return Exact(np.cumsum(objects(input), axis=dim))


@operation("logcumsumexp")
def logcumsumexp(input: Any, dim: int) -> Exact:
    return exact(OPERATIONS["log"](cumsum(OPERATIONS["exp"](input), dim)))


@operation("var")
def var(input: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: Any = None) -> Exact:
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    array = objects(input)
    count = int(np.prod([array.shape[axis] for axis in axes(dim, array.ndim)], dtype=int))
    correction = (1 if unbiased else 0) if correction is None else correction
    distance = sub_(input, mean(input, dim, True))
    return div_(sum_(mul_(distance, distance), dim, keepdim), max(count - correction, 0))


@operation("std")
def std(input: Any, *args: Any, **kwargs: Any) -> Exact:
    return exact(OPERATIONS["sqrt"](var(input, *args, **kwargs)))


@operation("norm", "vector_norm")
def norm(
    input: Any, p: Any = 2, dim: Dims = None, keepdim: bool = False, dtype: Any = None, *, ord: Any = None
) -> Exact:
    p = 2 if p in (None, "fro") else p if ord is None else ord
    if p == 1:
        return sum_(OPERATIONS["abs"](input), dim, keepdim)
    if p == float("inf"):
        return Exact(reduce(objects(OPERATIONS["abs"](input)), dim, keepdim, _shared(1)))
    if p != 2:
        return pow_(sum_(pow_(OPERATIONS["abs"](input), p), dim, keepdim), 1 / p)
    return exact(OPERATIONS["sqrt"](sum_(mul_(input, input), dim, keepdim)))


# Products


@operation("matmul", "mm", "bmm", "mv", "dot")
def matmul(input: Any, other: Any) -> Exact:
    left, right = objects(input), objects(other)
    if not left.ndim or not right.ndim:
        raise RuntimeError("both arguments to matmul need to be at least 1D")
    if left.shape[-1] != right.shape[-2 if right.ndim > 1 else 0]:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    # numpy gives the int 0 for an empty sum.
    return Exact(to_reals(boxed(np.matmul(left, right))))


@operation("vecdot")
def vecdot(x: Any, y: Any, *, dim: int = -1) -> Exact:
    return sum_(mul_(x, y), dim)


@operation("outer", "ger")
def outer(input: Any, vec2: Any) -> Exact:
    return mul_(objects(input)[:, None], objects(vec2)[None, :])


@operation("einsum")
def einsum(equation: str, *operands: Any) -> Exact:
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    return Exact(to_reals(boxed(np.einsum(equation, *map(objects, operands), optimize=False))))


@operation("linear")
def linear(input: Any, weight: Any, bias: Any = None) -> Exact:
    product = matmul(input, np.swapaxes(objects(weight), -1, -2))
    return product if bias is None else add_(product, bias)


@operation("addmm", "baddbmm")
def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Exact:
    return add_(mul_(input, beta), mul_(matmul(mat1, mat2), alpha))


@operation("trace")
def trace(input: Any) -> Exact:
    return Exact(boxed(total(np.diagonal(objects(input)))))
