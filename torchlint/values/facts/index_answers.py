"""What an index may be, and what is taken with it."""

from __future__ import annotations

from collections.abc import Callable

from torchlint.torch_facts import shape_functions
from torchlint.torch_facts.dims import Shape, unknown
from torchlint.torch_facts.shape_functions.refusal import UNSURE, Given, Mask, Places, Span
from torchlint.torch_facts.signatures import Kind
from torchlint.values.facts.dtypes import dtype_class
from torchlint.values.facts.entry_shapes import Rows
from torchlint.values.facts.shape_answers import combined, part_of
from torchlint.values.facts.tensors import kind
from torchlint.values.value import Items, Value


def taken(given: Given) -> object:
    """`x[0]` of what may be a tensor or a tuple."""
    whole, index = given.get("input"), given.get("index")
    if isinstance(whole, Rows):
        return UNSURE if isinstance(index, Span) else whole.item
    if isinstance(whole, tuple):
        if isinstance(index, Span):
            start, stop, step = (part if isinstance(part, int) else None for part in index.parts)
            return whole[start:stop:step] if (start, stop, step) == index.parts else UNSURE
        return part_of(whole, index) if isinstance(index, int) and not isinstance(index, bool) else UNSURE
    return shape_functions.result(given)


def indices(index: Value, answers_of: Callable[[Value], tuple[object, ...]]) -> tuple[object, ...]:
    """An index, whose parts are numbers only where that is certain: a name may hold a mask or a list."""
    if isinstance(index, Items) and index.kind != "tuple":
        return (_listed(index),)
    if isinstance(index, Items):
        return tuple(map(tuple, combined([indices(part, answers_of) for part in index.items])))
    answers = answers_of(index)
    if all(isinstance(answer, Span | int | None) or answer is ... for answer in answers):
        return answers
    if kind(index) is Kind.INT:
        return (unknown(),)
    return tuple(_as_index(index, answer) for answer in answers)


def _listed(index: Items) -> object:
    """A list is taken as a tensor: of places, or of bools."""
    kinds = {kind(item) for item in index.items}
    made = Places if kinds == {Kind.INT} else Mask if kinds == {Kind.BOOL} else None
    return UNSURE if made is None else made(Shape((len(index.items),)))


def _as_index(index: Value, answer: object) -> object:
    """A tensor as an index: what its elements are decides what it takes."""
    if not isinstance(answer, Shape):
        return UNSURE
    elements = dtype_class(index)
    return Places(answer) if elements == "int" else Mask(answer) if elements == "bool" else UNSURE
