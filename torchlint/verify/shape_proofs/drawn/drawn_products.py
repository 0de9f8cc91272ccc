"""Of products of matrices."""

from __future__ import annotations

from collections.abc import Callable

from torchlint.torch_facts.dims import Shape
from torchlint.verify.shape_proofs.drawn.draw import Arguments, Draw


def matrices(first: tuple[int, int], second: tuple[int, int], name: str) -> Callable[[Draw], Arguments]:
    def make(draw: Draw) -> Arguments:
        a = draw.shape(*first)
        sizes = list(draw.shape(*second).sizes)
        if a.sizes and sizes and draw.chance(0.8):
            sizes[-2 if len(sizes) > 1 else -1] = a.sizes[-1]
        if len(sizes) > 2 and len(a.sizes) > 2 and draw.chance(0.8):
            sizes[:-2] = a.sizes[: len(sizes) - 2]
        return {"input": a, name: Shape(tuple(sizes))}

    return make


def linear(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {
        "input": shape,
        "in_features": draw.near((*shape.sizes, 3)[-1 if not shape.sizes else len(shape.sizes) - 1]),
        "out_features": draw.size(),
    }


def linear_function(draw: Draw) -> Arguments:
    shape = draw.shape(1)
    return {"input": shape, "weight": Shape((draw.size(), draw.near(shape.sizes[-1])))}


def einsum(draw: Draw) -> Arguments:
    terms = [
        draw.random.choice(("i", "ij", "jk", "bij", "bjk", "ijk", "bhid")) for _ in range(draw.random.randint(1, 2))
    ]
    sizes = {letter: draw.size() for letter in "ijkbhd"}
    letters = sorted(set("".join(terms)))
    draw.random.shuffle(letters)
    right = "" if draw.chance(0.2) else "->" + "".join(letters[: draw.random.randint(0, len(letters))])
    shapes = [Shape(tuple(draw.near(sizes[letter]) for letter in term)) for term in terms]
    if draw.chance(0.1):
        shapes[0] = draw.like(shapes[0])
    return {"equation": ",".join(terms) + right, "operands": tuple(shapes)}


def addmm(draw: Draw) -> Arguments:
    a = draw.shape(2, 2)
    b = Shape((draw.near(a.sizes[1]), draw.size()))
    return {"input": draw.like(Shape((a.sizes[0], b.sizes[1]))), "mat1": a, "mat2": b}


def baddbmm(draw: Draw) -> Arguments:
    a = draw.shape(3, 3)
    b = Shape((draw.near(a.sizes[0]), draw.near(a.sizes[2]), draw.size()))
    return {"input": Shape((a.sizes[0], draw.near(a.sizes[1]), b.sizes[2])), "batch1": a, "batch2": b}
