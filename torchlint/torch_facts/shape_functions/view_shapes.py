"""The same elements under other shapes."""

from __future__ import annotations

from torchlint.torch_facts.dims import (
    ANY,
    Shape,
    Size,
    certainly_differ,
    is_size,
    may_be,
    never_divides,
    product,
    quotient,
    unknown,
)
from torchlint.torch_facts.shape_functions.refusal import UNSURE, Given, Refusal, dim_of, sizes_of


def viewed(given: Given) -> Shape:
    """`view` and `reshape`: the sizes that are asked for, one of which may be -1.

    Raises `Refusal` where there are more or fewer elements.
    """
    shape = given.tensor()
    asked = given.get("shape", given.get("size", UNSURE))
    wanted = sizes_of(asked)
    if wanted is None:
        return ANY
    return reshaped(shape, wanted)


def reshaped(shape: Shape, wanted: tuple[Size, ...]) -> Shape:
    """The shape that a view has.

    Raises `Refusal` where there are more or fewer elements.
    """
    open_at = [index for index, size in enumerate(wanted) if size == -1]
    if len(open_at) > 1 or any(isinstance(size, int) and size < -1 for size in wanted):
        raise Refusal(f"sizes {Shape(wanted)} leave more than one open")
    rest = product(size for size in wanted if size != -1)
    if shape.open:
        return Shape(tuple(unknown() if size == -1 else size for size in wanted))
    total = product(shape.sizes)
    if not open_at:
        if certainly_differ(total, rest):
            raise Refusal(f"shape {shape} has {total} elements, and {Shape(wanted)} takes {rest}")
        return Shape(wanted)
    if rest == 0 or total == 0:
        return Shape(tuple(unknown() if size == -1 else size for size in wanted))
    filled = quotient(total, rest)
    if filled is None and never_divides(total, rest):
        raise Refusal(f"shape {shape} has {total} elements, and {Shape(wanted)} needs a multiple of {rest}")
    if filled is None:
        filled = unknown()
    return Shape((*wanted[: open_at[0]], filled, *wanted[open_at[0] + 1 :]))


def flattened(given: Given) -> Shape:
    """Some dims, all of them unless they are named, as one."""
    shape = given.tensor()
    start, end = given.get("start_dim", 0), given.get("end_dim", -1)
    if shape.rank == 0:
        return Shape((1,))
    first, last = dim_of(start, shape), dim_of(end, shape)
    if first is None or last is None:
        return Shape((unknown(),)) if shape.open and (start, end) == (0, -1) else ANY
    if first > last:
        raise Refusal(f"dim {start} is behind dim {end}: its input has shape {shape}")
    stop = len(shape.sizes) + last + 1
    joined = product(shape.sizes[first:stop] if last != -1 else shape.sizes[first:])
    return Shape((*shape.sizes[:first], joined, *shape.sizes[stop:]), shape.open)


def ravelled(given: Given) -> Shape:
    """All elements in one dim."""
    shape = given.tensor()
    return Shape((unknown() if shape.open else product(shape.sizes),))


def unflattened(given: Given) -> Shape:
    """One dim as several.

    Raises `Refusal` where their product is another size.
    """
    shape = given.tensor()
    dim = dim_of(given.get("dim"), shape)
    wanted = sizes_of(given.get("sizes", given.get("unflattened_size", UNSURE)))
    if dim is None or wanted is None or not shape.sizes:
        return ANY
    inner = reshaped(Shape((shape.sizes[dim],)), wanted)
    return Shape((*shape.sizes[:dim], *inner.sizes, *shape.sizes[len(shape.sizes) + dim + 1 :]), shape.open)


def permuted(given: Given) -> Shape:
    """Dims in another order.

    Raises `Refusal` where they are not all named, each once.
    """
    shape, dims = given.tensor(), given.get("dims", UNSURE)
    if isinstance(dims, int):
        dims = (dims,)
    if not isinstance(dims, tuple):
        return ANY
    if shape.at_least > len(dims) or (shape.rank is not None and shape.rank != len(dims)):
        raise Refusal(f"{len(dims)} dims are named, and its input has shape {shape}")
    if not all(isinstance(dim, int) for dim in dims):
        return Shape(tuple(unknown() for _ in dims))
    full = Shape((*(unknown() for _ in range(len(dims) - len(shape.sizes))), *shape.sizes))
    places = [dim_of(dim, full) for dim in dims]
    if len(set(places)) < len(places):
        raise Refusal(f"dims {dims} name a dim twice")
    return Shape(tuple(full.sizes[place] for place in places if place is not None))


