"""Reductions over dims."""

from __future__ import annotations

from torchlint.torch_facts.dims import ANY, Shape
from torchlint.torch_facts.shape_functions.elementwise_shapes import broadcast
from torchlint.torch_facts.shape_functions.refusal import UNSURE, Given, Refusal, dim_of


def reduced(given: Given) -> Shape:
    """Without the dims that are reduced, or with size 1 there; all of them where none is named.

    Raises `Refusal` for a dim that is not there, or there twice.
    """
    shape, keeps = given.tensor(), given.flag("keepdim")
    dim = given.get("dim", given.get("axis"))
    if dim is None or dim == ():
        return _all(shape, keeps)
    dims = [dim_of(part, shape) for part in (dim if isinstance(dim, tuple) else (dim,))]
    if dim is UNSURE or None in dims:
        return ANY
    if len(set(dims)) < len(dims):
        raise Refusal(f"dims {dim} are the same dim twice for shape {shape}")
    if not shape.sizes and not shape.open:
        return shape
    places = {len(shape.sizes) + dim for dim in dims if dim is not None}
    if keeps is None:
        return ANY
    if keeps:
        return Shape(tuple(1 if index in places else size for index, size in enumerate(shape.sizes)), shape.open)
    return Shape(tuple(size for index, size in enumerate(shape.sizes) if index not in places), shape.open)


def _all(shape: Shape, keeps: bool | None) -> Shape:
    if keeps is False:
        return Shape(())
    return Shape(tuple(1 for _ in shape.sizes), shape.open) if keeps else ANY


def one_dim(given: Given) -> Shape:
    """Without one dim, the last one where none is named."""
    return reduced(_with_dim(given, -1))


def values_and_indices(given: Given) -> Shape | tuple[Shape, Shape]:
    """`max` and its like: of all elements, of two tensors, or of a dim, with the places where they are."""
    if given.has("other"):
        return broadcast(given.tensor(), given.tensor("other"))
    if given.has("dim"):
        shape = reduced(given)
        return shape, shape
    return reduced(given)


def pair_of_one_dim(given: Given) -> tuple[Shape, Shape]:
    """Values and their places, without one dim: the last one where none is named."""
    shape = one_dim(given)
    return shape, shape


def pair(given: Given) -> tuple[Shape, Shape]:
    """Two results of the reduced shape."""
    shape = reduced(given)
    return shape, shape


def top(given: Given) -> tuple[Shape, Shape]:
    """The largest along a dim.

    Raises `Refusal` where there are not so many.
    """
    shape, count = given.tensor(), given.size("k")
    dim = dim_of(given.get("dim", -1), shape)
    if dim is None or (not shape.sizes):
        return ANY, ANY
    size = shape.sizes[dim]
    if isinstance(size, int) and isinstance(count, int) and count > size:
        raise Refusal(f"{count} elements are taken of a dim that has {size}: its input is {shape}")
    taken = Shape((*shape.sizes[:dim], count, *shape.sizes[len(shape.sizes) + dim + 1 :]), shape.open)
    return taken, taken


def _with_dim(given: Given, default: int) -> Given:
    return given if given.has("dim") else Given(given.name, {**given.arguments, "dim": default})
