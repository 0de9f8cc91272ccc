"""New tensors."""

from __future__ import annotations

import math

from torchlint.torch_facts.dims import ANY, Shape, Size, floor, is_size, unknown
from torchlint.torch_facts.shape_functions.elementwise_shapes import broadcast
from torchlint.torch_facts.shape_functions.refusal import UNSURE, Given, shape_of, sizes_of


def of_size(given: Given) -> Shape:
    """The sizes that are given."""
    wanted = sizes_of(given.get("size", UNSURE))
    return ANY if wanted is None else Shape(wanted)


def normal(given: Given) -> Shape:
    """The sizes that are given, else those of the means and deviations."""
    if given.has("size"):
        return of_size(given)
    return broadcast(*(shape_of(given.get(name, 0.0)) for name in ("mean", "std")))


def of_data(given: Given) -> Shape:
    """The shape of lists of lists of numbers."""
    data = given.get("data", UNSURE)
    found: list[Size] = []
    while isinstance(data, tuple):
        found.append(len(data))
        if not data:
            break
        data = data[0]
    if isinstance(data, Shape) and not found:
        return data
    is_number = isinstance(data, bool | int | float | complex) or data == ()
    return Shape(tuple(found)) if is_number and not (found and found[-1] == 0 and len(found) > 1) else ANY


def identity(given: Given) -> Shape:
    """`eye(n)` and `eye(n, m)`."""
    rows = given.size("n")
    return Shape((rows, given.size("m") if given.has("m") else rows))


def steps(given: Given) -> Shape:
    """As many as there are steps."""
    return Shape((given.size("steps"),))


def permutation(given: Given) -> Shape:
    """`randperm(n)`."""
    return Shape((given.size("n"),))


def counted(given: Given) -> Shape:
    """`arange`: from a start, 0 unless it is given, to an end that is left out."""
    start, end, step = given.get("start", 0), given.get("end", UNSURE), given.get("step", 1)
    if is_size(start) and is_size(end) and isinstance(step, int) and step > 0:
        length = end - start
        count = length if step == 1 else floor(length + (step - 1), step)
        return Shape((max(count, 0) if isinstance(count, int) else count,))
    if all(isinstance(part, int | float) for part in (start, end, step)) and step:
        return Shape((max(math.ceil((end - start) / step), 0),))  # type: ignore[operator]
    return Shape((unknown(),))
