"""Where the dtype of a floating-point value comes from: whether two of them have as many bits."""

from __future__ import annotations

from torchlint.fixing.proof.kinds import OF_DATA, dtypes_of
from torchlint.torch_facts import ops
from torchlint.values import facts
from torchlint.values.facts import dtypes
from torchlint.values.value import Choice, Constant, Field, Mutated, Op, Value

_DEPTH = 40
_WHOLE = frozenset({"bool", "int"})


def has_same_dtype(value: Value, other: Value) -> bool:
    """Whether two values certainly have one dtype, or promote to that of one of them: integers and bools do."""
    if dtypes_of(value) <= _WHOLE or dtypes_of(other) <= _WHOLE:
        return True
    known = dtype_source(value)
    return known is not None and known == dtype_source(other)


# Half precision, whose results differ by more than the last bits of others, and in which sums of many are not exact.
_NARROW = frozenset({"float16", "bfloat16"})
# What a sum of many keeps its dtype in, as adding one after the other does. The default dtype can be changed.
_WIDE = frozenset({"default", "float32", "float64", "int64", "complex64", "complex128"})


def is_narrow(value: Value) -> bool:
    """Whether a tensor certainly has half precision."""
    return dtype_source(value) in _NARROW


def is_wide(value: Value) -> bool:
    """Whether a tensor certainly has a dtype in which one sum is what adding its parts gives."""
    return dtype_source(value) in _WIDE


def dtype_source(value: Value, depth: int = _DEPTH) -> Value | str | None:
    """What gives a floating-point value its dtype: the name of a dtype, `default`, or the value that has it first."""
    if depth == 0:
        return None
    match value:
        case Choice():
            found = {dtype_source(member, depth - 1) for member in value.members}
            return found.pop() if len(found) == 1 else None
        case Mutated():
            return dtype_source(value.base, depth - 1)
        case Field(name="data" | "grad" | "T" | "mT"):
            return dtype_source(value.base, depth - 1)
        case Op():
            return dtypes.dtype(value) or _dtype_source(value, depth)
    return value


def _dtype_source(op: Op, depth: int) -> Value | str | None:
    named = ("dtype", "other", "target") if op.name in ops.CASTS else ("dtype",)
    given = next((op.args[name] for name in named if name in op.args), None)
    if given is not None:
        inner = given.base if isinstance(given, Field) and given.name == "dtype" else given
        return dtype_source(inner, depth - 1) if facts.is_tensor(inner) is not False else None
    if op.name in ops.CASTS or op.name in OF_DATA:
        return None
    row = ops.of(op.name)
    if row is None or row.weights:
        return op
    if row.makes in ("size", "steps"):
        return "default"
    if row.dtype == "promoted" or row.shape == "broadcast":
        tensors = [arg for arg in op.args.values() if not isinstance(arg, Constant) and not dtypes_of(arg) <= {"int"}]
        found = {dtype_source(arg, depth - 1) for arg in tensors}
        return found.pop() if len(found) == 1 else None
    # Of a floating-point input.
    return dtype_source(op.input, depth - 1) if row.dtype in ("input", "float", "sum") else op
