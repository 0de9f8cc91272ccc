"""Of what takes elements by places, and of joins that make more dims first."""

from __future__ import annotations

from collections.abc import Callable

from torchlint.torch_facts.dims import Shape
from torchlint.verify.shape_proofs.drawn.draw import Arguments, Draw


def several(draw: Draw) -> Arguments:
    shape = draw.shape(0, 3)
    return {"tensors": tuple(draw.like(shape) if draw.chance(0.4) else shape for _ in range(draw.random.randint(1, 3)))}


def alike(draw: Draw) -> Arguments:
    """Tensors of one shape, each with one size that is drawn anew, so that many can be joined along some dim."""
    shape, at = draw.shape(0, 3), draw.random.randint(0, 2)
    found = []
    for _ in range(draw.random.randint(1, 3)):
        sizes = list(shape.sizes)
        if at < len(sizes):
            sizes[at] = draw.size()
        found.append(Shape(tuple(sizes)))
    return {"tensors": tuple(found)}


def grid(draw: Draw) -> Arguments:
    vectors = tuple(
        draw.shape(1, 1) if draw.chance(0.9) else draw.shape(0, 2) for _ in range(draw.random.randint(1, 3))
    )
    return {"tensors": vectors, "indexing": draw.random.choice(("ij", "xy"))}


def split_evenly(draw: Draw) -> Arguments:
    shape = draw.shape()
    parts: Arguments = {"sections": draw.size()} if draw.chance(0.5) else {"indices": (1, draw.size())}
    return {"input": shape, **parts, **draw.some({"dim": draw.dim(shape)})}


def turned(draw: Draw) -> Arguments:
    shape = draw.shape(1)
    dims = (draw.dim(shape), draw.dim(shape)) if draw.chance(0.5) else (0, 1)
    return {"input": shape, **draw.some({"k": draw.random.randint(-2, 3), "dims": dims})}


def differences(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"input": shape, **draw.some({"n": draw.random.randint(0, 3), "dim": draw.dim(shape)})}


def scattered(draw: Draw) -> Arguments:
    shape = draw.shape(1)
    index = Shape(tuple(min(int(str(size)), draw.size()) for size in shape.sizes))
    return {"input": shape, "dim": draw.dim(shape), "index": index, "src": index}


def index_added(name: str) -> Callable[[Draw], Arguments]:
    def make(draw: Draw) -> Arguments:
        shape = draw.shape(1)
        dim = draw.random.randrange(len(shape.sizes))
        source = Shape((*shape.sizes[:dim], 2, *shape.sizes[dim + 1 :]))
        return {"input": shape, "dim": dim, "index": Shape((2,)), name: draw.like(source)}

    return make


def along(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"input": shape, "indices": draw.like(shape), **draw.some({"dim": draw.dim(shape)})}


def repeated(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"input": shape, "repeats": draw.size(2), **draw.some({"dim": draw.dim(shape)})}


def where(draw: Draw) -> Arguments:
    shape = draw.shape()
    if draw.chance(0.2):
        return {"condition": shape}
    return {"condition": shape, "input": draw.like(shape), "other": draw.like(shape)}
