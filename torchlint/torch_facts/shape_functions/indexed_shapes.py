"""`x[...]`, and what takes elements by places or by a mask."""

from __future__ import annotations

from collections.abc import Sequence

from torchlint.torch_facts.dims import ANY, Shape, Size, certainly_differ, is_size, product, unknown
from torchlint.torch_facts.shape_functions.elementwise_shapes import broadcast
from torchlint.torch_facts.shape_functions.refusal import Given, Mask, Places, Refusal, Span, dim_of


def indexed(given: Given) -> Shape:
    """The shape of a part of a tensor.

    Raises `Refusal` where there are more indices than dims, an index is out of range, or a mask has another shape.
    """
    shape, index = given.tensor(), given.get("index")
    parts = index if type(index) is tuple else (index,)  # places and masks are named tuples
    if not all(map(_is_known, parts)) or sum(part is ... for part in parts) > 1:
        return ANY
    taken = sum(map(_width, parts))
    if shape.rank is None:
        return _of_open(shape, parts)
    if taken > 0 == shape.rank:
        raise Refusal("a tensor without dims has no index; its number is `.item()`")
    if taken > shape.rank:
        raise Refusal(f"it indexes {taken} dims, and the shape is {shape}")
    return _placed(*_taken(shape, parts, taken))


def _is_known(part: object) -> bool:
    if isinstance(part, Mask | Places):
        return part.shape.rank is not None and not (isinstance(part, Mask) and part.shape.rank == 0)
    return part is None or part is ... or is_size(part) or isinstance(part, Span)


def _width(part: object) -> int:
    """How many dims an index takes."""
    if part is None or part is ...:
        return 0
    return part.shape.rank or 0 if isinstance(part, Mask) else 1


def _of_open(shape: Shape, parts: tuple[object, ...]) -> Shape:
    """Of a tensor whose first dims are not known: what stands after `...` is counted from the end."""
    if ... not in parts or any(isinstance(part, Mask | Places) for part in parts):
        return ANY
    at = parts.index(...)
    behind = parts[at + 1 :]
    taken = sum(map(_width, behind))
    before = parts[:at]
    plain = not any(is_size(part) or part is None for part in before)
    if taken > len(shape.sizes) or not plain:
        return ANY
    rest = Shape(shape.sizes[len(shape.sizes) - taken :])
    # How many of the known dims are taken from the front is not known.
    kept = shape.sizes[: len(shape.sizes) - taken] if not before else ()
    return Shape((*kept, *_placed(*_taken(rest, behind, taken)).sizes), True)


# What an index gives: a size, or the shape of places, which belong together with those of other indices.
_Found = list["Size | Shape"]


def _taken(shape: Shape, parts: tuple[object, ...], taken: int) -> tuple[_Found, list[Size]]:
    """What the indices give, and the sizes of the dims behind them."""
    left = list(shape.sizes)
    found: _Found = []
    behind = taken
    for part in parts:
        if part is None:
            found.append(1)
        elif part is ...:
            keep = len(left) - behind
            found.extend(left[:keep])
            left = left[keep:]
        else:
            width = _width(part)
            found.extend(_of_index(part, left[:width], shape))
            left = left[width:]
            behind -= width
    return found, left


def _of_index(part: object, sizes: Sequence[Size], shape: Shape) -> _Found:
    if isinstance(part, Mask):
        if any(certainly_differ(has, takes) for has, takes in zip(sizes, part.shape.sizes, strict=True)):
            raise Refusal(f"a mask of shape {part.shape} is taken of dims {Shape(tuple(sizes))}: its shape is {shape}")
        return [Shape((unknown(),))]
    if isinstance(part, Places):
        return [part.shape] if part.shape.sizes else []  # a 0-d tensor is a number here
    (size,) = sizes
    if isinstance(part, Span):
        return [_sliced(size, part)]
    if isinstance(part, int) and isinstance(size, int) and not -size <= part < size:
        raise Refusal(f"index {part} is taken of a dim that has {size}: the shape is {shape}")
    return []


def _placed(found: _Found, left: Sequence[Size]) -> Shape:
    """All places are broadcast, and stand where the first stands; in front if something is between them."""
    at = [index for index, one in enumerate(found) if isinstance(one, Shape)]
    sizes = [one for one in found if not isinstance(one, Shape)]
    if not at:
        return Shape((*sizes, *left))
    places = broadcast(*(one for one in found if isinstance(one, Shape)))
    first = at[0] if at[-1] - at[0] == len(at) - 1 else 0
    return Shape((*sizes[:first], *places.sizes, *sizes[first:], *left))


