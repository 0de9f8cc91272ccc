"""The rank of a tensor, where it is certain."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torchlint.torch_facts import ops
from torchlint.torch_facts.signatures import Kind
from torchlint.values.facts.tensors import DEPTH, kind, on_all, remembered
from torchlint.values.value import UNKNOWN, Choice, Constant, Element, Field, Item, Items, Mutated, Op, Value


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
            return _element_rank(value.base, value.key, depth)
        case Element(base=Element(base=Op(name="LSTM") as layer, key=1)):
            # The last hidden state and the last cell state.
            return _sequence_rank(layer, depth)
        case Field(name="data" | "grad" | "mT"):
            return rank(value.base, depth - 1)
        case Op():
            return _op_rank(value, depth)
    return None


def _element_rank(base: Op, key: int | str, depth: int) -> int | None:
    """The rank of one of several results."""
    shape = ops.shape(base.name)
    if shape == "slices":
        inner = rank(base.input, depth - 1)
        return inner - 1 if inner else None
    if shape == "sequence":
        return _sequence_rank(base, depth) if key == 0 or base.name != "LSTM" else None
    return _op_rank(base, depth) if shape in ("parts", "reduced") or ops.outputs(base.name, base.args) else None


def _sequence_rank(layer: Op, depth: int) -> int | None:
    """The rank of the results of a recurrent layer: that of its input, with a batch where it is said which dim is the
    batch's."""
    given = rank(layer.input, depth - 1)
    return 3 if given is None and layer.constant("batch_first") is True else given


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
    handler = _RANKS.get(ops.shape(op.name))
    return handler(op, depth) if handler else None


def _same(op: Op, depth: int) -> int | None:
    return rank(op.input, depth - 1)


def _broadcast(op: Op, depth: int) -> int | None:
    ranks = [rank(arg, depth - 1) for arg in op.args.values()]
    known = [found for found in ranks if found is not None]
    return max(known) if known and len(known) == len(ranks) else None


def _loss(op: Op, depth: int) -> int | None:
    return 0 if op.constant("reduction", "mean") in ("mean", "sum") else None


def _one_less(op: Op, depth: int) -> int | None:
    """One dim is reduced, whether it is named or not."""
    inner, keeps = rank(op.input, depth - 1), op.constant("keepdim", False)
    if inner is None or not isinstance(keeps, bool):
        return None
    return inner if keeps else max(inner - 1, 0)


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
    second = next((op.args[name] for name in ("other", "mat2", "vec") if name in op.args), UNKNOWN)
    a, b = rank(op.input, depth - 1), rank(second, depth - 1)
    if a is None or b is None:
        return None
    if a == 1 or b == 1:
        return max(a, b) - 1 if max(a, b) > 1 else 0
    return max(a, b)


def _like(name: str) -> Callable[[Op, int], int | None]:
    return lambda op, depth: rank(op.args.get(name, UNKNOWN), depth - 1)


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
    "same": _same,
    "same rank": _same,
    "spatial": _same,
    "last dim": _same,
    "swapped": _same,
    "permuted": _same,
    "parts": _same,
    "broadcast": _broadcast,
    "reduced": _reduced,
    "one dim": _one_less,
    "loss": _loss,
    "scalar": lambda op, depth: 0,
    "vector": lambda op, depth: 1,
    "steps": lambda op, depth: 1,
    "matrix": lambda op, depth: 2,
    "batched product": lambda op, depth: 3,
    "product": _matmul,
    "data": _nested,
    "size": _sized("size"),
    "repeated": _sized("repeats"),
    "wanted": lambda op, depth: _length(op.args.get("shape", op.args.get("size"))),
    "like other": _like("other"),
    "like index": _like("index"),
    "unsqueezed": _shifted(1),
    "one more": _shifted(1),
    "one less": _shifted(-1),
    "flattened": _flatten,
    "joined": _joined(0),
    "stacked": _joined(1),
    "indexed": _getitem,
}
