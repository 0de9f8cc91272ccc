"""Sizes of tensors as numbers, symbols, and sums and products of them; shapes made of them.

A symbol stands for one integer that is not known. What is not known at all is a symbol of its own, so that arithmetic
needs no other case.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from typing import NamedTuple, TypeGuard


class Symbol(NamedTuple):
    """An integer, not below 0 unless it is `free`. Symbols of one `key` are the same; `name` is what people call it."""

    key: Hashable
    name: str
    free: bool = False


# Symbols with their powers, in no order: `{(h, 2), (w, 1)}` is h * h * w, the empty one is 1.
Monomial = frozenset[tuple[Symbol, int]]
_ONE: Monomial = frozenset()


class Polynomial:
    """A sum of products of symbols, which is not just a number."""

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[Monomial, int]) -> None:
        self.terms = dict(terms)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polynomial) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    def __add__(self, other: Size) -> Size:
        found = dict(self.terms)
        for monomial, count in _terms(other).items():
            found[monomial] = found.get(monomial, 0) + count
        return _size(found)

    def __mul__(self, other: Size) -> Size:
        found: dict[Monomial, int] = {}
        for one, count in self.terms.items():
            for two, more in _terms(other).items():
                product = _product(one, two)
                found[product] = found.get(product, 0) + count * more
        return _size(found)

    def __neg__(self) -> Size:
        return self * -1

    def __sub__(self, other: Size) -> Size:
        return self + -other

    def __rsub__(self, other: int) -> Size:
        return -self + other

    __radd__ = __add__
    __rmul__ = __mul__

    def __str__(self) -> str:
        ordered = sorted(self.terms.items(), key=lambda term: (not term[0], _written(*term)))
        return " + ".join(_written(*term) for term in ordered).replace("+ -", "- ")


Size = int | Polynomial


def symbol(name: str, key: Hashable) -> Size:
    """The size that a symbol is."""
    return Polynomial({frozenset({(Symbol(key, name), 1)}): 1})


def _free(name: str, key: Hashable) -> Size:
    return Polynomial({frozenset({(Symbol(key, name, free=True), 1)}): 1})


def unknown(name: str = "?") -> Size:
    """A size of which nothing is known: another one than all others."""
    return _free(name, object())


def product(sizes: Iterable[Size]) -> Size:
    """The product of some sizes."""
    result: Size = 1
    for size in sizes:
        result = result * size
    return result


def certainly_equal(a: Size, b: Size) -> bool:
    """Whether two sizes are the same whatever their symbols are."""
    return a == b


def certainly_differ(a: Size, b: Size) -> bool:
    """Whether two sizes differ whatever their symbols are: their difference is never 0.

    What both are multiples of is not 0: sizes of nothing are alike anyway.
    """
    a, b = _cancelled(a, b)
    difference = a - b
    if isinstance(difference, int):
        return difference != 0
    counts = [count for monomial, count in difference.terms.items() if monomial]
    constant = difference.terms.get(_ONE, 0)
    return bool(constant % math.gcd(*counts)) or certainly_less(a, b) or certainly_less(b, a)


def may_be(size: Size, number: int) -> bool:
    """Whether a size can be a number."""
    return not certainly_differ(size, number)


def certainly_less(a: Size, b: Size) -> bool:
    """Whether a size is smaller than another whatever their symbols are."""
    difference = b - a
    if isinstance(difference, int):
        return difference > 0
    symbols = [(monomial, count) for monomial, count in difference.terms.items() if monomial]
    grows = all(count > 0 and not any(one.free for one, _ in monomial) for monomial, count in symbols)
    return grows and difference.terms.get(_ONE, 0) > 0


def _cancelled(a: Size, b: Size) -> tuple[Size, Size]:
    """Two sizes without the symbols that all terms of both are multiples of."""
    if isinstance(a, int) or isinstance(b, int):
        return a, b
    powers = [dict(monomial) for monomial in (*a.terms, *b.terms)]
    shared = {one: min(each.get(one, 0) for each in powers) for one in powers[0]}
    common = frozenset((one, power) for one, power in shared.items() if power)
    if not common:
        return a, b
    divisor = Polynomial({common: 1})
    one, two = quotient(a, divisor), quotient(b, divisor)
    assert one is not None
    assert two is not None
    return one, two


def quotient(a: Size, b: Size) -> Size | None:
    """What a size divided by another is, where that leaves no remainder whatever the symbols are; else None."""
    if isinstance(b, int):
        if b == 0:
            return None
        terms = _terms(a)
        return None if any(count % b for count in terms.values()) else _size({m: c // b for m, c in terms.items()})
    if len(b.terms) > 1:
        return _ratio(a, b)
    ((divisor, factor),) = b.terms.items()
    found: dict[Monomial, int] = {}
    for monomial, count in _terms(a).items():
        rest = _without(monomial, divisor)
        if rest is None or count % factor:
            return None
        found[rest] = count // factor
    return _size(found)


def never_divides(a: Size, b: Size) -> bool:
    """Whether `a` cannot be divided by `b` whatever their symbols are."""
    a, b = _cancelled(a, b)
    if not isinstance(b, int) or b == 0:
        return False
    if isinstance(a, int):
        return a % b != 0
    counts = [count for monomial, count in a.terms.items() if monomial]
    return bool(a.terms.get(_ONE, 0) % math.gcd(*counts, b))


def floor(a: Size, b: Size) -> Size:
    """`a // b`. Where that is not a polynomial, it is a symbol that is the same for the same two sizes."""
    if b == 0:
        return unknown()  # Python raises; that is not said here
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    exact = quotient(a, b)
    if exact is not None:
        return exact
    if not isinstance(b, int):
        return _floor_of(a, b)
    whole = {monomial: count for monomial, count in _terms(a).items() if monomial and count % b == 0}
    constant = _terms(a).get(_ONE, 0)
    whole[_ONE] = constant // b * b
    rest = a - _size(whole)
    if isinstance(rest, int):
        return _divided(whole, b)
    return _floor_of(rest, b) + _divided(whole, b)


def _floor_of(a: Size, b: Size) -> Size:
    """A quotient that is rounded down, as a symbol: below 0 only where `a` may be."""
    top, bottom = (
        f"({size})" if isinstance(size, Polynomial) and len(size.terms) > 1 else str(size) for size in (a, b)
    )
    make = symbol if certainly_less(-1, a) and certainly_less(-1, b) else _free
    return make(f"{top}//{bottom}", ("floor", a, b))


def _divided(terms: Mapping[Monomial, int], number: int) -> Size:
    return _size({monomial: count // number for monomial, count in terms.items()})


def _ratio(a: Size, b: Polynomial) -> Size | None:
    """How many times a sum is another one of the same terms."""
    if isinstance(a, int) or a.terms.keys() != b.terms.keys():
        return 0 if a == 0 else None
    monomial, count = next(iter(b.terms.items()))
    times = a.terms[monomial] // count
    return times if b * times == a else None


def _terms(size: Size) -> dict[Monomial, int]:
    return {_ONE: size} if isinstance(size, int) else size.terms


def _size(terms: Mapping[Monomial, int]) -> Size:
    """The polynomial of some terms, or the number that it is."""
    found = {monomial: count for monomial, count in terms.items() if count}
    if not found:
        return 0
    return found[_ONE] if len(found) == 1 and _ONE in found else Polynomial(found)


def _product(a: Monomial, b: Monomial) -> Monomial:
    if not a or not b:
        return a or b
    powers = dict(a)
    for one, power in b:
        powers[one] = powers.get(one, 0) + power
    return frozenset(powers.items())


def _without(monomial: Monomial, divisor: Monomial) -> Monomial | None:
    powers = dict(monomial)
    for one, power in divisor:
        left = powers.get(one, 0) - power
        if left < 0:
            return None
        powers[one] = left
    return frozenset((one, power) for one, power in powers.items() if power)


def _written(monomial: Monomial, count: int) -> str:
    names = sorted(one.name if power == 1 else f"{one.name}**{power}" for one, power in monomial)
    joined = "*".join(names)
    if names and abs(count) == 1:
        return joined if count == 1 else f"-{joined}"
    return "*".join([str(count), *names])


class Shape:
    """The shape of a tensor: its last sizes, and, unless it is `open`, no others before them."""

    __slots__ = ("open", "sizes")

    def __init__(self, sizes: tuple[Size, ...], open: bool = False) -> None:
        self.sizes = sizes
        self.open = open

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shape) and self.sizes == other.sizes and self.open == other.open

    def __hash__(self) -> int:
        return hash((self.sizes, self.open))

    def __repr__(self) -> str:
        return f"Shape{self}"

    @property
    def rank(self) -> int | None:
        return None if self.open else len(self.sizes)

    @property
    def at_least(self) -> int:
        """The smallest rank that it can have."""
        return len(self.sizes)

    def __str__(self) -> str:
        written = [*(["..."] if self.open else []), *map(str, self.sizes)]
        return f"({written[0]},)" if len(written) == 1 and not self.open else f"({', '.join(written)})"


ANY = Shape((), True)


def is_known(shape: Shape) -> bool:
    """Whether something is known of a shape."""
    return shape != ANY


def is_size(value: object) -> TypeGuard[Size]:
    """Whether something is a size; bools are none."""
    return isinstance(value, Polynomial) or (isinstance(value, int) and not isinstance(value, bool))
