"""Convolutions and pools: the last one, two or three dims are those of space."""

from __future__ import annotations

from collections.abc import Callable

from torchlint.torch_facts.dims import ANY, Shape, Size, certainly_differ, floor, never_divides, unknown
from torchlint.torch_facts.shape_functions.refusal import UNSURE, Given, Refusal

Handler = Callable[[Given], "Shape | tuple[Shape, ...]"]


def conv_layer(dims: int) -> Handler:
    """A layer `Conv1d`, `Conv2d` or `Conv3d`."""

    def handler(given: Given) -> Shape:
        shape = _checked(given.tensor(), dims)
        takes, gives = given.size("in_channels"), given.size("out_channels")
        _check_channels(shape, dims, takes)
        kernel = given.each("kernel_size", dims, None)
        return _convolved(given, shape, dims, gives, kernel)

    return handler


def conv(dims: int) -> Handler:
    """A function `conv1d`, `conv2d` or `conv3d`: the weight is (out channels, in channels / groups, *kernel)."""

    def handler(given: Given) -> Shape:
        shape, weight = _checked(given.tensor(), dims), given.tensor("weight")
        if weight.at_least > dims + 2 or (weight.rank is not None and weight.rank != dims + 2):
            raise Refusal(f"its weight has {dims + 2} dims, and is given shape {weight}")
        if weight.rank is None:
            return _spatial(shape, dims, unknown(), [unknown() for _ in range(dims)])
        groups = given.number("groups", 1)
        if groups is not None:
            _check_channels(shape, dims, weight.sizes[1] * groups)
        return _convolved(given, shape, dims, weight.sizes[0], weight.sizes[2:])

    return handler


def _convolved(given: Given, shape: Shape, dims: int, gives: Size, kernel: tuple[Size, ...]) -> Shape:
    stride, dilation = given.each("stride", dims, 1), given.each("dilation", dims, 1)
    padding = given.get("padding", 0)
    inner = _inner(shape, dims)
    if padding == "same":
        return _spatial(shape, dims, gives, list(inner))
    pads = (0,) * dims if padding == "valid" else given.each("padding", dims, 0)
    found: list[Size] = []
    for size, pad, dilate, width, step in zip(inner, pads, dilation, kernel, stride, strict=True):
        room = size + pad * 2 - dilate * (width - 1) - 1
        if isinstance(room, int) and room < 0:
            raise Refusal(f"its kernel is larger than its input: {_described(shape)}")
        found.append(floor(room, step) + 1)
    return _spatial(shape, dims, gives, found)


def transposed_layer(dims: int) -> Handler:
    """A layer `ConvTranspose1d`, `ConvTranspose2d` or `ConvTranspose3d`."""

    def handler(given: Given) -> Shape:
        shape = _checked(given.tensor(), dims)
        _check_channels(shape, dims, given.size("in_channels"))
        if given.has("output_size"):
            return _spatial(shape, dims, given.size("out_channels"), [unknown() for _ in range(dims)])
        return _transposed(given, shape, dims, given.size("out_channels"), given.each("kernel_size", dims, None))

    return handler


def transposed(dims: int) -> Handler:
    """A function `conv_transpose1d` and so on: the weight is (in channels, out channels / groups, *kernel)."""

    def handler(given: Given) -> Shape:
        shape, weight = _checked(given.tensor(), dims), given.tensor("weight")
        groups = given.number("groups", 1)
        if weight.rank != dims + 2 or groups is None:
            return _spatial(shape, dims, unknown(), [unknown() for _ in range(dims)])
        _check_channels(shape, dims, weight.sizes[0])
        return _transposed(given, shape, dims, weight.sizes[1] * groups, weight.sizes[2:])

    return handler


