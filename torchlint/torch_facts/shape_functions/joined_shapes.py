"""Tensors joined and split."""

from __future__ import annotations

from collections.abc import Sequence

from torchlint.torch_facts.dims import ANY, Shape, Size, certainly_differ, certainly_less, quotient, unknown
from torchlint.torch_facts.shape_functions.refusal import UNSURE, Given, Refusal, dim_of, shape_of, sizes_of

_MOST_PARTS = 64


def joined(given: Given) -> Shape:
    """`cat`: one after the other along a dim.

    Raises `Refusal` where other sizes differ.
    """
    tensors = given.get("tensors")
    if not isinstance(tensors, tuple) or not tensors:
        return ANY
    # An empty vector may stand among tensors of any shape.
    shapes = [shape for shape in map(shape_of, tensors) if shape != Shape((0,))]
    if not shapes:
        return ANY
    known = [shape for shape in shapes if shape.rank is not None]
    if not known:
        return ANY
    first = known[0]
    if not first.sizes:
        raise Refusal("0-d tensors cannot be joined")
    dim = dim_of(given.get("dim", 0), first)
    _check_alike(first, shapes, dim)
    if dim is None:
        return Shape(tuple(unknown() for _ in first.sizes))
    length: Size = 0
    for shape in shapes:
        length = length + (shape.sizes[dim] if shape.rank is not None else unknown())
    place = len(first.sizes) + dim
    sizes = [_shared(known, index) for index in range(len(first.sizes))]
    return Shape((*sizes[:place], length, *sizes[place + 1 :]))


def _check_alike(first: Shape, shapes: Sequence[Shape], dim: int | None) -> None:
    for shape in shapes:
        if shape.at_least > len(first.sizes) or (shape.rank is not None and shape.rank != len(first.sizes)):
            raise Refusal(f"shapes {first} and {shape} have another number of dims")
        if dim is None:
            continue
        for back in range(1, len(shape.sizes) + 1):
            if -back != dim and certainly_differ(shape.sizes[-back], first.sizes[-back]):
                raise Refusal(f"shapes {first} and {shape} differ in dim {-back}, along which they are not joined")


def _shared(shapes: Sequence[Shape], index: int) -> Size:
    """A size that all shapes must have: the number, if it is known of one of them."""
    sizes = [shape.sizes[index] for shape in shapes]
    return next((size for size in sizes if isinstance(size, int)), sizes[0])


def stacked(given: Given) -> Shape:
    """`stack`: along a new dim.

    Raises `Refusal` where shapes differ.
    """
    tensors = given.get("tensors")
    if not isinstance(tensors, tuple) or not tensors:
        return ANY
    shapes = [shape_of(tensor) for tensor in tensors]
    known = [shape for shape in shapes if shape.rank is not None]
    if not known:
        return ANY
    first = known[0]
    for shape in shapes:
        if shape.at_least > len(first.sizes) or (shape.rank is not None and shape.rank != len(first.sizes)):
            raise Refusal(f"shapes {first} and {shape} differ")
        for one, two in zip(reversed(first.sizes), reversed(shape.sizes), strict=False):
            if certainly_differ(one, two):
                raise Refusal(f"shapes {first} and {shape} differ")
    sizes = [_shared(known, index) for index in range(len(first.sizes))]
    dim = dim_of(given.get("dim", 0), first, 1)
    if dim is None:
        return Shape(tuple(unknown() for _ in range(len(sizes) + 1)))
    place = len(sizes) + 1 + dim
    return Shape((*sizes[:place], len(shapes), *sizes[place:]))


def unbound(given: Given) -> tuple[Shape, ...] | Shape:
    """The slices along a dim."""
    shape = given.tensor()
    dim = dim_of(given.get("dim", 0), shape)
    if dim is None or not shape.sizes:
        return ANY
    count = shape.sizes[dim]
    part = _resized(shape, dim, ())
    return (part,) * count if isinstance(count, int) and count <= _MOST_PARTS else ANY


