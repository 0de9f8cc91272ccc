"""Arithmetic of sizes, and of tuples of them, that Python does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torchlint.torch_facts.dims import Size, floor, is_size, symbol
from torchlint.torch_facts.shape_functions.refusal import UNSURE
from torchlint.values.facts.shape_answers import Known, combined, distinct, known_as

ARITHMETIC: Mapping[str, Callable[[Size, Size], Size]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "floor_divide": floor,
}


def calculated(name: str, operands: Sequence[tuple[object, ...]]) -> Known | None:
    """Arithmetic of sizes, or of tuples of them; None where it is one of tensors."""
    found: list[object] = []
    for a, b in combined(operands):
        if is_size(a) and is_size(b):
            found.append(ARITHMETIC[name](a, b))
        elif isinstance(a, tuple) and isinstance(b, tuple):
            found.append((*a, *b) if name == "add" else UNSURE)
        else:
            return None
    return known_as(distinct(found))


def rounded(size: Size) -> Size:
    """A size that `int` is called for: in `int(256 * width)` the width may be 0.25, and it is not a multiple of 256."""
    if isinstance(size, int) or (len(size.terms) == 1 and set(size.terms.values()) == {1}):
        return size
    symbols = [one for monomial in size.terms for one, _ in monomial]
    if all(isinstance(one.key, tuple) and one.key[0] == "size" for one in symbols):
        return size
    return symbol(f"int({size})", ("int", size))