def _sliced(size: Size, span: Span) -> Size:
    """How many a slice takes."""
    start, stop, step = span.parts
    if start in (None, 0) and stop is None and step in (None, 1):
        return size
    if not all(part is None or isinstance(part, int) for part in span.parts):
        return unknown()
    if isinstance(size, int):
        if isinstance(step, int) and step <= 0:
            return unknown()
        return len(range(*slice(start, stop, step).indices(size)))
    return unknown()


def masked(given: Given) -> Shape:
    """`masked_select`: a vector, as long as there are elements.

    Raises `Refusal` where the mask does not broadcast.
    """
    broadcast(given.tensor(), given.tensor("mask"))
    return Shape((unknown(),))


def scattered_by_mask(given: Given) -> Shape:
    """`masked_scatter`: the shape that input and mask broadcast to."""
    return broadcast(given.tensor(), given.tensor("mask"))


def nonzero(given: Given) -> Shape | tuple[Shape, ...]:
    """A row of places for each element that is not 0, or a vector of places for each dim."""
    rank = given.tensor().rank
    by_dim = given.flag("as_tuple")
    if by_dim is None or (by_dim and rank is None):
        return ANY
    if by_dim:
        return (Shape((unknown(),)),) * max(rank or 0, 1)
    return Shape((unknown(), unknown() if rank is None else rank))


def where(given: Given) -> Shape | tuple[Shape, ...]:
    """One of two for each element; or, with a condition alone, the places where it holds."""
    if "input" in given.arguments or "other" in given.arguments:
        return broadcast(*(given.tensor(name) for name in ("condition", "input", "other")))
    rank = given.tensor("condition").rank
    return ANY if rank is None else (Shape((unknown(),)),) * max(rank, 1)


def taken_flat(given: Given) -> Shape:
    """`take`: an element for each place."""
    return given.tensor("index")


def taken_along(given: Given) -> Shape:
    """`take_along_dim`: input and places broadcast in all dims but one.

    Raises `Refusal` where they do not.
    """
    shape, places = given.tensor(), given.tensor("indices")
    if not given.has("dim"):
        return Shape((unknown() if places.open else product(places.sizes),))
    if shape.rank is None or places.rank is None:
        return ANY
    if shape.rank != places.rank:
        raise Refusal(f"its input has shape {shape}, and the indices {places}: another number of dims")
    dim = dim_of(given.get("dim"), shape)
    if dim is None or not shape.sizes:
        return ANY
    at = len(shape.sizes) + dim
    rest = (Shape((*one.sizes[:at], 1, *one.sizes[at + 1 :])) for one in (shape, places))
    sizes = broadcast(*rest).sizes
    return Shape((*sizes[:at], places.sizes[at], *sizes[at + 1 :]))


def kept(given: Given) -> Shape:
    """The shape of the input, of which some elements are other ones."""
    return given.tensor()


def counted(given: Given) -> Shape:
    """A vector, of a length that the values decide."""
    return Shape((unknown(),))


def unique(given: Given) -> Shape:
    """The values that there are, each once."""
    flags = [given.flag(name) for name in ("return_inverse", "return_counts")]
    if flags != [False, False]:
        return ANY
    if not given.has("dim"):
        return Shape((unknown(),))
    shape = given.tensor()
    dim = dim_of(given.get("dim"), shape)
    if dim is None or not shape.sizes:
        return ANY
    at = len(shape.sizes) + dim
    return Shape((*shape.sizes[:at], unknown(), *shape.sizes[at + 1 :]), shape.open)


def sampled(given: Given) -> Shape:
    """`multinomial`: so many places of each row.

    Raises `Refusal` where the weights have another number of dims than one or two.
    """
    shape = given.tensor()
    if shape.at_least > 2 or shape.rank == 0:
        raise Refusal(f"it takes a tensor of 1 or 2 dims, and its input has shape {shape}")
    return Shape((*shape.sizes[:-1], given.size("num_samples")), shape.open) if shape.sizes else ANY


def repeated(given: Given) -> Shape:
    """`repeat_interleave`: each element so many times, along a dim or of all of them."""
    shape, times = given.tensor(), given.get("repeats")
    count = times if isinstance(times, int) else None  # a symbol may be a tensor of times
    if not given.has("dim"):
        return Shape((unknown() if shape.open or count is None else product(shape.sizes) * count,))
    dim = dim_of(given.get("dim"), shape)
    if dim is None or not shape.sizes:
        return ANY
    at = len(shape.sizes) + dim
    many = given.size("output_size") if count is None else shape.sizes[at] * count
    return Shape((*shape.sizes[:at], many, *shape.sizes[at + 1 :]), shape.open)
