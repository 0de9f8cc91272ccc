"""Which dim of a loss's input an activation was taken over: the class dim, or another one.

A loss over classes reads (N, C, d1, ...) or (C): the class dim is 1, and 0 for one sample without a batch.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple

from torchlint.rule import Chain, Constant, Element, Items, Op, Value, facts, ops, same, units


class Class(Enum):
    """Whether a dim is the class dim. LIKELY: if the ranks are what they usually are; nothing speaks against it."""

    YES = auto()
    LIKELY = auto()
    NO = auto()
    UNKNOWN = auto()


class _Axis(NamedTuple):
    """A dim, from the front or (negative) from the back; not `sure` after a step that was taken for the usual case."""

    dim: int
    rank: int | None
    sure: bool = True

    def known(self) -> _Axis:
        """Counted from the front where the rank is known."""
        return self._replace(dim=self.dim % self.rank) if self.rank else self


def class_dim(chain: Chain, target: Value | None = None) -> Class:
    """Whether the activation at the end of a chain was taken over the class dim of what the chain begins with."""
    axis = _initial(units.source(chain))
    for step in reversed(chain[:-1]):
        axis = _after(step, axis) if axis is not None else None
    return _judge(axis, _class_of(chain, target)) if axis is not None else Class.UNKNOWN


def _class_of(chain: Chain, target: Value | None) -> int | None:
    """The rank that the loss's input certainly has."""
    rank = facts.rank(chain[0])
    labels = facts.rank(target) if target is not None else None
    # Class indices have one dim less than the input, and nothing has rank 0 but they.
    return 1 if rank is None and labels == 0 else rank


def _judge(axis: _Axis, rank: int | None) -> Class:
    rank = rank or axis.rank
    axis = axis._replace(rank=rank).known()
    if rank is not None:
        right = axis.dim == (1 if rank > 1 else 0)
        return (Class.YES if axis.sure else Class.LIKELY) if right else Class.NO if axis.sure else Class.UNKNOWN
    if axis.dim == 1:
        # It raises at rank 1.
        return Class.YES if axis.sure else Class.LIKELY
    if axis.dim == -1:
        return Class.LIKELY
    return Class.NO if axis.dim > 1 and axis.sure else Class.UNKNOWN


def _initial(op: Op) -> _Axis | None:
    rank = facts.rank(op.input)
    dim = op.constant("dim")
    if dim is None and "dim" not in op.args:
        # Without a dim it is 0 for ranks 0, 1 and 3, and 1 for all others.
        return _Axis(0 if rank in (1, 3) else 1, rank, rank is not None)
    if not isinstance(dim, int) or isinstance(dim, bool):
        return None
    if rank is not None and not -rank <= dim < rank:
        return None
    return _Axis(dim, rank).known()


def _after(step: Value, axis: _Axis) -> _Axis | None:
    if isinstance(step, Element):
        return None
    if not isinstance(step, Op):
        return axis
    handler = _STEPS.get(step.name)
    return handler(step, axis) if handler else axis if step.name in ops.SAME_ELEMENTS else None


def _transpose(step: Op, axis: _Axis) -> _Axis | None:
    a, b = (step.constant(name) for name in ("dim0", "dim1"))
    if not isinstance(a, int) or not isinstance(b, int):
        return None
    return _swap(axis, a, b)


def _swap(axis: _Axis, a: int, b: int) -> _Axis:
    sure = axis.sure
    if axis.rank is not None:
        a, b = a % axis.rank, b % axis.rank
    elif not (a < 0) == (b < 0) == (axis.dim < 0):
        # `transpose(1, 2)` of the last dim: at rank 3 it is dim 2.
        rank = max(a, b, axis.dim) + 1
        axis, a, b, sure = axis._replace(dim=axis.dim % rank), a % rank, b % rank, False
    index = b if axis.dim == a else a if axis.dim == b else axis.dim
    return axis._replace(dim=index, sure=sure)


def _permute(step: Op, axis: _Axis) -> _Axis | None:
    dims = step.args.get("dims")
    if not isinstance(dims, Items):
        return None
    order = [item.value for item in dims.items if isinstance(item, Constant) and isinstance(item.value, int)]
    if len(order) != len(dims.items) or not order:
        return None
    rank = len(order)
    places = [dim % rank for dim in order]
    return axis._replace(dim=places.index(axis.dim % rank), rank=rank) if axis.dim % rank in places else None


