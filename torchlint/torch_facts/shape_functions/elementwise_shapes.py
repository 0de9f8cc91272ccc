"""Operations element by element, and what broadcasts."""

from __future__ import annotations

from torchlint.torch_facts.dims import ANY, Shape, Size, certainly_differ, may_be, unknown
from torchlint.torch_facts.shape_functions.refusal import UNSURE, Given, Refusal, dim_of, shape_of


def broadcast(*shapes: Shape) -> Shape:
    """The shape that some shapes broadcast to.

    Raises `Refusal` where they do not.
    """
    result = shapes[0]
    for other in shapes[1:]:
        result = _pair(result, other)
    return result


def _pair(a: Shape, b: Shape) -> Shape:
    sizes: list[Size] = []
    for back in range(1, max(a.at_least, b.at_least) + 1):
        one, two = _from_end(a, back), _from_end(b, back)
        sizes.append(_stretched(one, two, a, b))
    return Shape(tuple(reversed(sizes)), a.open or b.open)


def _from_end(shape: Shape, back: int) -> Size:
    if back <= shape.at_least:
        return shape.sizes[-back]
    return unknown() if shape.open else 1


def _stretched(one: Size, two: Size, a: Shape, b: Shape) -> Size:
    if one == two or two == 1:
        return one
    if one == 1:
        return two
    if not may_be(one, 1):
        if not may_be(two, 1) and certainly_differ(one, two):
            raise Refusal(f"shapes {a} and {b} do not broadcast: {one} is not {two}")
        return two if isinstance(two, int) and not may_be(two, 1) else one
    return two if not may_be(two, 1) else unknown()


def same(given: Given) -> Shape:
    """The shape of the input."""
    return given.tensor()


def operands(given: Given) -> Shape:
    """What all operands broadcast to."""
    found = [shape_of(value) for name, value in given.arguments.items() if name in _OPERANDS]
    return broadcast(*found) if found else ANY


# Other arguments of elementwise operations are numbers: `alpha`, `eps`, `rounding_mode`.
_OPERANDS = frozenset(
    [
        "input",
        "other",
        "exponent",
        "condition",
        "tensor1",
        "tensor2",
        "end",
        "weight",
        "min",
        "max",
        "real",
        "imag",
        "abs",
        "angle",
        "values",
        "mask",
    ]
)


def into_input(given: Given) -> Shape:
    """What is written into the input has to broadcast to its shape.

    Raises `Refusal` where it does not.
    """
    own = given.tensor()
    result = operands(given)
    if own.rank is not None and result.at_least > own.rank:
        raise Refusal(f"shape {own} of the tensor that is written to cannot become {result}")
    for one, two in zip(reversed(own.sizes), reversed(result.sizes), strict=False):
        if certainly_differ(one, two):
            raise Refusal(f"shape {own} of the tensor that is written to cannot become {result}")
    return own


def along_dim(given: Given) -> Shape:
    """The shape of the input, which must have a dim.

    Raises `Refusal` where it has none.
    """
    shape = given.tensor()
    dim = given.get("dim")
    for part in dim if isinstance(dim, tuple) else (dim,):
        dim_of(part, shape)
    return shape


def pair_along_dim(given: Given) -> tuple[Shape, Shape]:
    """The same, twice: values and their places."""
    shape = along_dim(given)
    return shape, shape


def prelu(given: Given) -> Shape:
    """A weight for all elements, or one for each channel."""
    shape = given.tensor()
    count = given.get("num_parameters", 1)
    if isinstance(count, int) and count > 1 and shape.rank is not None:
        if shape.rank < 2:
            channels: Size = 1
        else:
            channels = shape.sizes[1]
        if certainly_differ(channels, count):
            raise Refusal(f"it has a weight for each of {count} channels, and its input {shape} has {channels}")
    return shape


def glu(given: Given) -> Shape:
    """Half of a dim gates the other half.

    Raises `Refusal` where it cannot be halved.
    """
    shape = given.tensor()
    dim = dim_of(given.get("dim", -1), shape)
    if dim is None or not shape.sizes:
        return ANY if shape.rank is None else Shape(tuple(unknown() for _ in shape.sizes))
    size = shape.sizes[dim]
    if isinstance(size, int):
        if size % 2:
            raise Refusal(f"size {size} of dim {dim} cannot be halved: its input is {shape}")
        half: Size = size // 2
    else:
        half = unknown()
    return Shape((*shape.sizes[:dim], half, *shape.sizes[len(shape.sizes) + dim + 1 :]), shape.open)


def one_hot(given: Given) -> Shape:
    """A new last dim, as long as there are classes."""
    shape = given.tensor()
    count = given.get("num_classes", -1)
    size = unknown() if count == -1 or count is UNSURE else given.size("num_classes")
    return Shape((*shape.sizes, size), shape.open)


def dropped_features(given: Given) -> Shape:
    """`dropout1d` and `dropout2d`: whole channels are dropped, so that there must be some.

    Raises `Refusal` where there are none.
    """
    shape = given.tensor()
    if given.name == "dropout1d" and (shape.at_least > 3 or shape.rank in (0, 1)):
        raise Refusal(f"it takes a tensor of 2 or 3 dims, and its input has shape {shape}")
    drops = given.get("p", 0.5) not in (0, 0.0, UNSURE) and given.flag("training", True)
    if drops and shape.rank is not None and shape.rank < 2:
        raise Refusal(f"it takes a tensor of two dims at least, and its input has shape {shape}")
    return shape


def number(given: Given) -> Shape:
    """A 0-d tensor."""
    return Shape(())
