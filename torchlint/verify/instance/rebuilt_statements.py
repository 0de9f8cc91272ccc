"""Statements built anew: assignments, loops, writes in place. What else happens is an event for both versions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from torchlint.syntax.bindings import loaded, stored
from torchlint.verify.instance.rebuilt_expressions import Expressions, NotRebuiltError, root_of
from torchlint.verify.instance.whitelist import NotAllowedError, is_layer

_LEAVES = (ast.Return, ast.Break, ast.Continue, ast.Raise)


class Statements:
    """Rebuilds the statements of one version, one after the other, and what the outside sees of them.

    `seen` are the names of what calls and other events are given, in order; `returned` is what the version returns.
    """

    def __init__(self, expressions: Expressions, bound: frozenset[str]) -> None:
        self.expressions = expressions
        self.body: list[ast.stmt] = []
        self.seen: list[str] = []
        self.returned: ast.expr | None = None
        self._bound = bound

    def add(self, statements: Sequence[ast.stmt]) -> None:
        """Rebuild statements. Raises `NotRebuiltError`."""
        for statement in statements:
            if self.returned is not None:
                raise NotRebuiltError("there is code after a return")
            self._add(statement)

    def _add(self, statement: ast.stmt) -> None:
        expressions = self.expressions
        state = expressions.holes.state(), set(expressions.defined), dict(expressions.moved)
        lengths = len(expressions.events), len(self.body), len(self.seen), len(expressions.foreign)
        try:
            new = self._rebuilt(statement)
        except (NotRebuiltError, NotAllowedError):
            holes, expressions.defined, expressions.moved = state
            expressions.holes.restore(holes)
            del expressions.events[lengths[0] :], self.body[lengths[1] :], self.seen[lengths[2] :]
            del expressions.foreign[lengths[3] :]
            expressions.observed.clear()
            new = self._foreign(statement)
        self.observe()
        self.body += new

    def observe(self) -> None:
        """Keep what the calls of the next statement read, before it runs."""
        for name in self.expressions.observed:
            self._see(ast.Name(self.expressions.holes.local(name), ast.Load()))
        self.expressions.observed.clear()

    def _see(self, value: ast.expr) -> None:
        name = f"s{len(self.seen)}"
        self.seen.append(name)
        self.body.append(_assign(name, value))

    def _rebuilt(self, statement: ast.stmt) -> list[ast.stmt]:
        handler = _HANDLERS.get(type(statement))
        if handler is None:
            raise NotRebuiltError(f"{type(statement).__name__} is not run")
        return handler(self, statement)

    def _foreign(self, statement: ast.stmt) -> list[ast.stmt]:
        """A statement that is not run: it happens in both versions, on equal values, and gives names other values."""
        expressions = self.expressions
        if any(
            isinstance(part, ast.Global | ast.Nonlocal | ast.NamedExpr | ast.Delete) for part in ast.walk(statement)
        ):
            raise NotRebuiltError(f"{type(statement).__name__} is not run")
        text = ast.unparse(statement)
        for name in sorted(loaded(statement) & expressions.defined):
            self._see(ast.Name(expressions.holes.local(name), ast.Load()))
        expressions.events.append(text)
        expressions.foreign.append(statement)
        for name in stored(statement):
            expressions.defined.discard(name)
            expressions.moved[name] = f"{name} after {len(expressions.events)} {text}"
        return []

    # -- kinds of statements

    def assign(self, node: ast.Assign) -> list[ast.stmt]:
        value = self.expressions.rebuild(node.value)
        self.observe()
        targets = [self._target(target) for target in node.targets]
        names = {target.id for target in node.targets if isinstance(target, ast.Name)}
        for name in names:
            self.expressions.layers.pop(name, None)
            if isinstance(value, ast.Call) and is_layer(value.func):
                # Calling the local is calling the layer that it holds.
                self.expressions.layers[name] = value
        return [ast.Assign(targets, value, lineno=0)]

    def annotated(self, node: ast.AnnAssign) -> list[ast.stmt]:
        if node.value is None:
            return []
        return self.assign(ast.Assign([node.target], node.value))

    def augmented(self, node: ast.AugAssign) -> list[ast.stmt]:
        expressions = self.expressions
        if isinstance(node.target, ast.Name):
            self._initialise({node.target.id}, in_place=True)
            value = expressions.rebuild(node.value)
            expressions.defined.add(node.target.id)
            return [ast.AugAssign(self._local(node.target.id), node.op, value)]
        if isinstance(node.target, ast.Subscript):
            target = self._element(node.target)
            return [ast.AugAssign(target, node.op, expressions.rebuild(node.value))]
        raise NotRebuiltError("it changes an attribute")

    def expression(self, node: ast.Expr) -> list[ast.stmt]:
        value = self.expressions.rebuild(node.value)
        return [ast.Expr(value)] if isinstance(value, ast.Call) else []

    def returns(self, node: ast.Return) -> list[ast.stmt]:
        self.returned = ast.Constant(None) if node.value is None else self.expressions.rebuild(node.value)
        return []

    def asserts(self, node: ast.Assert) -> list[ast.stmt]:
        value = self.expressions.rebuild(node.test)
        self.expressions.events.append("assert")
        self.observe()
        self._see(value)
        return []

    def branch(self, node: ast.If) -> list[ast.stmt]:
        self._initialise(stored(node))
        test = self.expressions.rebuild(node.test)
        self.observe()
        with self.expressions.sometimes():
            body, orelse = self._block(node.body), self._block(node.orelse)
        self.expressions.defined |= stored(node)
        return [ast.If(test, body or [ast.Pass()], orelse)]

    def loop(self, node: ast.For) -> list[ast.stmt]:
        if node.orelse:
            raise NotRebuiltError("a loop with else is not run")
        source = self.expressions.rebuild(node.iter)
        self._initialise(stored(node))
        self.observe()
        with self.expressions.sometimes():
            target = self._target(node.target)
            body = self._block(node.body)
        self.expressions.defined |= stored(node)
        return [ast.For(target, source, body or [ast.Pass()], [], lineno=0)]

    def nothing(self, node: ast.stmt) -> list[ast.stmt]:
        return []

    def _block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        new: list[ast.stmt] = []
        for statement in statements:
            if isinstance(statement, _LEAVES):
                raise NotRebuiltError("it leaves a block")
            new += self._rebuilt(statement)
        return new

    def _initialise(self, names: set[str], in_place: bool = False) -> None:
        """Give names the values from outside that they have before a statement which may not assign them."""
        expressions = self.expressions
        for name in sorted(names - expressions.defined):
            if name in self._bound or name in expressions.moved:
                value = expressions.name(ast.Name(name, ast.Load()))
                self.body.append(_assign(expressions.holes.local(name), value))
                if in_place:
                    expressions.note_write(value)
                expressions.defined.add(name)

    def _local(self, name: str) -> ast.Name:
        return ast.Name(self.expressions.holes.local(name), ast.Store())

    def _target(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Name):
            self.expressions.defined.add(node.id)
            return self._local(node.id)
        if isinstance(node, ast.Tuple | ast.List):
            return ast.Tuple([self._target(part) for part in node.elts], ast.Store())
        if isinstance(node, ast.Subscript):
            return self._element(node)
        raise NotRebuiltError("it assigns an attribute")

    def _element(self, node: ast.Subscript) -> ast.Subscript:
        """`x[i]` as a place to write to."""
        target = self.expressions.subscript(node)
        if root_of(target) is None:
            raise NotRebuiltError("it writes into something unknown")
        self.expressions.note_write(target)
        return target


def _assign(name: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(name, ast.Store())], value, lineno=0)


_HANDLERS: dict[type[ast.stmt], Callable[[Statements, Any], list[ast.stmt]]] = {
    ast.Assign: Statements.assign,
    ast.AnnAssign: Statements.annotated,
    ast.AugAssign: Statements.augmented,
    ast.Expr: Statements.expression,
    ast.Return: Statements.returns,
    ast.Assert: Statements.asserts,
    ast.If: Statements.branch,
    ast.For: Statements.loop,
    ast.Pass: Statements.nothing,
}
