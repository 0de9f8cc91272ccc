"""What loop rules have to know of tensors: that they are some, how long they are, and whether two share a dtype."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import (
    Constant,
    External,
    Field,
    Frame,
    Item,
    Items,
    LoopCarried,
    Mutated,
    Op,
    Parameter,
    Value,
    facts,
    ops,
    peek,
    same,
)

_DEPTH = 12
_SIZED = ops.that(makes="size", shape="size")
_ALIKE = ops.that(makes="like")
_NEW = ops.that(makes="new", shape="size")
_DEFAULT = ops.that(makes=("size", "steps"), dtype="default")
# The dtype of the input, whatever it is; that of a floating-point one.
_KEEPING = ops.that(dtype="input", real=False, gives=("tensor", "varies", "sequence"))
_FLOAT_KEPT = ops.that(dtype=("float", "sum", "promoted"), shape=("same", "reduced")) | ops.that(real=True)
_INDICES = ops.that(dtype="int64")
_COUNTED = ops.that(dtype="int64", range="nonnegative")
_ARITHMETIC = ops.BINARY - ops.COMPARISONS
# The sizes of tensors, and how many dims and elements they have.
_NUMBERS = ops.that(gives="number", syncs=False) | {"size"}
_CALLED_ON_TENSORS = ops.methods(*ops.that(tensors_only=True))
_SAME_SHAPE = ops.that(shape="same")
_FLOATS = frozenset({"default", "float32", "float64", "float16", "bfloat16"})


def shown_tensor(frame: Frame, value: Value) -> bool:
    """Whether a value is a tensor, or something that is done to it in this function is only done to tensors."""
    value = settled(value)
    if facts.is_tensor(value):
        return True
    if facts.is_tensor(value) is False or isinstance(value, Constant) or _is_inspected(frame, value):
        return False
    if isinstance(value, Op) and (value.form == "Tensor" or value.name == "getitem"):
        return shown_tensor(frame, value.input)
    if _is_scripted(frame, value) or any(_shows(op, value) for op in frame.ops):
        return True
    # A list has no shape, and an array's rows are not taken by torch's functions.
    return _has_shape(frame, value) and any(_takes_row(op, value) for op in frame.ops)


def settled(value: Value) -> Value:
    """The value before something was written into it."""
    for _ in range(_DEPTH):
        if isinstance(value, LoopCarried) and value.initial is not None:
            value = value.initial
        elif isinstance(value, Mutated):
            value = value.base
        else:
            break
    return value


def _shows(op: Op, value: Value) -> bool:
    held = op.args.get("input")
    if held is None or settled(held) is not value:
        return False
    if op.form in ("torch", "F", "module"):
        return True
    if not isinstance(op.node, ast.Call) or not isinstance(op.node.func, ast.Attribute):
        return False
    return op.node.func.attr in _CALLED_ON_TENSORS or facts.is_tensor(op) is True


def _has_shape(frame: Frame, value: Value) -> bool:
    return any(op.name in ("size", "shape") and settled(op.input) is value for op in _operations(frame))


def _takes_row(op: Op, value: Value) -> bool:
    row = op.args.get("input")
    taken = False
    while isinstance(row, Op) and row.name == "getitem" and not taken:  # `x[j][i]` is of x, too
        row = settled(row.input)
        taken = row is value
    return taken and op.form in ("torch", "F", "module")


def _operations(frame: Frame) -> Iterator[Op]:
    """The operations of a function, and those that unpacking made."""
    yield from (value for value in frame.values.values() if isinstance(value, Op))
    for bound in frame.bindings.values():
        yield from (value for value in bound if isinstance(value, Op))


def _is_inspected(frame: Frame, value: Value) -> bool:
    """Whether the function asks what the value is."""
    return any(
        isinstance(callee, External)
        and callee.qualname in ("builtins.isinstance", "torch.is_tensor", "builtins.hasattr")
        and call.args
        and frame.values.get(call.args[0]) is value
        for call, callee in frame.callees.items()
    )


def _is_scripted(frame: Frame, value: Value) -> bool:
    """In TorchScript a parameter without annotation is a tensor."""
    if not isinstance(value, Parameter) or value.annotation is not None or frame.function is None:
        return False
    names = [peek(frame.evaluator.surroundings(frame.module), node) for node in frame.function.decorators]
    return any(isinstance(name, External) and name.qualname == "torch.jit.script" for name in names)


def is_number(value: Value) -> bool:
    """Whether a value is certainly a Python number."""
    if isinstance(value, Constant):
        return isinstance(value.value, int | float) and not isinstance(value.value, bool)
    return isinstance(value, Op) and value.name in _NUMBERS


def is_counted(value: Value) -> bool:
    """Whether the elements of a tensor are certainly whole and not negative, as those of `argmax` and `randint(n)`."""
    value = settled(value)
    if not isinstance(value, Op):
        return False
    if value.name in _COUNTED:
        return True
    ends = [value.args.get("low", Constant(0))] if value.name == "randint" else _ends(value)
    return bool(ends) and all(isinstance(end, Constant) and type(end.value) is int and end.value >= 0 for end in ends)


def _ends(op: Op) -> list[Value]:
    """The numbers that `arange` is given."""
    return [op.args[name] for name in ("start", "end", "step") if name in op.args] if op.name == "arange" else []


def fills(value: Value, dim: int, turns: Value | None) -> bool:
    """Whether a counter that ends at `turns` goes over all of a tensor's dim."""
    return turns is not None and same(extent(value, dim), _canonical(turns))


