"""Operations that have an infinite gradient, or none, for some values of what a test looks at."""

from __future__ import annotations

from torchlint.rule import Constant, Op, Value, ops, same, walk

LOWER, UPPER, EXCEPT = "lower", "upper", "except"
_TESTS = {"gt": LOWER, "ge": LOWER, "lt": UPPER, "le": UPPER, "ne": EXCEPT}
_FLIPPED = {LOWER: UPPER, UPPER: LOWER, EXCEPT: EXCEPT}
_NEGATED = {"gt": "le", "ge": "lt", "lt": "ge", "le": "gt", "eq": "ne", "ne": "eq"}
_LOGARITHMS = frozenset({"log", "log2", "log10"})
_AT_ZERO = _LOGARITHMS | {"sqrt", "rsqrt"}
_CONDITIONS = ops.that(dtype="bool")
_FAULTS = frozenset({"isnan", "isinf"})
_DEPTH = 8
_STEP = 1e-3


class Tested:
    """What a condition says of a value where a branch is taken: on which side of a bound it is, or that it is
    finite."""

    def __init__(self, value: Value, side: str, bound: float, open_end: bool) -> None:
        self.value = value
        self.side = side
        self.bound = bound
        self.open_end = open_end  # whether the bound itself is on the other side

    @property
    def other(self) -> float:
        """The value nearest to the bound for which the branch is not taken: those further off may never occur."""
        step = _STEP * max(1.0, abs(self.bound))
        if self.open_end:
            return self.bound
        return self.bound - step if self.side == LOWER else self.bound + step


def tested(condition: Value, negated: bool) -> Tested | None:
    """What a condition, or its negation, compares with a number."""
    if not isinstance(condition, Op) or "other" not in condition.args:
        return None
    name = _NEGATED.get(condition.name, "") if negated else condition.name
    x, bound, flip = condition.input, condition.args["other"], False
    if isinstance(x, Constant):
        x, bound, flip = bound, x, True
    side = _TESTS.get(name)
    if side is None or not isinstance(bound, Constant) or not isinstance(bound.value, int | float):
        return None
    return Tested(x, _FLIPPED[side] if flip else side, float(bound.value), name in ("gt", "lt", "ne"))


def is_fault(condition: Value, branch: Value) -> bool:
    """Whether a condition asks if the very value of a branch is NaN or infinite."""
    return isinstance(condition, Op) and condition.name in _FAULTS and same(condition.input, branch)


def singular(branch: Value, test: Tested) -> Op | None:
    """The operation in a branch that has an infinite gradient, or NaN, for values on the other side."""
    for part in walk(branch):
        if not isinstance(part, Op):
            continue
        if part.name == "where" or _is_softplus(part):
            return None
        if _is_singular(part, test):
            return part
    return None


def faulty(branch: Value) -> Op | None:
    """The quotient, logarithm or root that a branch is, if nothing keeps it from the values where it is infinite."""
    if not isinstance(branch, Op) or not (branch.name in _AT_ZERO or branch.name == "div"):
        return None
    argument = branch.args.get("other") if branch.name == "div" else branch.input
    if argument is None or isinstance(argument, Constant) or _is_guarded(argument):
        return None
    return None if branch.name == "div" and is_counted(branch) else branch


def is_counted(value: Value) -> bool:
    """Whether a value is, or is made of, a count or a test: of these no gradient is taken."""
    return any(isinstance(part, Op) and (part.name in ops.CASTS or part.name in _CONDITIONS) for part in walk(value))


def _is_guarded(argument: Value) -> bool:
    """Whether something was added to an argument, or it was bounded."""
    if not isinstance(argument, Op):
        return False
    added = argument.name == "add" and any(isinstance(arg, Constant) for arg in argument.args.values())
    return added or argument.name in ops.CLAMPS_ABOVE | ops.CLAMPS_BELOW or argument.name in ("where", "maximum", "exp")


def _is_softplus(op: Op) -> bool:
    """`log(1 + exp(x))`, of which TLT205 says more."""
    return op.name in ("log", "log1p") and any(isinstance(part, Op) and part.name == "exp" for part in walk(op.input))


def _is_singular(op: Op, test: Tested) -> bool:
    side, bound = test.side, test.bound
    if op.name == "div":
        divisor = op.args.get("other")
        at_zero = (bound == 0 and side == EXCEPT) or (side == LOWER and bound >= 0) or (side == UPPER and bound <= 0)
        return divisor is not None and same(divisor, test.value) and at_zero and not is_counted(op)
    if not same(op.input, test.value):
        return op.name in _AT_ZERO and _reaches_zero(op.input, test)
    if op.name == "pow":
        exponent = op.constant("exponent")
        return isinstance(exponent, float | int) and exponent < 1 and bound >= 0 and side in (LOWER, EXCEPT)
    if op.name == "exp":
        # Only far below the overflow of the dtype: `where(x < 0, exp(x), ..)`.
        return side == UPPER and bound <= 80
    if op.name in ("acos", "asin"):
        return side == UPPER and 0 < bound <= 1
    return op.name in _AT_ZERO and bound >= 0 and side in (LOWER, EXCEPT) and (side == LOWER or bound == 0)


def _reaches_zero(argument: Value, test: Tested) -> bool:
    """Whether an argument that depends on the tested value alone is certainly 0 or less on the other side:
    `1 - x ** 2` where `x >= 1`."""
    found = _number(argument, test.value, test.other, _DEPTH)
    return found is not None and found <= 0


def _number(value: Value, variable: Value, x: float, depth: int) -> float | None:
    """What an expression of constants and one variable comes to."""
    if same(value, variable):
        return x
    if isinstance(variable, Op) and variable.name == "abs" and same(value, variable.input):
        return x  # as good a value as -x
    if isinstance(value, Constant):
        return float(value.value) if isinstance(value.value, int | float) else None
    if not isinstance(value, Op) or depth == 0:
        return None
    a = _number(value.input, variable, x, depth - 1)
    given = value.args.get("other", value.args.get("exponent"))
    b = _number(given, variable, x, depth - 1) if given is not None else None
    if a is None or (b is None and value.name not in ("neg", "abs", "square")):
        return None
    return _calculated(value.name, a, b or 0.0)


def _calculated(name: str, a: float, b: float) -> float | None:
    match name:
        case "add":
            return a + b
        case "sub":
            return a - b
        case "mul":
            return a * b
        case "neg":
            return -a
        case "abs":
            return abs(a)
        case "square":
            return a * a
        case "pow" if b in (2, 3, 4):
            return float(a**b)
    return None
