"""The sizes of a tensor, as far as they are certain. A size is a number, the value that was written for it, or None."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from torchlint.torch_facts import ops
from torchlint.torch_facts.signatures import Kind
from torchlint.values.compare import same
from torchlint.values.facts.tensors import kind
from torchlint.values.value import (
    UNKNOWN,
    Call,
    Choice,
    Constant,
    Element,
    Field,
    Item,
    Items,
    LoopCarried,
    Mutated,
    Op,
    Value,
)

Size = int | Value | None
Sizes = tuple[Size, ...]
_DEPTH = 16
# The result has the first size of the input, which is that of a batch.
_KEEPING_FIRST = ("same", "spatial", "last dim")


def sizes(value: Value, depth: int = _DEPTH) -> Sizes | None:
    """The sizes of a tensor; None where its rank is not certain."""
    if depth == 0:
        return None
    match value:
        case Choice():
            found = [sizes(member, depth - 1) for member in value.members]
            first = found[0]
            return first if first is not None and all(_all_equal(first, other) for other in found[1:]) else None
        case Constant(value=int() | float()):
            return ()
        case Mutated():
            return sizes(value.base, depth - 1)
        case Call() if value.qualname in ("torch.nn.Parameter", "torch.autograd.Variable") and value.args:
            return sizes(value.args[0], depth - 1)
        case Field(name="data" | "grad"):
            return sizes(value.base, depth - 1)
        case Element(base=Op() as base, key=0) if ops.shape(base.name) == "sequence":
            return _sequence(base, depth)
        case Element(base=Op() as base) if ops.outputs(base.name, base.args):
            return _of_op(base, depth)
        case Op():
            return _of_op(value, depth)
    return None


def equal(a: Size, b: Size) -> bool:
    """Whether two sizes are certainly the same."""
    if isinstance(a, Value) and isinstance(b, Value):
        return same(a, b)
    return isinstance(a, int) and a == b


def broadcast(a: Sizes, b: Sizes) -> Sizes:
    """The sizes of an elementwise result. Where one size is unknown and the other is not 1, it is the other."""
    rank = max(len(a), len(b))
    padded = [(1,) * (rank - len(sizes)) + sizes for sizes in (a, b)]
    return tuple(_stretch(x, y) for x, y in zip(*padded, strict=True))


def grows(a: Sizes, b: Sizes) -> bool:
    """Whether the elementwise result of (n, 1) and (n,) is meant: it certainly has more elements than both."""
    result = broadcast(a, b)
    return _larger(result, a) and _larger(result, b)


def _larger(result: Sizes, operand: Sizes) -> bool:
    """Whether some size was stretched, from 1 to one that is not 1: a number, or a size that has a name."""
    padded = (1,) * (len(result) - len(operand)) + operand
    return any(
        size == 1 and stretched is not None and stretched != 1 for size, stretched in zip(padded, result, strict=True)
    )


def _stretch(a: Size, b: Size) -> Size:
    if a == 1:
        return b
    if b == 1:
        return a
    return a if a is not None else b


def _all_equal(a: Sizes, b: Sizes | None) -> bool:
    return b is not None and len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b, strict=True))


def _size(value: Value, depth: int) -> Size:
    """A size as it was written; a batch size in terms of the tensor that it comes from."""
    match value:
        case Constant(value=bool()):
            return None
        case Constant(value=int() as number):
            return number if number >= 0 else None
        case Op(name="size"):
            dim = value.constant("dim")
            known = sizes(value.input, depth - 1)
            if (
                known is not None
                and isinstance(dim, int)
                and -len(known) <= dim < len(known)
                and known[dim] is not None
            ):
                return known[dim]
            if dim == 0:
                return Op("size", {"input": _batch(value.input), "dim": Constant(0)}, {}, "Tensor")
            return value
        case Choice() | LoopCarried():
            return None
    return value


def _batch(value: Value) -> Value:
    """The tensor from which a value has its first size."""
    for _ in range(_DEPTH):
        if not isinstance(value, Op) or ops.shape(value.name) not in _KEEPING_FIRST:
            break
        value = value.input
    return value


def _sizes_of(value: Value | None, depth: int) -> Sizes | None:
    """A size argument."""
    match value:
        case Items():
            return tuple(_size(item, depth) for item in value.items)
        case Op(name="shape"):
            return sizes(value.input, depth - 1)
        case Constant(value=int()):
            return (_size(value, depth),)
    return None


def _of_op(op: Op, depth: int) -> Sizes | None:
    handler = _HANDLERS.get(ops.shape(op.name))
    return handler(op, depth) if handler else None


def _same(op: Op, depth: int) -> Sizes | None:
    return sizes(op.input, depth - 1)


def _broadcast_operands(op: Op, depth: int) -> Sizes | None:
    return _broadcast_all([sizes(arg, depth - 1) for arg in op.args.values()])


def _factory(op: Op, depth: int) -> Sizes | None:
    return _sizes_of(op.args.get("size"), depth)


def _like_other(op: Op, depth: int) -> Sizes | None:
    return sizes(op.args.get("other", UNKNOWN), depth - 1)


def _broadcast_all(found: Sequence[Sizes | None]) -> Sizes | None:
    result: Sizes = ()
    for operand in found:
        if operand is None:
            return None
        result = broadcast(result, operand)
    return result


def _reduced(op: Op, depth: int) -> Sizes | None:
    keeps = op.constant("keepdim", False)
    if "dim" not in op.args and "axis" not in op.args:
        return () if keeps is False else None
    inner = sizes(op.input, depth - 1)
    dims = _dims(op.args.get("dim"), inner)
    if inner is None or dims is None or not isinstance(keeps, bool):
        return None
    if keeps:
        return tuple(1 if index in dims else size for index, size in enumerate(inner))
    return tuple(size for index, size in enumerate(inner) if index not in dims)


def _dims(value: Value | None, inner: Sizes | None) -> frozenset[int] | None:
    parts = value.items if isinstance(value, Items) else (value,)
    if inner is None:
        return None
    found = [_index(part, len(inner)) for part in parts]
    return frozenset(index for index in found if index is not None) if None not in found else None


def _index(value: Value | None, rank: int) -> int | None:
    if isinstance(value, Constant) and isinstance(value.value, int) and -rank <= value.value < rank:
        return value.value % rank
    return None


def _view(op: Op, depth: int) -> Sizes | None:
    argument = op.args.get("shape", op.args.get("size"))
    wanted = _sizes_of(argument, depth)
    if wanted is None:
        return None
    open_index = [index for index, size in enumerate(wanted) if size is None]
    inner = sizes(op.input, depth - 1)
    if len(open_index) != 1 or inner is None or None in inner:
        return wanted
    rest = [size for size in wanted if size is not None]
    left = list(inner)
    for size in rest:
        match_index = next((index for index, other in enumerate(left) if equal(size, other)), None)
        if match_index is not None:
            left.pop(match_index)
        elif size != 1:
            return wanted
    left = [size for size in left if size != 1]
    if all(isinstance(size, int) for size in left):
        filled: Size = math.prod(size for size in left if isinstance(size, int))
    elif len(left) == 1:
        filled = left[0]
    else:
        return wanted
    return (*wanted[: open_index[0]], filled, *wanted[open_index[0] + 1 :])


def _unsqueeze(op: Op, depth: int) -> Sizes | None:
    inner = sizes(op.input, depth - 1)
    index = _index(op.args.get("dim"), len(inner) + 1) if inner is not None else None
    return None if inner is None or index is None else (*inner[:index], 1, *inner[index:])


def _squeeze(op: Op, depth: int) -> Sizes | None:
    inner = sizes(op.input, depth - 1)
    if inner is None:
        return None
    if "dim" not in op.args:
        return tuple(size for size in inner if size != 1) if all(isinstance(size, int) for size in inner) else None
    index = _index(op.args["dim"], len(inner))
    if index is None or not isinstance(inner[index], int):
        return None
    return (*inner[:index], *inner[index + 1 :]) if inner[index] == 1 else inner


def _transpose(op: Op, depth: int) -> Sizes | None:
    inner = sizes(op.input, depth - 1)
    if inner is None:
        return None
    if op.name == "T":
        return inner[::-1]
    if "dim0" not in op.args:
        return inner[:-2] + inner[-2:][::-1]
    a, b = (_index(op.args.get(name), len(inner)) for name in ("dim0", "dim1"))
    if a is None or b is None:
        return None
    swapped = list(inner)
    swapped[a], swapped[b] = swapped[b], swapped[a]
    return tuple(swapped)


def _flatten(op: Op, depth: int) -> Sizes | None:
    inner = sizes(op.input, depth - 1)
    start, end = op.constant("start_dim", 0), op.constant("end_dim", -1)
    if end != -1 or not isinstance(start, int) or start < 0:
        return None
    if inner is None:
        first = Op("size", {"input": _batch(op.input), "dim": Constant(0)}, {}, "Tensor")
        return (first, None) if start == 1 else (None,) if start == 0 else None
    rest = inner[start:]
    known = [size for size in rest if isinstance(size, int)]
    joined: Size = math.prod(known) if len(known) == len(rest) else rest[0] if len(rest) == 1 else None
    return (*inner[:start], joined)


def _last_dim(op: Op, depth: int) -> Sizes | None:
    inner = sizes(op.input, depth - 1)
    out = op.args.get("out_features")
    return None if not inner else (*inner[:-1], None if out is None else _size(out, depth))


def _sequence(op: Op, depth: int) -> Sizes | None:
    """The outputs of a recurrent layer: one hidden state for each step, of each direction."""
    inner = sizes(op.input, depth - 1)
    hidden, doubled = op.constant("hidden_size"), op.constant("bidirectional", False)
    known = isinstance(hidden, int) and "proj_size" not in op.args and isinstance(doubled, bool)
    return None if not inner else (*inner[:-1], hidden * (1 + doubled) if known else None)  # type: ignore[operator]


def _matmul(op: Op, depth: int) -> Sizes | None:
    other = next((op.args[name] for name in ("other", "mat2", "vec") if name in op.args), UNKNOWN)
    a, b = sizes(op.input, depth - 1), sizes(other, depth - 1)
    if a is None or b is None or not a or not b or len(a) > 2 or len(b) > 2:
        return None
    return (*a[:-1], *(b[1:] if len(b) == 2 else ()))


def _vector(op: Op, depth: int) -> Sizes | None:
    if op.name == "ravel":
        return _flatten(op, depth)
    if set(op.args) <= {"end", "dtype", "device", "requires_grad"} and "end" in op.args:
        end = op.args["end"]
        whole = not (isinstance(end, Constant) and isinstance(end.value, float))
        return (_size(end, depth) if whole else math.ceil(float(str(op.constant("end")))),)
    return (None,)


def _getitem(op: Op, depth: int) -> Sizes | None:
    inner = sizes(op.input, depth - 1)
    if inner is None:
        return None
    index = op.args["index"]
    parts = index.items if isinstance(index, Items) else (index,)
    result: list[Size] = []
    left = list(inner)
    for position, part in enumerate(parts):
        match part:
            case Constant(value=None):
                result.append(1)
            case Constant() if part.value is ...:
                taken = sum(
                    not (isinstance(later, Constant) and later.value is None) for later in parts[position + 1 :]
                )
                keep = len(left) - taken
                result.extend(left[:keep])
                left = left[keep:]
            case Constant(value=bool()):
                return None
            case Constant(value=int()) if left:
                left.pop(0)
            case Item() | Op() | Call() if left and kind(part) is Kind.INT:
                left.pop(0)
            case Op(name="slice") if left:
                size = left.pop(0)
                result.append(size if not part.args else None)
            case _:
                return None
    return (*result, *left)


def _tensor(op: Op, depth: int) -> Sizes | None:
    """`torch.tensor([[1.0], [2.0]])`."""
    data: Value | None = op.args.get("data")
    found: list[Size] = []
    while isinstance(data, Items):
        found.append(len(data.items))
        if not data.items:
            break
        data = data.items[0]
    return tuple(found) if isinstance(data, Constant) and isinstance(data.value, int | float) else None


def _stack(op: Op, depth: int) -> Sizes | None:
    tensors, dim = op.args.get("tensors"), op.constant("dim", 0)
    if not isinstance(tensors, Items) or not tensors.items or not isinstance(dim, int):
        return None
    found = [inner for tensor in tensors.items if (inner := sizes(tensor, depth - 1)) is not None]
    if not found or not -len(found[0]) - 1 <= dim <= len(found[0]):
        return None
    at = dim % (len(found[0]) + 1)
    return (*found[0][:at], len(tensors.items), *found[0][at:])


_HANDLERS: dict[str, Callable[[Op, int], Sizes | None]] = {
    "same": _same,
    "broadcast": _broadcast_operands,
    "reduced": _reduced,
    "size": _factory,
    "wanted": _view,
    "like other": _like_other,
    "data": _tensor,
    "stacked": _stack,
    "unsqueezed": _unsqueeze,
    "squeezed": _squeeze,
    "swapped": _transpose,
    "flattened": _flatten,
    "last dim": _last_dim,
    "product": _matmul,
    "vector": _vector,
    "steps": lambda op, depth: (_size(op.args["steps"], depth),) if "steps" in op.args else (None,),
    "indexed": _getitem,
    "scalar": lambda op, depth: (),
}
