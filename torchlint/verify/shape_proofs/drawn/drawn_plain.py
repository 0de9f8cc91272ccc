"""Of one tensor, of tensors of one shape, reductions, losses and new tensors."""

from __future__ import annotations

from collections.abc import Callable

from torchlint.torch_facts.dims import Shape
from torchlint.verify.shape_proofs.drawn.draw import Arguments, Draw

# One of which there is not.
_REDUCTIONS = ("none", "none", "sum", "sum", "mean", "average")


def tensor(draw: Draw) -> Arguments:
    return {"input": draw.shape()}


def two(second: str = "other") -> Callable[[Draw], Arguments]:
    def make(draw: Draw) -> Arguments:
        shape = draw.shape()
        return {"input": shape, second: draw.like(shape)}

    return make


def with_dim(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"input": shape, "dim": draw.dim(shape)}


def reduced(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"input": shape, **draw.some({"dim": draw.dims(shape), "keepdim": True})}


def reduced_one(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"input": shape, "dim": draw.dim(shape), **draw.some({"keepdim": True})}


def extreme(draw: Draw) -> Arguments:
    if draw.chance(0.3):
        return two()(draw)
    return reduced_one(draw) if draw.chance(0.7) else tensor(draw)


def class_loss(draw: Draw) -> Arguments:
    scores = draw.shape(2, 4)
    labels = Shape((scores.sizes[0], *scores.sizes[2:]))
    target = draw.like(labels if draw.chance(0.8) else scores)
    return {"input": scores, "target": target, **draw.some({"reduction": draw.random.choice(_REDUCTIONS)})}


def loss(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"input": shape, "target": draw.like(shape), **draw.some({"reduction": draw.random.choice(_REDUCTIONS)})}


def prelu(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"input": shape, "num_parameters": draw.near((*shape.sizes, 1, 1)[1])}


def arange(draw: Draw) -> Arguments:
    if draw.chance(0.4):
        return {"end": draw.random.choice((5, 3, 2.5))}
    return {
        "start": draw.random.choice((0, 1, -2)),
        "end": draw.random.randint(2, 9),
        "step": draw.random.choice((1, 2, 3)),
    }


def sized(draw: Draw) -> Arguments:
    return {"size": draw.shape().sizes}


def data(draw: Draw) -> Arguments:
    rows = tuple(float(index) for index in range(draw.random.randint(0, 3)))
    return {"data": draw.random.choice((1.0, rows, (rows,) * 2 if rows else 2))}


def named_loss(*names: str) -> Callable[[Draw], Arguments]:
    """A loss of several tensors of about one shape, by the names that it has for them."""

    def make(draw: Draw) -> Arguments:
        shape = draw.shape()
        tensors = {name: draw.like(shape) if index else shape for index, name in enumerate(names)}
        return {**tensors, **draw.some({"reduction": draw.random.choice(_REDUCTIONS)})}

    return make


def rows_loss(draw: Draw) -> Arguments:
    """A loss of two tensors of rows, and a label for each."""
    shape = draw.shape(1, 2)
    target = Shape(shape.sizes[:-1]) if draw.chance(0.8) else draw.shape(0, 1)
    return {
        "input1": shape,
        "input2": draw.like(shape),
        "target": target,
        "reduction": draw.random.choice(_REDUCTIONS),
    }
