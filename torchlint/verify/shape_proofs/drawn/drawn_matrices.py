"""Of matrices, distances and transforms to frequencies."""

from __future__ import annotations

from collections.abc import Callable

from torchlint.torch_facts.dims import Shape
from torchlint.verify.shape_proofs.drawn.draw import Arguments, Draw


def square(draw: Draw) -> Arguments:
    shape = draw.shape(0, 4)
    if len(shape.sizes) > 1 and draw.chance(0.75):
        shape = Shape((*shape.sizes[:-1], shape.sizes[-2]))
    return {"input": shape}


def decomposed(draw: Draw) -> Arguments:
    return {"A": draw.shape(0, 4)}


def orthogonal(draw: Draw) -> Arguments:
    return {"A": draw.shape(0, 4), **draw.some({"mode": draw.random.choice(("reduced", "complete"))})}


def inner(draw: Draw) -> Arguments:
    a, b = draw.shape(0, 3), draw.shape(0, 3)
    if a.sizes and b.sizes and draw.chance(0.75):
        b = Shape((*b.sizes[:-1], a.sizes[-1]))
    return {"input": a, "other": b}


def tensordot(draw: Draw) -> Arguments:
    a, b = draw.shape(), draw.shape()
    if draw.chance(0.6):
        count = draw.random.randint(0, 2)
        if count and len(a.sizes) >= count and draw.chance(0.8):
            b = Shape((*a.sizes[-count:], *b.sizes[count:]))
        return {"a": a, "b": b, "dims": count}
    if a.sizes and b.sizes and draw.chance(0.8):
        b = Shape((a.sizes[-1], *b.sizes[1:]))
        return {"a": a, "b": b, "dims": ((-1,), (0,))}
    return {"a": a, "b": b, "dims": ((draw.dim(a),), (draw.dim(b),))}


def distances(draw: Draw) -> Arguments:
    a, b = draw.shape(1, 3), draw.shape(1, 3)
    return {"x1": a, "x2": Shape((*b.sizes[:-1], draw.near(a.sizes[-1])))}


def similar(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"x1": shape, "x2": draw.like(shape), **draw.some({"dim": draw.dim(shape)})}


def pair(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"x1": shape, "x2": draw.like(shape), **draw.some({"keepdim": True})}


def crossed(draw: Draw) -> Arguments:
    shape = draw.shape(1, 3)
    if draw.chance(0.8):
        shape = Shape((*shape.sizes[:-1], 3))
    return {"input": shape, "other": draw.like(shape), **draw.some({"dim": draw.dim(shape)})}


def vectors(draw: Draw) -> Arguments:
    shape = draw.shape(1, 3)
    return {"x": shape, "y": draw.like(shape), **draw.some({"dim": draw.dim(shape)})}


def diag(draw: Draw) -> Arguments:
    return {"input": draw.shape(0, 3), **draw.some({"diagonal": draw.random.randint(-3, 3)})}


def of_offset(draw: Draw) -> Arguments:
    return {"input": draw.shape(), **draw.some({"offset": draw.random.randint(-2, 2)})}


def addmv(draw: Draw) -> Arguments:
    matrix = draw.shape(1, 3) if draw.chance(0.2) else draw.shape(2, 2)
    vector = Shape((draw.near(matrix.sizes[-1]),)) if draw.chance(0.9) else draw.shape(0, 2)
    return {"input": Shape((matrix.sizes[0],)), "mat": matrix, "vec": vector}


def addbmm(draw: Draw) -> Arguments:
    a = draw.shape(3, 3) if draw.chance(0.9) else draw.shape(1, 4)
    b = Shape((draw.near(a.sizes[0]), draw.near(a.sizes[-1]), draw.size()))
    return {"input": Shape((*a.sizes[1:2], b.sizes[2])), "batch1": a, "batch2": b}


def bilinear(draw: Draw) -> Arguments:
    one = draw.shape(1, 3)
    two = Shape((*one.sizes[:-1], draw.size()))
    weight = Shape((draw.size(), draw.near(one.sizes[-1]), draw.near(two.sizes[-1])))
    return {"input1": one, "input2": two, "weight": weight}


def bilinear_layer(draw: Draw) -> Arguments:
    found = bilinear(draw)
    weight = found.pop("weight")
    assert isinstance(weight, Shape)
    names = ("out_features", "in1_features", "in2_features")
    return {**found, **dict(zip(names, weight.sizes, strict=True))}


def transformed(draw: Draw) -> Arguments:
    shape = draw.shape(0, 3)
    return {"input": shape, **draw.some({"n": draw.size() + 1, "dim": draw.dim(shape)})}


def transformed_back(draw: Draw) -> Arguments:
    shape = draw.shape(1, 3)
    shape = Shape((*shape.sizes[:-1], draw.random.randint(2, 5)))
    return {"input": shape, **draw.some({"n": draw.size() + 1, "dim": draw.dim(shape)})}


def transformed_dims(default: bool) -> Callable[[Draw], Arguments]:
    def make(draw: Draw) -> Arguments:
        shape = draw.shape(1, 4)
        dims = tuple(draw.dim(shape) for _ in range(draw.random.randint(1, 2)))
        found: Arguments = {"input": shape, **draw.some({"dim": dims})}
        if draw.chance(0.3):
            found["s"] = tuple(draw.size() + 1 for _ in range(2 if "dim" not in found and default else len(dims)))
        return found

    return make


def spectrogram(draw: Draw) -> Arguments:
    width = draw.random.choice((4, 6, 8))
    shape = Shape((*draw.shape(0, 1).sizes, draw.random.randint(5, 20)))
    more = draw.some({"hop_length": draw.random.randint(1, 4), "center": False})
    return {"input": shape, "n_fft": width, "return_complex": True, **more}
