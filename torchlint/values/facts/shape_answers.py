"""What a value may be, as far as shapes go: one answer for each path, and what becomes of several of them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from itertools import product as combinations
from math import prod
from typing import NamedTuple

from torchlint.torch_facts.dims import ANY, Polynomial, Shape, Size, is_size, unknown
from torchlint.torch_facts.shape_functions.refusal import UNSURE, Given, Span
from torchlint.values.facts import entry_shapes
from torchlint.values.value import Op

# How many shapes of one value, and combinations of those of several, are looked at.
_MOST = 8
# Longer sizes are not known any more: `n = n * n + m`, written ten times, has more terms than there is time for.
_MOST_TERMS = 8
_MOST_CHARACTERS = 200
_LONGEST_NAME = 24


class Known(NamedTuple):
    """What an expression may be: shapes of tensors, sizes, other arguments, or tuples of them."""

    answers: tuple[object, ...]
    refusal: str = ""


NOTHING = Known((UNSURE,))


def known_as(answers: Iterable[object]) -> Known:
    found = tuple(map(_bounded, answers))
    if not found:
        return NOTHING
    return Known(found if len(found) <= _MOST else (joined(found),))


def joined(answers: Sequence[object]) -> object:
    """What all of some answers have in common: how many dims or parts there are, and what is the same in all."""
    first = answers[0]
    if all(answer == first and type(answer) is type(first) for answer in answers):
        return first
    if all(map(is_size, answers)):
        return unknown()
    shapes = [answer for answer in answers if isinstance(answer, Shape)]
    if len(shapes) == len(answers):
        return _joined_shape(shapes)
    if all(isinstance(answer, Span) for answer in answers):
        return Span(*map(joined, zip(*(answer.parts for answer in answers if isinstance(answer, Span)), strict=True)))
    rows = [answer for answer in answers if type(answer) is tuple]
    if len(rows) < len(answers) or len({*map(len, rows)}) > 1:
        return UNSURE
    return tuple(map(joined, zip(*rows, strict=True)))


def _joined_shape(shapes: Sequence[Shape]) -> Shape:
    count = min(len(shape.sizes) for shape in shapes)
    last = [shape.sizes[len(shape.sizes) - count :] for shape in shapes]
    sizes = tuple(each[0] if each.count(each[0]) == len(each) else unknown() for each in zip(*last, strict=True))
    return Shape(sizes, any(shape.open or len(shape.sizes) > count for shape in shapes))


def _bounded(answer: object) -> object:
    if isinstance(answer, Polynomial):
        return _short(answer)
    if isinstance(answer, Shape):
        is_long = any(_short(size) is not size for size in answer.sizes)
        return Shape(tuple(map(_short, answer.sizes)), answer.open) if is_long else answer
    return tuple(map(_bounded, answer)) if type(answer) is tuple else answer


def _short(size: Size) -> Size:
    """A size, if it is short enough to go on computing with it."""
    if not isinstance(size, Polynomial):
        return size
    count = 0
    for monomial in size.terms:
        for one, _ in monomial:
            count += len(one.name)
    return unknown() if count > _MOST_CHARACTERS or len(size.terms) > _MOST_TERMS else size


def distinct(answers: Iterable[object]) -> Iterable[object]:
    """Each once; 1, 1.0 and True are not the same."""
    return {(type(answer), answer): answer for answer in answers}.values()


def combined(choices: Sequence[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    """All combinations of what each of some values may be; of too many, only what they have in common is known."""
    if prod(map(len, choices)) > _MOST:
        choices = [(joined(choice),) for choice in choices]
    return combinations(*choices)


def widened(first: Known, after: Known) -> Known:
    """What holds before and after a turn: sizes that differ are not known."""
    return Known((joined((*first.answers, *after.answers)),))


def covers(one: object, other: object) -> bool:
    """Whether all that something may be is among what another thing may be."""
    if isinstance(one, Shape) and isinstance(other, Shape):
        more = len(other.sizes) - len(one.sizes)
        alike = more >= 0 if one.open else more == 0 and not other.open
        return alike and all(is_anything(a) or a == b for a, b in zip(one.sizes, other.sizes[more:], strict=True))
    return one is UNSURE or one == other or (is_size(one) and is_size(other) and is_anything(one))


def is_anything(size: Size) -> bool:
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


def written_name(op: Op) -> str:
    """The name that a size is given where a shape is unpacked, or what it is read by."""
    node = op.node
    if isinstance(node, ast.Subscript | ast.Call):
        text = ast.unparse(node)
        return text if len(text) <= _LONGEST_NAME else "?"
    return getattr(node, "id", "?")


def with_ranks(given: Given, ranks: Sequence[int]) -> Iterator[Given]:
    """The same with each rank that the input may have, of those that are taken."""
    shape = given.tensor()
    if not shape.open or shape.at_least > max(ranks):
        yield given
        return
    for rank in ranks:
        if rank >= shape.at_least:
            front = tuple(unknown() for _ in range(rank - shape.at_least))
            yield Given(given.name, {**given.arguments, "input": Shape((*front, *shape.sizes))})
