"""Joins and splits that make tensors of one, two or three dims first, and grids."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torchlint.torch_facts.dims import ANY, Shape, Size
from torchlint.torch_facts.shape_functions.elementwise_shapes import broadcast
from torchlint.torch_facts.shape_functions.joined_shapes import joined
from torchlint.torch_facts.shape_functions.refusal import Given, Refusal, dim_of, shape_of

_MOST_PARTS = 64


def _lifted(shape: Shape, least: int) -> Shape | None:
    """With as many dims as `atleast_1d` and its like make; None where the rank is not known."""
    if shape.rank is None:
        return None
    if shape.rank >= least:
        return shape
    if least == 3 and shape.rank == 2:
        return Shape((*shape.sizes, 1))
    if least == 3 and shape.rank == 1:
        return Shape((1, *shape.sizes, 1))
    return Shape((*(1,) * (least - shape.rank), *shape.sizes))


def at_least(least: int) -> Callable[[Given], Shape | tuple[Shape, ...]]:
    """`atleast_1d` and its like, of one tensor or of several."""

    def handler(given: Given) -> Shape | tuple[Shape, ...]:
        if "tensors" not in given.arguments:
            return _lifted(given.tensor(), least) or ANY
        tensors = given.get("tensors")
        if not isinstance(tensors, tuple):
            return ANY
        return tuple(_lifted(shape_of(tensor), least) or ANY for tensor in tensors)

    return handler


def stacked_along(dim: int, least: int) -> Callable[[Given], Shape]:
    """`vstack` and `dstack`: joined along a dim, which is there for all of them after `at_least`."""

    def handler(given: Given) -> Shape:
        return _joined(given, [_lifted(shape, least) for shape in _shapes(given)], dim)

    return handler


def side_by_side(given: Given) -> Shape:
    """`hstack`: vectors one after the other, all else along dim 1."""
    shapes = [_lifted(shape, 1) for shape in _shapes(given)]
    first = shapes[0] if shapes else None
    return ANY if first is None else _joined(given, shapes, 0 if first.rank == 1 else 1)


def columns(given: Given) -> Shape:
    """`column_stack`: vectors are columns, all else is joined along dim 1."""
    shapes = [Shape((*shape.sizes, *(1,) * (2 - shape.at_least)), shape.open) for shape in map(_vector, _shapes(given))]
    return _joined(given, [None if shape.open else shape for shape in shapes], 1)


def _vector(shape: Shape) -> Shape:
    return Shape((1,)) if shape.rank == 0 else shape


def _shapes(given: Given) -> list[Shape]:
    tensors = given.get("tensors")
    return [shape_of(tensor) for tensor in tensors] if isinstance(tensors, tuple) else []


def _joined(given: Given, shapes: Sequence[Shape | None], dim: int) -> Shape:
    if not shapes or None in shapes:
        return ANY
    return joined(Given(given.name, {"tensors": tuple(shapes), "dim": dim}))


def broadcast_each(given: Given) -> tuple[Shape, ...] | Shape:
    """`broadcast_tensors`: all of the shape that they broadcast to."""
    shapes = _shapes(given)
    return (broadcast(*shapes),) * len(shapes) if shapes else ANY


def grid(given: Given) -> tuple[Shape, ...] | Shape:
    """`meshgrid`: for each vector a tensor with a dim for every vector.

    Raises `Refusal` where one is not a vector.
    """
    tensors = given.get("tensors")
    if isinstance(tensors, tuple) and len(tensors) == 1 and isinstance(tensors[0], tuple):
        tensors = tensors[0]
    if not isinstance(tensors, tuple) or not tensors:
        return ANY
    shapes = [shape_of(tensor) for tensor in tensors]
    for shape in shapes:
        if shape.at_least > 1:
            raise Refusal(f"it takes vectors, and is given one of shape {shape}")
    if any(shape.rank is None for shape in shapes):
        return ANY
    sizes: list[Size] = [shape.sizes[0] if shape.sizes else 1 for shape in shapes]
    order = given.get("indexing", "ij") or "ij"
    if order == "xy":
        sizes[:2] = sizes[:2][::-1]
    elif order != "ij":
        return ANY
    return (Shape(tuple(sizes)),) * len(shapes)


def split_evenly(given: Given) -> tuple[Shape, ...] | Shape:
    """`tensor_split`: so many parts, the first ones longer by one where there is a rest; or cut at places."""
    shape, wanted = given.tensor(), given.get("sections", given.get("indices"))
    dim = dim_of(given.get("dim", 0), shape)
    if dim is None or not shape.sizes:
        return ANY
    size, at = shape.sizes[dim], len(shape.sizes) + dim
    if not isinstance(size, int):
        return ANY
    lengths = _lengths(size, wanted)
    return tuple(Shape((*shape.sizes[:at], length, *shape.sizes[at + 1 :]), shape.open) for length in lengths) or ANY


def _lengths(size: int, wanted: object) -> list[int]:
    if isinstance(wanted, int) and not isinstance(wanted, bool) and 0 < wanted <= _MOST_PARTS:
        each, rest = divmod(size, wanted)
        return [each + 1] * rest + [each] * (wanted - rest)
    if isinstance(wanted, tuple) and wanted and all(isinstance(part, int) for part in wanted):
        ends = [*wanted, None]
        return [len(range(size)[slice(start, stop)]) for start, stop in zip([None, *wanted], ends, strict=True)]
    return []


def turned(given: Given) -> Shape:
    """`rot90`: two dims, the first two unless they are named, are swapped for each odd turn.

    Raises `Refusal` where there are not two dims.
    """
    shape, times, dims = given.tensor(), given.number("k", 1), given.get("dims", (0, 1))
    if shape.rank is not None and shape.rank < 2:
        raise Refusal(f"it takes a tensor of two dims or more, and its input has shape {shape}")
    if shape.rank is None or times is None or not isinstance(dims, tuple) or len(dims) != 2:
        return ANY
    one, two = (dim_of(dim, shape) for dim in dims)
    if one is None or two is None or one == two:
        return ANY
    sizes = list(shape.sizes)
    if times % 2:
        sizes[one], sizes[two] = sizes[two], sizes[one]
    return Shape(tuple(sizes))


def pairs(given: Given) -> Shape:
    """`view_as_real`: a last dim for the real and the imaginary part."""
    shape = given.tensor()
    return Shape((*shape.sizes, 2), shape.open)


def differences(given: Given) -> Shape:
    """`diff`: one less along a dim, the last unless it is named."""
    shape, times = given.tensor(), given.number("n", 1)
    if times == 0:
        return shape
    if shape.rank == 0:
        raise Refusal("it takes a tensor of one dim or more, and is given a 0-d one")
    dim = dim_of(given.get("dim", -1), shape)
    if dim is None or times is None or not shape.sizes or given.has("prepend") or given.has("append"):
        return ANY
    size, at = shape.sizes[dim], len(shape.sizes) + dim
    if not isinstance(size, int):
        return ANY  # of a size of 0 it is 0
    return Shape((*shape.sizes[:at], max(size - times, 0), *shape.sizes[at + 1 :]), shape.open)
