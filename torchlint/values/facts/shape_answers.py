"""What a value may be, as far as shapes go: one answer for each path, and what becomes of several of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import product as combinations
from typing import NamedTuple

from torchlint.torch_facts import shape_functions
from torchlint.torch_facts.dims import ANY, Polynomial, Shape, Size, is_size, unknown
from torchlint.torch_facts.shape_functions.refusal import UNSURE, Given
from torchlint.values.facts import entry_shapes

# How many shapes of one value, and combinations of those of several, are looked at.
_MOST = 8
# Longer sizes are not known any more: `n = n * n + m`, written ten times, has more terms than there is time for.
_MOST_TERMS = 8
_MOST_CHARACTERS = 200


class Known(NamedTuple):
    """What an expression may be: shapes of tensors, sizes, other arguments, or tuples of them."""

    answers: tuple[object, ...]
    refusal: str = ""


NOTHING = Known((UNSURE,))


def known_as(answers: Iterator[object]) -> Known:
    found = tuple(map(_bounded, answers))
    return Known(found) if 0 < len(found) <= _MOST else NOTHING


def _bounded(answer: object) -> object:
    if isinstance(answer, Polynomial):
        return _short(answer)
    if isinstance(answer, Shape):
        return Shape(tuple(map(_short, answer.sizes)), answer.open)
    return tuple(map(_bounded, answer)) if type(answer) is tuple else answer


def _short(size: Size) -> Size:
    """A size, if it is short enough to go on computing with it."""
    if isinstance(size, int):
        return size
    names = (one.name for monomial in size.terms for one, _ in monomial)
    is_long = len(size.terms) > _MOST_TERMS or sum(map(len, names)) > _MOST_CHARACTERS
    return unknown() if is_long else size


def distinct(answers: Iterator[object]) -> Iterator[object]:
    """Each once; 1, 1.0 and True are not the same."""
    return iter({(type(answer), answer): answer for answer in answers if _hashable(answer)}.values())


def _hashable(answer: object) -> bool:
    return isinstance(answer, Hashable)


def combined(choices: Sequence[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    """All combinations of what each of some values may be; of too many, what differs is not known."""
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > _MOST:
        choices = [choice if len(choice) == 1 else (UNSURE,) for choice in choices]
    return combinations(*choices)


def widened(first: Known, after: Known) -> Known:
    """What holds before and after a turn: sizes that differ are not known."""
    if len(first.answers) != 1 or len(after.answers) != 1:
        return NOTHING
    one, two = first.answers[0], after.answers[0]
    if is_size(one) and is_size(two):
        return Known((unknown(),))
    if not isinstance(one, Shape) or not isinstance(two, Shape) or one.open or one.rank != two.rank:
        return NOTHING
    return Known((Shape(tuple(a if a == b else unknown() for a, b in zip(one.sizes, two.sizes, strict=True))),))


def covers(one: object, other: object) -> bool:
    """Whether all that something may be is among what another thing may be."""
    if isinstance(one, Shape) and isinstance(other, Shape):
        alike = one.rank == other.rank and len(one.sizes) == len(other.sizes)
        return alike and all(_is_anything(a) or a == b for a, b in zip(one.sizes, other.sizes, strict=True))
    return one is UNSURE or one == other or (is_size(one) and is_size(other) and _is_anything(one))


def _is_anything(size: Size) -> bool:
    """Whether nothing is known of a size."""
    if not isinstance(size, Polynomial):
        return False
    ((monomial, count), *others) = size.terms.items()
    return not others and count == 1 and all(type(one.key) is object and power == 1 for one, power in monomial)


def part_of(answer: object, key: int | str) -> object:
    """One of several results, or a slice of a tensor that is unpacked."""
    if isinstance(answer, entry_shapes.Rows):
        return answer.item
    if not isinstance(key, int):
        return UNSURE
    if isinstance(answer, Shape):
        return Shape(answer.sizes[1:]) if answer.sizes and not answer.open else ANY
    if isinstance(answer, tuple) and -len(answer) <= key < len(answer):
        return answer[key]
    return UNSURE


def size_at(shape: Shape, dim: int) -> Size | None:
    if shape.open and dim >= 0:
        return None
    return shape.sizes[dim] if -len(shape.sizes) <= dim < len(shape.sizes) else None


def length_of(answer: object) -> object:
    return len(answer) if isinstance(answer, tuple) else UNSURE


def is_vague(sizes: tuple[object, ...]) -> bool:
    """Whether a single size may be a list or another tensor."""
    return len(sizes) == 1 and not isinstance(sizes[0], int)


def with_ranks(given: Given) -> Iterator[Given]:
    """The same with each rank that the input may have, where only few are taken."""
    ranks = shape_functions.takes_ranks(given.name)
    shape = given.tensor()
    if not ranks or not shape.open or shape.at_least > max(ranks):
        yield given
        return
    for rank in ranks:
        if rank >= shape.at_least:
            front = tuple(unknown() for _ in range(rank - shape.at_least))
            yield Given(given.name, {**given.arguments, "input": Shape((*front, *shape.sizes))})
