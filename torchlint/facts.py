"""What is certain of a value: whether it is a tensor, its rank, dtype class and memory. None means not known."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

from torchlint import ops
from torchlint.signatures import Kind
from torchlint.values import (
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

_DEPTH = 2_000
_Fact = TypeVar("_Fact")
_DTYPES = frozenset(
    f"torch.{name}"
    for name in [
        *("float", "float16", "float32", "float64", "half", "double", "bfloat16", "bool", "cfloat", "complex64"),
        *("int", "int8", "int16", "int32", "int64", "uint8", "short", "long"),
    ]
)
# Results that are not tensors.
_NOT_TENSORS = frozenset(
    [
        "size",
        "shape",
        "dim",
        "numel",
        "nelement",
        "item",
        "tolist",
        "numpy",
        "is_floating_point",
        "is_complex",
        "is_contiguous",
        "stride",
        "storage_offset",
        "element_size",
        "get_device",
        "data_ptr",
        "is_tensor",
        "equal",
        "allclose",
        "not",
        "is",
        "is_not",
        "in",
        "not_in",
        "slice",
        "backward",
        "ndimension",
        "untyped_storage",
        "is_grad_enabled",
        "manual_seed",
        "seed",
        "get_default_dtype",
        "finfo",
        "iinfo",
        "device",
        "save",
        "load",
    ]
)
# Methods that only tensors have: a call with the arguments that a tensor takes shows that the receiver is one. NumPy arrays
# share `sum`, `mean`, `max`, `view`, `squeeze`, `reshape`, `item`; data frames and loggers share `log`, `mean`, `diff`.
_TENSOR_METHODS = frozenset(
    [
        "exp",
        "sqrt",
        "rsqrt",
        "sigmoid",
        "tanh",
        "softmax",
        "log_softmax",
        "logsumexp",
        "relu",
        "unsqueeze",
        "permute",
        "expand",
        "expand_as",
        "gather",
        "scatter",
        "index_select",
        "masked_fill",
        "masked_select",
        "log1p",
        "expm1",
        "log2",
        "matmul",
        "bmm",
        "mm",
        "addmm",
        "unbind",
        "chunk",
        "detach",
        "contiguous",
        "index_add",
        "view_as",
        "requires_grad_",
        "narrow",
        "softplus",
        "clamp",
        "clamp_min",
        "clamp_max",
        "type_as",
        "new_zeros",
        "new_ones",
        "new_full",
        "new_tensor",
        "logical_not",
    ]
)
# Names under which arrays of other libraries have operations that torch has under several names.
_ARRAY_METHODS = frozenset({"clip"})
_SEQUENCES = ops.SEQUENCES | {"split"}
# Operations that return a view of their input, or the input itself.
_VIEWS = frozenset(
    [
        "view",
        "reshape",
        "transpose",
        "permute",
        "squeeze",
        "unsqueeze",
        "expand",
        "expand_as",
        "narrow",
        "select",
        "getitem",
        "t",
        "swapaxes",
        "swapdims",
        "movedim",
        "flatten",
        "unflatten",
        "detach",
        "diagonal",
        "unfold",
        "view_as",
        "ravel",
        "positive",
        "contiguous",
        "to",
        "float",
        "cuda",
        "cpu",
        "T",
        "mT",
        "requires_grad_",
        "squeeze_",
        "unsqueeze_",
    ]
)
# One result element per element of `input`, with the same rank.
_ELEMENTWISE = frozenset(
    [
        "abs",
        "exp",
        "log",
        "log2",
        "log10",
        "log1p",
        "expm1",
        "sqrt",
        "rsqrt",
        "sigmoid",
        "logsigmoid",
        "tanh",
        "relu",
        "relu6",
        "leaky_relu",
        "elu",
        "selu",
        "gelu",
        "silu",
        "mish",
        "softplus",
        "hardtanh",
        "hardsigmoid",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "sinh",
        "cosh",
        "floor",
        "ceil",
        "round",
        "trunc",
        "sign",
        "neg",
        "positive",
        "clamp",
        "clamp_min",
        "clamp_max",
        "nan_to_num",
        "softmax",
        "log_softmax",
        "softmin",
        "dropout",
        "alpha_dropout",
        "contiguous",
        "clone",
        "detach",
        "to",
        "float",
        "double",
        "half",
        "bfloat16",
        "long",
        "int",
        "bool",
        "cuda",
        "cpu",
        "type",
        "type_as",
        "pow",
        "erf",
        "lgamma",
        "digamma",
        "logit",
        "masked_fill",
        "cumsum",
        "cumprod",
        "flip",
        "roll",
        "sort",
        "argsort",
        "zeros_like",
        "ones_like",
        "rand_like",
        "randn_like",
        "full_like",
        "empty_like",
        "bitwise_not",
        "logical_not",
        "isnan",
        "isinf",
        "isfinite",
        "requires_grad_",
        "normalize",
        "layer_norm",
        "Linear",
        "linear",
        "BatchNorm1d",
        "BatchNorm2d",
        "BatchNorm3d",
        "LayerNorm",
        "GroupNorm",
        "PReLU",
        "Dropout",
        "Hardswish",
        "Threshold",
        "GLU",
        "tril",
        "triu",
    ]
)
_BINARY = frozenset(
    [
        "add",
        "sub",
        "mul",
        "div",
        "floor_divide",
        "remainder",
        "fmod",
        "atan2",
        "maximum",
        "minimum",
        "logaddexp",
        "logaddexp2",
        "hypot",
        "xlogy",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "bitwise_and",
        "bitwise_or",
        "bitwise_xor",
        "logical_and",
        "logical_or",
        "where",
    ]
)
_REDUCTIONS = frozenset(
    [
        "sum",
        "mean",
        "prod",
        "max",
        "min",
        "amax",
        "amin",
        "argmax",
        "argmin",
        "std",
        "var",
        "norm",
        "any",
        "all",
        "median",
        "nanmean",
        "nansum",
        "logsumexp",
        "linalg.norm",
        "linalg.vector_norm",
        "count_nonzero",
    ]
)
_FACTORIES = frozenset(["zeros", "ones", "empty", "full", "rand", "randn", "randint"])
_SCALAR_LOSSES = ops.LOSSES
# For `torchlint.sizes`.
ELEMENTWISE, BINARY, REDUCTIONS, FACTORIES = _ELEMENTWISE, _BINARY, _REDUCTIONS, _FACTORIES


def _on_all(value: Choice, fact: Callable[[Value, int], object], depth: int) -> object:
    """The fact that all members share; None where they differ."""
    found = {fact(member, depth - 1) for member in value.members}
    return found.pop() if len(found) == 1 else None


def _remembered(fact: Callable[[Value, int], _Fact]) -> Callable[..., _Fact]:
    """Ask for a fact once: values share their parts, so that following them anew each time takes forever."""
    name = fact.__name__

    @wraps(fact)
    def answer(value: Value, depth: int = _DEPTH) -> Any:
        memo = value.memo
        if memo is None:
            memo = value.memo = {}
        if name not in memo:
            memo[name] = fact(value, depth)
        return memo[name]

    return answer


@_remembered
def is_tensor(value: Value, depth: int = _DEPTH) -> bool | None:
    """Whether a value is a tensor."""
    if depth == 0:
        return None
    match value:
        case Constant() | Items() | Mapped() | Layer() | Instance() | ClassRef() | FunctionRef() | External():
            return False
        case Choice():
            answer = _on_all(value, is_tensor, depth)
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
            return _annotated_tensor(value.annotation)
        case Call() if value.qualname.startswith("torch.") and value.qualname.endswith("Tensor"):
            return True  # `torch.FloatTensor(2, 3)`, `torch.cuda.LongTensor(x)`
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
    return op.name.rstrip("_") in _TENSOR_METHODS and written not in _ARRAY_METHODS


def _op_is_tensor(value: Op, depth: int) -> bool | None:
    if value.name in _NOT_TENSORS or value.name in _SEQUENCES or ops.outputs(value.name, value.args):
        return False
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
        return None
    if base.name in ("LSTM", "GRU", "RNN", "MultiheadAttention") and value.key == 0:
        return True
    if base.name in _SEQUENCES or ops.outputs(base.name, base.args):
        form_shows = (
            base.form != "Tensor"
            or base.name in _TENSOR_METHODS
            or base.name in ("topk", "kthvalue", "chunk", "unbind")
        )
        return True if form_shows else is_tensor(base.input, depth - 1)
    return is_tensor(base, depth - 1)


@_remembered
def evidence(value: Value, depth: int = _DEPTH) -> bool:
    """Whether something in how a value is made shows that tensors are at work."""
    if is_tensor(value):
        return True
    if depth and isinstance(value, Op):
        return any(evidence(arg, depth - 1) for arg in value.args.values())
    if depth and isinstance(value, Element):
        return evidence(value.base, depth - 1)
    return False


def storage(value: Value) -> Value:
    """The value whose memory this one may share: itself, or what it is a view of."""
    for _ in range(_DEPTH):
        match value:
            case Op() if value.name in _VIEWS:
                value = value.input
            case Op() if value.name.endswith("_"):
                value = value.input
            case Element() if isinstance(value.base, Op) and value.base.name in _SEQUENCES:
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
        case Op(name="size" | "dim" | "numel"):
            return Kind.INT
        case Op(name="shape"):
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


@_remembered
def rank(value: Value, depth: int = _DEPTH) -> int | None:
    """The number of dimensions of a tensor, where it is certain."""
    if depth == 0:
        return None
    match value:
        case Choice():
            answer = _on_all(value, rank, depth)
            return answer if isinstance(answer, int) else None
        case Constant(value=int() | float()):
            return 0
        case Mutated():
            return rank(value.base, depth - 1)
        case Item():
            outer = rank(value.iterable, depth - 1)
            return outer - 1 if outer else None
        case Element() if isinstance(value.base, Op):
            return _element_rank(value.base, depth)
        case Field(name="data" | "grad" | "mT"):
            return rank(value.base, depth - 1)
        case Op():
            return _op_rank(value, depth)
    return None


def _element_rank(base: Op, depth: int) -> int | None:
    if base.name in ("topk", "sort", "cummax", "cummin", "split", "chunk", "tensor_split"):
        return rank(base.input, depth - 1)
    if base.name == "unbind":
        inner = rank(base.input, depth - 1)
        return inner - 1 if inner else None
    return _reduced(base, depth) if ops.outputs(base.name, base.args) else None


def _reduced(op: Op, depth: int) -> int | None:
    inner = rank(op.input, depth - 1)
    if "dim" not in op.args and "axis" not in op.args:
        return 0 if op.constant("keepdim", False) is False else inner
    keeps = op.constant("keepdim", False)
    dim = op.args.get("dim")
    count = len(dim.items) if isinstance(dim, Items) else 1 if isinstance(dim, Constant) else None
    if inner is None or count is None or not isinstance(keeps, bool):
        return None
    return inner if keeps else max(inner - count, 0)


def _op_rank(op: Op, depth: int) -> int | None:
    name = op.name
    if name in _ELEMENTWISE:
        return rank(op.input, depth - 1)
    if name in _BINARY:
        ranks = [rank(arg, depth - 1) for arg in op.args.values()]
        known = [found for found in ranks if found is not None]
        return max(known) if known and len(known) == len(ranks) else None
    if name in _SCALAR_LOSSES:
        return 0 if op.constant("reduction", "mean") in ("mean", "sum") else None
    if name in _REDUCTIONS:
        return _reduced(op, depth)
    handler = _RANKS.get(name)
    return handler(op, depth) if handler else None


def _sized(name: str) -> Callable[[Op, int], int | None]:
    def handler(op: Op, depth: int) -> int | None:
        return _length(op.args.get(name))

    return handler


def _length(value: Value | None) -> int | None:
    """How many sizes a size argument has."""
    match value:
        case Items():
            return len(value.items)
        case Constant(value=int()):
            return 1
        case Op(name="shape"):
            return rank(value.input)
        case Op(name="size" | "floor_divide" | "mul"):
            return 1
    return None


def _shifted(change: int) -> Callable[[Op, int], int | None]:
    def handler(op: Op, depth: int) -> int | None:
        inner = rank(op.input, depth - 1)
        return None if inner is None else max(inner + change, 0)

    return handler


def _flatten(op: Op, depth: int) -> int | None:
    start, end = op.constant("start_dim", 0), op.constant("end_dim", -1)
    if end != -1:
        return None
    if start == 0:
        return 1
    # start_dim=1 leaves the first dim and one more; an input of rank 1 is not accepted.
    return start + 1 if isinstance(start, int) and start > 0 else None


def _matmul(op: Op, depth: int) -> int | None:
    a, b = rank(op.input, depth - 1), rank(op.args.get("other", op.args.get("mat2", op)), depth - 1)
    if a is None or b is None:
        return None
    if a == 1 or b == 1:
        return max(a, b) - 1 if max(a, b) > 1 else 0
    return max(a, b)


def _joined(change: int) -> Callable[[Op, int], int | None]:
    def handler(op: Op, depth: int) -> int | None:
        tensors = op.args.get("tensors")
        if not isinstance(tensors, Items):
            return None
        for tensor in tensors.items:
            found = rank(tensor, depth - 1)
            if found is not None:
                return found + change
        return None

    return handler


def _getitem(op: Op, depth: int) -> int | None:
    inner = rank(op.input, depth - 1)
    if inner is None:
        return None
    index = op.args["index"]
    parts: Sequence[Value] = index.items if isinstance(index, Items) else (index,)
    for part in parts:
        match part:
            case Op(name="slice"):
                continue
            case Constant() if part.value is ...:
                continue
            case Constant(value=None):
                inner += 1
            case Constant(value=bool()):
                return None
            case _ if kind(part) is Kind.INT:
                inner -= 1
            case _:
                return None
    return max(inner, 0)


def _nested(op: Op, depth: int) -> int | None:
    """How deep the lists are that a tensor is made of."""
    data = op.args.get("data")
    count = 0
    while isinstance(data, Items) and data.items:
        data = data.items[0]
        count += 1
    return count if isinstance(data, Constant) else None


_RANKS: dict[str, Callable[[Op, int], int | None]] = {
    "tensor": _nested,
    **{
        name: _sized("size")
        for name in ("zeros", "ones", "empty", "full", "rand", "randn", "randint", "expand", "repeat")
    },
    "view": _sized("size"),
    "reshape": _sized("shape"),
    "arange": lambda op, depth: 1,
    "linspace": lambda op, depth: 1,
    "randperm": lambda op, depth: 1,
    "eye": lambda op, depth: 2,
    "mm": lambda op, depth: 2,
    "bmm": lambda op, depth: 3,
    "addmm": lambda op, depth: 2,
    "unsqueeze": _shifted(1),
    "one_hot": _shifted(1),
    "Embedding": _shifted(1),
    "transpose": _shifted(0),
    "permute": _shifted(0),
    "t": _shifted(0),
    "gather": _shifted(0),
    "select": _shifted(-1),
    "flatten": _flatten,
    "ravel": lambda op, depth: 1,
    "matmul": _matmul,
    "cat": _joined(0),
    "stack": _joined(1),
    "getitem": _getitem,
}
