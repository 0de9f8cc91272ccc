"""Images folded and sampled; layers that learn how many channels there are."""

from __future__ import annotations

from collections.abc import Callable

from torchlint.torch_facts.dims import ANY, Shape, Size, certainly_differ, unknown
from torchlint.torch_facts.shape_functions.convolved_shapes import conv_layer, transposed_layer
from torchlint.torch_facts.shape_functions.refusal import UNSURE, Given, Refusal, sizes_of

Handler = Callable[[Given], "Shape | tuple[Shape, ...]"]


def lazy(dims: int, turned: bool) -> Handler:
    """`LazyConv2d` and its like: as the layer that it becomes, of any number of channels."""
    layer = transposed_layer(dims) if turned else conv_layer(dims)

    def handler(given: Given) -> Shape | tuple[Shape, ...]:
        return layer(Given(given.name, {**given.arguments, "in_channels": unknown()}))

    return handler


def folded(given: Given) -> Shape:
    """`fold`: columns of windows back to an image of a size that is given."""
    shape, wanted, kernel = given.tensor(), given.each("output_size", 2, None), given.each("kernel_size", 2, None)
    if shape.rank is not None and shape.rank not in (2, 3):
        raise Refusal(f"it takes a tensor of 2 or 3 dims, and its input has shape {shape}")
    if shape.rank is None:
        return ANY
    area = kernel[0] * kernel[1]
    has = shape.sizes[-2]
    channels: Size = unknown()
    if isinstance(area, int) and isinstance(has, int) and area > 0:
        if has % area:
            raise Refusal(f"it takes a multiple of {area} channels, and its input has {has}: its shape is {shape}")
        channels = has // area
    return Shape((*shape.sizes[:-2], channels, *wanted))


def affine_grid(given: Given) -> Shape:
    """A place for each pixel: (batch, height, width, 2), or with a depth and 3."""
    size = sizes_of(given.get("size", UNSURE))
    if size is None or len(size) not in (4, 5):
        return ANY
    return Shape((size[0], *size[2:], len(size) - 2))


def sampled(given: Given) -> Shape:
    """`grid_sample`: (batch, channels, ...) at a grid (batch, ..., 2 or 3).

    Raises `Refusal` where the batches differ, or the grid has another number of dims.
    """
    shape, grid = given.tensor(), given.tensor("grid")
    if shape.rank is None or grid.rank is None:
        return ANY
    if shape.rank not in (4, 5) or grid.rank != shape.rank:
        raise Refusal(f"it takes an image and a grid of 4 or 5 dims each, and is given {shape} and {grid}")
    if certainly_differ(shape.sizes[0], grid.sizes[0]):
        raise Refusal(f"image {shape} and grid {grid} are of another batch")
    if certainly_differ(grid.sizes[-1], shape.rank - 2):
        raise Refusal(f"an image of shape {shape} takes a grid with a last size of {shape.rank - 2}, and gets {grid}")
    return Shape((*shape.sizes[:2], *grid.sizes[1:-1]))


def bags(given: Given) -> Shape:
    """`EmbeddingBag`: a vector for each row of labels, or for each offset."""
    shape = given.tensor()
    if shape.at_least > 2 or shape.rank == 0:
        raise Refusal(f"it takes a tensor of 1 or 2 dims, and its input has shape {shape}")
    size = given.size("embedding_dim")
    if shape.rank == 2:
        return Shape((shape.sizes[0], size))
    return Shape((unknown(), size))
