"""Loops that take the slices of tensors one after the other, and what they compute written over the whole tensors."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchlint.rule import (
    Call,
    Constant,
    Frame,
    FunctionModel,
    LoopCarried,
    Op,
    Value,
    members,
    own_nodes,
    trees,
    walk,
)

from .shown_tensors import fills, shown_tensor

if TYPE_CHECKING:
    pass

Loop = ast.For | ast.comprehension


class Sweep:
    """A loop over the slices of tensors.

    `index` is the counter's name, `rows` are the names that hold a slice with the tensor and dim that it is taken from.
    `count` and `turns` are the end of the counter as written and its value; `start` is its beginning.
    """

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.index: str | None = None
        self.rows: dict[str, tuple[ast.expr, Value, int]] = {}
        self.count: ast.expr | None = None
        self.turns: Value | None = None
        self.start = 0
        self.written = ""  # the element that the loop writes to: it may be read as well

    @property
    def items(self) -> set[ast.AST]:
        """The nodes that the loop binds its names at."""
        return {node for node in trees.walk(self.loop.target) if isinstance(node, ast.Name)}


def sweep(loop: Loop | ast.AsyncFor | ast.While, frame: Frame) -> Sweep | None:
    """What a loop runs over, where that is slices of tensors or a counter."""
    if not isinstance(loop, Loop) or getattr(loop, "orelse", None) or getattr(loop, "is_async", 0):
        return None
    source = frame.values.get(loop.iter)
    found = Sweep(loop)
    if isinstance(source, Call) and source.known and not source.keywords and isinstance(loop.iter, ast.Call):
        return _over_call(found, loop.iter, source, frame)
    return found if _add_rows(found, loop.target, loop.iter, source, frame) else None


def _over_call(found: Sweep, node: ast.Call, call: Call, frame: Frame) -> Sweep | None:
    """`range`, `enumerate` and `zip`."""
    target = found.loop.target
    match call.qualname, target:
        case "builtins.range", ast.Name():
            found.index = target.id
            return _counted(found, node, call)
        case "builtins.enumerate", ast.Tuple(elts=[ast.Name() as counter, ast.Name() as row]) if len(node.args) == 1:
            found.index, found.turns = counter.id, _turns_of(call.args[0])
            return found if _add_rows(found, row, node.args[0], call.args[0], frame) else None
        case "builtins.zip", ast.Tuple() if len(target.elts) == len(node.args):
            lengths = {id(value): _turns_of(value) for value in call.args}
            first = next(iter(lengths.values()))
            parts = zip(target.elts, node.args, call.args, strict=True)
            if not all(_add_rows(found, *part, frame) for part in parts):
                return None
            return found if all(fills(value, 0, first) for value in call.args) else None
    return None


def _turns_of(value: Value) -> Value:
    return Op("size", {"input": value, "dim": Constant(0)}, {}, "Tensor")


def _counted(found: Sweep, node: ast.Call, call: Call) -> Sweep | None:
    args = list(node.args)
    if len(args) == 3 and _integer(call.args[2]) == 1:
        args.pop()
    start = _integer(call.args[0]) if len(args) == 2 else 0
    if not 1 <= len(args) <= 2 or start is None or start < 0:
        return None
    turns = call.args[len(args) - 1]
    if isinstance(turns, Call) and turns.qualname == "builtins.len" and len(turns.args) == 1:
        turns = _turns_of(turns.args[0])
    found.count, found.turns, found.start = args[-1], turns, start
    whole = isinstance(turns, Op) and turns.name == "size"
    literal = _integer(turns) is not None
    # Anything else may be negative, which ends a slice elsewhere than a range.
    return found if whole or literal or isinstance(found.count, ast.Name) else None


def _integer(value: Value) -> int | None:
    known = isinstance(value, Constant) and type(value.value) is int
    return value.value if known else None  # type: ignore[attr-defined]


def _add_rows(found: Sweep, target: ast.expr, node: ast.expr, value: Value | None, frame: Frame) -> bool:
    """`for row in x`, `for row in x.unbind(1)`."""
    if value is None or not isinstance(target, ast.Name):
        return False
    if isinstance(value, Op) and value.name == "unbind":
        dim = value.constant("dim", 0)
        source = value.nodes.get("input")
        if not isinstance(dim, int) or dim < 0 or source is None or not is_path(source):
            return False
        found.rows[target.id] = (source, value.input, dim)
        return True
    if not shown_tensor(frame, value) or not is_path(node):
        return False
    found.rows[target.id] = (node, value, 0)
    return True


def is_path(node: ast.expr) -> bool:
    """Whether an expression is a name, or attributes of one."""
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and is_path(node.value))


def number_of(node: ast.expr) -> ast.expr | None:
    """`t` for `int(t)` and `t.item()`."""
    match node:
        case ast.Call(func=ast.Name(id="int"), args=[inner], keywords=[]):
            return inner
        case ast.Call(func=ast.Attribute(value=inner, attr="item"), args=[], keywords=[]):
            return inner
    return None


def is_index(node: ast.expr, sweep: Sweep) -> bool:
    """Whether an expression is the counter of a sweep."""
    return isinstance(node, ast.Name) and node.id == sweep.index


def invariant(node: ast.expr, sweep: Sweep, frame: Frame) -> bool:
    """Whether an expression holds the same in every turn."""
    for part in trees.walk(node):
        if isinstance(part, ast.Call | ast.NamedExpr | ast.Await | ast.Lambda | ast.comprehension):
            return False
        if isinstance(part, ast.Name) and (part.id == sweep.index or part.id in sweep.rows):
            return False
        value = frame.values.get(part)
        if value is not None and any(_is_changed(member, sweep) for member in members(value)):
            return False
    return True


def _is_changed(value: Value, sweep: Sweep) -> bool:
    """Whether a name was found to be changed by the loop."""
    return isinstance(value, LoopCarried) and value.node is sweep.loop


def leaks(sweep: Sweep, frame: Frame) -> bool:
    """Whether what the loop leaves in its names is read after it."""
    if isinstance(sweep.loop, ast.comprehension):
        return False
    inside = set(trees.walk(sweep.loop))
    bound = sweep.items
    names = {node.id for node in bound if isinstance(node, ast.Name)}
    for node in _reads(frame, names):
        value = frame.values.get(node)
        if node not in inside and (value is None or any(part.node in bound for part in _made_of(value))):
            return True
    return False


def _reads(frame: Frame, names: set[str]) -> Iterator[ast.Name]:
    """Where names of a function are read, in functions inside it too unless they have their own of that name."""
    scope = frame.scope
    for node in own_nodes(scope):
        model = frame.module.models.get(node)
        if isinstance(model, FunctionModel):
            inner = names - model.locals
        elif isinstance(node, ast.ClassDef | ast.Lambda):
            inner = names
        else:
            inner = set()
        reached = trees.walk(node) if inner else iter([node])
        for part in reached:
            if isinstance(part, ast.Name) and part.id in (inner or names) and not isinstance(part.ctx, ast.Store):
                yield part


def _made_of(value: Value) -> Iterator[Value]:
    for part in walk(value):
        yield part
        if isinstance(part, LoopCarried) and part.initial is not None:
            yield from walk(part.initial)