def _transposed(given: Given, shape: Shape, dims: int, gives: Size, kernel: tuple[Size, ...]) -> Shape:
    stride, dilation = given.each("stride", dims, 1), given.each("dilation", dims, 1)
    padding, extra = given.each("padding", dims, 0), given.each("output_padding", dims, 0)
    found: list[Size] = []
    rows = zip(_inner(shape, dims), stride, padding, dilation, kernel, extra, strict=True)
    for size, step, pad, dilate, width, more in rows:
        length = (size - 1) * step - pad * 2 + dilate * (width - 1) + more + 1
        if isinstance(length, int) and length <= 0:
            return ANY
        found.append(length)
    return _spatial(shape, dims, gives, found)


def pool(dims: int) -> Handler:
    """Maxima or means of windows."""

    def handler(given: Given) -> Shape | tuple[Shape, Shape]:
        shape = _checked(given.tensor(), dims)
        kernel = given.each("kernel_size", dims, None)
        stride = given.each("stride", dims, None) if given.has("stride") else kernel
        dilation, padding = given.each("dilation", dims, 1), given.each("padding", dims, 0)
        _check_padding(kernel, dilation, padding)
        ceil = given.flag("ceil_mode")
        found: list[Size] = []
        for size, width, step, dilate, pad in zip(_inner(shape, dims), kernel, stride, dilation, padding, strict=True):
            found.append(_pooled(size, width, step, dilate, pad, ceil))
            if isinstance(found[-1], int) and found[-1] <= 0:
                raise Refusal(f"its window is larger than its input: {_described(shape)}")
        result = Shape((*_front(shape, dims), *found), shape.open)
        return _with_indices(given, result)

    return handler


