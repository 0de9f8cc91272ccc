"""How operations are written: by which operators and which identifiers."""

from __future__ import annotations

import ast

from torchlint.torch_facts import ops, signatures

# Python's operators are the operations of the same meaning.
BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.FloorDiv: "floor_divide",
    ast.Mod: "remainder",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
    ast.BitAnd: "bitwise_and",
    ast.BitOr: "bitwise_or",
    ast.BitXor: "bitwise_xor",
    ast.LShift: "bitwise_left_shift",
    ast.RShift: "bitwise_right_shift",
}
UNARY: dict[type[ast.unaryop], str] = {ast.USub: "neg", ast.UAdd: "positive", ast.Invert: "bitwise_not", ast.Not: "not"}
COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Is: "is",
    ast.IsNot: "is_not",
    ast.In: "in",
    ast.NotIn: "not_in",
}

# Operations that may be written without naming them: as an operator, an index or an attribute.
UNSPELLED = frozenset(
    [*BINARY.values(), *UNARY.values(), *COMPARE.values(), *ops.that(kind=("python", "attribute")), "size", "dim"]
) | {"reciprocal"}
# The words that the normal form makes another operation of.
_NORMALISED = {"div": frozenset({"reciprocal"}), "pow": frozenset({"square"})}


def spellings(op: str) -> frozenset[str]:
    """The identifiers under which an operation may be written; empty where it may be written without any."""
    return frozenset() if op in UNSPELLED else words_for(op)


def words_for(op: str) -> frozenset[str]:
    """The identifiers under which an operation may be written, except for those that it may also do without."""
    if op[:1].isupper():
        return frozenset({op})
    return signatures.spellings(op) | ops.words(op) | _NORMALISED.get(op, frozenset())
