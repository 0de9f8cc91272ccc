"""The turns of a training loop: what stands before and after a call, and under which tests."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import TypeGuard

from torchlint.rule import (
    Call,
    Constant,
    Frame,
    Loop,
    Module,
    Value,
    ancestors,
    is_conditional,
    loops_around,
    own_nodes,
    trees,
)

from .training import Event, Kind, in_loop, is_optimizer, stepped_by


def position(node: ast.AST) -> tuple[int, int]:
    """Where a node begins: its line and its column."""
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def branches(module: Module, node: ast.AST) -> dict[ast.If, str]:
    """The tests around a node, and on which side of each it stands."""
    found: dict[ast.If, str] = {}
    inner = node
    for outer in ancestors(module, node):
        if isinstance(outer, ast.If):
            found[outer] = "body" if inner in outer.body else "orelse"
        inner = outer
    return found


def excludes(module: Module, first: ast.AST, second: ast.AST) -> bool:
    """Whether a test runs one of two nodes or the other, never both."""
    ours, theirs = branches(module, first), branches(module, second)
    return any(theirs.get(test, side) != side for test, side in ours.items())


def follows_always(module: Module, node: ast.AST, other: ast.AST) -> bool:
    """Whether a node stands under no test that another one does not stand under, on the same side."""
    theirs = branches(module, other)
    return all(theirs.get(test) == side for test, side in branches(module, node).items())


def exclude_each_other(module: Module, a: ast.AST, b: ast.AST, loop: ast.AST) -> bool:
    """Whether two places are in different branches of one test in a loop, and the test comes out the same in each
    turn: nothing that it reads is assigned in the loop, and it calls nothing."""
    around = {outer: inner for inner, outer in _steps_up(module, a)}
    for inner, outer in _steps_up(module, b):
        if outer is loop:
            return False
        other = around.get(outer)
        if other is not None and other is not inner and isinstance(outer, ast.If):
            return (inner in outer.orelse) is not (other in outer.orelse) and _is_steady(outer.test, loop)
    return False


def under_same_tests(module: Module, a: ast.AST, b: ast.AST, loop: Loop) -> bool:
    """Whether each test around a place in a loop is made again around another one, on the same side, and comes out the
    same in each turn: `if phase == "train":`, written twice."""
    theirs = [(ast.unparse(test.test), side) for test, side in branches(module, b).items()]
    ours = [(test, side) for test, side in branches(module, a).items() if in_loop(module, test, loop)]
    return all(
        (ast.unparse(test.test), side) in theirs and all(_is_steady(test.test, part) for part in loop.body)
        for test, side in ours
    )


def _steps_up(module: Module, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    for outer in ancestors(module, node):
        yield node, outer
        node = outer


def _is_steady(test: ast.expr, loop: ast.AST) -> bool:
    parts = list(trees.walk(test))
    if any(isinstance(part, ast.Call | ast.Await | ast.NamedExpr) for part in parts):
        return False
    read = {part.id if isinstance(part, ast.Name) else ast.unparse(part) for part in parts if _is_path(part)}
    stored = (part for part in trees.walk(loop) if _is_path(part) and not isinstance(part.ctx, ast.Load))
    return read.isdisjoint(part.id if isinstance(part, ast.Name) else ast.unparse(part) for part in stored)


def _is_path(node: ast.AST) -> TypeGuard[ast.Name | ast.Attribute]:
    return isinstance(node, ast.Name | ast.Attribute)


def steps_of(found: Sequence[Event]) -> list[tuple[Event, str]]:
    """The steps of optimisers among events, with how the optimiser is written.

    An optimiser is what is known as one, and what `zero_grad` is called on as well.
    """
    zeroed = {event.key for event in found if event.kind is Kind.ZERO}
    steps = []
    for event in found:
        if event.kind is not Kind.STEP:
            continue
        key = _stepped(event, zeroed)
        if key or is_optimizer(event.subject):
            steps.append((event, key or event.key))
    return steps


def _stepped(event: Event, zeroed: set[str]) -> str:
    """The optimiser of `optimizer.step()` and `scaler.step(optimizer)`, where it is also cleared."""
    given = stepped_by(event.frame, event.node) if isinstance(event.node, ast.Call) else None
    written = [event.key, ast.unparse(given) if given is not None else ""]
    return next((text for text in written if text and text in zeroed), "")


def turn_of(frame: Frame, found: Sequence[Event], loop: Loop | None) -> list[Event]:
    """The events of a turn of a loop, or of the function, in the order of the text."""
    if loop is None:
        return list(found)
    return [event for event in found if in_loop(frame.module, event.at, loop)]


def is_in_every_turn(frame: Frame, event: Event, loop: Loop) -> bool:
    """Whether an event happens in each turn of a loop: in it, and under no test."""
    return in_loop(frame.module, event.at, loop) and not is_conditional(frame.module, event.at, loop)


def nth_turn(test: ast.expr) -> ast.BinOp | None:
    """The `i % n` that must be 0 for a test to hold: `(i + 1) % n == 0`, `not i % n`."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=ast.BinOp(op=ast.Mod()) as modulo):
            return modulo
        case ast.Compare(left=ast.BinOp(op=ast.Mod()) as left, ops=[ast.Eq()], comparators=[_]):
            return left
    return None


def tests_of_turns(
    frame: Frame, counted: Callable[[ast.expr], ast.BinOp | None], *, above: int
) -> Iterator[tuple[ast.If, ast.BinOp, Loop]]:
    """The tests of a function that hold in some turns of the loop around them, by `i % n` with the loop's own counter.

    `counted` takes the `i % n` out of a test; n may be more than `above`.
    """
    for node in own_nodes(frame.scope):
        modulo = counted(node.test) if isinstance(node, ast.If) else None
        loops = loops_around(frame.module, node) if modulo is not None else []
        if not isinstance(node, ast.If) or modulo is None or not loops or not _counts_turns(modulo, loops[0]):
            continue
        if _is_count(frame.values.get(modulo.right), above=above):
            yield node, modulo, loops[0]


def _counts_turns(modulo: ast.BinOp, loop: Loop) -> bool:
    """Whether the left side of `i % n` holds the loop's own counter."""
    if isinstance(loop, ast.While):
        return False
    names = {node.id for node in trees.walk(modulo.left) if isinstance(node, ast.Name)}
    targets = {node.id for node in trees.walk(loop.target) if isinstance(node, ast.Name)}
    return bool(names & targets)


def _is_count(value: Value | None, *, above: int) -> bool:
    """Whether the n of `i % n` may be more than a number: it is neither a call nor a literal up to it."""
    if isinstance(value, Constant) and isinstance(value.value, int):
        return value.value > above
    return not isinstance(value, Call)
