"""What may run: pure operations of torch, a little arithmetic, and no way to anything else.

Which operations are pure the table of operations says: they read and give tensors and numbers. What touches files,
processes, devices, global state or hooks is not, nor is what calls back into Python.
"""

from __future__ import annotations

import ast
import builtins
import math
from typing import Any

from torchlint.torch_facts import ops, signatures

# What is in memory that nobody has written is not the same twice.
_PURE = ops.that(pure=True) - ops.that(blank=True)


def names_in(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def _named(space: str) -> frozenset[str]:
    """The names in a module or a class of torch that are pure operations."""
    spellings = (qualname.rpartition(".") for name in _PURE for qualname in signatures.qualnames(name))
    return frozenset(last for owner, _, last in spellings if owner == space)


_MATH = frozenset(name for name in dir(math) if not name.startswith("_")) - {"factorial", "perm", "comb"}
_DTYPES = names_in("""
    float float16 float32 float64 half double bfloat16 bool int int8 int16 int32 int64 uint8 short long pi inf nan e
    strided preserve_format contiguous_format
""")
# Layers without parameters: calling one is calling a function.
LAYERS = frozenset(layer for layer, name in ops.LAYERS.items() if name in _PURE - ops.RANDOM) | (
    ops.CARRIERS & ops.that(kind="layer", weights=False, container=False)
)
# Methods of tensors, and of the lists that results are collected in.
METHODS = _named("torch.Tensor") | names_in("append extend")
# Attributes of tensors and of what operations return.
ATTRIBUTES = names_in("shape dtype device ndim T mT H mH real imag data values indices max min eps tiny requires_grad")
BUILTINS = names_in("abs bool enumerate float int len list max min pow range reversed round sum tuple zip")
# What a loop over these literals costs or allocates is bounded.
LARGEST = 2**20

_SPACES = ("torch", "torch.nn.functional", "torch.linalg", "torch.special", "torch.nn.init")
_QUALIFIED: dict[str, frozenset[str]] = {
    **{space: _named(space) for space in _SPACES},
    "torch.nn": LAYERS,
    "math": _MATH,
}
_CONSTANTS: dict[str, frozenset[str]] = {
    "torch": _DTYPES,
    "math": names_in("pi e tau inf nan"),
}


def is_function(qualname: str) -> bool:
    """Whether a dotted name such as `torch.nn.functional.softmax` may be called."""
    module, _, name = qualname.rpartition(".")
    return name in _QUALIFIED.get(module, ())


def is_constant(qualname: str) -> bool:
    """Whether a dotted name such as `torch.float32` is a value that may be read."""
    module, _, name = qualname.rpartition(".")
    return name in _CONSTANTS.get(module, ())


def is_layer(callee: ast.expr) -> bool:
    """Whether a rebuilt callee makes a layer."""
    module, _, name = (dotted(callee) or "").rpartition(".")
    return module == "torch.nn" and name in LAYERS


class NotAllowedError(Exception):
    """A text holds something that may not run; the message says what."""


_NODES = (
    *(ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AugAssign, ast.Expr, ast.For),
    *(ast.If, ast.Pass, ast.Name, ast.Constant, ast.Attribute, ast.Call, ast.keyword, ast.Starred, ast.BinOp),
    *(ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript, ast.Slice, ast.Tuple, ast.List, ast.ListComp),
    *(ast.GeneratorExp, ast.comprehension, ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
)


def check(tree: ast.Module) -> None:
    """Raise `NotAllowedError` unless all that a text of function definitions can reach is in the lists."""
    for node in ast.walk(tree):
        if not isinstance(node, _NODES):
            raise NotAllowedError(f"{type(node).__name__} is not run")
        if isinstance(node, ast.FunctionDef) and (node.decorator_list or node.returns or node.args.defaults):
            raise NotAllowedError("only plain definitions are run")
        if isinstance(node, ast.Name | ast.arg):
            _check_name(node.id if isinstance(node, ast.Name) else node.arg)
        elif isinstance(node, ast.Attribute):
            _check_attribute(node)
        elif isinstance(node, ast.Constant):
            check_literal(node.value)


def check_literal(value: object) -> None:
    """Raise `NotAllowedError` for a literal that could make an operation as large as it likes."""
    if isinstance(value, int) and abs(value) > LARGEST:
        raise NotAllowedError(f"the number {value} is too large to be a size")
    if isinstance(value, str) and len(value) > 60:
        raise NotAllowedError("long texts are not run")
    if isinstance(value, bytes):
        raise NotAllowedError("bytes are not run")


def _check_name(name: str) -> None:
    # Inputs and locals are h0, v0, ...: whatever has another name is one of ours.
    own = name[:1] in "hvs" and name[1:].isdigit()
    if not own and name not in BUILTINS and name not in ("torch", "math", "before", "after", "DEVICE"):
        raise NotAllowedError(f"the name {name} is not known")


def _check_attribute(node: ast.Attribute) -> None:
    qualname = dotted(node)
    if qualname is not None and qualname.partition(".")[0] in ("torch", "math"):
        if not (qualname in _QUALIFIED or is_function(qualname) or is_constant(qualname)):
            raise NotAllowedError(f"{qualname} is not run")
    elif node.attr not in METHODS and node.attr not in ATTRIBUTES:
        raise NotAllowedError(f".{node.attr} is not run")


def dotted(node: ast.expr) -> str | None:
    """`a.b.c` for a chain of attributes of a name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def namespace(torch: Any, device: str) -> dict[str, Any]:
    """The globals that a checked text runs with."""
    allowed = {name: getattr(builtins, name) for name in BUILTINS}
    return {"__builtins__": allowed, "torch": torch, "math": math, "DEVICE": device}
