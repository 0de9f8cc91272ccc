"""Real numbers of any precision with a tape for derivatives.

The values are MPFR numbers: every operation is correctly rounded at the precision of the current gmpy2 context,
exponents reach 2**30, and infinities and NaN follow IEEE 754. Reverse mode walks the tape backwards
and skips nodes that nothing depends on, so that an unselected branch of a `where` contributes exactly nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

# Some releases of gmpy2 have type stubs and some have not.
gmpy2: Any = importlib.import_module("gmpy2")
Number = Any


class TooLargeError(Exception):
    """The evaluation needs more operations than a reference is worth."""


class Tape:
    """The operations of one evaluation in the order in which they ran."""

    def __init__(self, limit: int) -> None:
        self.nodes: list[Real] = []
        self.limit = limit
        # Whether a term other than 0 vanished in a sum: a result of 0 or infinity may then be one of rounding.
        self.absorbed = False

    def append(self, node: Real) -> None:
        if len(self.nodes) >= self.limit:
            raise TooLargeError(f"more than {self.limit:,} operations")
        self.nodes.append(node)

    def backward(self, outputs: Iterable[tuple[Real, Number]]) -> list[Number]:
        """The adjoint of every node, given the adjoints of the outputs."""
        adjoints: list[Number] = [gmpy2.mpfr(0)] * len(self.nodes)
        for node, cotangent in outputs:
            if node.index >= 0:
                adjoints[node.index] += cotangent
        for node in reversed(self.nodes):
            adjoint = adjoints[node.index]
            if adjoint == 0:
                continue
            for parent, partial in zip(node.parents, node.partials, strict=True):
                # Infinity times 0 stays undefined, 0 times infinity (above) is nothing.
                if parent.index >= 0 and (partial != 0 or not gmpy2.is_finite(adjoint)):
                    adjoints[parent.index] += adjoint * partial
        return adjoints


_tape = Tape(0)


@contextmanager
def precision(bits: int, limit: int = 400_000) -> Iterator[Tape]:
    """Compute with `bits` bits on a fresh tape of at most `limit` operations."""
    global _tape
    previous = _tape
    _tape = Tape(limit)
    settings = gmpy2.context(precision=bits, emax=gmpy2.get_emax_max(), emin=gmpy2.get_emin_min())
    outside = gmpy2.get_context()
    gmpy2.set_context(settings)
    try:
        yield _tape
    finally:
        gmpy2.set_context(outside)
        _tape = previous


class Real:
    """One number and how it came about. `index` is its place on the tape, -1 for constants."""

    __slots__ = ("index", "parents", "partials", "value")

    def __init__(self, value: Number, parents: tuple[Real, ...] = (), partials: tuple[Number, ...] = ()) -> None:
        self.value = value
        self.parents = parents
        self.partials = partials
        self.index = -1

    def __add__(self, other: Any) -> Real:
        other = real(other)
        return node(_watched(self.value + other.value, self.value, other.value), (self, other), (1, 1))

    def __sub__(self, other: Any) -> Real:
        other = real(other)
        return node(_watched(self.value - other.value, self.value, other.value), (self, other), (1, -1))

    def __mul__(self, other: Any) -> Real:
        other = real(other)
        return node(self.value * other.value, (self, other), (other.value, self.value))

    def __truediv__(self, other: Any) -> Real:
        other = real(other)
        quotient = self.value / other.value
        return node(quotient, (self, other), (1 / other.value, -quotient / other.value))

    def __pow__(self, other: Any) -> Real:
        return power(self, real(other))

    def __radd__(self, other: Any) -> Real:
        return real(other) + self

    def __rsub__(self, other: Any) -> Real:
        return real(other) - self

    def __rmul__(self, other: Any) -> Real:
        return real(other) * self

    def __rtruediv__(self, other: Any) -> Real:
        return real(other) / self

    def __rpow__(self, other: Any) -> Real:
        return power(real(other), self)

    def __neg__(self) -> Real:
        return node(-self.value, (self,), (-1,))

    def __lt__(self, other: Any) -> bool:
        return bool(self.value < real(other).value)

    def __le__(self, other: Any) -> bool:
        return bool(self.value <= real(other).value)

    def __gt__(self, other: Any) -> bool:
        return bool(self.value > real(other).value)

    def __ge__(self, other: Any) -> bool:
        return bool(self.value >= real(other).value)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == real(other).value)

    def __ne__(self, other: object) -> bool:
        return bool(self.value != real(other).value)

    __hash__ = None  # type: ignore[assignment]

    def __float__(self) -> float:
        return float(self.value)


def real(value: Any) -> Real:
    """`value` as a constant unless it is a Real already."""
    return value if isinstance(value, Real) else Real(gmpy2.mpfr(value))


def leaf(value: Number) -> Real:
    """A number with respect to which derivatives are taken."""
    number = Real(gmpy2.mpfr(value))
    number.index = len(_tape.nodes)
    _tape.append(number)
    return number


def node(value: Number, parents: tuple[Real, ...], partials: tuple[Number, ...]) -> Real:
    if all(parent.index < 0 for parent in parents):
        return Real(value)
    result = Real(value, parents, partials)
    result.index = len(_tape.nodes)
    _tape.append(result)
    return result


def _watched(result: Number, left: Number, right: Number) -> Number:
    if ((result == left and right != 0) or (abs(result) == abs(right) and left != 0)) and gmpy2.is_finite(result):
        _tape.absorbed = True
    return result


def total(terms: Iterable[Real]) -> Real:
    """The sum, rounded once."""
    numbers = tuple(terms)
    result = gmpy2.fsum([number.value for number in numbers])
    if len(numbers) > 1 and gmpy2.is_finite(result) and any(result == number.value for number in numbers):
        _tape.absorbed = True
    return node(result, numbers, (1,) * len(numbers))


def power(base: Real, exponent: Real) -> Real:
    value = base.value**exponent.value
    first = gmpy2.mpfr(0) if exponent.value == 0 else exponent.value * base.value ** (exponent.value - 1)
    if exponent.index < 0:
        return node(value, (base,), (first,))
    return node(value, (base, exponent), (first, value * gmpy2.log(base.value)))


def _larger(left: Real, right: Real, sign: int) -> Real:
    if gmpy2.is_nan(left.value) or gmpy2.is_nan(right.value):
        return left if gmpy2.is_nan(left.value) else right
    if left.value == right.value:
        half = gmpy2.mpfr(0.5)
        return node(left.value, (left, right), (half, half))
    return left if (left.value > right.value) == (sign > 0) else right


def maximum(left: Real, right: Real) -> Real:
    """The larger one; at a tie both get half the derivative, as in torch; NaN wins."""
    return _larger(left, right, 1)


def minimum(left: Real, right: Real) -> Real:
    return _larger(left, right, -1)


def hypot(left: Real, right: Real) -> Real:
    value = gmpy2.hypot(left.value, right.value)
    return node(value, (left, right), (left.value / value, right.value / value))


def atan2(left: Real, right: Real) -> Real:
    square = left.value**2 + right.value**2
    return node(gmpy2.atan2(left.value, right.value), (left, right), (right.value / square, -left.value / square))


def _unary(function: Callable[[Number], Number], derivative: Callable[[Number, Number], Number]) -> Callable[..., Real]:
    """An operation from its value and its derivative, which gets the argument and the value."""

    def apply(argument: Real) -> Real:
        value = function(argument.value)
        if abs(value) == 1 and argument.value != 0:
            # A sigmoid, tanh or erf that is saturated at this precision.
            _tape.absorbed = True
        if argument.index < 0:
            return Real(value)
        return node(value, (argument,), (derivative(argument.value, value),))

    return apply


def _step(function: Callable[[Number], Number]) -> Callable[..., Real]:
    """An operation whose derivative is zero wherever it exists."""
    return _unary(function, lambda x, y: 0)


def _sign(x: Number) -> Number:
    return gmpy2.mpfr(gmpy2.sign(x)) if not gmpy2.is_nan(x) else x


def _gauss(x: Number) -> Number:
    return 2 / gmpy2.sqrt(gmpy2.const_pi()) * gmpy2.exp(-x * x)


def _logistic(x: Number) -> Number:
    return 1 / (1 + gmpy2.exp(-x))


def _sinc(x: Number) -> Number:
    angle = gmpy2.const_pi() * x
    return gmpy2.mpfr(1) if x == 0 else gmpy2.sin(angle) / angle


def _sinc_slope(x: Number, y: Number) -> Number:
    return gmpy2.mpfr(0) if x == 0 else (gmpy2.cos(gmpy2.const_pi() * x) - y) / x


def _entropy(x: Number) -> Number:
    if x == 0:
        return gmpy2.mpfr(0)
    return -x * gmpy2.log(x) if x > 0 else -gmpy2.inf()


def _log_gamma(x: Number) -> Number:
    return gmpy2.lgamma(x)[0]


UNARY: dict[str, Callable[..., Real]] = {
    "exp": _unary(gmpy2.exp, lambda x, y: y),
    "exp2": _unary(gmpy2.exp2, lambda x, y: y * gmpy2.const_log2()),
    "expm1": _unary(gmpy2.expm1, lambda x, y: y + 1),
    "log": _unary(gmpy2.log, lambda x, y: 1 / x),
    "log1p": _unary(gmpy2.log1p, lambda x, y: 1 / (1 + x)),
    "log2": _unary(gmpy2.log2, lambda x, y: 1 / (x * gmpy2.const_log2())),
    "log10": _unary(gmpy2.log10, lambda x, y: 1 / (x * gmpy2.log(gmpy2.mpfr(10)))),
    "sqrt": _unary(gmpy2.sqrt, lambda x, y: 1 / (2 * y)),
    "rsqrt": _unary(lambda x: 1 / gmpy2.sqrt(x), lambda x, y: -y / (2 * x)),
    "square": _unary(lambda x: x * x, lambda x, y: 2 * x),
    "reciprocal": _unary(lambda x: 1 / x, lambda x, y: -y * y),
    "sin": _unary(gmpy2.sin, lambda x, y: gmpy2.cos(x)),
    "cos": _unary(gmpy2.cos, lambda x, y: -gmpy2.sin(x)),
    "tan": _unary(gmpy2.tan, lambda x, y: 1 + y * y),
    "asin": _unary(gmpy2.asin, lambda x, y: 1 / gmpy2.sqrt(1 - x * x)),
    "acos": _unary(gmpy2.acos, lambda x, y: -1 / gmpy2.sqrt(1 - x * x)),
    "atan": _unary(gmpy2.atan, lambda x, y: 1 / (1 + x * x)),
    "sinh": _unary(gmpy2.sinh, lambda x, y: gmpy2.cosh(x)),
    "cosh": _unary(gmpy2.cosh, lambda x, y: gmpy2.sinh(x)),
    "tanh": _unary(gmpy2.tanh, lambda x, y: 1 / gmpy2.cosh(x) ** 2),
    "asinh": _unary(gmpy2.asinh, lambda x, y: 1 / gmpy2.sqrt(1 + x * x)),
    "acosh": _unary(gmpy2.acosh, lambda x, y: 1 / gmpy2.sqrt(x * x - 1)),
    "atanh": _unary(gmpy2.atanh, lambda x, y: 1 / (1 - x * x)),
    "erf": _unary(gmpy2.erf, lambda x, y: _gauss(x)),
    "erfc": _unary(gmpy2.erfc, lambda x, y: -_gauss(x)),
    "lgamma": _unary(_log_gamma, lambda x, y: gmpy2.digamma(x)),
    "sigmoid": _unary(_logistic, lambda x, y: y * _logistic(-x)),
    "logsigmoid": _unary(lambda x: -gmpy2.log1p(gmpy2.exp(-x)), lambda x, y: _logistic(-x)),
    "softplus": _unary(lambda x: gmpy2.log1p(gmpy2.exp(x)), lambda x, y: _logistic(x)),
    "sinc": _unary(_sinc, _sinc_slope),
    "entr": _unary(_entropy, lambda x, y: -gmpy2.log(x) - 1),
    "abs": _unary(abs, lambda x, y: _sign(x)),
    "sign": _step(_sign),
    "floor": _step(gmpy2.floor),
    "ceil": _step(gmpy2.ceil),
    "trunc": _step(gmpy2.trunc),
    "round": _step(gmpy2.rint_round),
}
