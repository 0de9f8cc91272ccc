"""The two versions of a function, before and after a fix: the same calls in the same order, the same names left."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator

from torchlint.fixing.proof import operation_traits
from torchlint.fixing.proof.effects import Effects
from torchlint.fixing.proof.order import Timeline, timeline
from torchlint.syntax import trees
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import Op

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_LOOPS = ast.For | ast.AsyncFor | ast.While | ast.comprehension
_CONDITIONS = ast.If | ast.IfExp | ast.BoolOp | ast.Try | ast.TryStar | ast.Match
_Event = tuple[str, int, int]


class Versions:
    """A function before a fix, as evaluated, and after it, as it is written."""

    def __init__(self, frame: Frame, after: ast.Module, effects: Effects) -> None:
        self._frame = frame
        self._effects = effects
        self._old = timeline(frame)
        self.scope = _same_place(frame.scope, frame.module.tree, after)
        self._new = Timeline(self.scope) if self.scope is not None else None

    def has_same_events(self, changed: Collection[ast.AST], replaced: Collection[ast.AST]) -> bool:
        """Whether calls of unknown code, random numbers and other events happen as often as before, in the same order.

        A call in whose arguments something changed is itself one as before. What `replaced` statements write in place
        is what they are replaced for.
        """
        if self._new is None:
            return False
        around = {one for node in changed for one in self._old.around(node)}
        around |= {
            one
            for node in replaced
            if self._old.holds(node)
            for one in self._old.below(node)
            if isinstance(one, ast.Call) and not self._effects.of(one).everything
        }
        events = [node for node in self._old.nodes if node not in around and self._is_event(node)]
        wanted = [_event(node, self._old) for node in events]
        texts = {text for text, _, _ in wanted}
        found = [
            _event(node, self._new)
            for node in self._new.nodes
            if isinstance(node, ast.Call | ast.Attribute | ast.Await | ast.Yield | ast.YieldFrom)
            and ast.dump(node) in texts
        ]
        return wanted == found

    def _is_event(self, node: ast.AST) -> bool:
        if not isinstance(node, ast.Call | ast.Attribute | ast.Await | ast.Yield | ast.YieldFrom):
            return False
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            return False
        value = self._frame.values.get(node)
        if isinstance(value, Op) and operation_traits.is_random(value.name):
            return True
        effect = self._effects.of(node)
        return effect.everything or bool(effect.values) or _is_output(node)

    def lost_names(self, touched: Collection[ast.stmt]) -> Iterator[str]:
        """The names that the old version binds more often than the new one and that something may still read."""
        if self.scope is None:
            return
        old, new = _stores(self._frame.scope), _stores(self.scope)
        for name in old.keys() if self._frame.function is None else (old - new).keys():
            if old[name] > new[name] and self._may_be_read(name, touched):
                yield name

    def _may_be_read(self, name: str, touched: Collection[ast.stmt]) -> bool:
        if self._frame.function is None or self._is_declared(name):
            return True
        assert self.scope is not None
        reads = [
            node
            for node in trees.walk(self.scope)
            if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Store)
        ]
        if not reads or self._is_given_again(name, touched):
            return False
        return not all(self._is_bound_around(node, name) for node in reads)

    def _is_declared(self, name: str) -> bool:
        return any(
            isinstance(node, ast.Global | ast.Nonlocal) and name in node.names for node in trees.walk(self._frame.scope)
        )

    def _is_given_again(self, name: str, touched: Collection[ast.stmt]) -> bool:
        """Whether a deleted assignment gave a name anew what the fix now gives it, as in `x = x.to(device)`."""
        for statement in touched:
            if isinstance(statement, ast.Assign) and any(
                isinstance(part, ast.Name) and part.id == name for part in trees.walk(statement.value)
            ):
                return True
        return False

    def _is_bound_around(self, node: ast.AST, name: str) -> bool:
        """Whether a read is in a loop over the name, or follows an assignment of its own block."""
        assert self._new is not None
        if not self._new.holds(node):
            return False
        child: ast.AST = node
        for around in self._new.around(node):
            if isinstance(around, ast.For | ast.AsyncFor) and child in around.body and name in _names(around.target):
                return True
            generators = getattr(around, "generators", ())
            if any(name in _names(generator.target) for generator in generators):
                return True
            for block in (getattr(around, "body", None), getattr(around, "orelse", None)):
                if isinstance(block, list) and child in block and _is_assigned(block[: block.index(child)], name):
                    return True
            child = around
        return _is_assigned(list(getattr(self.scope, "body", [])), name, until=child)


def _is_assigned(block: list[ast.AST], name: str, until: ast.AST | None = None) -> bool:
    for statement in block:
        if statement is until:
            return False
        if isinstance(statement, ast.Assign) and any(name in _names(target) for target in statement.targets):
            return True
    return False


def _names(target: ast.AST) -> set[str]:
    return {node.id for node in trees.walk(target) if isinstance(node, ast.Name)}


def _is_output(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "next", "input")


def _event(node: ast.AST, order: Timeline) -> _Event:
    around = list(order.around(node))
    loops = sum(isinstance(one, _LOOPS) for one in around)
    return ast.dump(node), loops, sum(isinstance(one, _CONDITIONS) for one in around)


def _stores(scope: ast.AST) -> Counter[str]:
    return Counter(
        node.id for node in trees.walk_own(scope) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )


def _same_place(scope: ast.AST, before: ast.Module, after: ast.Module) -> ast.AST | None:
    """The definition of the new tree that has the place of one of the old tree."""
    if isinstance(scope, ast.Module):
        return after
    old = [node for node in ast.walk(before) if isinstance(node, _Definition)]
    new = [node for node in ast.walk(after) if isinstance(node, _Definition)]
    if len(old) != len(new):
        return None
    return next((there for here, there in zip(old, new, strict=True) if here is scope), None)
