"""Whether a function makes tensors of another dtype than most have: of integers, truth values or float64."""

from __future__ import annotations

import ast

from torchlint.rule import Frame, inventory_of, last_name, ops
from torchlint.torch_facts.dtype_table import KINDS, NAMES

# What makes tensors of integers, or of what it is given. Functions of Python's have some of the names, and conditions
# are no masks.
_MADE = ops.words(
    *ops.that(dtype=tuple(dtype for dtype, kind in KINDS.items() if kind == "int")),
    *("arange", "tensor", "as_tensor", "from_numpy", "full"),
)
_NAMED = frozenset(name for name, dtype in NAMES.items() if KINDS[dtype] != "float" or dtype == "float64")
_CONSTRUCTED = frozenset({"LongTensor", "IntTensor", "ByteTensor", "BoolTensor", "DoubleTensor"})
_MAKERS = (_MADE | _NAMED | _CONSTRUCTED) - {"int", "float", "bool"}
# What takes integers or truth values alone, and what makes neither.
_PLACES = ops.words("gather", "index_select", "scatter", "scatter_", "one_hot", "where", "masked_fill")
_TABLE = ops.words("embedding")
_FLOATS = ops.words("zeros", "ones", "rand", "randn", "linspace") | {"float", "FloatTensor", "Tensor"}
_LOADER = "DataLoader"


def writes_dtypes(frame: Frame) -> bool:
    """Whether a function makes tensors of a rarer dtype, is picky about those that it makes, or goes over data."""
    words, vocabulary = frame.words, frame.module.vocabulary
    if not _MAKERS.isdisjoint(words) or any(map(_masks, frame.statements)):
        return True
    if not _FLOATS.isdisjoint(words):
        is_script = frame.function is None and not _TABLE.isdisjoint(vocabulary)
        if is_script or not _PLACES.isdisjoint(words) or not _TABLE.isdisjoint(words) or _indexes(frame):
            return True
    return _LOADER in vocabulary and any(isinstance(each, ast.For) for each in frame.statements)


def _masks(statement: ast.stmt) -> bool:
    """Whether a statement keeps the result of a comparison."""
    return isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Compare)


def _indexes(frame: Frame) -> bool:
    """Whether a name that is given floats is an index."""
    made = frozenset(
        target.id
        for each in frame.statements
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Call) and last_name(each.value.func) in _FLOATS
        for target in each.targets
        if isinstance(target, ast.Name)
    )
    indexed = inventory_of(frame.scope).of(ast.Subscript) if made else []
    return any(isinstance(part.slice, ast.Name) and part.slice.id in made for part in indexed)
