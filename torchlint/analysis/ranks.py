"""The rank of a tensor, where it is certain."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torchlint.analysis import families, ops
from torchlint.analysis.signatures import Kind
from torchlint.analysis.tensors import DEPTH, kind, on_all, remembered
from torchlint.analysis.values import (
    Choice,
    Constant,
    Element,
    Field,
    Item,
    Items,
    Mutated,
    Op,
    Value,
)


@remembered
def rank(value: Value, depth: int = DEPTH) -> int | None:
    """The number of dimensions of a tensor, where it is certain."""
    if depth == 0:
        return None
    match value:
        case Choice():
            answer = on_all(value, rank, depth)
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
    if name in families.ELEMENTWISE:
        return rank(op.input, depth - 1)
    if name in families.BINARY:
        ranks = [rank(arg, depth - 1) for arg in op.args.values()]
        known = [found for found in ranks if found is not None]
        return max(known) if known and len(known) == len(ranks) else None
    if name in ops.LOSSES:
        return 0 if op.constant("reduction", "mean") in ("mean", "sum") else None
    if name in families.REDUCTIONS:
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
