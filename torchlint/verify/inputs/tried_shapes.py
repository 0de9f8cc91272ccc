"""The sizes at which a rewrite is tried: ranks 0 to 4, empty, one, square, larger than a block, and one long row."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from torchlint.verify.inputs.specs import InputError, Spec

# Sizes are primes that differ, so that a broadcast by accident raises.
PRIMES = (3, 5, 7, 4, 2, 6)
# cdist changes its algorithm above 25 rows.
BLOCK = 33
LONG = (1_024, 256, 96)
# More elements than this take seconds in half precision on a CPU.
MANY = 60_000

_PRODUCT = re.compile(r"(\d+)([A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Shapes:
    """The shapes of all tensors of a call.

    `kind` is `plain`, `square`, `one`, `empty` (no rows), `hollow` (rows without elements), `block`, `long`,
    `broadcast`; `sizes` are the named sizes, from which
    the bounds of labels come.
    """

    kind: str
    shapes: Mapping[str, tuple[int, ...]]
    sizes: Mapping[str, int]

    @property
    def rank(self) -> int:
        """The rank of the first tensor."""
        return len(next(iter(self.shapes.values()), ()))

    @property
    def label(self) -> str:
        return f"{self.kind} {' '.join('x'.join(map(str, shape)) or 'scalar' for shape in self.shapes.values())}"

    @property
    def elements(self) -> int:
        return sum(_count(shape) for shape in self.shapes.values())


def _count(shape: tuple[int, ...]) -> int:
    total = 1
    for extent in shape:
        total *= extent
    return total


def size_names(specs: Sequence[Spec]) -> tuple[str, ...]:
    """The named sizes of all specs, in order of appearance."""
    words = [word for spec in specs for word in (*(spec.shape or ()), spec.bound or "1")]
    found = [_PRODUCT.fullmatch(word).group(2) if _PRODUCT.fullmatch(word) else word for word in words]  # type: ignore[union-attr]
    return tuple(dict.fromkeys(name for name in found if name != "..." and not name.isdigit()))


def value_of(word: str, sizes: Mapping[str, int]) -> int:
    """A size word: `5`, `N` or `2N`. Raises `InputError`."""
    if word.isdigit():
        return int(word)
    match = _PRODUCT.fullmatch(word)
    if match:
        return int(match.group(1)) * value_of(match.group(2), sizes)
    if word not in sizes:
        raise InputError(f"the size {word!r} is not a number and not a name")
    return sizes[word]


def all_shapes(specs: Sequence[Spec]) -> list[Shapes]:
    """Every choice of shapes, the plain ones first."""
    tensors = [spec for spec in specs if spec.is_tensor]
    if not tensors:
        return [Shapes("plain", {}, {})]
    shaped = [spec for spec in tensors if spec.shape is not None]
    if shaped:
        return list(_named(tensors, shaped))
    return list(_free(tensors))


def _named(tensors: Sequence[Spec], shaped: Sequence[Spec]) -> Iterator[Shapes]:
    names = size_names(shaped)
    prefixes: tuple[tuple[int, ...], ...] = ((),)
    if any("..." in (spec.shape or ()) for spec in shaped):
        prefixes = ((7,), (), (2, 3), (2, 1, 3))
    longest: set[str] = set()
    for kind, sizes in _assignments(names):
        if kind == "long" and not _first_that_fits(sizes, longest, tensors, shaped):
            continue
        for prefix in prefixes if kind == "plain" else prefixes[:1]:
            yield Shapes(kind, _filled(tensors, shaped, sizes, prefix), sizes)


def _first_that_fits(
    sizes: Mapping[str, int], longest: set[str], tensors: Sequence[Spec], shaped: Sequence[Spec]
) -> bool:
    """Whether this is the first of the long sizes of a name with few enough elements; remembers it in `longest`."""
    name = max(sizes, key=lambda key: sizes[key])
    if name in longest or sum(map(_count, _filled(tensors, shaped, sizes, ()).values())) > MANY:
        return False
    longest.add(name)
    return True


def _filled(
    tensors: Sequence[Spec], shaped: Sequence[Spec], sizes: Mapping[str, int], prefix: tuple[int, ...]
) -> dict[str, tuple[int, ...]]:
    # A tensor without a shape takes that of the first floating-point one.
    model = next((spec for spec in shaped if spec.is_float), shaped[0])
    return {spec.name: _shape((spec if spec.shape else model).shape or (), sizes, prefix) for spec in tensors}


def _shape(words: Sequence[str], sizes: Mapping[str, int], prefix: tuple[int, ...]) -> tuple[int, ...]:
    parts = [prefix if word == "..." else (value_of(word, sizes),) for word in words]
    return tuple(itertools.chain.from_iterable(parts))


def _assignments(names: Sequence[str]) -> Iterator[tuple[str, dict[str, int]]]:
    if not names:
        yield "plain", {}
        return
    base = dict(zip(names, itertools.cycle(PRIMES), strict=False))
    yield "plain", base
    yield "plain", dict(zip(names, itertools.cycle((5, 3, 2, 6, 4)), strict=False))
    if len(names) > 1:
        yield "square", dict.fromkeys(names, 4)
    for name in names:
        yield "one", base | {name: 1}
    yield "one", dict.fromkeys(names, 1)
    for name in names[:3]:
        yield "block", base | {name: BLOCK}
    for name in names[:2]:
        for length in LONG:
            yield "long", base | {name: length}
    for name in names:
        yield "empty" if name == names[0] else "hollow", base | {name: 0}


def shapes_of_size(specs: Sequence[Spec], rows: int, columns: int) -> list[Shapes]:
    """Shapes for a measurement: the first named size is `rows`, the others `columns`; without names, one matrix,
    a vector and a square matrix.
    """
    tensors = [spec for spec in specs if spec.is_tensor]
    shaped = [spec for spec in tensors if spec.shape is not None]
    if not shaped:
        shapes = [(rows, columns), (rows * columns,), (columns, columns)]
        return [Shapes("plain", {spec.name: shape for spec in tensors}, {}) for shape in shapes if tensors]
    names = size_names(shaped)
    sizes = dict.fromkeys(names, columns) | ({names[0]: rows} if names else {})
    return [Shapes("plain", _filled(tensors, shaped, sizes, (2,)), sizes)]


_FREE: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("plain", (3, 5)),
    ("plain", (6,)),
    ("plain", (3, 4, 5)),
    ("plain", ()),
    ("plain", (2, 3, 4, 5)),
    ("plain", (5, 7)),
    ("square", (4, 4)),
    ("square", (3, 3, 3)),
    ("one", (1, 5)),
    ("one", (5, 1)),
    ("one", (1,)),
    ("block", (BLOCK, 3)),
    ("block", (3, BLOCK)),
    ("long", (LONG[0],)),
    ("long", (3, LONG[0])),
    ("empty", (0, 3)),
    ("hollow", (3, 0)),
    ("empty", (0,)),
)
_BROADCAST: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((3, 5), (1, 5)),
    ((3, 5), (3, 1)),
    ((3, 5), (5,)),
    ((3, 5), ()),
    ((5,), (3, 5)),
    ((4, 1), (4,)),
)


def _free(tensors: Sequence[Spec]) -> Iterator[Shapes]:
    for kind, shape in _FREE:
        yield Shapes(kind, {spec.name: shape for spec in tensors}, {})
    if len(tensors) < 2:
        return
    for first, second in _BROADCAST:
        rest = dict.fromkeys((spec.name for spec in tensors[1:]), second)
        yield Shapes("broadcast", {tensors[0].name: first, **rest}, {})
