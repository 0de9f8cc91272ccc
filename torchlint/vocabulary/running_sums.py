"""Sums and collections that a loop adds to: what is added, to what, and whether it lives on from turn to turn."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from torchlint.rule import (
    Call,
    Frame,
    FunctionRef,
    Instance,
    Items,
    Loop,
    LoopCarried,
    Mapped,
    Mutated,
    Parameter,
    facts,
    is_within,
    loops_around,
    ops,
    own_nodes,
    trees,
)
from torchlint.vocabulary.grad_mode import is_without_grad

# Methods that give back a tensor with the same graph.
_KEEPING = ops.methods(*ops.SUMS, *(ops.CARRIERS - ops.CUTS))
_TABLES = frozenset({"builtins.dict", "collections.defaultdict", "collections.OrderedDict"})
_COLLECTING = frozenset({"append", "extend", "insert"})


def sinks(frame: Frame, statement: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What a statement adds to something: where to, and the expression that is added."""
    match statement:
        case ast.AugAssign(op=ast.Add() | ast.Sub()):
            if not is_without_grad(frame, statement):
                elements = _elements(statement.value)
                for element in elements:
                    yield statement.target, element
        case ast.Assign(targets=[target], value=ast.BinOp(op=ast.Add()) as added):
            sides = [(added.left, added.right), (added.right, added.left)]
            for same, other in sides:
                if ast.unparse(same) == ast.unparse(target) and not is_without_grad(frame, added):
                    yield target, other
        case ast.Assign(targets=[ast.Subscript(value=table, slice=key) as target], value=stored):
            if _is_numbered(frame, statement, table, key) and not is_without_grad(frame, statement):
                for element in _elements(stored):
                    yield target, element
        case ast.Expr(value=ast.Call(func=ast.Attribute() as func) as call) if call.args:
            if _is_collecting(frame, call, func):
                last = call.args[-1]
                for element in _elements(last):
                    yield func.value, element
            elif _is_meter(frame, call):
                yield func.value, call.args[0]


def _is_numbered(frame: Frame, statement: ast.AST, table: ast.expr, key: ast.expr) -> bool:
    """Whether a dict, a list or a tensor is given an element under what the loop counts or takes: another one in each
    turn."""
    loops = loops_around(frame.module, statement)
    taken = {node.id for loop in loops[:1] if isinstance(loop, ast.For) for node in _names_in(loop.target)}
    if not any(node.id in taken for node in _names_in(key)):
        return False
    held = frame.values.get(table)
    while isinstance(held, LoopCarried | Mutated):
        held = held.initial if isinstance(held, LoopCarried) else held.base
    made = isinstance(held, Call) and held.qualname in _TABLES
    # Whatever a parameter is that takes a loss under a number, it keeps the graph, unless it raises.
    return made or isinstance(held, Mapped | Items | Parameter) or (held is not None and facts.is_tensor(held) is True)


def _names_in(node: ast.AST) -> Iterator[ast.Name]:
    """The names in an expression."""
    return (part for part in trees.walk(node) if isinstance(part, ast.Name))


def _is_collecting(frame: Frame, call: ast.Call, func: ast.Attribute) -> bool:
    """Whether a list is given an element: `append` of a list takes one argument, that of a meter may take more."""
    if call.keywords or len(call.args) != (2 if func.attr == "insert" else 1):
        return False
    return func.attr in _COLLECTING and not isinstance(frame.callees.get(call), FunctionRef)


def _elements(node: ast.expr) -> list[ast.expr]:
    """What is put into a collection: the elements of a list, tuple or dict that is written out, or one thing."""
    if isinstance(node, ast.List | ast.Tuple):
        return node.elts
    return node.values if isinstance(node, ast.Dict) else [node]


def _is_meter(frame: Frame, call: ast.Call) -> bool:
    """Whether a method of the file adds its first argument to an attribute as it is."""
    callee = frame.callees.get(call)
    if not isinstance(callee, FunctionRef) or not isinstance(callee.bound, Instance):
        return False
    parameters = callee.function.parameters[1:]
    if not parameters:
        return False
    for node in own_nodes(callee.function.node):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == parameters[0].arg:
            return False
    return any(
        isinstance(node, ast.AugAssign)
        and isinstance(node.target, ast.Attribute)
        and any(isinstance(name, ast.Name) and name.id == parameters[0].arg for name in carried(node.value))
        for node in own_nodes(callee.function.node)
    )


def carried(node: ast.expr) -> Iterator[ast.expr]:
    """The variables whose graph an expression carries on."""
    match node:
        case ast.Name() | ast.Attribute() | ast.Subscript(slice=ast.Constant()):
            yield node
        case ast.BinOp():
            yield from carried(node.left)
            yield from carried(node.right)
        case ast.Call(func=ast.Attribute() as func) if func.attr in _KEEPING:
            yield from carried(func.value)


def outlives(frame: Frame, statement: ast.stmt, target: ast.expr, other: ast.AST) -> bool:
    """Whether the sum is carried over the turns of the loop in which it is added to and something else is done."""
    loops = loops_around(frame.module, statement)
    if not loops or not is_within(frame.module, other, loops[0]):
        return False
    base = target
    while isinstance(base, ast.Subscript):
        base = base.value
    name = ast.unparse(base)
    return not any(_is_reset(node, name, statement) for node in own_nodes(loops[0])) and not _is_target(loops, name)


def is_started_anew(target: ast.expr, loop: Loop, statement: ast.stmt) -> bool:
    """Whether each turn of a loop starts the sum or collection anew."""
    name = ast.unparse(target)
    return any(_is_reset(node, name, statement) for node in own_nodes(loop))


def _is_reset(node: ast.AST, name: str, statement: ast.stmt) -> bool:
    """Whether a statement of the loop starts the sum anew."""
    if node is statement:
        return False
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets: Sequence[ast.expr] = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(ast.unparse(target) == name for target in targets)
    cleared = (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("clear", "reset", "pop")
    )
    return (
        cleared
        and isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value) == name
    )


def _is_target(loops: Sequence[Loop], name: str) -> bool:
    return any(isinstance(loop, ast.For) and ast.unparse(loop.target) == name for loop in loops[:1])
