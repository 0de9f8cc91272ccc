"""Operations of two or more operands, element by element."""

from __future__ import annotations

from torchlint.torch_facts.rows import family

arithmetic = family(elementwise=True, shape="broadcast", dtype="promoted", in_place=True, saves="operands")
integers = family(elementwise=True, shape="broadcast", dtype="promoted", raises="float complex", in_place=True)
polynomial = family(elementwise=True, shape="broadcast", dtype="float", raises="complex", grad=False)
comparison = family(elementwise=True, shape="broadcast", dtype="bool", grad=False, in_place=True)
# Of more than two operands, or two results.
mixed = family(elementwise=True, shape="broadcast", saves="operands")

ROWS = (
    arithmetic("add", commutes=True, saves=""),
    arithmetic("atan2", dtype="float", raises="complex"),
    arithmetic("copysign", dtype="float", raises="complex", saves="operands result"),
    arithmetic("div", dtype="float"),
    arithmetic("float_power", dtype="float64", saves=""),
    arithmetic("floor_divide", raises="bool complex"),
    arithmetic("fmax", raises="complex", in_place=False, commutes=True, upper=True),
    arithmetic("fmin", raises="complex", in_place=False, commutes=True, lower=True),
    arithmetic("fmod", raises="bool complex"),
    arithmetic("heaviside", raises="complex", range="unit"),
    arithmetic("hypot", raises="int bool complex", range="nonnegative", commutes=True, saves="operands result"),
    arithmetic("igamma", raises="int bool complex", range="unit"),
    arithmetic("igammac", raises="int bool complex", range="unit"),
    arithmetic("ldexp", dtype="float", saves="operands result"),
    arithmetic("logaddexp", raises="int bool", in_place=False, commutes=True, upper=True),
    arithmetic("logaddexp2", raises="int bool complex", in_place=False, commutes=True),
    arithmetic("maximum", raises="complex", in_place=False, commutes=True, upper=True),
    arithmetic("minimum", raises="complex", in_place=False, commutes=True, lower=True),
    arithmetic("mul", commutes=True),
    arithmetic("nextafter", raises="int bool complex"),
    arithmetic("pow", bools="int64"),
    arithmetic("remainder", raises="bool complex"),
    arithmetic("rsub", raises="bool", in_place=False, saves=""),
    arithmetic("sub", raises="bool", saves=""),
    arithmetic("xlog1py", dtype="float", raises="complex", in_place=False),
    arithmetic("xlogy", dtype="float", raises="complex"),
    arithmetic("zeta", dtype="float", raises="complex", in_place=False),
    integers("gcd", raises="float bool complex", commutes=True),
    integers("lcm", raises="float bool complex", commutes=True),
    integers("bitwise_and", commutes=True),
    integers("bitwise_left_shift", bools="int64"),
    integers("bitwise_or", commutes=True),
    integers("bitwise_right_shift", bools="int64"),
    integers("bitwise_xor", commutes=True),
    polynomial("chebyshev_polynomial_t"),
    polynomial("chebyshev_polynomial_u"),
    polynomial("chebyshev_polynomial_v"),
    polynomial("chebyshev_polynomial_w"),
    polynomial("hermite_polynomial_h"),
    polynomial("hermite_polynomial_he"),
    polynomial("laguerre_polynomial_l"),
    polynomial("legendre_polynomial_p"),
    comparison("eq", commutes=True),
    comparison("ge", raises="complex"),
    comparison("gt", raises="complex"),
    comparison("le", raises="complex"),
    comparison("lt", raises="complex"),
    comparison("ne", commutes=True),
    comparison("isclose", in_place=False),
    comparison("logical_and", commutes=True),
    comparison("logical_or", commutes=True),
    comparison("logical_xor", commutes=True),
    mixed("addcdiv", dtype="promoted", raises="int bool", in_place=True),
    mixed("addcmul", dtype="promoted", raises="bool", in_place=True),
    mixed("lerp", raises="int bool", in_place=True),
    mixed("where", gives="varies", single_with="input", dtype="promoted", arguments="condition:bool"),
    mixed("complex", dtype="complex", raises="int bool complex"),
    mixed("polar", dtype="complex", raises="int bool complex", saves="result"),
    mixed("frexp", gives="tuple", fields="mantissa exponent", raises="int bool complex", shape="same", saves=""),
)
