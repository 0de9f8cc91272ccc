"""Random calls of an operation: what its shape function says of them, of numbers and of symbols, against torch."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import NamedTuple

from torchlint.torch_facts import shape_functions
from torchlint.torch_facts.dims import Polynomial, Shape, Size, Symbol, symbol
from torchlint.torch_facts.shape_functions.refusal import Given, Mask, Places, Refusal, Span
from torchlint.verify.shape_proofs.drawn import makers
from torchlint.verify.shape_proofs.drawn.draw import Draw
from torchlint.verify.shape_proofs.torch_call import outcome


class Proof(NamedTuple):
    """What came of the calls of one operation.

    `distinct` of the calls were not the same as an earlier one. `known` of the accepted calls were given their shape,
    `refused` of those that torch raised for were refused. `contradictions` are calls of which something was said that
    is not so.
    """

    name: str
    calls: int
    distinct: int
    accepted: int
    known: int
    raised: int
    refused: int
    contradictions: tuple[str, ...]


def prove(name: str, calls: int, seed: int = 0) -> Proof:
    """Compare a shape function with torch on random calls: torch is asked once where the same call is drawn again, and
    other symbols are put into it."""
    draw, make = Draw(seed), makers()[name]
    outcomes: dict[Hashable, shape_functions.Result | str] = {}
    accepted = known = raised = refused = 0
    contradictions: list[str] = []
    for _ in range(calls):
        arguments = make(draw)
        key = _key(arguments)
        truth = outcomes.get(key)
        if truth is None:
            truth = outcomes[key] = outcome(name, arguments)
        said = _said(name, arguments)
        if isinstance(truth, str):
            raised += 1
            refused += isinstance(said, str)
        else:
            accepted += 1
            known += said == truth
        for variant, values in _variants(draw, arguments):
            answer = said if variant is arguments else _said(name, variant)
            if not _agrees(answer, truth, values):
                contradictions.append(f"{name}({_written(variant)}): {_text(answer)}, and torch: {_text(truth)}")
    return Proof(name, calls, len(outcomes), accepted, known, raised, refused, tuple(contradictions))


def _key(value: object) -> Hashable:
    """A call, so that 1, 1.0 and True are told apart."""
    if isinstance(value, dict):
        return tuple((name, _key(part)) for name, part in value.items())
    if type(value) is tuple:
        return (tuple, *map(_key, value))
    if isinstance(value, Span):
        return (Span, *value.parts)
    return type(value), value


def _said(name: str, arguments: Mapping[str, object]) -> shape_functions.Result | str:
    try:
        return shape_functions.result(Given(name, arguments))
    except Refusal as reason:
        return str(reason)


def _variants(draw: Draw, arguments: dict[str, object]) -> Iterator[tuple[dict[str, object], dict[Symbol, int]]]:
    """The call itself; with symbols for some of its numbers; with the first dims of a tensor not known."""
    yield arguments, {}
    sizes = {size for value in arguments.values() for size in _sizes(value)}
    chosen = {size for size in sizes if size > 0 and draw.chance(0.6)}
    if chosen:
        values = {Symbol(("drawn", size), f"s{size}"): size for size in chosen}
        yield {name: _abstract(value, chosen) for name, value in arguments.items()}, values
    opened = {name: _opened(draw, value) for name, value in arguments.items()}
    yield opened, {}


def _sizes(value: object) -> Iterator[int]:
    """The sizes of tensors in an argument."""
    if isinstance(value, Mask | Places):
        value = value.shape
    if isinstance(value, Shape):
        yield from (size for size in value.sizes if isinstance(size, int))
    elif isinstance(value, tuple):
        for part in value:
            yield from _sizes(part)


def _abstract(value: object, chosen: set[int]) -> object:
    """An argument with a symbol for each of these sizes, wherever it may be one."""
    if isinstance(value, Shape):
        return Shape(tuple(_symbol(size) if size in chosen else size for size in value.sizes), value.open)
    if isinstance(value, Mask | Places):
        shape = Shape(tuple(_symbol(size) if size in chosen else size for size in value.shape.sizes))
        return value._replace(shape=shape)
    if type(value) is tuple and any(isinstance(part, Shape | Mask | Places) for part in value):
        return tuple(_abstract(part, chosen) for part in value)
    return value


def _symbol(size: Size) -> Size:
    return symbol(f"s{size}", ("drawn", size))


def _opened(draw: Draw, value: object) -> object:
    if isinstance(value, Shape):
        return Shape(value.sizes[draw.random.randint(0, len(value.sizes)) :], True) if draw.chance(0.7) else value
    if isinstance(value, tuple) and value and all(isinstance(part, Shape) for part in value):
        return tuple(_opened(draw, part) for part in value)
    return value


def _agrees(said: shape_functions.Result | str, truth: shape_functions.Result | str, values: dict[Symbol, int]) -> bool:
    """Whether nothing is said that is not so: a refusal that is one, sizes that are the same."""
    if isinstance(said, str):
        return isinstance(truth, str)
    return isinstance(truth, str) or _holds(said, truth, values)


def _holds(said: shape_functions.Result, truth: shape_functions.Result, values: dict[Symbol, int]) -> bool:
    if isinstance(truth, Shape) and truth.open:
        return True  # there is no such result
    if isinstance(said, Shape) and isinstance(truth, Shape):
        fits = len(said.sizes) <= len(truth.sizes) if said.open else len(said.sizes) == len(truth.sizes)
        pairs = zip(reversed(said.sizes), reversed(truth.sizes), strict=False)
        return fits and all(_value(one, values) in (None, two) for one, two in pairs)
    if isinstance(said, tuple) and isinstance(truth, tuple):
        return len(said) == len(truth) and all(_holds(one, two, values) for one, two in zip(said, truth, strict=True))
    return isinstance(said, Shape) and said.open and not said.sizes


def _value(size: Size, values: dict[Symbol, int]) -> int | None:
    """The number that a size is, symbols given; None where one of them is not known."""
    if not isinstance(size, Polynomial):
        return size
    total = 0
    for monomial, count in size.terms.items():
        for one, power in monomial:
            known = _of_symbol(one, values)
            if known is None:
                return None
            count *= known**power
        total += count
    return total


def _of_symbol(one: Symbol, values: dict[Symbol, int]) -> int | None:
    if isinstance(one.key, tuple) and one.key[0] == "floor":
        top, bottom = (_value(part, values) for part in one.key[1:])
        return None if top is None or not bottom else top // bottom
    return values.get(one)


def _written(arguments: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in arguments.items())


def _text(answer: shape_functions.Result | str) -> str:
    return f"refused ({answer})" if isinstance(answer, str) else f"{answer}"
