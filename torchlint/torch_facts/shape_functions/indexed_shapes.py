"""`x[...]`."""

from __future__ import annotations

from torchlint.torch_facts.dims import ANY, Shape, Size, is_size, unknown
from torchlint.torch_facts.shape_functions.refusal import Given, Refusal, Span


def indexed(given: Given) -> Shape:
    """The shape of a part of a tensor.

    Raises `Refusal` where there are more indices than dims, or an index is out of range.
    """
    shape, index = given.tensor(), given.get("index")
    parts = index if isinstance(index, tuple) else (index,)
    if not all(part is None or part is ... or _is_index(part) or isinstance(part, Span) for part in parts):
        return ANY
    taken = sum(part is not None and part is not ... for part in parts)
    if sum(part is ... for part in parts) > 1:
        return ANY
    if shape.rank is None:
        return _of_open(shape, parts)
    if taken > shape.rank:
        raise Refusal(f"{taken} indices are taken of shape {shape}")
    return Shape(tuple(_taken(shape, parts, taken)))


def _is_index(part: object) -> bool:
    return is_size(part)


def _of_open(shape: Shape, parts: tuple[object, ...]) -> Shape:
    """Of a tensor whose first dims are not known: what stands after `...` is counted from the end."""
    if ... not in parts:
        return ANY
    at = parts.index(...)
    behind = parts[at + 1 :]
    taken = sum(part is not None for part in behind)
    before = parts[:at]
    plain = not any(is_size(part) or part is None for part in before)
    if taken > len(shape.sizes) or not plain:
        return ANY
    rest = Shape(shape.sizes[len(shape.sizes) - taken :])
    # How many of the known dims are taken from the front is not known.
    kept = shape.sizes[: len(shape.sizes) - taken] if not before else ()
    return Shape((*kept, *_taken(rest, behind, taken)), True)


def _taken(shape: Shape, parts: tuple[object, ...], taken: int) -> list[Size]:
    left = list(shape.sizes)
    found: list[Size] = []
    behind = taken
    for part in parts:
        if part is None:
            found.append(1)
        elif part is ...:
            keep = len(left) - behind
            found.extend(left[:keep])
            left = left[keep:]
        else:
            size = left.pop(0)
            behind -= 1
            if isinstance(part, Span):
                found.append(_sliced(size, part))
            elif isinstance(part, int) and isinstance(size, int) and not -size <= part < size:
                raise Refusal(f"index {part} is taken of a dim that has {size}: the shape is {shape}")
    return [*found, *left]


def _sliced(size: Size, span: Span) -> Size:
    """How many a slice takes."""
    start, stop, step = span.parts
    if start is None and stop is None and step is None:
        return size
    if not all(part is None or isinstance(part, int) for part in span.parts):
        return unknown()
    if isinstance(size, int):
        if isinstance(step, int) and step <= 0:
            return unknown()
        return len(range(*slice(start, stop, step).indices(size)))
    return unknown()
