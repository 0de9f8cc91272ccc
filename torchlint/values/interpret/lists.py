"""Lists that grow in loops and branches: what is certain of them is how they end."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from torchlint.torch_facts import ops
from torchlint.values.compare import join, members, same
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import (
    Call,
    Choice,
    ClassRef,
    Constant,
    FunctionRef,
    Instance,
    Item,
    Items,
    Layer,
    LoopCarried,
    Mapped,
    Op,
    Unknown,
    Value,
)

_MAX_KNOWN = 8


class Tail(LoopCarried):
    """A list of which only the last elements are known."""

    __slots__ = ("last",)

    def __init__(self, last: Sequence[Value], initial: Value | None, node: ast.AST | None, frame: Frame | None) -> None:
        super().__init__(initial, node, frame)
        self.last = tuple(last)


def is_list(value: Value) -> bool:
    """Whether a value is certainly a list, on each path."""
    match value:
        case Items():
            return value.kind == "list"
        case Choice():
            return all(map(is_list, value.members))
        case Tail():
            return True
        case LoopCarried(initial=Value() as initial):
            return is_list(initial)
        case Call():
            return value.qualname == "builtins.list"
    return isinstance(value.node, ast.ListComp) and isinstance(value, Unknown)


def last_of(value: Value) -> tuple[Value, ...]:
    """The elements that a list certainly ends with."""
    first, *others = (_known(member) for member in members(value))
    count = min(map(len, (first, *others)))
    for back in range(1, count + 1):
        if not all(same(first[-back], other[-back]) for other in others):
            return first[len(first) - back + 1 :]
    return first[len(first) - count :]


def _known(value: Value) -> tuple[Value, ...]:
    if isinstance(value, Items):
        return value.items[-_MAX_KNOWN:]
    return value.last if isinstance(value, Tail) else ()


def extended(left: Value, right: Value, node: ast.AST, frame: Frame) -> Value | None:
    """The list that `left + right` is; None where one of them may be something else."""
    if not (is_list(right) and is_list(left)):
        return None
    if isinstance(left, Items) and isinstance(right, Items):
        return Items((*left.items, *right.items), left.kind, node, frame)
    head = last_of(left) if isinstance(right, Items) else ()
    carried = left if isinstance(left, LoopCarried) else None
    initial, loop = (carried.initial, carried.node) if carried else (None, node)
    return Tail((*head, *last_of(right))[-_MAX_KNOWN:], initial, loop, frame)


def with_child(held: Value, child: Value) -> Layer | None:
    """A Sequential or ModuleList with one layer more. What a loop carries may have got others in earlier turns."""
    layer = held.initial if isinstance(held, LoopCarried) else held
    if not isinstance(layer, Layer) or layer.name not in ops.CONTAINERS - {"ModuleDict"}:  # it is grown by keys
        return None
    longer = Layer(layer.name, layer.args, layer.nodes, layer.node, layer.frame, layer.complete)
    longer.children = (*(layer.children if held is layer else (Unknown(),)), child)
    return longer


def with_replaced(container: Layer, index: Value, child: Value) -> Layer:
    """A Sequential or ModuleList after `container[index] = child`; where the index is not known, any layer may be
    another one."""
    known = isinstance(index, Constant) and isinstance(index.value, int)
    at = index.value if isinstance(index, Constant) and isinstance(index.value, int) else 0
    count = len(container.children)
    children: list[Value] = [*container.children] if known else [Unknown() for _ in container.children]
    if known and -count <= at < count:
        children[at] = child
    replaced = Layer(
        container.name, container.args, container.nodes, container.node, container.frame, container.complete
    )
    replaced.children = tuple(children)
    return replaced


def child_at(children: tuple[Value, ...], index: int) -> Value | None:
    """The layer at an index; None where one that is not known, perhaps several, stands between it and the end that the
    index counts from."""
    counted = children[: index + 1] if index >= 0 else children[index:]
    if not -len(children) <= index < len(children) or any(isinstance(child, Unknown) for child in counted):
        return None
    return children[index]


def made_by(comprehension: Value) -> Value | None:
    """The model that each element of a list comprehension is; None where it makes something else."""
    node, frame = comprehension.node, comprehension.frame
    if not isinstance(comprehension, Unknown) or not isinstance(node, ast.ListComp) or frame is None:
        return None
    made = frame.values.get(node.elt)
    return made if isinstance(made, Layer | Instance) else None


def taken(iterable: Value, node: ast.AST, frame: Frame) -> Value:
    """What a loop takes from an iterable: one of the models that it holds or that a comprehension made, or something of
    it."""
    return made_by(iterable) or _one_of_held(iterable) or Item(iterable, node, frame)


def taken_by_comprehension(iterable: Value, node: ast.AST, frame: Frame) -> Value:
    """The same for a comprehension, which sees into a `ModuleList`, too. A `for` loop over the blocks of a network does
    not: each would be evaluated for what is not known in the next turn all the same."""
    if isinstance(iterable, Layer) and iterable.name == "ModuleList":
        found = _one_of(iterable.children or _given(iterable))
        if found is not None:
            return found
    return taken(iterable, node, frame)


def _one_of_held(iterable: Value) -> Value | None:
    """One of the models that a display holds."""
    return _one_of(iterable.items) if isinstance(iterable, Items) else None


def _one_of(held: tuple[Value, ...]) -> Value | None:
    return join(*held) if held and all(isinstance(item, Layer | Instance) for item in held) else None


def _given(layer: Layer) -> tuple[Value, ...]:
    """What a comprehension made that a container was given."""
    if not isinstance(layer.node, ast.Call) or len(layer.node.args) != 1 or layer.frame is None:
        return ()
    given = layer.frame.values.get(layer.node.args[0])
    made = made_by(given) if given is not None else None
    return (made,) if made is not None else ()


def one_of(table: Value, index: Value) -> Value | None:
    """One of the models, classes or functions of a table, where the key is not known."""
    made = made_by(table)
    held: tuple[Value, ...] = (made,) if made is not None else ()
    if isinstance(table, Items | Mapped) and not isinstance(index, Op | Items | Constant):
        held = table.items if isinstance(table, Items) else (*table.items.values(),)
    callable_ = all(isinstance(value, Layer | Instance | ClassRef | FunctionRef) for value in held)
    return join(*held) if held and callable_ else None
