"""Of convolutions, pools and what else has dims of space."""

from __future__ import annotations

from collections.abc import Callable

from torchlint.torch_facts.dims import Shape
from torchlint.verify.shape_proofs.drawn.draw import Arguments, Draw


def of_space(draw: Draw, dims: int) -> Shape:
    rank = dims + 2 if draw.chance(0.6) else draw.random.randint(dims, dims + 3)
    return Shape(tuple(draw.size() + (2 if index >= rank - dims else 0) for index in range(rank)))


def window(draw: Draw, dims: int) -> Arguments:
    return {
        "kernel_size": draw.one_or_each(dims, 1, 4),
        **draw.some({"stride": draw.one_or_each(dims, 1, 3), "dilation": draw.one_or_each(dims, 1, 2)}),
        **draw.some({"padding": draw.one_or_each(dims, 0, 2)}),
    }


def conv_layer(dims: int, turned: bool) -> Callable[[Draw], Arguments]:
    def make(draw: Draw) -> Arguments:
        image = of_space(draw, dims)
        groups = draw.random.choice((1, 1, 2))
        has = image.sizes[-dims - 1] if len(image.sizes) > dims else 3
        takes = draw.near(has)
        settings = window(draw, dims)
        if not turned and draw.chance(0.1):
            settings |= {"padding": "same", "stride": 1}
        if takes % groups:
            groups = 1
        return {
            "input": image,
            "in_channels": takes,
            "out_channels": draw.size() * groups,
            "groups": groups,
            **settings,
        }

    return make


def conv(dims: int, turned: bool) -> Callable[[Draw], Arguments]:
    def make(draw: Draw) -> Arguments:
        image = of_space(draw, dims)
        has = image.sizes[-dims - 1] if len(image.sizes) > dims else 3
        kernel = tuple(draw.random.randint(1, 3) for _ in range(dims))
        ends = (draw.near(has), draw.size()) if turned else (draw.size(), draw.near(has))
        settings = {name: value for name, value in window(draw, dims).items() if name != "kernel_size"}
        return {"input": image, "weight": Shape((*ends, *kernel)), **settings}

    return make


def pool(dims: int, dilates: bool) -> Callable[[Draw], Arguments]:
    def make(draw: Draw) -> Arguments:
        settings = {**window(draw, dims), **draw.some({"ceil_mode": True})}
        if not dilates:
            settings.pop("dilation", None)
        return {"input": of_space(draw, dims), **settings}

    return make


def adaptive(dims: int) -> Callable[[Draw], Arguments]:
    def make(draw: Draw) -> Arguments:
        wanted: object = draw.one_or_each(dims, 1, 4)
        if dims > 1 and draw.chance(0.2):
            wanted = tuple(None if draw.chance(0.5) else 2 for _ in range(dims))
        return {"input": of_space(draw, dims), "output_size": wanted}

    return make


def padding_layer(dims: int, **more: float) -> Callable[[Draw], Arguments]:
    def make(draw: Draw) -> Arguments:
        return {"input": of_space(draw, dims), "padding": draw.one_or_each(2 * dims, 0, 2), **more}

    return make


def interpolate(draw: Draw) -> Arguments:
    shape = draw.shape(3, 5)
    if draw.chance(0.5):
        return {"input": shape, "size": draw.size()}
    return {"input": shape, "scale_factor": draw.random.choice((2, 2.0, 3))}


def lazy_layer(dims: int, turned: bool) -> Callable[[Draw], Arguments]:
    layer = conv_layer(dims, turned)

    def make(draw: Draw) -> Arguments:
        return {name: value for name, value in layer(draw).items() if name not in ("in_channels", "groups")}

    return make


def upsampled(draw: Draw) -> Arguments:
    shape = draw.shape(4, 4) if draw.chance(0.8) else draw.shape(2, 5)
    if draw.chance(0.5):
        return {"input": shape, "size": draw.one_or_each(2, 1, 6)}
    return {"input": shape, "scale_factor": draw.random.choice((2, 2.0, 3))}


def folded(draw: Draw) -> Arguments:
    kernel = tuple(draw.random.randint(1, 2) for _ in range(2))
    wanted = tuple(draw.random.randint(2, 4) for _ in range(2))
    blocks = (wanted[0] - kernel[0] + 1) * (wanted[1] - kernel[1] + 1)
    columns = kernel[0] * kernel[1] * draw.size(2) if draw.chance(0.8) else draw.size()
    shape = Shape((*draw.shape(0, 1).sizes, columns, blocks)) if draw.chance(0.9) else draw.shape(1, 4)
    return {"input": shape, "output_size": wanted, "kernel_size": kernel}


def affine_grid(draw: Draw) -> Arguments:
    size = draw.shape(4, 5).sizes
    return {"theta": Shape((size[0], len(size) - 2, len(size) - 1)), "size": size, "align_corners": False}


def sampled(draw: Draw) -> Arguments:
    shape = draw.shape(4, 5)
    dims = len(shape.sizes) - 2
    grid = Shape((draw.near(shape.sizes[0]), *draw.shape(dims, dims).sizes, dims if draw.chance(0.8) else 3))
    return {"input": shape, "grid": grid if draw.chance(0.9) else draw.shape(), "align_corners": False}
