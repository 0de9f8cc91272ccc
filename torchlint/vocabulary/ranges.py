"""What is certain of the range of a value: enough to know that `exp` of it is harmless."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from torchlint.rule import (
    Choice,
    Constant,
    Element,
    Field,
    Items,
    Match,
    Mutated,
    Op,
    Tail,
    Value,
    dtypes,
    is_test,
    members,
    ops,
    same,
    walk,
)
from torchlint.vocabulary.data_tables import is_scaled_table

_DEPTH = 12
# Results within [-1, 1], such as [0, 1].
_SMALL = ops.that(range=("unit", "signed unit"))
_UNIT = ops.that(range="unit")
_NON_NEGATIVE = ops.that(range=("unit", "positive", "nonnegative"))
_NON_POSITIVE = ops.that(range="nonpositive")
# What is largest, or not less than it.
_MAXIMA = ops.that(upper=True)
# Where no element of the input is below zero none of the result is, and none above likewise.
_KEEPING = ops.CARRIERS | ops.SUMS
# What a value is measured by: its greatest element, its sum, its norm, its deviation.
_WHOLES = ops.REDUCTIONS & (_MAXIMA | ops.SUMS | _NON_NEGATIVE) - ops.CUTS
_MINIMA = ops.REDUCTIONS & ops.that(lower=True)
_EXTREMES = ops.REDUCTIONS & _MAXIMA | _MINIMA
_CLAMPS = ops.that(clamps=("min max", "min_val max_val"))
_JOINS = ops.that(shape=("joined", "stacked"))
# Products of two factors, each row or column of which is one.
_PRODUCTS = ops.PRODUCTS - {"baddbmm"}
_NORMALS = frozenset(name for name in ops.FACTORIES & ops.RANDOM if name.startswith("randn"))
# Where random numbers and what they are multiplied by are all that there is: no normal one is beyond this in float32.
_NORMAL = 10.0
# exp(80) is still finite in float32.
_LARGEST = 80.0


def bounded(value: Value, depth: int = _DEPTH) -> bool:
    """Whether the elements are certainly of moderate size: no `exp` of them overflows in float32."""
    if isinstance(value, Op) and value.name in ops.CLAMPS_ABOVE:
        # What is very negative has a small `exp`.
        top = value.constant("max")
        return isinstance(top, int | float) and top <= _LARGEST
    return _magnitude(value, depth) is not None


def _magnitude(value: Value, depth: int) -> float | None:
    """A bound of the absolute values of the elements, up to a limit."""
    if depth == 0:
        return None
    found: float | None = None
    match value:
        case Constant(value=int() | float() as number):
            found = abs(float(number))
        case Choice():
            bounds = [_magnitude(member, depth - 1) for member in value.members]
            found = None if None in bounds else max((bound for bound in bounds if bound is not None), default=None)
        case Op() if value.name in _CLAMPS:
            found = _clamp_bound(value)
        case Op() if value.name in _SMALL:
            found = 1.0
        case Op() if value.name in _NORMALS:
            found = _NORMAL
        case Op(name="tensor", args={"data": Items() as data}):
            found = _largest(data, depth - 1)
        case Op() if value.name in ops.CARRIERS or value.name in ("neg", "abs", "mean"):
            found = _magnitude(value.input, depth - 1)
        case Op(name="add" | "sub" | "mul") if "other" in value.args and "alpha" not in value.args:
            a, b = _magnitude(value.input, depth - 1), _magnitude(value.args["other"], depth - 1)
            if a is not None and b is not None:
                found = a * b if value.name == "mul" else a + b
        case Op() if value.name in _PRODUCTS and all(map(_is_normalized, value.args.values())):
            found = 1.0
        case Op(name="div") if isinstance(value.args.get("other"), Constant):
            a, divisor = _magnitude(value.input, depth - 1), value.constant("other")
            if a is not None and isinstance(divisor, int | float) and divisor:
                found = a / abs(divisor)
    return found if found is not None and found <= _LARGEST else None


def _is_normalized(value: Value) -> bool:
    """Whether the rows or columns of a value have length 1."""
    value = value.base if isinstance(value, Field) and value.name in ("T", "mT") else value
    inner = _bare(value)
    return isinstance(inner, Op) and inner.name == "normalize"


def _largest(items: Items, depth: int) -> float | None:
    """The bound of numbers that are written out, in lists of lists."""
    bounds = [
        _largest(item, depth - 1) if isinstance(item, Items) and depth else _magnitude(item, depth)
        for item in items.items
    ]
    return None if None in bounds else max((bound for bound in bounds if bound is not None), default=0.0)


def _clamp_bound(op: Op) -> float | None:
    low, high = ("min_val", "max_val") if op.name == "hardtanh" else ("min", "max")
    default = 1.0 if op.name == "hardtanh" else None
    bottom, top = op.constant(low, default), op.constant(high, default)
    if not isinstance(bottom, int | float) or not isinstance(top, int | float):
        return None
    return max(abs(bottom), abs(top))


def is_between_0_and_1(value: Value | None, depth: int = _DEPTH) -> bool:
    """Whether a value is certainly a floating-point tensor with all elements from 0 to 1."""
    match value:
        case Op() if depth and ("dtype" not in value.args or dtypes.is_floating(value)):
            if value.name in _UNIT:
                return dtypes.is_floating(value)
            if "fill_value" in value.args:
                number = value.constant("fill_value")
                return isinstance(number, float) and 0 <= number <= 1
            if value.name in ("float", "double"):
                return dtypes.dtype_class(value.input) == "bool" or is_between_0_and_1(value.input, depth - 1)
            return value.name in ops.CARRIERS and is_between_0_and_1(value.input, depth - 1)
    return False


def non_negative(value: Value, depth: int = _DEPTH) -> bool:
    """Whether no element is certainly below zero."""
    if depth == 0:
        return False
    match value:
        case Constant(value=int() | float() as number):
            return number >= 0
        case Choice():
            return all(non_negative(member, depth - 1) for member in value.members)
        case Element():
            return (
                isinstance(value.base, Op)
                and value.base.name in ("max", "min", "sort", "topk")
                and (non_negative(value.base.input, depth - 1))
            )
        case Op(name="pow"):
            exponent = value.constant("exponent")
            return (isinstance(exponent, int | float) and exponent % 2 == 0) or non_negative(value.input, depth - 1)
        case Op(name="mul") if same(value.input, value.args.get("other", value)):
            return True
        case Op(name="mul" | "add" | "div") if "other" in value.args:
            return non_negative(value.input, depth - 1) and non_negative(value.args["other"], depth - 1)
        case Op() if value.name in _NON_NEGATIVE:
            return True
        case Op() if value.name in _KEEPING or value.name in _EXTREMES:
            return non_negative(value.input, depth - 1)
    return False


def non_positive(value: Value, depth: int = _DEPTH) -> bool:
    """Whether no element is certainly above zero, if the scale of `-d**2 / (2 * s)` or `-gamma * d**2` is positive."""
    if depth == 0:
        return False
    match value:
        case Choice():
            return all(non_positive(member, depth - 1) for member in value.members)
        case Op(name="add") if "other" in value.args:
            return non_positive(value.input, depth - 1) and non_positive(value.args["other"], depth - 1)
        case Op(name="sub") if "other" in value.args:
            return non_positive(value.input, depth - 1) and non_negative(value.args["other"], depth - 1)
        case Op() if value.name in _NON_POSITIVE:
            return True
        case Op() if value.name in ops.CLAMPS_ABOVE:
            top = value.constant("max")
            return isinstance(top, int | float) and top <= 0
        case Op() if value.name in _KEEPING:
            return non_positive(value.input, depth - 1)
    negative, known, others = _signs(value, depth)
    return negative and bool(known) and not others


def has_upper_bound(value: Value, depth: int = _DEPTH) -> bool:
    """Whether a value does not look as if it grew without bound: `-d` of what may be a distance, `d / d.max()`,
    `d.min() - d`, each perhaps by a temperature."""
    if depth == 0:
        return False
    if bounded(value) or _is_ratio(value) or _is_below_minimum(value):
        return True
    match value:
        case Op() if value.name in ops.CARRIERS:
            return has_upper_bound(value.input, depth - 1)
        case Op(args={"tensors": tensors}) if value.name in _JOINS:
            parts = [*_elements(tensors)]
            return bool(parts) and all(has_upper_bound(part, depth - 1) for part in parts)
        case Op(name="mul" | "div", args={"input": scaled, "other": scale}) if _is_scale(scale):
            if has_upper_bound(scaled, depth - 1):
                return True
        case Op(name="mul", args={"input": scale, "other": scaled}) if _is_scale(scale):
            if has_upper_bound(scaled, depth - 1):
                return True
    negative, _, others = _signs(value, depth)
    return negative and not others


def _elements(value: Value) -> Iterator[Value]:
    """What is known of the elements of a list, also of one that grows in a loop."""
    for member in members(value):
        if isinstance(member, Items):
            yield from member.items
        elif isinstance(member, Tail):
            yield from member.last


def _is_scale(value: Value) -> bool:
    """Whether a value is computed by nothing: a plain name, a number, an attribute."""
    return not isinstance(_bare(value), Op | Element)


def _is_ratio(value: Value) -> bool:
    """Whether a value is divided by its own greatest element, its sum, its norm, or its standard deviation."""
    match value:
        case Op(name="div", args={"input": part, "other": whole}):
            taken = _reduced(whole, _WHOLES)
            return taken is not None and any(same(step, taken) for step in walk(part))
    return False


def _is_below_minimum(value: Value) -> bool:
    """Whether a value is `d.min() - d`."""
    match value:
        case Op(name="sub", args={"input": least, "other": part}):
            taken = _reduced(least, _MINIMA)
            return taken is not None and same(part, taken)
    return False


def _reduced(value: Value, names: frozenset[str]) -> Value | None:
    """What a reduction of one of these names was done to, if a value is its result, except for an eps and signs."""
    for _ in range(_DEPTH):
        match value:
            case Op() if value.name in names:
                return value.input.input if isinstance(value.input, Op) and value.input.name == "abs" else value.input
            case Op() if value.name in ops.CARRIERS | ops.CLAMPS_BELOW or value.name == "item":
                value = value.input
            case Op(name="add", args={"input": inner, "other": Constant()}):
                value = inner
            case Element():
                value = value.base
            case _:
                return None
    return None


def _signs(value: Value, depth: int) -> tuple[bool, list[Value], list[Value]]:
    """The factors of a product: whether an odd number of minus signs stands before them, which are certainly not below
    zero, and which others are not plain scales."""
    negative, parts = _factors(value, depth)
    parts = [part for part in parts if not isinstance(part, Constant)]
    known = [part for part in parts if non_negative(part, depth - 1)]
    return negative, known, [part for part in parts if part not in known and not _is_scale(part)]


def _factors(value: Value, depth: int) -> tuple[bool, list[Value]]:
    """The factors of a product or quotient, and whether an odd number of minus signs stands before them."""
    match value:
        case Constant(value=int() | float() as number) if number < 0:
            return True, [Constant(-number)]
        case Op(name="neg") if depth:
            negative, parts = _factors(value.input, depth - 1)
            return not negative, parts
        case Op(name="mul" | "div") if depth and "other" in value.args:
            a, first = _factors(value.input, depth - 1)
            b, second = _factors(value.args["other"], depth - 1)
            return a != b, [*first, *second]
    return False, [value]


def _bare(value: Value) -> Value:
    while isinstance(value, Op) and value.name in ops.CARRIERS:
        value = value.input
    return value


def subtracts_maximum(value: Value) -> bool:
    """Whether a value is a difference such as `x - max(x)`: stable as it is."""
    match value:
        case Choice():
            return all(subtracts_maximum(member) for member in value.members)
        case Op(name="sub") if "other" in value.args:
            return _is_maximum(value.args["other"]) or subtracts_maximum(value.input)
        case Op() if value.name in ops.CARRIERS:
            return subtracts_maximum(value.input)
        case Op(name="mul" | "add") if "other" in value.args:
            return subtracts_maximum(value.input) or subtracts_maximum(value.args["other"])
        case Op(name="div"):
            return subtracts_maximum(value.input)
    return False


def subtracts_global_maximum(value: Value) -> bool:
    """Whether a value is `x - x.max()`."""
    match value:
        case Op(name="sub"):
            top = value.args.get("other")
            while isinstance(top, Op) and top.name in ("detach", "item"):
                top = top.input
            return isinstance(top, Op) and top.name in ("max", "amax") and set(top.args) == {"input"}
    return False


def _is_maximum(value: Value, depth: int = _DEPTH) -> bool:
    while depth:
        depth -= 1
        match value:
            case Choice():
                return all(_is_maximum(member, depth) for member in value.members)
            case Element():
                value = value.base
            case Op() if value.name in _MAXIMA:
                return True
            case Op(name="getitem", args={"index": index}) if _is_place_of_maximum(index, depth):
                # `x[0, x.argmax(1).item()]`
                return True
            case Op(name="gather" | "take_along_dim", args={"input": _} as args):
                # `x.gather(1, x.max(1, keepdim=True)[1])`
                value = _bare(args.get("index", args.get("indices", value.input)))
                if isinstance(value, Op) and value.name == "argmax":
                    return True
            case Op() if value.name in ops.CARRIERS or value.name == "item":
                value = value.input
            case _:
                return False
    return False


def _is_place_of_maximum(index: Value, depth: int) -> bool:
    """Whether an index, or one of several, is where the greatest element is."""
    parts = index.items if isinstance(index, Items) else (index,)
    places = [_bare(part.input if isinstance(part, Op) and part.name == "item" else part) for part in parts]
    return any(_is_maximum(place, depth) or (isinstance(place, Op) and place.name == "argmax") for place in places)


def harmless_exp(value: Value) -> bool:
    """Whether `exp` of a value certainly does not overflow."""
    known = bounded(value) or non_positive(value) or subtracts_maximum(value) or _is_folded(value)
    return known or is_scaled_table(value) or is_lowered(value)


def _is_folded(value: Value) -> bool:
    """Whether a value is `-abs(x)` written as `x - 2 * x * (x >= 0)`."""
    match value:
        case Op(name="sub", args={"input": x, "other": other}):
            negative, parts = _factors(other, _DEPTH)
            rest = [part for part in parts if not same(part, x)]
            twice = [part for part in rest if isinstance(part, Constant) and part.value == 2]
            signs = [part for part in rest if _tells_sign(part, x)]
            return not negative and len(parts) == 3 and len(twice) == len(signs) == 1
    return False


def _tells_sign(value: Value, x: Value) -> bool:
    """Whether a value is 1 where another is above zero, and 0 elsewhere."""
    sign = _bare(value)
    compares = isinstance(sign, Op) and sign.name in ("ge", "gt") and sign.constant("other") == 0
    return isinstance(sign, Op) and compares and same(sign.input, x)


def is_lowered(value: Value) -> bool:
    """Whether the lesser of two minus the greater, or what something was subtracted from in place."""
    match value:
        case Mutated(node=ast.Call(func=ast.Attribute(attr="sub_"))):
            return True
        case Op(name="sub", args={"input": low, "other": high}, frame=frame) if frame is not None:
            # `low, high = (x, y) if x < y else (y, x)`
            made = frame.definitions.get(low)
            ordered = isinstance(made, ast.Assign) and isinstance(made.value, ast.IfExp)
            return ordered and frame.definitions.get(high) is made
    return False


def overflows(name: str) -> Callable[[Match], bool]:
    """A condition of a pair: `exp` of what a parameter captured may overflow."""
    return lambda match: not is_reference(match) and not harmless_exp(match.captured[name])


def is_reference(match: Match) -> bool:
    """Whether a formula is part of a test: it is what a function is compared with there, on numbers that are known."""
    return is_test(match.frame.module)