def transposed(given: Given) -> Shape:
    """Two dims swapped."""
    shape = given.tensor()
    if shape.rank == 0:
        return shape
    first, second = dim_of(given.get("dim0"), shape), dim_of(given.get("dim1"), shape)
    if first is None or second is None:
        return ANY if shape.rank is None else Shape(tuple(unknown() for _ in shape.sizes))
    sizes = list(shape.sizes)
    sizes[first], sizes[second] = sizes[second], sizes[first]
    return Shape(tuple(sizes), shape.open)


def turned(given: Given) -> Shape:
    """`t()`, `.T` and `.mT`: all dims in reverse, or the last two swapped."""
    shape = given.tensor()
    if given.name == "H" and shape.rank not in (None, 0, 2):
        raise Refusal(f"it takes a matrix, and its input has shape {shape}")
    if given.name in ("mT", "adjoint", "mH"):
        if shape.at_least < 2:
            return ANY
        return Shape((*shape.sizes[:-2], shape.sizes[-1], shape.sizes[-2]), shape.open)
    if given.name == "t" and shape.at_least > 2:
        raise Refusal(f"it takes a tensor of two dims at most, and its input has shape {shape}")
    return ANY if shape.open else Shape(shape.sizes[::-1])


def unsqueezed(given: Given) -> Shape:
    """A dim of size 1 more."""
    shape = given.tensor()
    dim = dim_of(given.get("dim"), shape, 1) if shape.rank is not None else None
    if dim is None or shape.rank is None:
        return Shape((*shape.sizes, 1), True) if given.get("dim") == -1 else ANY
    place = len(shape.sizes) + 1 + dim
    return Shape((*shape.sizes[:place], 1, *shape.sizes[place:]))


def squeezed(given: Given) -> Shape:
    """Without dims of size 1: all of them, or those that are named."""
    shape = given.tensor()
    if shape.rank is None:
        return ANY
    if not given.has("dim"):
        sure = all(size == 1 or not may_be(size, 1) for size in shape.sizes)
        return Shape(tuple(size for size in shape.sizes if size != 1)) if sure else ANY
    dim = given.get("dim")
    dims = [dim_of(part, shape) for part in (dim if isinstance(dim, tuple) else (dim,))]
    if None in dims or not shape.sizes:
        return ANY if shape.sizes else shape
    places = {len(shape.sizes) + dim for dim in dims if dim is not None}
    if any(shape.sizes[place] != 1 and may_be(shape.sizes[place], 1) for place in places):
        return ANY
    return Shape(tuple(size for index, size in enumerate(shape.sizes) if index not in places or size != 1))


def expanded(given: Given) -> Shape:
    """Sizes of 1 repeated; -1 keeps a size.

    Raises `Refusal` where a size is neither 1 nor what is asked for.
    """
    shape, wanted = given.tensor(), sizes_of(given.get("size", UNSURE))
    return ANY if wanted is None else _expanded(shape, wanted)


def expanded_like(given: Given) -> Shape:
    """The shape of another tensor."""
    other = given.tensor("other")
    return other if other.open else _expanded(given.tensor(), other.sizes)


def _expanded(shape: Shape, wanted: tuple[Size, ...]) -> Shape:
    if shape.at_least > len(wanted):
        raise Refusal(f"its input has shape {shape}, which has more dims than {Shape(wanted)}")
    found: list[Size] = []
    for index, size in enumerate(reversed(wanted), 1):
        has = shape.sizes[-index] if index <= len(shape.sizes) else None
        if has is None:
            found.append(unknown() if size == -1 else size)
            continue
        if size != -1 and has != 1 and not may_be(has, 1) and _is_other(has, size):
            raise Refusal(
                f"its input has shape {shape}, which cannot become {Shape(wanted)}: {has} is neither 1 nor {size}"
            )
        found.append(has if size == -1 else size)
    return Shape(tuple(reversed(found)))


def _is_other(has: Size, size: Size) -> bool:
    # A symbol may be -1 here, which keeps the size.
    return isinstance(size, int) and certainly_differ(has, size)


def repeated(given: Given) -> Shape:
    """Each dim so many times.

    Raises `Refusal` where fewer times are named than there are dims.
    """
    shape, times = given.tensor(), sizes_of(given.get("repeats", given.get("dims", UNSURE)))
    if times is None:
        return ANY
    if shape.at_least > len(times):
        if given.name == "repeat":
            raise Refusal(f"{len(times)} repetitions are named, and its input has shape {shape}")
        times = (*(1,) * (shape.at_least - len(times)), *times)
    if shape.rank is None:
        return ANY if given.name == "tile" else Shape(tuple(unknown() for _ in times))
    sizes = (*(1,) * (len(times) - len(shape.sizes)), *shape.sizes)
    return Shape(tuple(size * count for size, count in zip(sizes, times, strict=True)))


