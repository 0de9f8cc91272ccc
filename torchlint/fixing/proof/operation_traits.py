"""What proofs ask of an operation: does it write, may its result share memory, which dtypes does it take and give.

The answers are in the table of operations. Of what is not in it nothing is certain.
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.torch_facts import ops
from torchlint.torch_facts.dtype_table import KINDS, NAMES
from torchlint.values.facts import tensors
from torchlint.values.value import Constant, External, Op, Value


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Real results, or floating-point ones that are never of complex inputs.
_REAL = ops.FLOATS & (ops.that(real=True) | ops.refusing("complex")) | ops.that(dtype="default")
_BITWISE = ops.that(dtype="promoted") & ops.refusing("float")
_BOOLEAN = ops.that(dtype="bool") | {"not"}
_KEEPING = ops.that(dtype=("input", "sum"), gives=("tensor", "varies", "sequence", "tuple"))
# Random numbers are drawn in the order of the memory that they fill, or that their input has.
_DRAWN = ops.RANDOM - ops.that(makes=("size", "steps", "data"))
# The words that show, in a function, that strides may be looked at.
LAYOUT_WORDS = ops.methods(*ops.column("strides")) | ops.words(*_DRAWN)


def is_view(name: str) -> bool:
    """Whether the result may share memory with the first argument."""
    return name in ops.VIEWS or is_in_place(name) or ops.of(name) is None or name == "slice"


def is_in_place(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last.endswith("_") and not last.endswith("__")


def written(op: Op) -> Iterator[Value]:
    """The arguments that an operation writes to."""
    first, row = op.args.get("input"), ops.of(op.name)
    if is_in_place(op.name) and op.name != "requires_grad_" and first is not None:
        yield first
    if op.name.rpartition(".")[2].startswith("_foreach_"):
        yield from op.args.values()
    out = op.args.get("out")
    if out is not None and not (isinstance(out, Constant) and out.value is None):
        yield out
    layer = op.layer.args.get("inplace") if op.layer is not None else None
    for flag in (op.args.get("inplace"), layer):
        if flag is not None and not (isinstance(flag, Constant) and not flag.value) and first is not None:
            yield first
    for name in row.writes.split() if row is not None else ():
        if name in op.args:
            yield op.args[name]
    if op.name == "embedding" and "max_norm" in op.args and "weight" in op.args:
        yield op.args["weight"]


def is_random(name: str) -> bool:
    return name in ops.RANDOM


def is_one_tensor(op: Op) -> bool:
    """Whether the result is one tensor, not several and not something else."""
    return ops.of(op.name) is not None and tensors.is_single(op) is True


def takes_only_floats(op: Op) -> bool:
    """Whether an operation raises for what is not a floating-point tensor."""
    row = ops.of(op.name)
    if row is None or "dtype" in op.args:
        return False
    if op.layer is not None and row.weights and "dtype" in op.layer.args:
        return False
    return row.accepts("float") and not (row.accepts("int") or row.accepts("bool") or row.accepts("complex"))


def gives_only_floats(op: Op) -> bool:
    """Whether the result is floating-point, and not complex, whatever the operation is given without raising."""
    row = ops.of(op.name)
    if op.layer is not None and row is not None and row.weights:
        return "dtype" not in op.layer.args
    return op.name in _REAL


def turns_to_floats(name: str) -> bool:
    return name in ops.FLOATS or name in ops.that(dtype="float64", casts=False)


def keeps_dtype(name: str) -> bool:
    return name in _KEEPING


def promotes(name: str) -> bool:
    """Whether the dtype is what those of the operands promote to, perhaps made floating-point."""
    row = ops.of(name)
    return row is not None and (row.dtype == "promoted" or (row.dtype == "float" and row.shape == "broadcast"))


def is_bitwise(name: str) -> bool:
    return name in _BITWISE


def is_boolean(name: str) -> bool:
    return name in _BOOLEAN


def gives_indices(name: str) -> bool:
    return name in ops.that(dtype="int64", casts=False)


def sees_layout(name: str) -> bool:
    """Whether what an operation gives, or whether it raises, shows how its input lies in memory."""
    return name in ops.column("strides") or name in _DRAWN


def is_contiguous(op: Op) -> bool:
    """Whether the result is contiguous whatever the input is."""
    return op.name in ops.that(contiguous=True)


def is_pure_function(qualname: str) -> bool:
    """Whether a function outside the project writes nothing that is there before, and is not an operation of torch."""
    home, _, name = qualname.rpartition(".")
    if home == "builtins":
        return name in _BUILTINS
    return home == "math" or qualname in _PURE


_BUILTINS = _names(
    """
    abs all any bool complex dict divmod enumerate float frozenset getattr hasattr id int isinstance issubclass len list
    max min object pow print range repr reversed round set slice sorted str sum tuple type zip super
    """
)
_PURE = frozenset(
    {
        *("torch.device", "torch.dtype", "torch.Size", "torch.no_grad", "torch.enable_grad", "torch.inference_mode"),
        *("torch.autocast", "torch.cuda.is_available", "torch.get_default_dtype", "torch.is_grad_enabled"),
        *("torch.FloatTensor", "torch.LongTensor", "torch.Tensor", "torch.nn.Parameter", "torch.Generator"),
        *("copy.copy", "copy.deepcopy", "time.time", "time.perf_counter", "warnings.warn", "functools.partial"),
        *("torch.autograd.Variable", "torch.cuda.amp.autocast", "torch.amp.autocast", "torch.manual_seed"),
        *("torch.cuda.synchronize", "torch.cuda.is_current_stream_capturing", "torch.jit.is_scripting"),
    }
)


def is_settled(qualname: str) -> bool:
    """Whether a function of torch that is not bound to an operation leaves its arguments alone."""
    return qualname in _PURE


def dtype_of(value: Value) -> str | None:
    """`float`, `int`, `bool` or `complex` for a dtype that is written out."""
    if not isinstance(value, External) or not value.qualname.startswith("torch."):
        return None
    dtype = NAMES.get(value.qualname.removeprefix("torch."))
    return KINDS[dtype] if dtype is not None else None


def cast_of(name: str) -> str | None:
    """What the elements are after a cast: `float` for `half`; None for what is not a cast to a certain dtype."""
    dtype = ops.cast_dtype(name)
    return KINDS[dtype] if dtype is not None else None
