"""The two versions of a function, before and after a fix: the same calls in the same order, the same names left."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from torchlint.finding import Edit
from torchlint.fixing.logical_lines import parse
from torchlint.fixing.proof import operation_traits
from torchlint.fixing.proof.changed_statements import Changed, Rows
from torchlint.fixing.proof.effects import Effects
from torchlint.fixing.proof.order import Timeline, timeline
from torchlint.kept import kept
from torchlint.source import apply
from torchlint.syntax import trees
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import Op

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_LOOPS = ast.For | ast.AsyncFor | ast.While | ast.comprehension
_CONDITIONS = ast.If | ast.IfExp | ast.BoolOp | ast.Try | ast.TryStar | ast.Match
_EVENTS = ast.Call | ast.Attribute | ast.Await | ast.Yield | ast.YieldFrom
_Event = tuple[str, int, int]


# Where what is known of a function before any fix is kept: on its frame.
_KEPT = "_torchlint_before"


class _Before:
    """A function as it is: its events, the names that it binds, the rows of its statements."""

    def __init__(self, frame: Frame, effects: Effects) -> None:
        self._frame = frame
        self.effects = effects
        order = timeline(frame)
        self.events = {node: _event(node, order) for node in order.nodes if self._is_event(node)}
        self.texts = Counter(text for text, _, _ in self.events.values())
        self.rows = Rows(frame.scope, frame.module.source)

    def _is_event(self, node: ast.AST) -> bool:
        if not isinstance(node, _EVENTS):
            return False
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            return False
        value = self._frame.values.get(node)
        if isinstance(value, Op) and operation_traits.is_random(value.name):
            return True
        effect = self.effects.of(node)
        return effect.everything or bool(effect.values) or _is_output(node)


def _before(frame: Frame, effects: Effects) -> _Before:
    known: _Before | None = frame.__dict__.get(_KEPT)
    if known is None or known.effects is not effects:
        known = frame.__dict__[_KEPT] = _Before(frame, effects)
    return known


class Versions:
    """A function before a fix, as evaluated, and after it, as it is written.

    Only the statements that the fix changes are compared: a file may have as many fixes as statements.
    """

    def __init__(self, frame: Frame, edits: Sequence[Edit], effects: Effects) -> None:
        self._frame = frame
        self._edits = edits
        self._effects = effects
        self._old = timeline(frame)
        self._before = _before(frame, effects)
        self._changed = self._before.rows.changed(edits)
        if self._changed is None and isinstance(self._scope, ast.Module | _Definition):
            self._changed = [Changed(_body(frame.scope), _body(self._scope))]

    @kept
    def _after(self) -> ast.Module | None:
        """The whole text after the fix."""
        return parse(apply(self._frame.module.source.text, self._edits))

    @kept
    def _scope(self) -> ast.AST | None:
        after = self._after
        return _same_place(self._frame.scope, self._frame.module.tree, after) if after is not None else None

    @kept
    def _new(self) -> Timeline:
        return Timeline(self._scope) if self._scope is not None else Timeline(ast.Module([], []))

    def has_same_events(self, changed: Collection[ast.AST], replaced: Collection[ast.AST]) -> bool:
        """Whether calls of unknown code, random numbers and other events happen as often as before, in the same order.

        A call in whose arguments something changed is itself one as before. What `replaced` statements write in place
        is what they are replaced for.
        """
        if self._changed is None:
            return self._after is None  # a text that does not parse is refused elsewhere
        around = {one for node in changed for one in self._old.around(node)}
        around |= {
            one
            for node in replaced
            if self._old.holds(node)
            for one in self._old.below(node)
            if isinstance(one, ast.Call) and not self._effects.of(one).everything
        }
        events = self._before.events
        gone = Counter(events[node][0] for node in around if node in events)
        texts = self._before.texts
        for part in self._changed:
            inside = (node for statement in part.before for node in self._old.below(statement))
            wanted = [events[node] for node in inside if node in events and node not in around]
            order = Timeline(ast.Module([*part.after], []))
            new = (_event(node, order) for node in order.nodes if isinstance(node, _EVENTS))
            if wanted != [event for event in new if texts[event[0]] > gone[event[0]]]:
                return False
        return True

    def lost_names(self, touched: Collection[ast.stmt]) -> Iterator[str]:
        """The names that the old version binds more often than the new one and that something may still read."""
        left: Counter[str] = Counter()
        for part in self._changed or ():
            left.update(_stores_in(part.before))
            left.subtract(_stores_in(part.after))
        for name in left:
            if left[name] > 0 and self._may_be_read(name, touched):
                yield name

    def _may_be_read(self, name: str, touched: Collection[ast.stmt]) -> bool:
        if self._frame.function is None or self._is_declared(name):
            return True
        if self._scope is None:
            return False
        reads = [
            node
            for node in trees.walk(self._scope)
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
        return _is_assigned(list(getattr(self._scope, "body", [])), name, until=child)


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


def _stores_in(statements: Iterable[ast.stmt]) -> Counter[str]:
    """How often each name is bound by statements, except for those in definitions."""
    own = (node for one in statements if not isinstance(one, _Definition) for node in trees.walk_own(one))
    return Counter(node.id for node in own if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))


def _body(scope: ast.AST) -> Sequence[ast.stmt]:
    return getattr(scope, "body", [])


def _same_place(scope: ast.AST, before: ast.Module, after: ast.Module) -> ast.AST | None:
    """The definition of the new tree that has the place of one of the old tree."""
    if isinstance(scope, ast.Module):
        return after
    old = [node for node in ast.walk(before) if isinstance(node, _Definition)]
    new = [node for node in ast.walk(after) if isinstance(node, _Definition)]
    if len(old) != len(new):
        return None
    return next((there for here, there in zip(old, new, strict=True) if here is scope), None)
