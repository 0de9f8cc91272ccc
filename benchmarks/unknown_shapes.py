"""Why a shape is not known: the first thing, on the way back from a value, of which nothing is known."""

from __future__ import annotations

import ast

from benchmarks.evaluated_calls import Known, is_named
from benchmarks.recorded_shapes import Span
from torchlint.torch_facts.dims import Polynomial, Shape
from torchlint.torch_facts.shape_functions.refusal import UNSURE
from torchlint.values.facts import known_shapes
from torchlint.values.value import (
    Call,
    Choice,
    Constant,
    Element,
    External,
    Field,
    FunctionRef,
    Instance,
    Item,
    Items,
    Layer,
    LoopCarried,
    Method,
    Mutated,
    Op,
    Parameter,
    Unknown,
    Value,
)

_DEPTH = 40


def reason(known: Known, span: Span) -> str:
    """The kind of thing that is in the way, in a few words."""
    if known.why:
        return known.why
    value = known.value(span)
    return "an expression that was not evaluated" if value is None else _why(value, _DEPTH)


def _is_certain(value: Value) -> bool:
    return all(map(_says_something, known_shapes.shapes(value)))


def _why(value: Value, depth: int) -> str:
    if not depth:
        return "too deep"
    match value:
        case Choice():
            left = next((member for member in value.members if not _is_certain(member)), None)
            return "one of several values" if left is None else _why(left, depth - 1)
        case Mutated():
            return _why(value.base, depth - 1)
        case LoopCarried():
            return "what a loop carries"
        case Item():
            return f"item of {_why(value.iterable, depth - 1)}"
        case Element():
            return _why(value.base, depth - 1) if not isinstance(value.base, Op) else _of_op(value.base, depth)
        case Field():
            return f"attribute of {_kind(value.base)}"
        case Parameter():
            return "parameter"
        case Call():
            return f"call of {_callee(value.callee)}" + ("" if value.known else " with * or **")
        case Op():
            return _of_op(value, depth)
        case Unknown():
            return f"unknown {_written(value.node)}"
    return _kind(value)


def _of_op(op: Op, depth: int) -> str:
    for arg in op.args.values():
        if isinstance(arg, Constant | Layer):
            continue
        parts = arg.items if isinstance(arg, Items) else (arg,)
        for part in parts:
            if not _is_answered(part):
                return _why(part, depth - 1)
    return f"operation {op.name}"


def _is_answered(value: Value) -> bool:
    """Whether something is known of an argument: a number, a shape or another literal."""
    return all(map(_says_something, known_shapes.known(value).answers))


def _says_something(answer: object) -> bool:
    if isinstance(answer, Shape):
        return not answer.open and all(map(is_named, answer.sizes))
    if isinstance(answer, Polynomial):
        return is_named(answer)
    return all(map(_says_something, answer)) if isinstance(answer, tuple) else answer is not UNSURE


def _kind(value: Value) -> str:
    return type(value).__name__.lower() + (f" {value.name}" if isinstance(value, Layer) else "")


def _callee(callee: Value) -> str:
    match callee:
        case External():
            return callee.qualname
        case Method():
            return f".{callee.name} of {_kind(callee.receiver)}"
        case FunctionRef():
            return "a function"
        case Instance():
            return "an instance"
        case Layer():
            return f"a {callee.name}"
        case Unknown():
            return f"unknown {_written(callee.node)}"
    return _kind(callee)


def _written(node: ast.AST | None) -> str:
    if isinstance(node, ast.Call):
        return f"{ast.unparse(node.func)[-40:]}(..)"
    return type(node).__name__ if node is not None else "value"
