"""The dtype of a tensor, as far as it is certain: its name, and whether it is a floating-point one."""

from __future__ import annotations

from torchlint.torch_facts import ops
from torchlint.torch_facts.dtype_table import FLOATING as FLOATING
from torchlint.torch_facts.dtype_table import KINDS, NAMES
from torchlint.values.facts.array_dtypes import WHOLE, array_dtype, constructed, row_dtype
from torchlint.values.value import (
    Call,
    Choice,
    Constant,
    Element,
    External,
    Field,
    Item,
    Items,
    Layer,
    Mutated,
    Op,
    Parameter,
    Value,
)

_DEPTH = 16


def is_floating(value: Value, depth: int = _DEPTH) -> bool:
    """Whether a value is certainly a tensor of a floating-point dtype."""
    if depth == 0:
        return False
    match value:
        case Choice():
            return all(is_floating(member, depth - 1) for member in value.members)
        case Mutated():
            return is_floating(value.base, depth - 1)
        case Element(base=Op() as base) if ops.outputs(base.name, base.args):
            return value.key == 0 and _op_is_floating(base, depth)
        case Element(base=Op() as base) if base.name in ops.SEQUENCES:
            return is_floating(base.input, depth - 1)
        case Item():
            return is_floating(value.iterable, depth - 1)
        case Field(base=Layer(), name="weight" | "bias"):
            return True
        case Op():
            return _op_is_floating(value, depth)
        case Call(qualname="torch.Tensor"):
            return bool(value.args)
    return False


def _op_is_floating(op: Op, depth: int) -> bool:
    known = dtype(op, depth)
    if known is not None:
        return known in FLOATING
    row = ops.of(op.name)
    if "dtype" in op.args or row is None or not row.is_tensor:
        return False
    if rounds(op):
        return any(is_floating(arg, depth - 1) for arg in op.args.values())
    if op.name in ops.FLOATS or (op.layer is not None and row.weights):
        return True
    if row.dtype in ("input", "sum"):
        return is_floating(op.input, depth - 1)
    if row.dtype == "promoted":
        operands = (arg for key, arg in op.args.items() if key != "alpha" and key not in row.places)
        return any(is_floating(arg, depth - 1) for arg in operands)
    return False


def rounds(op: Op) -> bool:
    """Whether an operation is a division that rounds: of integers it gives integers."""
    return op.name in ("div", "div_") and op.constant("rounding_mode") is not None


def dtype(value: Value, depth: int = _DEPTH) -> str | None:
    """The name of the dtype that a value certainly has, such as `float16`; None if that is not known."""
    if depth == 0:
        return None
    match value:
        case Mutated():
            return dtype(value.base, depth - 1)
        case Choice():
            found = {dtype(member, depth - 1) for member in value.members}
            return found.pop() if len(found) == 1 else None
        case Op() if "dtype" in value.args:
            return _named(value.args["dtype"])
        case Op(name="to"):
            return dtype(value.input, depth - 1) if {"other", "target"}.isdisjoint(value.args) else None
        case Op():
            return _op_dtype(value, depth)
        case Call():
            return constructed(value)
        case Element():
            row = row_dtype(value)
            return dtype(row, depth - 1) if isinstance(row, Value) else row
    return None


def _named(value: Value) -> str | None:
    if isinstance(value, External) and value.qualname.startswith("torch."):
        return NAMES.get(value.qualname.removeprefix("torch."))
    return None


def _op_dtype(op: Op, depth: int) -> str | None:
    row = ops.of(op.name)
    if row is None or not row.is_tensor or "out_int32" in op.args:
        return None
    if row.dtype in KINDS:
        return row.dtype
    if row.dtype == "data":
        known = _data_dtype(op, depth)
        return known if known in KINDS else None
    if row.dtype == "promoted" and row.shape != "broadcast":
        return _shared_dtype(op, depth)
    inner = dtype(op.input, depth - 1) if row.dtype in ("input", "float", "sum", "promoted") else None
    if row.dtype == "input":
        # The absolute value of a complex number, its parts and norms are real.
        return inner if inner is None or KINDS[inner] != "complex" else None
    # Integers may become another dtype, and so do those that meet a tensor of another one.
    numbers = all(isinstance(arg, Constant) for key, arg in op.args.items() if key != "input")
    return inner if inner in FLOATING and (numbers or row.shape != "broadcast") else None


def _data_dtype(op: Op, depth: int) -> str | None:
    """The dtype of what a tensor is made of, if that is an array or a tensor."""
    source = next(iter(op.args.values()), None)
    if source is None or op.name not in ("from_numpy", "as_tensor", "tensor", "asarray"):
        return None
    return array_dtype(source) or dtype(source, depth - 1)


def _shared_dtype(op: Op, depth: int) -> str | None:
    """The floating-point dtype of the factors of a product, such as `einsum`: factors of two dtypes raise."""
    factors = [part for arg in op.args.values() for part in (arg.items if isinstance(arg, Items) else (arg,))]
    found = {known for factor in factors if (known := dtype(factor, depth - 1)) in FLOATING}
    return found.pop() if len(found) == 1 else None


def dtype_class(value: Value, depth: int = _DEPTH) -> str | None:
    """What the elements of a tensor can be, however many bits they have: `float`, `int`, `bool` or `complex`."""
    if depth == 0:
        return None
    known = dtype(value)
    if known is not None:
        return KINDS[known]
    if is_floating(value):
        return "float"
    match value:
        case Choice():
            found = {dtype_class(member, depth - 1) for member in value.members}
            return found.pop() if len(found) == 1 else None
        case Mutated():
            return dtype_class(value.base, depth - 1)
        case Item():
            return dtype_class(value.iterable, depth - 1)
        case Element(base=Op() as base, key=1) if ops.outputs(base.name, base.args)[1:] == ("indices",):
            return "int"
        case Element():
            row = row_dtype(value)
            return dtype_class(row, depth - 1) if isinstance(row, Value) else None
        case Op() if "dtype" not in value.args:
            return _class_of_op(value, depth)
    return None


def _class_of_op(op: Op, depth: int) -> str | None:
    row = ops.of(op.name)
    if row is None or not row.is_tensor:
        return None
    if row.dtype == "complex":
        return "complex"
    if row.dtype == "data":
        return "int" if _data_dtype(op, depth) == WHOLE else _literal_class(op)
    if row.dtype == "promoted" and not row.accepts("float"):
        found = {dtype_class(arg, depth - 1) for arg in op.args.values()}
        return found.pop() if len(found) == 1 else None
    if row.dtype == "sum":
        return "float" if dtype_class(op.input, depth - 1) == "float" else None
    if row.dtype == "input" or (op.name == "to" and "device" in op.args):
        inner = dtype_class(op.input, depth - 1)
        return inner if inner != "complex" or op.name == "to" else None  # see `_op_dtype`
    return None


def _literal_class(op: Op) -> str | None:
    """The class of the numbers that a tensor is made of."""
    args = [op.args.get(key) for key in ("data", "start", "end", "step", "fill_value")]
    numbers: list[object] = []
    stack = [arg for arg in args if arg is not None]
    while stack:
        part = stack.pop()
        if isinstance(part, Parameter) and part.default is not None:
            part = part.default
        if isinstance(part, Items):
            stack.extend(part.items)
        elif not isinstance(part, Constant):
            return None
        else:
            numbers.append(part.value)
    kinds = {type(number) for number in numbers}
    if float in kinds and kinds <= {float, int, bool}:
        return "float"
    return "int" if kinds in ({int}, {int, bool}) else "bool" if kinds == {bool} else None
