"""Whether a function makes tensors of another dtype than most have: of integers, truth values or float64."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import Frame, inventory_of, last_name, ops, trees
from torchlint.torch_facts.dtype_table import KINDS, NAMES
from torchlint.vocabulary.written_sizes import goes_over_data

# What makes tensors of integers. Functions of Python's have some of the names.
_MADE = ops.words(*ops.that(dtype=tuple(dtype for dtype, kind in KINDS.items() if kind == "int")), "from_numpy")
_NAMED = frozenset(name for name, dtype in NAMES.items() if KINDS[dtype] != "float" or dtype == "float64")
_CONSTRUCTED = frozenset({"LongTensor", "IntTensor", "ByteTensor", "BoolTensor", "DoubleTensor"})
_MAKERS = (_MADE | _NAMED | _CONSTRUCTED) - {"int", "float", "bool"}
# What makes tensors of the dtype of the numbers that it is given.
_OF_NUMBERS = ops.words("arange", "tensor", "as_tensor", "full")
# What takes integers or truth values alone, and what makes neither.
_PLACES = ops.words("gather", "index_select", "scatter", "scatter_", "one_hot", "where", "masked_fill")
_TABLE = ops.words("embedding")
_FLOATS = ops.words("zeros", "ones", "rand", "randn", "linspace") | {"float", "FloatTensor", "Tensor"}
# What takes no truth values.
_NO_MASKS = ops.methods(*ops.refusing("bool"))


def writes_dtypes(frame: Frame) -> bool:
    """Whether a function makes tensors of a rarer dtype, is picky about those that it makes, or goes over data."""
    words, vocabulary = frame.words, frame.module.vocabulary
    if not _MAKERS.isdisjoint(words) or _uses_masks(frame):
        return True
    if not _OF_NUMBERS.isdisjoint(words) and any(map(_may_be_whole, inventory_of(frame.scope).of(ast.Call))):
        return True
    if not _FLOATS.isdisjoint(words):
        is_script = frame.function is None and not _TABLE.isdisjoint(vocabulary)
        if is_script or not _PLACES.isdisjoint(words) or not _TABLE.isdisjoint(words) or _indexes(frame):
            return True
    return goes_over_data(frame)


def _may_be_whole(call: ast.Call) -> bool:
    """Whether a call may make a tensor of integers, or of data of any dtype."""
    if last_name(call.func) not in _OF_NUMBERS:
        return False
    given = [each for arg in call.args for each in trees.walk(arg) if isinstance(each, ast.Constant)]
    return not any(isinstance(each.value, float) for each in given)


def _uses_masks(frame: Frame) -> bool:
    """Whether the result of a comparison that is kept is subtracted, or is given to what takes no truth values."""
    masks = frozenset(_named(frame, ast.Compare))
    if not masks:
        return False
    nodes = inventory_of(frame.scope)
    operands = [
        part for each in nodes.of(ast.BinOp) if isinstance(each.op, ast.Sub) for part in (each.left, each.right)
    ]
    operands += [each.operand for each in nodes.of(ast.UnaryOp)]
    operands += [each.value for each in nodes.of(ast.Attribute) if each.attr in _NO_MASKS]
    return any(isinstance(each, ast.Name) and each.id in masks for each in operands)


def _indexes(frame: Frame) -> bool:
    """Whether a name that is given floats is an index."""
    made = frozenset(_named(frame, ast.Call))
    indexed = inventory_of(frame.scope).of(ast.Subscript) if made else []
    return any(isinstance(part.slice, ast.Name) and part.slice.id in made for part in indexed)


def _named(frame: Frame, kind: type[ast.expr]) -> Iterator[str]:
    """The names of a function that are given comparisons, or calls that make floats."""
    for each in frame.statements:
        if not isinstance(each, ast.Assign) or not isinstance(each.value, kind):
            continue
        if isinstance(each.value, ast.Call) and last_name(each.value.func) not in _FLOATS:
            continue
        yield from (target.id for target in each.targets if isinstance(target, ast.Name))