def _pooled(size: Size, width: Size, step: Size, dilate: Size, pad: Size, ceil: bool | None) -> Size:
    room = size + pad * 2 - dilate * (width - 1) - 1
    if ceil is False:
        return unknown() if step == 0 else floor(room, step) + 1
    if ceil is None or step == 0 or not all(isinstance(each, int) for each in (size, step, pad, room)):
        return unknown()
    count = -(-room // step) + 1  # type: ignore[operator]
    # No window begins beyond the input and the padding on its left.
    return count - 1 if (count - 1) * step >= size + pad else count  # type: ignore[operator]


def _check_padding(kernel: tuple[Size, ...], dilation: tuple[Size, ...], padding: tuple[Size, ...]) -> None:
    for width, dilate, pad in zip(kernel, dilation, padding, strict=True):
        covered = dilate * (width - 1) + 1
        if isinstance(covered, int) and isinstance(pad, int) and pad > covered // 2:
            raise Refusal(f"a padding of {pad} is more than half of its window of {covered}")


def adaptive_pool(dims: int) -> Handler:
    """Pools to an output size; None keeps the size of the input."""

    def handler(given: Given) -> Shape | tuple[Shape, Shape]:
        wanted = given.get("output_size", UNSURE)
        parts = wanted if isinstance(wanted, tuple) else (wanted,) * dims
        if len(parts) == 1:
            parts = parts * dims
        if len(parts) != dims:
            return ANY
        shape = given.tensor()
        if any(part not in (1, None) for part in parts):
            _checked(shape, dims)
        elif shape.rank not in (dims + 1, dims + 2):
            return ANY  # a mean of all is taken of any rank
        inner = _inner(shape, dims)
        found = [
            size if part is None else part if isinstance(part, int) else unknown()
            for part, size in zip(parts, inner, strict=True)
        ]
        return _with_indices(given, Shape((*_front(shape, dims), *found), shape.open))

    return handler


def _with_indices(given: Given, shape: Shape) -> Shape | tuple[Shape, Shape]:
    asked = given.flag("return_indices")
    return shape if asked is False else (shape, shape) if asked else ANY


def _checked(shape: Shape, dims: int) -> Shape:
    """The input of an operation over dims of space: with channels, and perhaps a batch."""
    if shape.at_least > dims + 2 or (shape.rank is not None and shape.rank < dims + 1):
        raise Refusal(f"it takes a tensor of {dims + 1} or {dims + 2} dims, and its input has shape {shape}")
    return shape


def _inner(shape: Shape, dims: int) -> tuple[Size, ...]:
    return shape.sizes[-dims:] if shape.at_least >= dims else tuple(unknown() for _ in range(dims))


def _front(shape: Shape, dims: int) -> tuple[Size, ...]:
    return shape.sizes[:-dims] if shape.at_least > dims else ()


def _check_channels(shape: Shape, dims: int, takes: Size) -> None:
    if shape.at_least <= dims:
        return
    has = shape.sizes[-dims - 1]
    if certainly_differ(has, takes):
        raise Refusal(f"it takes {takes} channels, and its input has {has}: {_described(shape)}")


def _spatial(shape: Shape, dims: int, channels: Size, inner: list[Size]) -> Shape:
    return Shape((*_front(shape, dims + 1), channels, *inner), shape.open)


def _described(shape: Shape) -> str:
    return f"its input has shape {shape}"


def unfold(given: Given) -> Shape:
    """Windows as columns: (batch, channels * window, number of windows)."""
    shape = given.tensor()
    if shape.rank not in (3, 4):
        return ANY
    kernel, stride = given.each("kernel_size", 2, None), given.each("stride", 2, 1)
    dilation, padding = given.each("dilation", 2, 1), given.each("padding", 2, 0)
    count: Size = 1
    rows = zip(shape.sizes[-2:], kernel, stride, dilation, padding, strict=True)
    for size, width, step, dilate, pad in rows:
        count = count * (floor(size + pad * 2 - dilate * (width - 1) - 1, step) + 1)
    if isinstance(count, int) and count <= 0:
        return ANY
    return Shape((*shape.sizes[:-3], shape.sizes[-3] * kernel[0] * kernel[1], count))


def pixel_shuffle(given: Given) -> Shape:
    """Channels become pixels.

    Raises `Refusal` where there are not r * r times as many.
    """
    shape, factor = given.tensor(), given.number("upscale_factor")
    if factor is None or factor <= 0 or shape.at_least < 3:
        return ANY
    channels, height, width = shape.sizes[-3:]
    if never_divides(channels, factor * factor):
        raise Refusal(
            f"it takes a multiple of {factor * factor} channels, and its input has {channels}: {_described(shape)}"
        )
    fewer = floor(channels, factor * factor)
    return Shape((*shape.sizes[:-3], fewer, height * factor, width * factor), shape.open)


def pixel_unshuffle(given: Given) -> Shape:
    """Pixels become channels.

    Raises `Refusal` where the height or the width is not a multiple of r.
    """
    shape, factor = given.tensor(), given.number("downscale_factor")
    if factor is None or factor <= 0 or shape.at_least < 3:
        return ANY
    channels, height, width = shape.sizes[-3:]
    for size in (height, width):
        if never_divides(size, factor):
            raise Refusal(f"it takes a height and a width that are multiples of {factor}: {_described(shape)}")
    more = channels * (factor * factor)
    return Shape((*shape.sizes[:-3], more, floor(height, factor), floor(width, factor)), shape.open)


def interpolate(given: Given) -> Shape:
    """Sizes that are given, or scaled and rounded down."""
    shape = given.tensor()
    if shape.rank is None or not 3 <= shape.rank <= 5:
        return ANY
    inner, dims = shape.sizes[2:], shape.rank - 2
    if given.has("size"):
        found = given.each("size", dims, None)
        return Shape((*shape.sizes[:2], *found))
    factor = given.get("scale_factor")
    factors = factor if isinstance(factor, tuple) and len(factor) == dims else (factor,) * dims
    sizes = [
        size * each
        if isinstance(each, int)
        else size * int(each)
        if isinstance(each, float) and each.is_integer()
        else unknown()
        for size, each in zip(inner, factors, strict=True)
    ]
    return Shape((*shape.sizes[:2], *sizes))