def chunked(given: Given) -> tuple[Shape, ...] | Shape:
    """So many parts of equal size, the last one perhaps smaller."""
    shape, count = given.tensor(), given.number("chunks")
    dim = dim_of(given.get("dim", 0), shape)
    if dim is None or not shape.sizes or count is None or not 0 < count <= _MOST_PARTS:
        return ANY
    size = shape.sizes[dim]
    if not isinstance(size, int):
        exact = quotient(size, count)
        return ANY if exact is None else (_resized(shape, dim, (exact,)),) * count
    each = max(-(-size // count), 1)
    return tuple(_resized(shape, dim, (part,)) for part in _parts(size, each))


def split(given: Given) -> tuple[Shape, ...] | Shape:
    """Parts of a size, or of several.

    Raises `Refusal` where their sizes are not those of the whole.
    """
    shape = given.tensor()
    dim = dim_of(given.get("dim", 0), shape)
    wanted = given.get("split_size_or_sections", given.get("split_sizes", given.get("split_size", UNSURE)))
    if dim is None or not shape.sizes:
        return ANY
    size = shape.sizes[dim]
    if isinstance(wanted, tuple):
        sections = sizes_of(wanted) or ()
        total: Size = 0
        for section in sections:
            total = total + section
        if certainly_differ(total, size):
            raise Refusal(f"the parts have {total} in all, and its input of shape {shape} has {size}")
        return tuple(_resized(shape, dim, (section,)) for section in sections)
    if isinstance(wanted, int) and isinstance(size, int) and wanted > 0 and size // wanted <= _MOST_PARTS:
        return tuple(_resized(shape, dim, (part,)) for part in _parts(size, wanted))
    return ANY


def _parts(size: int, each: int) -> list[int]:
    """The sizes of parts that are `each` long, except the last one."""
    return [min(each, size - start) for start in range(0, size, each)] or [0]


def _resized(shape: Shape, dim: int, sizes: tuple[Size, ...]) -> Shape:
    place = len(shape.sizes) + dim
    return Shape((*shape.sizes[:place], *sizes, *shape.sizes[place + 1 :]), shape.open)


def narrowed(given: Given) -> Shape:
    """A part of a dim.

    Raises `Refusal` where it is longer than the dim.
    """
    shape, length = given.tensor(), given.size("length")
    dim = dim_of(given.get("dim"), shape)
    if dim is None or not shape.sizes:
        return ANY
    if certainly_less(shape.sizes[dim], length):
        raise Refusal(f"{length} are taken of a dim that has {shape.sizes[dim]}: its input has shape {shape}")
    return _resized(shape, dim, (length,))


def selected(given: Given) -> Shape:
    """One element along a dim.

    Raises `Refusal` where there is none at the index.
    """
    shape, index = given.tensor(), given.get("index")
    dim = dim_of(given.get("dim"), shape)
    if dim is None or not shape.sizes:
        return ANY
    size = shape.sizes[dim]
    if isinstance(size, int) and isinstance(index, int) and not -size <= index < size:
        raise Refusal(f"index {index} is taken of a dim that has {size}: its input has shape {shape}")
    return _resized(shape, dim, ())


def selected_rows(given: Given) -> Shape:
    """`index_select`: as many along a dim as there are indices."""
    shape, index = given.tensor(), given.tensor("index")
    dim = dim_of(given.get("dim"), shape)
    if index.at_least > 1:
        raise Refusal(f"its indices are a vector, and are given with shape {index}")
    if dim is None or not shape.sizes:
        return ANY
    size: Size = index.sizes[0] if index.sizes else 1 if index.rank == 0 else unknown()
    return _resized(shape, dim, (size,))


def gathered(given: Given) -> Shape:
    """`gather`: the shape of the indices, which have as many dims and no more elsewhere.

    Raises `Refusal` where they do not.
    """
    shape, index = given.tensor(), given.tensor("index")
    dim = dim_of(given.get("dim"), shape)
    if shape.rank is None or index.rank is None:
        return index
    if max(shape.rank, 1) != max(index.rank, 1) and 0 not in index.sizes:
        raise Refusal(f"its input has shape {shape}, and the indices {index}: another number of dims")
    if dim is None or not shape.sizes or not index.sizes:
        return index
    for back, (has, taken) in enumerate(zip(reversed(shape.sizes), reversed(index.sizes), strict=True), 1):
        if -back != dim and isinstance(has, int) and isinstance(taken, int) and taken > has and 0 not in index.sizes:
            raise Refusal(f"its input has shape {shape}, and the indices {index}: more in dim {-back}")
    return index
