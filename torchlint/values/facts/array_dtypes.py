"""The dtypes of data: arrays of numpy, what the typed constructors make, and the batches of loaders.

Source: https://numpy.org/doc/stable/reference/arrays.dtypes.html, and `torch.FloatTensor` in the notes on tensor types.
"""

from __future__ import annotations

from torchlint.torch_facts.dtype_table import FLOATING, KINDS
from torchlint.values.facts.entry_shapes import CURVES, LOADERS, OTHERWISE_BATCHED, PASSING, argument, is_labelled
from torchlint.values.value import Call, Constant, Element, External, Item, Items, Method, Op, Value

_DEPTH = 8
# Integers of which the system says how many bits they have.
WHOLE = "int"
_NAMES = {
    **{name: name for name in KINDS if name != "bfloat16"},
    **{"half": "float16", "single": "float32", "double": "float64", "float": "float64", "float_": "float64"},
    **{"int": WHOLE, "int_": WHOLE, "bool_": "bool", "ubyte": "uint8"},
}
_CONSTRUCTORS = {
    **{"HalfTensor": "float16", "BFloat16Tensor": "bfloat16", "FloatTensor": "float32", "DoubleTensor": "float64"},
    **{"ByteTensor": "uint8", "CharTensor": "int8", "ShortTensor": "int16", "IntTensor": "int32"},
    **{"LongTensor": "int64", "BoolTensor": "bool"},
}
# Where the dtype is asked for: by its place, or by name alone.
_SIZED = {"zeros": 1, "ones": 1, "empty": 1, "identity": 1, "eye": 3, "linspace": 5}
_RANDOM = {
    "random_sample": 0,
    "standard_normal": 0,
    "random": 0,
    "rand": None,
    "randn": None,
    "normal": 2,
    "uniform": 2,
}
_LITERALS = frozenset({"array", "asarray", "ascontiguousarray", "asanyarray"})
_CURVES = CURVES | {"expm1"}
_MOVED = frozenset(
    ["expand_dims", "squeeze", "reshape", "transpose", "ravel", "concatenate", "vstack", "hstack", "stack"]
)
_METHODS = frozenset({"copy", "ravel", "reshape", "flatten", "transpose", "squeeze"})
# What goes over the rows of its first argument as they are.
_PASSING = PASSING | LOADERS | {"torch.utils.data.Subset"}
# The arguments of a loader that are not named in most programs: the data set, the batch size, shuffling.
_MOST_PLAIN = 3


def constructed(call: Call) -> str | None:
    """The dtype of `torch.FloatTensor(..)` and of `torch.cuda.LongTensor(..)`; None of other calls."""
    space, _, name = call.qualname.rpartition(".")
    return _CONSTRUCTORS.get(name) if space in ("torch", "torch.cuda") else None


def row_dtype(element: Element) -> Value | str | None:
    """The tensor whose rows a batch of a loader holds, or the dtype of the labels of pictures; None of others."""
    source, batched = _gone_over(element.base), False
    while isinstance(source, Call) and source.known and source.qualname in _PASSING:
        if not OTHERWISE_BATCHED.isdisjoint(source.keywords) or len(source.args) > _MOST_PLAIN:
            return None
        batched = batched or (source.qualname in LOADERS and not _is_none(source.keywords.get("batch_size")))
        source = argument(source, 0, "dataset")
    if not isinstance(source, Call) or not source.known or not isinstance(element.key, int):
        return None
    if source.qualname == "torch.utils.data.TensorDataset":
        return source.args[element.key] if element.key < len(source.args) else None
    return "int64" if element.key == 1 and batched and is_labelled(source) else None


def _gone_over(value: Value) -> Value | None:
    """What an element of a loop, or `next(iter(loader))`, is taken from."""
    if isinstance(value, Item):
        return value.iterable
    return value.args[0] if isinstance(value, Call) and value.qualname == "builtins.next" and value.args else None


def _is_none(value: Value | None) -> bool:
    return isinstance(value, Constant) and value.value is None


def array_dtype(value: Value, depth: int = _DEPTH) -> str | None:
    """The dtype of an array of numpy, or `int`; None where that is not known, and of anything else."""
    if depth == 0:
        return None
    if isinstance(value, Op):
        return _of_arithmetic(value, depth)
    if not isinstance(value, Call) or not value.known:
        return None
    if isinstance(value.callee, Method):
        return _of_method(value, value.callee, depth)
    if not value.qualname.startswith("numpy."):
        return None
    name = value.qualname.removeprefix("numpy.")
    given = argument(value, _SIZED.get(name, 1), "dtype") if name in _SIZED or name in _LITERALS else None
    if "dtype" in value.keywords or given is not None:
        return named(value.keywords.get("dtype", given))
    if name in _SIZED:
        return "float64"
    if name.startswith("random."):
        return _of_random(name.removeprefix("random."), value)
    if name in _CURVES and len(value.args) == 1:
        known = array_dtype(value.args[0], depth - 1)
        return known if known in FLOATING else None
    return _of_parts(value, depth) if name in _LITERALS or name in _MOVED else None


def named(value: Value | None) -> str | None:
    """The dtype that an argument names: `np.float32`, `"float32"`, `float`."""
    if isinstance(value, External) and value.qualname.startswith(("numpy.", "builtins.")):
        return _NAMES.get(value.qualname.rpartition(".")[2])
    return _NAMES.get(value.value) if isinstance(value, Constant) and isinstance(value.value, str) else None


def _of_method(call: Call, method: Method, depth: int) -> str | None:
    if method.name == "astype":
        # A table has this method too, and does not give an array.
        receiver = method.receiver
        is_array = isinstance(receiver, Call) and array_dtype(receiver, depth - 1) is not None
        return named(argument(call, 0, "dtype")) if is_array else None
    return array_dtype(method.receiver, depth - 1) if method.name in _METHODS else None


def _of_random(name: str, call: Call) -> str | None:
    if name == "randint":
        return WHOLE if argument(call, 2, "size") is not None else None
    if name not in _RANDOM:
        return None
    place = _RANDOM[name]
    sized = bool(call.args) if place is None else argument(call, place, "size") is not None
    return "float64" if sized else None  # without a size it is a number


def _of_parts(call: Call, depth: int) -> str | None:
    """The dtype of numbers that are written, or of arrays that are joined or moved."""
    if not call.args:
        return None
    kinds: set[str | None] = set()
    stack = [call.args[0]]
    while stack:
        part = stack.pop()
        if isinstance(part, Items):
            stack.extend(part.items)
        elif isinstance(part, Constant):
            kinds.add({float: "float64", int: WHOLE, bool: "bool"}.get(type(part.value)))
        else:
            kinds.add(array_dtype(part, depth - 1))
    if kinds == {"float64", WHOLE}:
        return "float64"
    return kinds.pop() if len(kinds) == 1 else None


def _of_arithmetic(op: Op, depth: int) -> str | None:
    """The dtype of `3 * x + 1`: of arrays of one dtype and numbers of Python's."""
    if op.form != "operator" or op.name not in ("add", "sub", "rsub", "mul", "pow", "neg"):
        return None
    operands = [arg for arg in op.args.values() if not _is_number(arg)]
    known = {array_dtype(arg, depth - 1) for arg in operands}
    found = known.pop() if len(known) == 1 else None
    return found if found in FLOATING else None


def _is_number(value: Value) -> bool:
    return isinstance(value, Constant) and type(value.value) in (int, float)
