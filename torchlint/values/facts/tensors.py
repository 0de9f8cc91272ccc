"""Whether a value is certainly a tensor, what memory it shares, and what Python type it has. None means not known."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from torchlint.torch_facts import dtype_table, ops
from torchlint.torch_facts.signatures import Kind
from torchlint.values.facts.array_dtypes import row_dtype
from torchlint.values.value import (
    Call,
    Choice,
    ClassRef,
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
    Mapped,
    Mutated,
    Op,
    Parameter,
    Value,
)

DEPTH = 2_000
_Fact = TypeVar("_Fact")
_DTYPES = frozenset(f"torch.{name}" for name in dtype_table.NAMES)
# Names under which arrays of other libraries have operations that torch has under several names.
_NUMBERS = ops.that(gives="number", syncs=False, kind="function")
_ARRAY_METHODS = frozenset({"clip"})
_PARAMETERS = frozenset(
    {"torch.nn.Parameter", "torch.nn.parameter.Parameter", "torch.nn.Buffer", "torch.nn.parameter.Buffer"}
)
# Layers that give a tensor, and something else besides.
_TUPLES = ops.that(kind="layer", gives="tuple")
# Values that are not tensors.
_NEVER = frozenset({Constant, Items, Mapped, Layer, Instance, ClassRef, FunctionRef, External})
# Methods that change the shape of the tensor itself.
_RESHAPING = frozenset(
    {
        "resize_",
        "resize_as_",
        "set_",
        "t_",
        "squeeze_",
        "unsqueeze_",
        "transpose_",
        "swapaxes_",
        "swapdims_",
        "as_strided_",
    }
)


def on_all(value: Choice, fact: Callable[[Value, int], object], depth: int) -> object:
    """The fact that all members share; None where they differ."""
    found = {fact(member, depth - 1) for member in value.members}
    return found.pop() if len(found) == 1 else None


def remembered(fact: Callable[[Value, int], _Fact]) -> Callable[..., _Fact]:
    """Ask for a fact once: values share their parts, so that following them anew each time takes forever."""
    name = fact.__name__

    @wraps(fact)
    def answer(value: Value, depth: int = DEPTH) -> Any:
        memo = value.memo
        if memo is None:
            memo = value.memo = {}
        if name not in memo:
            memo[name] = fact(value, depth)
        return memo[name]

    return answer


@remembered
def is_tensor(value: Value, depth: int = DEPTH) -> bool | None:
    """Whether a value is a tensor."""
    if depth == 0:
        return None
    if value.__class__ in _NEVER:
        return False
    match value:
        case Choice():
            answer = on_all(value, is_tensor, depth)
            return answer if isinstance(answer, bool) else None
        case Op():
            return _op_is_tensor(value, depth)
        case Element():
            return _element_is_tensor(value, depth)
        case Item():
            return True if is_tensor(value.iterable, depth - 1) else None
        case LoopCarried():
            return None
        case Mutated():
            return is_tensor(value.base, depth - 1)
        case Field():
            known = value.name in ("data", "grad", "T", "mT", "H", "mH", "real", "imag")
            return is_tensor(value.base, depth - 1) if known else _layer_tensor(value)
        case Parameter():
            foreign = value.frame is not None and value.frame.module.has_foreign_tensors
            return None if foreign else _annotated_tensor(value.annotation)
        case Call() if value.qualname.startswith("torch.") and value.qualname.endswith("Tensor"):
            return True  # `torch.FloatTensor(2, 3)`, `torch.cuda.LongTensor(x)`
        case Call() if value.qualname in _PARAMETERS:
            return True
        case Call():
            return (
                False
                if value.qualname.startswith(("numpy.", "math.", "pandas.", "random.", "os.", "builtins."))
                else None
            )
    return None


def _layer_tensor(value: Field) -> bool | None:
    return True if isinstance(value.base, Layer) and value.name in ("weight", "bias") else None


def _annotated_tensor(annotation: ast.expr | None) -> bool | None:
    if annotation is None:
        return None
    name = annotation.value if isinstance(annotation, ast.Constant) else ast.unparse(annotation)
    return True if name in ("Tensor", "torch.Tensor", "th.Tensor", "torch.FloatTensor", "torch.LongTensor") else None


def _is_distinct(op: Op) -> bool:
    """Whether only a tensor has a method of this name."""
    written = op.node.func.attr if isinstance(op.node, ast.Call) and isinstance(op.node.func, ast.Attribute) else ""
    return op.name in ops.column("tensors_only") and written not in _ARRAY_METHODS


def _op_is_tensor(value: Op, depth: int) -> bool | None:
    single = is_single(value)
    if not single:
        return single
    if value.form == "Tensor":
        if _is_distinct(value) or _has_torch_keyword(value):
            return True
        return is_tensor(value.input, depth - 1)
    if value.form != "operator":
        return True
    operands = [is_tensor(operand, depth - 1) for operand in value.args.values()]
    if value.name == "getitem":
        return operands[0]
    if any(operands):
        return True
    return False if all(operand is False for operand in operands) else None


def is_single(op: Op) -> bool | None:
    """Whether an operation returns one thing that may be a tensor: no tuple, and no number; None where its arguments
    may ask for several results."""
    row = ops.of(op.name)
    if row is None:
        return True
    single = row.gives_tensor(op.args)
    if single is not None or row.gives != "varies":
        return single
    asked = [op.constant(name, False) for name in row.several_with.split()]
    # A dim, or a flag that is set.
    return False if any(value is not False and not isinstance(value, Value) for value in asked) else None


def _has_torch_keyword(value: Op) -> bool:
    """Whether a method is called with `dim=` or `keepdim=`, for which numpy and pandas have other names."""
    if not isinstance(value.node, ast.Call):
        return False
    keywords = {keyword.arg for keyword in value.node.keywords}
    # xarray names its dims.
    return "keepdim" in keywords or ("dim" in keywords and not isinstance(value.constant("dim"), str))


def _element_is_tensor(value: Element, depth: int) -> bool | None:
    base = value.base
    if not isinstance(base, Op):
        return None if row_dtype(value) is None else True
    if is_single(base):
        return is_tensor(base, depth - 1)
    if base.layer is not None and base.layer.name == base.name:
        # The last hidden states of recurrent layers may be a tuple themselves.
        return True if value.key == 0 and base.name in _TUPLES else None
    shown = base.form != "Tensor" or base.name in ops.column("tensors_only")
    return True if shown else is_tensor(base.input, depth - 1)


@remembered
def evidence(value: Value, depth: int = DEPTH) -> bool:
    """Whether something in how a value is made shows that tensors are at work."""
    if is_tensor(value):
        return True
    if depth and isinstance(value, Op):
        return any(evidence(arg, depth - 1) for arg in value.args.values())
    if depth and isinstance(value, Element):
        return evidence(value.base, depth - 1)
    return False


def are_sizes(value: Value) -> bool:
    """Whether a value is certainly a tuple of sizes: `x.shape`, a slice of it, or it with more at an end."""
    match value:
        case Op(name="shape"):
            return True
        case Op(name="getitem", form="operator"):
            index = value.args["index"]
            return isinstance(index, Op) and index.name == "slice" and are_sizes(value.input)
        case Op(name="add", form="operator"):
            parts = value.args.values()
            return any(map(are_sizes, parts)) and all(isinstance(part, Items) or are_sizes(part) for part in parts)
    return False


def is_reshaped(value: Mutated) -> bool:
    """Whether what was done to a tensor may have changed its shape."""
    func = getattr(value.node, "func", None)
    name = getattr(func, "attr", getattr(value.node, "attr", ""))
    return name in _RESHAPING or name == "data"


def storage(value: Value) -> Value:
    """The value whose memory this one may share: itself, or what it is a view of."""
    for _ in range(DEPTH):
        match value:
            case Op() if value.name in ops.VIEWS and "input" in value.args:
                value = value.input
            case Op() if value.name.endswith("_"):
                value = value.input
            case Element() if isinstance(value.base, Op) and value.base.name in ops.SEQUENCES:
                value = value.base.input
            case Item() if is_tensor(value.iterable):
                value = value.iterable
            case Field() if value.name in ("data", "T", "mT"):
                value = value.base
            case _:
                return value
    return value


def kind(value: Value) -> Kind:
    """What is known of the Python type of an argument, to choose between overloads."""
    match value:
        case Constant(value=None):
            return Kind.NONE
        case Constant(value=bool()):
            return Kind.BOOL
        case Constant(value=int()):
            return Kind.INT
        case Constant(value=float()):
            return Kind.FLOAT
        case Constant(value=str()):
            return Kind.STR
        case Items():
            return Kind.SEQUENCE
        case Op(name="size"):
            return Kind.INT
        case Op() if value.name in _NUMBERS:
            return Kind.INT
        case Op(name="shape" | "getitem" | "add") if are_sizes(value):
            return Kind.SEQUENCE
        case Call(qualname="builtins.int" | "builtins.len") | Item(iterable=Call(qualname="builtins.range")):
            return Kind.INT
        case External() if value.qualname in _DTYPES:
            return Kind.DTYPE
        case Call(qualname="torch.device"):
            return Kind.DEVICE
        case Choice():
            kinds = {kind(member) for member in value.members}
            return kinds.pop() if len(kinds) == 1 else Kind.UNKNOWN
    return Kind.TENSOR if is_tensor(value) else Kind.UNKNOWN