def _canonical(turns: Value) -> Value:
    dim = turns.constant("dim") if isinstance(turns, Op) and turns.name == "size" else None
    return extent(turns.input, dim) if isinstance(turns, Op) and isinstance(dim, int) and dim >= 0 else turns


def extent(value: Value, dim: int) -> Value:
    """The size of a dim: as it was given where the tensor was made, else the question itself."""
    for _ in range(_DEPTH):
        value = settled(value)
        if not isinstance(value, Op):
            break
        size = value.args.get("size")
        if value.name in _SIZED and isinstance(size, Items) and dim < len(size.items):
            given = size.items[dim]
            return _canonical(given) if given is not value else given
        if (
            value.name == "view"
            and isinstance(size, Items)
            and all(map(_is_count, size.items))
            and dim < len(size.items)
        ):
            return _canonical(size.items[dim])
        if value.name in _NEW and isinstance(size, Items) and dim < len(size.items):
            return _canonical(size.items[dim])
        if value.name in _SIZED and isinstance(size, Op) and size.name == "shape":
            value = size.input
        elif value.name in _SAME_SHAPE:
            value = value.input
        else:
            break
    return Op("size", {"input": value, "dim": Constant(dim)}, {}, "Tensor")


def _is_count(value: Value) -> bool:
    return is_number(value) and not (isinstance(value, Constant) and value.value == -1)


def dtype(value: Value | None, depth: int = _DEPTH) -> object:
    """A key that values of the same dtype share; None where it is not known.

    The keys are the names of dtypes, `default` for the default float, or the value whose dtype it is.
    """
    if value is None or depth == 0:
        return None
    value = settled(value)
    if isinstance(value, Item):
        return dtype(value.iterable, depth - 1)
    if isinstance(value, External):
        name = value.qualname.removeprefix("torch.")
        return ops.cast_dtype(name) or name
    if isinstance(value, Field) and value.name == "dtype":
        return dtype(value.base, depth - 1)
    if not isinstance(value, Op):
        return value if facts.is_tensor(value) is not False else None
    return _op_dtype(value, depth)


def _op_dtype(op: Op, depth: int) -> object:
    given = op.args.get("dtype")
    if given is not None:
        return dtype(given, depth - 1)
    cast = ops.cast_dtype(op.name)
    if cast is not None:
        return cast
    if op.name in _DEFAULT:
        return "default"
    if op.name in _INDICES:
        return "int64"
    if op.name == "arange":
        ends = [arg.value if isinstance(arg, Constant) else None for arg in op.args.values()]
        return "int64" if ends and all(type(end) is int for end in ends) else None
    inner = dtype(op.args.get("input"), depth - 1)
    if op.name in _KEEPING:
        return inner
    if op.name in _FLOAT_KEPT:
        others = (arg for key, arg in op.args.items() if key != "input")
        return inner if is_float(inner) and not any(map(facts.is_tensor, others)) else None
    if op.name in _ARITHMETIC:
        other = op.args.get("other", op.args.get("exponent"))
        if other is not None and is_number(other):
            return inner if is_float(inner) else None
        return inner if is_float(inner) and inner == dtype(other, depth - 1) else None
    return None


def is_float(key: object) -> bool:
    """Whether a key of `dtype` is that of a floating-point dtype."""
    return key in _FLOATS if isinstance(key, str) else False


def least_rank(frame: Frame, value: Value) -> int:
    """How many dims a tensor has at least: as many as the function asks for."""
    value = settled(value)
    known = facts.rank(value)
    if known is not None:
        return known
    asked = [op.constant("dim") for op in _operations(frame) if op.name == "size" and settled(op.input) is value]
    return max((dim + 1 for dim in asked if isinstance(dim, int) and dim >= 0), default=0)
