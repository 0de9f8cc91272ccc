"""A value in one line, for comparing."""

from __future__ import annotations

from torchlint.values.value import Call, Choice, Constant, Element, External, Items, Layer, Method, Op, Parameter, Value


def show(value: Value) -> str:
    """A value in one line, for comparing."""
    match value:
        case Op():
            return f"{value.name}({', '.join(f'{key}={show(arg)}' for key, arg in sorted(value.args.items()))})"
        case Constant():
            return repr(value.value)
        case Parameter():
            return f"${value.name}"
        case Choice():
            return " | ".join(sorted(map(show, value.members)))
        case Items():
            return f"[{', '.join(map(show, value.items))}]"
        case Element():
            return f"{show(value.base)}#{value.key}"
        case Layer():
            return f"<{value.name}>"
        case External():
            return value.qualname
        case Call():
            return f"call {show(value.callee)}"
        case Method():
            return f"{show(value.receiver)}.{value.name}"
    return "?"
