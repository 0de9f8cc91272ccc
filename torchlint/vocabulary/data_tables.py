"""Values that are data: constants, tables and random numbers, through which no gradient goes."""

from __future__ import annotations

import ast

from torchlint.rule import (
    Call,
    Choice,
    Constant,
    Element,
    External,
    Items,
    Mutated,
    Op,
    Parameter,
    Value,
    facts,
    ops,
    walk,
)

_DEPTH = 12
# What these make does not depend on tensors: tables, and data in general. `as_tensor` may be given one that does.
_DATA = ops.FACTORIES - ops.VIEWS
_TABLES = ops.that(makes=("size", "steps"), random=False, blank=False)
_STEPS = ops.that(makes="steps", random=False)
# These copy the numbers of a list.
_LEGACY = frozenset({"torch.Tensor", "torch.FloatTensor", "torch.DoubleTensor"})


def is_table(value: Value) -> bool:
    """Whether a value is made of constants alone, as a table is."""
    return _is_made_of(value, _TABLES, _DEPTH)


def is_data(value: Value) -> bool:
    """Whether no gradient goes through a value: it is made of constants and random numbers, or is a table of them."""
    return _is_made_of(value, _DATA, _DEPTH) or is_scaled_table(value)


def is_drawn(value: Value) -> bool:
    """Whether a value is a draw from a normal distribution, as it is: a uniform one is transformed to sample."""
    return isinstance(value, Op) and value.name in _DATA & ops.RANDOM - ops.that(range="unit")


def is_scaled_table(value: Value) -> bool:
    """Whether a value is a table such as `arange(n) * scale`, and nothing in it is known to be a tensor besides."""
    parts = [part for found in walk(value) for part in (walk(found.base) if isinstance(found, Mutated) else (found,))]
    tables = any(isinstance(part, Op) and part.name in _STEPS for part in parts)
    if any(isinstance(part, Op) and _has_weights(part) for part in parts):
        return False
    return tables and not any(
        facts.is_tensor(part) for part in parts if not isinstance(part, Op | Choice | Mutated | Element)
    )


def _has_weights(op: Op) -> bool:
    """Whether an operation is a layer that no function is like: its weights are none of its arguments."""
    return op.name[:1].isupper() and op.name != "T"


def _is_made_of(value: Value, factories: frozenset[str], depth: int) -> bool:
    if depth == 0:
        return False
    match value:
        case Constant() | External():
            return True
        case Items():
            return all(_is_made_of(item, factories, depth - 1) for item in value.items)
        case Choice():
            return all(_is_made_of(member, factories, depth - 1) for member in value.members)
        case Parameter():
            return isinstance(value.annotation, ast.Name) and value.annotation.id in ("int", "float", "bool")
        case Element() | Mutated():
            return _is_made_of(value.base, factories, depth - 1)
        case Call(args=[Items(), *_]):
            return factories is _DATA and value.qualname in _LEGACY
        case Op() if _has_weights(value):
            return False
        case Op():
            made = value.name in factories
            return made or all(_is_made_of(arg, factories, depth - 1) for arg in value.args.values())
    return False
