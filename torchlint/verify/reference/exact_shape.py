"""Views, copies, indexing and joining of Exact tensors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from torchlint.verify.reference.exact import (
    Exact,
    Objects,
    boxed,
    elementwise,
    exact,
    numpy_index,
    objects,
    operation,
)
from torchlint.verify.reference.meaning import NoReferenceError
from torchlint.verify.reference.scalar import Real, real

_constant = elementwise(lambda number: Real(number.value), 1)


def _sizes(sizes: Sequence[Any]) -> tuple[int, ...]:
    """`f(2, 3)` and `f((2, 3))` alike."""
    if len(sizes) == 1 and isinstance(sizes[0], list | tuple):
        sizes = sizes[0]
    return tuple(int(size) for size in sizes)


def _same(input: Any, *args: Any, **kwargs: Any) -> Exact:
    for value in (*args, *kwargs.values()):
        if isinstance(value, torch.dtype) and not value.is_floating_point:
            raise NoReferenceError("a cast to an integer")
        if isinstance(value, torch.dtype) and value.itemsize < 4:
            raise NoReferenceError("a cast to half precision")
    return Exact(objects(input))


operation("to", "type", "double", "float", "type_as", "contiguous", "cpu", "requires_grad_", "view_as_real")(_same)
operation("clone")(lambda input, **kwargs: Exact(objects(input).copy()))
operation("detach", "detach_")(lambda input: Exact(_constant(objects(input))))
operation("dim", "ndimension")(lambda input: objects(input).ndim)
operation("numel", "nelement")(lambda input: int(objects(input).size))
operation("is_floating_point")(lambda input: True)
operation("is_complex")(lambda input: False)
operation("is_contiguous")(lambda input: True)
operation("item")(lambda input: exact(input))
operation("tensor", "as_tensor")(lambda data, **kwargs: Exact(_constant(objects(data))))


@operation("size")
def size(input: Any, dim: int | None = None) -> Any:
    shape = torch.Size(objects(input).shape)
    return shape if dim is None else shape[dim]


def _filled(value: int) -> Callable[..., Exact]:
    def run(input: Any, *args: Any, **kwargs: Any) -> Exact:
        array = np.empty(objects(input).shape, dtype=object)
        array[...] = real(value)
        return Exact(array)

    return run


operation("zeros_like", "empty_like")(_filled(0))
operation("ones_like")(_filled(1))


operation("copy_")(lambda input, other, **kwargs: input.store(other))
operation("zero_")(lambda input: input.store(0))
operation("fill_")(lambda input, value: input.store(value))


@operation("full_like")
def full_like(input: Any, fill_value: Any, **kwargs: Any) -> Exact:
    array = np.empty(objects(input).shape, dtype=object)
    array[...] = real(fill_value)
    return Exact(array)


@operation("new_zeros", "new_empty")
def new_zeros(input: Any, *sizes: Any, **kwargs: Any) -> Exact:
    array = np.empty(_sizes(sizes or (kwargs["size"],)), dtype=object)
    array[...] = real(0)
    return Exact(array)


@operation("reshape", "view")
def reshape(input: Any, *shape: Any) -> Exact:
    if shape and isinstance(shape[0], torch.dtype):
        raise NoReferenceError("a view of the bits")
    array = objects(input)
    sizes = _sizes(shape)
    if array.size == 0 and -1 in sizes:
        known = math.prod(extent for extent in sizes if extent != -1)
        if not known:
            raise RuntimeError("cannot reshape tensor of 0 elements: the unspecified dimension can be any value")
        sizes = tuple(0 if extent == -1 else extent for extent in sizes)
    try:
        return Exact(array.reshape(sizes))
    except ValueError as error:
        raise RuntimeError(str(error)) from None


operation("view_as", "reshape_as")(lambda input, other: reshape(input, tuple(other.shape)))


@operation("flatten")
def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Exact:
    array = objects(input)
    if not array.ndim:
        return Exact(array.reshape(1))
    start, end = start_dim % array.ndim, end_dim % array.ndim
    shape = array.shape
    return Exact(array.reshape((*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :])))


@operation("unsqueeze")
def unsqueeze(input: Any, dim: int) -> Exact:
    return Exact(np.expand_dims(objects(input), dim))


@operation("squeeze")
def squeeze(input: Any, dim: Any = None) -> Exact:
    array = objects(input)
    if dim is None:
        return Exact(boxed(array.squeeze()))
    dims = [
        axis for axis in (dim if isinstance(dim, list | tuple) else (dim,)) if array.ndim and array.shape[axis] == 1
    ]
    return Exact(boxed(array.squeeze(tuple(dims))))


@operation("transpose", "swapaxes", "swapdims")
def transpose(input: Any, dim0: int, dim1: int) -> Exact:
    return Exact(np.swapaxes(objects(input), dim0, dim1))


@operation("permute")
def permute(input: Any, *dims: Any) -> Exact:
    return Exact(objects(input).transpose(_sizes(dims)))


@operation("movedim", "moveaxis")
def movedim(input: Any, source: Any, destination: Any) -> Exact:
    return Exact(np.moveaxis(objects(input), source, destination))


@operation("t")
def t(input: Any) -> Exact:
    array = objects(input)
    if array.ndim > 2:
        raise RuntimeError("t() expects a tensor with <= 2 dimensions")
    return Exact(array.T)


operation("T")(lambda input: Exact(objects(input).T))
operation("mT", "mH", "adjoint")(lambda input: Exact(np.swapaxes(objects(input), -1, -2)))


@operation("expand")
def expand(input: Any, *sizes: Any) -> Exact:
    array = objects(input)
    wanted = list(_sizes(sizes))
    extra = len(wanted) - array.ndim
    wanted = [array.shape[axis - extra] if extent == -1 else extent for axis, extent in enumerate(wanted)]
    return Exact(np.broadcast_to(array, wanted))


operation("expand_as")(lambda input, other: expand(input, tuple(other.shape)))
operation("broadcast_to")(lambda input, shape: expand(input, tuple(shape)))


@operation("repeat")
def repeat(input: Any, *repeats: Any) -> Exact:
    array, times = objects(input), _sizes(repeats)
    return Exact(np.tile(array.reshape((1,) * (len(times) - array.ndim) + array.shape), times))


def _arrays(tensors: Sequence[Any]) -> list[Objects]:
    if not len(tensors):
        raise RuntimeError("expected a non-empty list of tensors")
    return [objects(tensor) for tensor in tensors]


@operation("stack")
def stack(tensors: Sequence[Any], dim: int = 0) -> Exact:
    arrays = _arrays(tensors)
    if any(array.shape != arrays[0].shape for array in arrays):
        raise RuntimeError("stack expects each tensor to be equal size")
    return Exact(np.stack(arrays, dim))


@operation("cat", "concat", "concatenate")
def cat(tensors: Sequence[Any], dim: int = 0) -> Exact:
    return Exact(np.concatenate(_arrays(tensors), dim))


@operation("unbind")
def unbind(input: Any, dim: int = 0) -> tuple[Exact, ...]:
    return tuple(Exact(boxed(part)) for part in np.moveaxis(objects(input), dim, 0))


@operation("chunk")
def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Exact, ...]:
    array = objects(input)
    return split(input, -(-array.shape[dim] // chunks), dim)


@operation("split")
def split(input: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Exact, ...]:
    array = objects(input)
    sections = split_size_or_sections
    places = (
        np.cumsum(sections)[:-1] if isinstance(sections, list | tuple) else range(sections, array.shape[dim], sections)
    )
    return tuple(Exact(part) for part in np.split(array, list(places), dim))


@operation("narrow")
def narrow(input: Any, dim: int, start: int, length: int) -> Exact:
    return Exact(np.moveaxis(np.moveaxis(objects(input), dim, 0)[start : start + length], 0, dim))


@operation("select")
def select(input: Any, dim: int, index: int) -> Exact:
    return Exact(boxed(np.moveaxis(objects(input), dim, 0)[index]))


@operation("gather")
def gather(input: Any, dim: int, index: Any) -> Exact:
    array, places = objects(input), index.numpy()
    if places.size and (places.min() < 0 or places.max() >= array.shape[dim]):
        raise RuntimeError("index is out of bounds")
    for axis in range(array.ndim):
        if axis != dim % array.ndim:
            array = np.moveaxis(np.moveaxis(array, axis, 0)[: places.shape[axis]], 0, axis)
    return Exact(np.take_along_axis(array, places, dim))


@operation("take_along_dim")
def take_along_dim(input: Any, indices: Any, dim: int) -> Exact:
    array, places = objects(input), indices.numpy()
    shape = list(np.broadcast_shapes(*[_without(part.shape, dim) for part in (array, places)]))
    axis = dim % array.ndim
    array = np.broadcast_to(array, [*shape[:axis], array.shape[axis], *shape[axis:]])
    places = np.broadcast_to(places, [*shape[:axis], places.shape[axis], *shape[axis:]])
    return Exact(np.take_along_axis(array, places, axis))


def _without(shape: tuple[int, ...], dim: int) -> tuple[int, ...]:
    axis = dim % len(shape)
    return shape[:axis] + shape[axis + 1 :]


@operation("index_select")
def index_select(input: Any, dim: int, index: Any) -> Exact:
    return Exact(np.take(objects(input), numpy_index(index), dim))


@operation("diag")
def diag(input: Any, diagonal: int = 0) -> Exact:
    array = objects(input)
    return Exact(np.diagonal(array, diagonal)) if array.ndim == 2 else diag_embed(input, diagonal)


@operation("diagonal")
def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Exact:
    return Exact(np.diagonal(objects(input), offset, dim1, dim2))


@operation("diag_embed")
def diag_embed(input: Any, offset: int = 0) -> Exact:
    if offset:
        raise NoReferenceError("a diagonal off the main one")
    array = objects(input)
    size = array.shape[-1]
    result = np.empty((*array.shape, size), dtype=object)
    result[...] = real(0)
    result[..., range(size), range(size)] = array
    return Exact(result)


def _triangle(keep: Callable[..., Any]) -> Callable[..., Exact]:
    def run(input: Any, diagonal: int = 0) -> Exact:
        array = objects(input)
        zero: Any = real(0)
        return Exact(np.where(keep(np.ones(array.shape[-2:], dtype=bool), diagonal), array, zero))

    return run


operation("tril")(_triangle(np.tril))
operation("triu")(_triangle(np.triu))


@operation("flip")
def flip(input: Any, *dims: Any) -> Exact:
    return Exact(np.flip(objects(input), _sizes(dims)))


@operation("roll")
def roll(input: Any, shifts: Any, dims: Any = None) -> Exact:
    return Exact(np.roll(objects(input), shifts, dims))