def _view(step: Op, axis: _Axis) -> _Axis | None:
    """`view(-1, x.size(-1))` keeps the last dim and makes it dim 1."""
    sizes = step.args.get("size", step.args.get("shape"))
    if not isinstance(sizes, Items) or len(sizes.items) != 2:
        return None
    if axis.dim != -1 and (axis.dim < 2 if axis.rank is None else axis.dim % axis.rank != axis.rank - 1):
        return None
    last = sizes.items[1]
    kept = isinstance(last, Op) and last.name == "size" and same(last.input, step.input)
    kept = kept and isinstance(last, Op) and last.constant("dim") == -1
    return _Axis(1, 2, axis.sure and kept)


def _flatten(step: Op, axis: _Axis) -> _Axis | None:
    start, end = step.constant("start_dim", 0), step.constant("end_dim", -1)
    if start == 0 and end in (1, -2) and axis.dim == -1:
        return axis._replace(rank=None)
    return None


def _getitem(step: Op, axis: _Axis) -> _Axis | None:
    index = step.args.get("index")
    if isinstance(index, Items):
        return _indexed(index, axis)
    if isinstance(index, Op) and index.name == "slice":
        return axis if axis.dim != 0 else None
    if isinstance(index, Constant):
        if not isinstance(index.value, int) or axis.dim == 0:
            return None
        rank = axis.rank - 1 if axis.rank else None
        return _Axis(axis.dim - 1 if axis.dim > 0 else axis.dim, rank, axis.sure)
    # A mask or a list of rows.
    return axis._replace(rank=facts.rank(step)) if axis.dim in (1, -1) else None


def _indexed(index: Items, axis: _Axis) -> _Axis | None:
    """`x[:, 0]`, `x[:, :-1]`, `x[:, -1, :]`: slices keep a dim, numbers take one away."""
    own = axis.dim % axis.rank if axis.rank else axis.dim
    gone = 0
    for position, part in enumerate(index.items):
        if isinstance(part, Constant) and type(part.value) is int and position != own:
            gone += position < own or own < 0
        elif not (isinstance(part, Op) and part.name == "slice") or (part.args and position == own):
            return None
    taken = sum(isinstance(part, Constant) for part in index.items)
    rank = axis.rank - taken if axis.rank else None
    if axis.dim < 0:
        # Where the rank is not known, one of the slices may be of the very dim.
        return _Axis(axis.dim, rank, axis.sure and rank is not None)
    return _Axis(axis.dim - gone, rank, axis.sure)


def _squeeze(step: Op, axis: _Axis) -> _Axis | None:
    dim = step.constant("dim")
    if isinstance(dim, int) and axis.dim >= 0 and dim >= 0 and dim != axis.dim:
        return _Axis(axis.dim - (dim < axis.dim), None, False)
    return axis._replace(rank=None, sure=False) if axis.dim == -1 and dim != -1 else None


def _unsqueeze(step: Op, axis: _Axis) -> _Axis | None:
    dim = step.constant("dim")
    rank = axis.rank + 1 if axis.rank is not None else None
    if not isinstance(dim, int):
        return None
    if axis.dim >= 0 and dim >= 0:
        return _Axis(axis.dim + (dim <= axis.dim), rank, axis.sure)
    return _Axis(axis.dim, rank, axis.sure) if axis.dim < 0 <= dim else None


def _rows(step: Op, axis: _Axis) -> _Axis | None:
    dim = step.constant("dim")
    return axis if dim == 0 and axis.dim != 0 else None


_STEPS: dict[str, Callable[[Op, _Axis], _Axis | None]] = {
    "transpose": _transpose,
    "t": lambda step, axis: _swap(axis._replace(rank=2).known(), 0, 1),
    "T": lambda step, axis: _swap(axis._replace(rank=2).known(), 0, 1),
    "mT": lambda step, axis: _swap(axis, -1, -2),
    "permute": _permute,
    "view": _view,
    "reshape": _view,
    "flatten": _flatten,
    "getitem": _getitem,
    "squeeze": _squeeze,
    "unsqueeze": _unsqueeze,
    "index_select": _rows,
    "narrow": _rows,
}
