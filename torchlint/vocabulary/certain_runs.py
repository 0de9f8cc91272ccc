"""Whether a line of a function is run whenever the function is, and nothing waits for it to raise."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import (
    Choice,
    Frame,
    Layer,
    Module,
    Value,
    ancestors,
    block_of,
    is_test,
    last_name,
    outcome,
    own_nodes,
    statement_of,
)

_EXPECTING = ("raises", "assertRaises", "assertRaisesRegex", "suppress", "assert_raises", "raisesRegex")
_EXITS = ast.Return | ast.Break | ast.Continue | ast.Yield | ast.YieldFrom


def evaluations(frame: Frame) -> Iterator[Frame]:
    """A frame, and those of the calls in it that stay in the file."""
    stack = [frame]
    while stack:
        inner = stack.pop()
        if inner.module is frame.module:
            yield inner
            stack.extend(reversed(inner.inlined))


def runs_for_certain(node: ast.expr, frame: Frame) -> bool:
    """Whether an expression is run by each call of the function in whose evaluation it is, and that call by each call
    of its own caller."""
    where: ast.AST = node
    inner: Frame | None = frame
    while inner is not None:
        if not _is_reached(where, inner):
            return False
        if inner.caller is not None and inner.call_site is None:
            return False
        where, inner = inner.call_site or where, inner.caller
        if isinstance(where, ast.stmt) and _chooses(where):
            return False
    return True


def is_expected_to_raise(node: ast.AST, module: Module) -> bool:
    """Whether an error of a node is caught, or waited for by a test."""
    inner = node
    for outer in ancestors(module, node):
        caught = isinstance(outer, ast.Try | ast.TryStar) and outer.handlers and inner in outer.body
        waited = isinstance(outer, ast.With | ast.AsyncWith) and any(
            _expects(item.context_expr) for item in outer.items
        )
        if caught or waited or isinstance(outer, ast.Lambda):
            return True
        inner = outer
    return is_test(module) and any(module.references(name) for name in _EXPECTING)


def is_undecided(node: ast.expr, frame: Frame) -> bool:
    """Whether it depends on the path what a call calls, or what an index or a method is of."""
    return any(isinstance(callee, Choice) for callee in _called(frame, node))


def _called(frame: Frame, node: ast.expr) -> Iterator[Value | None]:
    """What a call calls, with the layers of a Sequential; of an index or a method, what it is of."""
    base = node.value if isinstance(node, ast.Subscript) else node.func if isinstance(node, ast.Call) else None
    if isinstance(base, ast.Attribute):
        yield frame.values.get(base.value)
    if isinstance(base, ast.expr):
        yield frame.values.get(base)
    stack: list[Value | None] = [frame.callees.get(node)] if isinstance(node, ast.Call) else []
    while stack:
        callee = stack.pop()
        yield callee
        if isinstance(callee, Layer):
            stack.extend(callee.children)


def _chooses(statement: ast.stmt) -> bool:
    """Whether a statement has expressions of which not all are run."""
    parts = [statement.test] if isinstance(statement, ast.If | ast.While) else [statement]
    return any(isinstance(node, ast.IfExp | ast.BoolOp | ast.Lambda) for part in parts for node in ast.walk(part))


def _is_reached(where: ast.AST, frame: Frame) -> bool:
    """Whether a node is run whenever the function that it is in is."""
    inner = where
    for outer in ancestors(frame.module, where):
        if not _lets_through(outer, inner, frame):
            return False
        inner = outer
    return not any(_may_leave(statement, frame) for statement in _before(where, frame))


def _lets_through(outer: ast.AST, inner: ast.AST, frame: Frame) -> bool:
    """Whether a node runs a part of it for certain."""
    match outer:
        case ast.If():
            return inner is outer.test or outcome(frame, outer.test) is not None
        case ast.IfExp():
            taken = outcome(frame, outer.test)
            return inner is outer.test or (taken is not None and inner is (outer.body if taken else outer.orelse))
        case ast.While():
            return inner is outer.test or (isinstance(outer.test, ast.Constant) and bool(outer.test.value))
        case ast.BoolOp():
            return inner is outer.values[0]
        case ast.Compare():
            return inner is outer.left or len(outer.ops) == 1
        case ast.Try() | ast.TryStar():
            return inner in outer.finalbody or (not outer.handlers and inner not in outer.orelse)
        case ast.With() | ast.AsyncWith():
            return not any(_expects(item.context_expr) for item in outer.items)
        case ast.comprehension():
            return inner is outer.iter
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            return not any(generator.ifs for generator in outer.generators)
        case ast.Lambda() | ast.Match() | ast.ExceptHandler() | ast.Assert():
            return False
        case ast.For() | ast.AsyncFor():
            return inner not in outer.orelse
    return True


def _expects(context: ast.expr) -> bool:
    func = context.func if isinstance(context, ast.Call) else context
    return last_name(func) in _EXPECTING


def _before(where: ast.AST, frame: Frame) -> Iterator[ast.stmt]:
    """The statements that are run before one, in its block and in those around it."""
    module = frame.module
    statement = statement_of(module, where)
    while statement is not None:
        for other in block_of(module, statement):
            if other is statement:
                break
            yield other
        outer = next(ancestors(module, statement), None)
        if not isinstance(outer, ast.stmt | ast.ExceptHandler) or isinstance(
            outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ):
            return
        statement = outer if isinstance(outer, ast.stmt) else statement_of(module, outer)


def _may_leave(statement: ast.stmt, frame: Frame) -> bool:
    """Whether a block before may return, or leave the loop, so that what follows it is not run."""
    if not isinstance(statement, ast.If | ast.Try | ast.TryStar | ast.With | ast.For | ast.While | ast.Match):
        return False
    if isinstance(statement, ast.If) and outcome(frame, statement.test) is not None:
        return False
    return any(isinstance(node, _EXITS) for node in own_nodes(statement))