def like_other(given: Given) -> Shape:
    """`view_as` and `reshape_as`: the shape of another tensor of as many elements."""
    other = given.tensor("other")
    return other if other.open else reshaped(given.tensor(), other.sizes)


def diagonal(given: Given) -> Shape:
    """Two dims become one, the last one."""
    shape = given.tensor()
    first, second = dim_of(given.get("dim1", 0), shape), dim_of(given.get("dim2", 1), shape)
    offset = given.number("offset", 0)
    if shape.rank is None or first is None or second is None or first == second:
        return ANY
    one, two = shape.sizes[first], shape.sizes[second]
    kept = [size for index, size in enumerate(shape.sizes, -len(shape.sizes)) if index not in (first, second)]
    size: Size = unknown()
    if isinstance(one, int) and isinstance(two, int) and offset is not None:
        size = max(min(one, two - offset) if offset >= 0 else min(one + offset, two), 0)
    elif one == two and offset == 0:
        size = one
    return Shape((*kept, size))


def moved(given: Given) -> Shape:
    """Dims moved to other places."""
    shape, source, target = given.tensor(), given.get("source"), given.get("destination")
    if shape.rank is None:
        return ANY
    sources = [dim_of(part, shape) for part in (source if isinstance(source, tuple) else (source,))]
    targets = [dim_of(part, shape) for part in (target if isinstance(target, tuple) else (target,))]
    if None in sources or None in targets or len(sources) != len(targets):
        return Shape(tuple(unknown() for _ in shape.sizes))
    rank = len(shape.sizes)
    order: list[int] = [index for index in range(-rank, 0) if index not in sources]
    for place, index in sorted(zip(targets, sources, strict=True)):
        order.insert(rank + place, index)  # type: ignore[operator, arg-type]
    return Shape(tuple(shape.sizes[index] for index in order))


def summed_to(given: Given) -> Shape:
    """The shape that is asked for."""
    wanted = sizes_of(given.get("size", UNSURE))
    return ANY if wanted is None else Shape(wanted)


def viewed_with_size(given: Given) -> Shape:
    """`unfold`: windows along a dim, as a new last dim."""
    shape = given.tensor()
    dim = dim_of(given.get("dimension"), shape)
    size, step = given.number("size"), given.number("step")
    if shape.rank is None or not shape.sizes or dim is None or size is None or step is None or step <= 0:
        return ANY
    length = shape.sizes[dim]
    if not isinstance(length, int):
        count: Size = unknown()
    elif length < size:
        raise Refusal(f"windows of {size} do not fit in its input of shape {shape}")
    else:
        count = (length - size) // step + 1
    place = len(shape.sizes) + dim
    return Shape((*shape.sizes[:place], count, *shape.sizes[place + 1 :], size))


def padded(given: Given) -> Shape:
    """Sizes with what is put at their ends, the last dim first.

    Raises `Refusal` where more dims are padded than there are.
    """
    shape, pads = given.tensor(), given.get("pad", UNSURE)
    if not isinstance(pads, tuple) or len(pads) % 2:
        return ANY
    if shape.rank is None and shape.at_least < len(pads) // 2:
        return ANY
    if shape.rank is not None and shape.rank < len(pads) // 2:
        raise Refusal(f"{len(pads) // 2} dims are padded, and its input has shape {shape}")
    sizes = list(shape.sizes)
    for index in range(len(pads) // 2):
        before, after = pads[2 * index], pads[2 * index + 1]
        known = is_size(before) and is_size(after)
        sizes[-1 - index] = sizes[-1 - index] + before + after if known else unknown()
        size = sizes[-1 - index]
        if isinstance(size, int) and size < 0:
            return ANY
    return Shape(tuple(sizes), shape.open)


def padding_layer(dims: int) -> object:
    """A layer that pads the last dims, each side alike if one number is given."""

    def handler(given: Given) -> Shape:
        pads = given.get("padding", UNSURE)
        shape = given.tensor()
        if is_size(pads):
            pads = (pads,) * (2 * dims) if isinstance(pads, int) else UNSURE
        if shape.open or not isinstance(pads, tuple) or len(pads) != 2 * dims:
            return ANY if shape.open or shape.rank is None else Shape(tuple(unknown() for _ in shape.sizes))
        if len(shape.sizes) < dims:
            return ANY
        return padded(Given(given.name, {"input": shape, "pad": pads}))

    return handler
