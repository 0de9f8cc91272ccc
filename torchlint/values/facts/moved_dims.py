"""Dims that a view puts in another order: their sizes are named anew, and the elements stay where they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations, pairwise
from typing import NamedTuple

from torchlint.torch_facts import ops
from torchlint.torch_facts.dims import Polynomial, Shape, Size, Symbol, certainly_differ, product
from torchlint.torch_facts.shape_functions.refusal import Refusal
from torchlint.torch_facts.shape_functions.view_shapes import reshaped
from torchlint.values.facts import known_shapes
from torchlint.values.facts.tensors import is_reshaped
from torchlint.values.value import Call, Mutated, Op, Value

_DEPTH = 30


class _Part(NamedTuple):
    """A dim of the input that makes all or a part of one size of the view."""

    place: int
    dim: int
    size: Size
    is_whole: bool


def moved(view: Op) -> str:
    """Why the dims of a view or a reshape are not in their order, as a sentence; empty where all may be.

    Only what is clearly meant to be one dim of the input counts: a size that was taken from it (`x.shape[1]`), or a
    number that is one of its sizes and no other. Sizes of 1 have no order.
    """
    wanted = known_shapes.asked_sizes(view)
    if wanted is None:
        return ""
    shapes = {shape for shape in known_shapes.shapes(view.input) if not shape.open}
    shape = shapes.pop() if len(shapes) == 1 else None
    sources = [*_same_shapes(view.input)]
    if _is_new(sources[-1]):
        return ""
    own = _own_dims(shape, sources, wanted)
    sizes = _filled(shape, wanted)
    # What -1 stands for may be 1 where it is not known.
    parts = [*_parts(wanted, own)]
    return (
        _swapped(parts) or _displaced(parts, sizes, shape, own) or _split(parts, sizes) or _across(sources[-1], sizes)
    )


def _same_shapes(value: Value) -> Iterator[Value]:
    """A tensor, and those whose shape it has: before what keeps it."""
    for _ in range(_DEPTH):
        if isinstance(value, Mutated) and not is_reshaped(value):
            value = value.base
            continue
        yield value
        if not isinstance(value, Op) or ops.shape(value.name) != "same" or "input" not in value.args:
            return
        value = value.input


def _is_new(source: Value) -> bool:
    """Whether the elements of a tensor have no order yet: all are alike, drawn at random or learned."""
    if isinstance(source, Call):
        return source.qualname.endswith(".Parameter")
    return isinstance(source, Op) and ops.shape(source.name) == "size"


def _own_dims(shape: Shape | None, bases: Sequence[Value], wanted: Sequence[Size]) -> dict[Size, int]:
    """The sizes that certainly are those of one dim of the input, with the dim."""
    found: dict[Size, int] = {}
    for symbol in {one for size in wanted for one in _symbols(size)}:
        match symbol.key:
            case ("size", base, int() as dim) if dim >= 0 and any(base is each for each in bases):
                found[_polynomial(symbol)] = dim
    for dim, size in enumerate(shape.sizes if shape is not None else ()):
        is_one = isinstance(size, int) and size < 2
        if (
            not is_one
            and shape is not None
            and shape.sizes.count(size) == 1
            and (_is_symbol(size) or isinstance(size, int))
        ):
            found[size] = dim
    return found


def _symbols(size: Size) -> Iterator[Symbol]:
    if isinstance(size, Polynomial):
        for monomial in size.terms:
            yield from (one for one, _ in monomial)


def _is_symbol(size: Size) -> bool:
    """Whether a size is one symbol and nothing else."""
    return isinstance(size, Polynomial) and any(size == _polynomial(one) for one in _symbols(size))


def _polynomial(one: Symbol) -> Polynomial:
    return Polynomial({frozenset({(one, 1)}): 1})


def _filled(shape: Shape | None, wanted: tuple[Size, ...]) -> tuple[Size, ...]:
    """The sizes of the view, with that which -1 stands for where it is known."""
    if shape is None:
        return wanted
    try:
        return reshaped(shape, wanted).sizes
    except Refusal:
        return wanted


def _parts(sizes: Sequence[Size], own: Mapping[Size, int]) -> Iterator[_Part]:
    """The dims of the input that are found in the sizes of the view, from the first to the last.

    A size that the view has twice, as in `attention.view(b, h, w, h, w)`, is of no one dim.
    """
    made_of = [[size] if isinstance(size, int) else [*_factors(size)] for size in sizes]
    times = Counter(chain.from_iterable(made_of))
    for place, (size, factors) in enumerate(zip(sizes, made_of, strict=True)):
        for factor in sorted((each for each in factors if each in own and times[each] == 1), key=own.__getitem__):
            yield _Part(place, own[factor], factor, is_whole=size == factor)


def _factors(size: Size) -> Iterator[Size]:
    """The symbols that a size is a product of."""
    if isinstance(size, Polynomial) and len(size.terms) == 1:
        (monomial,) = size.terms
        yield from (_polynomial(one) for one, power in monomial if power == 1)


def _swapped(parts: Sequence[_Part]) -> str:
    """Two dims that have changed places. One was named by a size of the input: two numbers may be meant anew."""
    for first, second in combinations(parts, 2):
        named = isinstance(first.size, Polynomial) or isinstance(second.size, Polynomial)
        if named and first.place < second.place and first.dim > second.dim:
            return f"{_named(second)} stands before {_named(first)} in the tensor, and behind it here"
    return ""


def _displaced(parts: Sequence[_Part], sizes: Sequence[Size], shape: Shape | None, own: Mapping[Size, int]) -> str:
    """A dim that certainly has more or fewer elements before it than in the input."""
    by_dim = {dim: size for size, dim in own.items()}
    for part in parts:
        if not part.is_whole or not isinstance(part.size, Polynomial) or -1 in sizes[: part.place]:
            continue
        before = shape.sizes[: part.dim] if shape is not None else [by_dim.get(dim) for dim in range(part.dim)]
        known = [size for size in before if size is not None]
        if len(known) == part.dim and certainly_differ(product(known), product(sizes[: part.place])):
            there, here = (_listed(each) for each in (known, sizes[: part.place]))
            return f"{_named(part)} stands {there} in the tensor, and {here} here"
    return ""


def _split(parts: Sequence[_Part], sizes: Sequence[Size]) -> str:
    """A dim that another size was put before, though it follows the dim before it in the input: heads that are split
    off the last dim."""
    for first, second in pairwise(parts):
        between = sizes[first.place + 1 : second.place]
        follows = second.dim == first.dim + 1 and first.is_whole and second.is_whole
        if follows and between and all(_is_wide(size) for size in between):
            return f"{_named(second)} follows dim {first.dim} in the tensor, and stands {_listed(between)} here"
    return ""


def _is_wide(size: Size) -> bool:
    """Whether a size that is written out is meant to be more than 1."""
    return isinstance(size, Polynomial) or size > 1


def _across(source: Value, sizes: Sequence[Size]) -> str:
    """Rows of a batch of images that begin in one channel and end in another."""
    channels = source.constant("out_channels") if isinstance(source, Op) and source.layer is not None else None
    if not isinstance(channels, int) or len(sizes) < 3 or not _is_batch(sizes[0]):
        return ""
    rows = sizes[1]
    if not isinstance(rows, int) or rows < 2 or channels < 2 or rows % channels == 0 or channels % rows == 0:
        return ""
    return f"{rows} rows are neither a part nor a multiple of the {channels} channels that it has"


def _is_batch(size: Size) -> bool:
    return [one.key[::2] for one in _symbols(size) if isinstance(one.key, tuple)] == [("size", 0)]


def _named(part: _Part) -> str:
    return f"dim {part.dim}" if "?" in str(part.size) else f"dim {part.dim} (`{part.size}`)"


def _listed(sizes: Sequence[Size]) -> str:
    return f"behind {', '.join(f'`{size}`' for size in sizes)}" if sizes else "in front"
