"""The terms of a loss: what a backward pass that starts from their sum goes through, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torchlint.rule import (
    Call,
    Constant,
    Element,
    External,
    Field,
    Items,
    Op,
    Parameter,
    Value,
    facts,
    ops,
    walk,
)
from torchlint.vocabulary.training import settled

_MAX_DEPTH = 8
_SUMS = frozenset({"add", "sub", "neg"})
_SCALES = frozenset({"mul", "div"})
_LOSSES = ops.LOSSES
# What picks one of several results, with the name or place of what it picks.
_Part = tuple[int, int | str]


class Terms:
    """The values that are terms of some losses, however they are read: `d["ce"]` is the same each time."""

    def __init__(self, losses: Iterable[Value]) -> None:
        self._values: set[int] = set()
        self._parts: set[_Part] = set()
        self._wholes: set[int] = set()
        for loss in losses:
            part = _part(loss)
            if part is not None:
                self._parts.add(part)
            for term in _terms(loss, _MAX_DEPTH):
                self._add(term)

    def __contains__(self, value: Value) -> bool:
        part = _part(value)
        return id(value) in self._values or (part is not None and (part in self._parts or part[0] in self._wholes))

    def _add(self, term: Value) -> None:
        part = _part(term)
        if part is not None:
            self._parts.add(part)
        elif isinstance(term, Call | Op) or term.node is not None:
            self._values.add(id(term))
        if isinstance(term, Op) and term.name == "values":
            self._wholes.add(id(term.input))


def _part(value: Value) -> _Part | None:
    match value:
        case Element():
            return id(value.base), value.key
        case Field():
            return id(value.base), value.name
    return None


def _terms(value: Value, depth: int) -> Iterator[Value]:
    """What a loss is the sum of, multiples included."""
    if depth == 0:
        return
    match value:
        case Call(qualname="builtins.sum") if value.args:
            yield from _all_items(value.args[0], depth)
        case Op() if value.grad and value.name in _SUMS:
            for arg in value.args.values():
                yield from _of_term(arg, depth)
        case Op() if value.grad and value.name in _SCALES and (scaled := _scaled(value)) is not None:
            yield from _of_term(scaled, depth)
        case Op() if value.grad and value.name in ops.SUMS and isinstance(value.input, Op):
            # `torch.stack([a, b]).sum()`
            tensors = value.input.args.get("tensors")
            yield from _all_items(tensors, depth) if tensors is not None else ()


def _all_items(value: Value, depth: int) -> Iterator[Value]:
    if isinstance(value, Items):
        for item in value.items:
            yield from _of_term(item, depth)
    elif isinstance(value, Op) and value.name == "values" and _is_of_model(value.input):
        yield value  # of a dict that a call returned


def _of_term(value: Value, depth: int) -> Iterator[Value]:
    inner = settled(value)
    if inner is None:
        return
    if _has_graph(inner):
        yield inner
    yield from _terms(inner, depth - 1)


def _scaled(op: Op) -> Value | None:
    """What a number, or a parameter that is taken for one, multiplies."""
    operands = list(op.args.values())
    factors = [arg for arg in operands if isinstance(arg, Constant | Parameter)]
    others = [arg for arg in operands if not isinstance(arg, Constant | Parameter)]
    return others[0] if len(others) == 1 and factors else None


def _has_graph(value: Value) -> bool:
    """Whether a term of a loss is certainly, or as good as certainly, one that gradients go through: a loss, or what
    something that is not a function of a library made of what a model returned."""
    if isinstance(value, Op):
        inner = value
        while inner.name in _SUMS | _SCALES and isinstance(inner.input, Op):
            inner = inner.input
        return value.grad and inner.name in _LOSSES and facts.is_tensor(value) is True
    if isinstance(value, Element | Field):
        return _is_of_model(value.base)
    return isinstance(value, Call) and _is_of_model(value)


def _is_of_model(value: Value) -> bool:
    """Whether something was called with what another call returned, as a criterion is with what a model returned."""
    if not isinstance(value, Call) or isinstance(value.callee, External):
        return False
    given = (*value.args, *value.keywords.values())
    parts = (part for arg in given for part in walk(arg))
    return any(isinstance(part, Call) and not isinstance(part.callee, External) for part in parts)
