"""Of views, joins and parts."""

from __future__ import annotations

from collections.abc import Callable

from torchlint.torch_facts.dims import Shape, Size
from torchlint.torch_facts.shape_functions.refusal import Mask, Places, Span
from torchlint.verify.shape_proofs.drawn.draw import Arguments, Draw


def view(draw: Draw) -> Arguments:
    shape = draw.shape(0, 4)
    sizes = [*shape.sizes]
    draw.random.shuffle(sizes)
    if len(sizes) > 1 and draw.chance(0.5):
        sizes[:2] = [sizes[0] * sizes[1]]
    if sizes and draw.chance(0.4):
        sizes[draw.random.randrange(len(sizes))] = -1
    if draw.chance(0.2):
        sizes.append(draw.size())
    if sizes and draw.chance(0.2):
        sizes[0] = draw.size()
    return {"input": shape, "shape": tuple(sizes)}


def flatten(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"input": shape, **draw.some({"start_dim": draw.dim(shape), "end_dim": draw.dim(shape)})}


def unflatten(draw: Draw) -> Arguments:
    shape = draw.shape(1)
    dim = draw.dim(shape)
    return {"input": shape, "dim": dim, "sizes": tuple(draw.random.choice((-1, 1, 2, 3)) for _ in range(2))}


def unflatten_layer(draw: Draw) -> Arguments:
    found = unflatten(draw)
    return {"input": found["input"], "dim": found["dim"], "unflattened_size": found["sizes"]}


def permute(draw: Draw) -> Arguments:
    shape = draw.shape()
    dims = list(range(len(shape.sizes)))
    draw.random.shuffle(dims)
    if dims and draw.chance(0.2):
        dims[0] = draw.dim(shape)
    return {"input": shape, "dims": tuple(dim - len(dims) if draw.chance(0.3) else dim for dim in dims)}


def transpose(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"input": shape, "dim0": draw.dim(shape), "dim1": draw.dim(shape)}


def unsqueeze(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"input": shape, "dim": draw.random.randint(-len(shape.sizes) - 2, len(shape.sizes) + 1)}


def squeeze(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"input": shape, **draw.some({"dim": draw.dims(shape)})}


def expand(draw: Draw) -> Arguments:
    shape = draw.shape()
    sizes = [draw.size() if size == 1 else -1 if draw.chance(0.2) else draw.near(size) for size in shape.sizes]
    front = [draw.size() for _ in range(draw.random.randint(0, 1))]
    return {"input": shape, "size": tuple((*front, *sizes)[(1 if draw.chance(0.1) else 0) :])}


def repeat(name: str) -> Callable[[Draw], Arguments]:
    def make(draw: Draw) -> Arguments:
        shape = draw.shape()
        count = max(len(shape.sizes) + draw.random.randint(-1, 1), 0)
        return {"input": shape, name: tuple(draw.size(2) for _ in range(count))}

    return make


def reshape_as(draw: Draw) -> Arguments:
    shape = draw.shape()
    sizes = [*shape.sizes]
    draw.random.shuffle(sizes)
    return {"input": shape, "other": draw.like(Shape(tuple(sizes)))}


def diagonal(draw: Draw) -> Arguments:
    shape = draw.shape(1)
    return {"input": shape, **draw.some({"offset": draw.random.randint(-2, 2), "dim1": draw.dim(shape)})}


def movedim(draw: Draw) -> Arguments:
    shape = draw.shape(1)
    if draw.chance(0.5):
        return {"input": shape, "source": draw.dim(shape), "destination": draw.dim(shape)}
    return {"input": shape, "source": (0, draw.dim(shape)), "destination": (-1, draw.dim(shape))}


def windows(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"input": shape, "dimension": draw.dim(shape), "size": draw.size(3), "step": draw.size(2)}


def pad(draw: Draw) -> Arguments:
    return {
        "input": draw.shape(1),
        "pad": tuple(draw.random.randint(0, 2) for _ in range(2 * draw.random.randint(1, 3))),
    }


def cat(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"tensors": tuple(draw.like(shape) for _ in range(3)), **draw.some({"dim": draw.dim(shape)})}


def stack(draw: Draw) -> Arguments:
    shape = draw.shape()
    others = tuple(draw.like(shape) if draw.chance(0.2) else shape for _ in range(2))
    return {"tensors": (shape, *others), **draw.some({"dim": draw.random.randint(-len(shape.sizes) - 2, 3)})}


def chunk(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"input": shape, "chunks": draw.size(), **draw.some({"dim": draw.dim(shape)})}


def split(draw: Draw) -> Arguments:
    shape = draw.shape(1)
    dim = draw.random.randrange(len(shape.sizes))
    size = shape.sizes[dim]
    parts: object = draw.size()
    if draw.chance(0.5) and isinstance(size, int):
        parts = (1, size - 1) if size > 1 and draw.chance(0.7) else (draw.size(), draw.size())
    return {"input": shape, "split_size_or_sections": parts, "dim": dim}


def split_with_sizes(draw: Draw) -> Arguments:
    shape = draw.shape(1)
    return {"input": shape, "split_sizes": (1, draw.size()), **draw.some({"dim": draw.dim(shape)})}


def narrow(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"input": shape, "dim": draw.dim(shape), "start": 0, "length": draw.size()}


def select(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"input": shape, "dim": draw.dim(shape), "index": draw.random.randint(-4, 4)}


def index_select(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"input": shape, "dim": draw.dim(shape), "index": draw.shape(0, 2) if draw.chance(0.2) else draw.shape(1, 1)}


def gather(draw: Draw) -> Arguments:
    shape = draw.shape()
    return {"input": shape, "dim": draw.dim(shape), "index": draw.like(shape)}


def getitem(draw: Draw) -> Arguments:
    shape = draw.shape()
    parts: list[object] = []
    left = list(shape.sizes)
    while left:
        part = _index(draw, left)
        left = left[len(part.shape.sizes) if isinstance(part, Mask) else 0 if part is None else 1 :]
        parts.append(part)
        if draw.chance(0.1):
            break
    if draw.chance(0.3):
        parts.insert(draw.random.randint(0, len(parts)), ...)
    if draw.chance(0.1):
        parts.append(0)
    return {"input": shape, "index": tuple(parts) if len(parts) != 1 or draw.chance(0.5) else parts[0]}


def _index(draw: Draw, left: list[Size]) -> object:
    """An index of the first of the dims that are left; a mask of some of them."""
    if draw.chance(0.15):
        return Mask(Shape(tuple(draw.near(size) for size in left[: draw.random.randint(1, 2)])))
    if draw.chance(0.2):
        return Places(draw.random.choice((Shape((3,)), Shape((3,)), draw.shape(0, 2))))
    return draw.random.choice((draw.random.randint(-2, 2), None, Span(None, None, None), span(draw, left[0])))


def span(draw: Draw, size: object) -> Span:
    start, stop = (draw.random.choice((None, draw.random.randint(-3, 5))) for _ in range(2))
    return Span(start, stop, draw.random.choice((None, 1, 2)))
