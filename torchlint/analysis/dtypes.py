"""The dtype of a tensor, as far as it is certain: its name, and whether it is a floating-point one."""

from __future__ import annotations

from torchlint.analysis import ops
from torchlint.analysis.values import Choice, Constant, Element, External, Field, Item, Items, Layer, Mutated, Op, Value

_DEPTH = 16
# What methods and attributes of torch call a dtype.
_NAMES = {
    "float": "float32",
    "float32": "float32",
    "double": "float64",
    "float64": "float64",
    "half": "float16",
    "float16": "float16",
    "bfloat16": "bfloat16",
    "long": "int64",
    "int64": "int64",
    "int": "int32",
    "int32": "int32",
    "short": "int16",
    "int16": "int16",
    "int8": "int8",
    "uint8": "uint8",
    "bool": "bool",
}
FLOATING = frozenset(["float32", "float64", "float16", "bfloat16"])
# Floating-point whatever the input is.
_FLOAT_RESULTS = frozenset(
    [
        *(
            "exp",
            "expm1",
            "log",
            "log1p",
            "log2",
            "log10",
            "sqrt",
            "rsqrt",
            "sigmoid",
            "logsigmoid",
            "tanh",
            "sin",
            "cos",
        ),
        *(
            "erf",
            "logit",
            "div",
            "softmax",
            "log_softmax",
            "softmin",
            "logsumexp",
            "mean",
            "std",
            "var",
            "norm",
            "cdist",
        ),
        *(
            "linalg.norm",
            "linalg.vector_norm",
            "rand",
            "randn",
            "rand_like",
            "randn_like",
            "dropout",
            "gelu",
            "silu",
            "elu",
        ),
        *(
            "softplus",
            "normalize",
            "layer_norm",
            "batch_norm",
            "linspace",
            "cosine_similarity",
            "linear",
            "conv1d",
            "conv2d",
        ),
        *ops.LOSSES,
    ]
)
# Floating-point layers are those that are not functions, such as `Linear` and `Conv2d`; not these.
_OTHER_LAYERS = frozenset(["PixelShuffle", "Unfold", "Fold", "Unflatten", "Upsample", "ZeroPad2d", "ChannelShuffle"])
# The dtype of the input.
_KEEP = frozenset(
    [
        *(
            "abs",
            "neg",
            "positive",
            "relu",
            "leaky_relu",
            "clamp",
            "clamp_min",
            "clamp_max",
            "view",
            "reshape",
            "squeeze",
        ),
        *(
            "unsqueeze",
            "transpose",
            "permute",
            "t",
            "T",
            "flatten",
            "expand",
            "expand_as",
            "view_as",
            "repeat",
            "contiguous",
        ),
        *(
            "detach",
            "clone",
            "getitem",
            "select",
            "narrow",
            "amax",
            "amin",
            "sum",
            "prod",
            "cumsum",
            "max",
            "min",
            "roll",
        ),
        *(
            "flip",
            "cuda",
            "cpu",
            "gather",
            "index_select",
            "masked_fill",
            "zeros_like",
            "ones_like",
            "empty_like",
            "tril",
        ),
        *("triu", "requires_grad_", "movedim", "swapaxes", "diagonal", "nan_to_num", "mT", "ravel"),
    ]
)
_ARITHMETIC = frozenset(["add", "sub", "mul", "pow", "maximum", "minimum", "remainder"])
_PRODUCTS = frozenset(["matmul", "mm", "bmm", "mv"])


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
            return value.key == 0 and is_floating(base.input, depth - 1)
        case Element(base=Op() as base) if base.name in ops.SEQUENCES:
            return is_floating(base.input, depth - 1)
        case Item():
            return is_floating(value.iterable, depth - 1)
        case Field(base=Layer(), name="weight" | "bias"):
            return True
        case Op():
            return _op_is_floating(value, depth)
    return False


def _op_is_floating(op: Op, depth: int) -> bool:
    known = dtype(op, depth)
    if known is not None:
        return known in FLOATING
    if "dtype" in op.args:
        return False
    if op.name in _FLOAT_RESULTS:
        return True
    if op.name[:1].isupper() and op.name != "T":
        return op.layer is not None and op.name not in _OTHER_LAYERS
    if op.name in ("zeros", "ones", "empty"):
        return True
    if op.name in _KEEP:
        return is_floating(op.input, depth - 1)
    if op.name in _ARITHMETIC:
        return any(is_floating(arg, depth - 1) for key, arg in op.args.items() if key != "alpha")
    if op.name in _PRODUCTS:
        return any(is_floating(arg, depth - 1) for arg in op.args.values())
    return False


def dtype(value: Value, depth: int = _DEPTH) -> str | None:
    """The name of the dtype that a value was given in so many words, such as `float16`; None if there is none."""
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
        case Op(form="Tensor") if value.name in _NAMES:
            return _NAMES[value.name]
        case Op() if value.name in _KEEP or value.name == "to":
            return dtype(value.input, depth - 1) if {"other", "target"}.isdisjoint(value.args) else None
        case Op() if value.name in ("exp", "sigmoid", "softmax", "log_softmax", "sqrt", "tanh", "log"):
            inner = dtype(value.input, depth - 1)
            return inner if inner in FLOATING else None
        case Op(name="add" | "sub" | "mul" | "div") if isinstance(value.args.get("other"), Constant):
            inner = dtype(value.input, depth - 1)
            return inner if inner in FLOATING else None
    return None


def _named(value: Value) -> str | None:
    if isinstance(value, External) and value.qualname.startswith("torch."):
        return _NAMES.get(value.qualname.removeprefix("torch."))
    return None


_BOOLEAN_NAMES = "eq ne lt le gt ge logical_and logical_or logical_not logical_xor isnan isinf isfinite isclose any all"
_BOOLEAN = frozenset(_BOOLEAN_NAMES.split())
_BITS = frozenset({"bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not"})
_INDICES = frozenset({"argmax", "argmin", "argsort", "nonzero", "randperm", "bincount", "one_hot", "searchsorted"})


def dtype_class(value: Value, depth: int = _DEPTH) -> str | None:
    """What the elements of a tensor can be, however many bits they have: `float`, `int` or `bool`."""
    if depth == 0:
        return None
    known = dtype(value)
    if known is not None:
        return "float" if known in FLOATING else "bool" if known == "bool" else "int"
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
        case Element(base=Op() as base, key=1) if ops.outputs(base.name, base.args):
            return "int"
        case Op() if "dtype" not in value.args:
            return _class_of_op(value, depth)
    return None


def _class_of_op(op: Op, depth: int) -> str | None:
    if op.name in _BOOLEAN:
        return "bool"
    if op.name in _INDICES or op.name == "randint":
        return "int"
    if op.name in ("tensor", "arange", "full"):
        return _literal_class(op)
    if op.name in _BITS:
        found = {dtype_class(arg, depth - 1) for arg in op.args.values()}
        return found.pop() if len(found) == 1 else None
    if op.name in ("sum", "prod", "cumsum"):
        return "float" if dtype_class(op.input, depth - 1) == "float" else None
    if op.name in _KEEP or (op.name == "to" and "device" in op.args):
        return dtype_class(op.input, depth - 1)
    return None


def _literal_class(op: Op) -> str | None:
    """The class of the numbers that a tensor is made of."""
    args = [op.args.get(key) for key in ("data", "start", "end", "step", "fill_value")]
    numbers: list[object] = []
    stack = [arg for arg in args if arg is not None]
    while stack:
        part = stack.pop()
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
