"""Whether anything that a fix reads may be written between the places that it joins."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from torchlint.fixing.proof import operation_traits
from torchlint.fixing.proof.effects import Effect, Effects
from torchlint.fixing.proof.memory import is_made_in, is_new, may_share, roots
from torchlint.fixing.proof.order import Timeline, timeline
from torchlint.syntax import trees
from torchlint.syntax.inventory import inventory_of
from torchlint.values.compare import walk
from torchlint.values.interpret.assignments import MUTATORS
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import (
    UNKNOWN,
    Call,
    ClassRef,
    Element,
    External,
    Field,
    FunctionRef,
    Item,
    Layer,
    Op,
    Value,
)

_MAKING_CALLS = frozenset({"operator.methodcaller", "functools.partial"})
# What lies in something else, where it may have been put.
_READ_OUT = (Field, Element, Item)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


# Where they are kept, on their frame: a function may have many fixes.
_KEPT = "_torchlint_writes"


def writes_of(frame: Frame) -> Writes:
    """What is written in a frame as far as it is evaluated."""
    known: tuple[int, Writes] | None = frame.__dict__.get(_KEPT)
    if known is None or known[0] != len(frame.values):
        known = frame.__dict__[_KEPT] = len(frame.values), Writes(frame)
    return known[1]


class Writes:
    """What is written in a frame, and who may write what."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self.order: Timeline = timeline(frame)
        self.effects = Effects(frame)
        self._shared_names = _shared_names(frame)

    def hit(self, reads: Sequence[ast.expr], window: Iterable[ast.AST], *, moved: bool) -> str | None:
        """What may write in a window to what is read, as it is said to the user; None where nothing does.

        `moved`: what is read is evaluated anew at another place, so that its names and attributes must be the same
        there. Else only its memory has to be.
        """
        values = [self._frame.values.get(node, UNKNOWN) for node in reads]
        names, attributes = self._named(reads) if moved else (set(), set())
        for node in window:
            effect = self.effects.of(node)
            if not effect:
                continue
            if effect.names & names or effect.attributes & attributes or ("*" in effect.attributes and attributes):
                return effect.what
            if any(may_share(written, value) for written in effect.values for value in values):
                return effect.what
            if self._may_hold(effect.values, values, node):
                return effect.what
            if effect.everything and self._is_reached(values, names, attributes, node):
                return effect.what
        return None

    def written_to(self, node: ast.expr, window: Iterable[ast.AST]) -> str | None:
        """What writes in a window to the memory of an expression's result, as far as the file shows it: calls of other
        code, such as that of an optimiser, are not counted, unless they are given it under a name of the file's own."""
        memory = roots(self._value(node))
        for one in window:
            effect = self.effects.of(one)
            if not effect.values or (effect.everything and not self._is_own_code(one)):
                continue
            if any(_is_one(a, b) for value in effect.values for a in roots(value) for b in memory):
                return effect.what
        return None

    def _is_own_code(self, node: ast.AST) -> bool:
        if not isinstance(node, ast.Call):
            return True
        callee = self._frame.callees.get(node, UNKNOWN)
        if isinstance(node.func, ast.Call):
            # `getattr(x, "zero_")()`, `methodcaller("zero_")(x)`
            made = self._value(node.func)
            return isinstance(made, Field) or (isinstance(made, Call) and made.qualname in _MAKING_CALLS)
        own = isinstance(node.func, ast.Name | ast.Lambda) and not isinstance(callee, External | ClassRef | Layer)
        return own or isinstance(callee, FunctionRef)

    def _named(self, reads: Sequence[ast.expr]) -> tuple[set[str], set[str]]:
        """The names and attributes that expressions spell, those of modules left out."""
        names: set[str] = set()
        attributes: set[str] = set()
        for part in (part for node in reads for part in trees.walk(node)):
            if isinstance(self._frame.values.get(part), External):
                continue
            if isinstance(part, ast.Name):
                names.add(part.id)
            elif isinstance(part, ast.Attribute):
                attributes.add(part.attr)
        return names, attributes

    def _is_reached(self, values: Sequence[Value], names: set[str], attributes: set[str], node: ast.AST) -> bool:
        """Whether code of others may change a value, rebind a name or assign an attribute."""
        if attributes or names & self._shared_names:
            return True
        return any(not self.is_private(root, node) for value in values for root in roots(value))

    def _may_hold(self, written: Sequence[Value], values: Sequence[Value], node: ast.AST) -> bool:
        """Whether what is read out of something, and written to, may be a value that was put there before."""
        if not any(isinstance(root, _READ_OUT) for value in written for root in roots(value)):
            return False
        return any(is_new(root) and not self.is_private(root, node) for value in values for root in roots(value))

    def is_private(self, root: Value, until: ast.AST) -> bool:
        """Whether nobody but the function knows of the memory of a root, up to a node and in the loops around it."""
        if not is_made_in(self._frame, root):
            return False
        stop = self.order.last[until] if self.order.holds(until) else len(self.order.nodes)
        for loop in self.order.loops(until) if self.order.holds(until) else ():
            stop = max(stop, self.order.last[loop])
        return not any(self._gives_away(node, root) for node in self.order.nodes[: stop + 1])

    def _gives_away(self, node: ast.AST, root: Value) -> bool:
        match node:
            case ast.Call():
                effect = self.effects.of(node)
                lists = isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS
                given = effect.values if effect.everything else []
                more = [self._value(arg) for arg in node.args] if lists else []
                return any(_holds(value, root) for value in (*given, *more))
            case ast.Assign():
                stored = any(not isinstance(target, ast.Name | ast.Tuple | ast.List) for target in node.targets)
                return stored and _holds(self._value(node.value), root)
            case ast.Yield() | ast.YieldFrom() | ast.Await():
                return node.value is not None and _holds(self._value(node.value), root)
            case ast.Attribute() if self._is_bound_method(node):
                return _holds(self._value(node.value), root)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                # What the variables of a comprehension hold is not known.
                inside = any(_holds(self._value(part.iter), root) for part in node.generators)
                return inside and any(self.effects.of(part).everything for part in self.order.below(node))
            case _ if isinstance(node, _DEFINITIONS):
                inner = inventory_of(node).names if not isinstance(node, ast.Lambda) else _names_in(node)
                held = (self._frame.bindings.get(name, ()) for name in inner)
                return any(_holds(value, root) for values in held for value in values)
        return False

    def _is_bound_method(self, node: ast.Attribute) -> bool:
        """Whether a method that writes is taken and not called: `x.zero_`, which whoever has it may call."""
        writes = operation_traits.is_in_place(node.attr) or node.attr.startswith("__")
        parent = self.order.parents.get(node)
        return writes and not (isinstance(parent, ast.Call) and parent.func is node)

    def _value(self, node: ast.AST) -> Value:
        return self._frame.values.get(node, UNKNOWN)

    def lifetime(self, target: ast.expr) -> tuple[Sequence[ast.AST], bool]:
        """What is run while the result of an expression may still be read, and whether others may come to hold it.

        Read means: as the memory that it is. An operation that makes something new of it ends that.
        """
        end = target
        for around in self.order.around(target):
            if isinstance(around, ast.Call) and around.func is not end:
                value = self._frame.values.get(around, UNKNOWN)
                if isinstance(value, Op) and not operation_traits.is_view(value.name):
                    return self.order.nodes[self.order.last[target] + 1 : self.order.last[around] + 1], False
                if not self._is_harmless(around):
                    return self._after(target), True
            elif isinstance(around, ast.BinOp | ast.UnaryOp | ast.Compare | ast.Subscript):
                if not isinstance(around, ast.Subscript):
                    return self.order.nodes[self.order.last[target] + 1 : self.order.last[around] + 1], False
            elif isinstance(around, ast.Assign):
                return self._uses(around, target)
            elif isinstance(around, ast.stmt):
                return self._after(target), isinstance(around, ast.Return | ast.AugAssign)
            if isinstance(around, ast.expr):
                end = around
        return self._after(target), True

    def rest(self, target: ast.expr) -> tuple[Sequence[ast.AST], bool]:
        """What is run in the function after an expression, in the loops around it too, and whether its result may
        leave the function."""
        start, stop = self.order.last[target] + 1, len(self.order.nodes)
        loops = self.order.loops(target)
        if loops:
            start = min(start, *(self.order.first[loop] for loop in loops))
        own = set(self.order.below(target))
        return [node for node in self.order.nodes[start:stop] if node not in own], self.lifetime(target)[1]

    def _is_harmless(self, call: ast.Call) -> bool:
        return not self.effects.of(call).everything

    def _after(self, target: ast.AST) -> Sequence[ast.AST]:
        return self.order.nodes[self.order.last[target] + 1 :]

    def _uses(self, statement: ast.Assign, target: ast.expr) -> tuple[Sequence[ast.AST], bool]:
        """From an assignment to the last read of a name that may hold what is assigned, or a view of it."""
        names = {node.id for one in statement.targets for node in trees.walk(one) if isinstance(node, ast.Name)}
        if not all(isinstance(one, ast.Name | ast.Tuple | ast.List) for one in statement.targets):
            return self._after(target), True
        value = self._frame.values.get(target, UNKNOWN)
        names |= {
            name
            for name, bound in self._frame.bindings.items()
            if any(_holds(one, root) for one in bound for root in roots(value))
        }
        reads = [
            node
            for node in self.order.nodes
            if isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load)
        ]
        later = [node for node in reads if self.order.first[node] > self.order.last[target]]
        escapes = any(self._escapes(node) for node in later)
        return self.order.between([target, *later]) if later else [], escapes

    def _escapes(self, read: ast.Name) -> bool:
        """Whether a name is read to be given away: returned, stored, or passed to code that is not known."""
        child: ast.AST = read
        for around in self.order.around(read):
            match around:
                case ast.Call():
                    value = self._frame.values.get(around, UNKNOWN)
                    if isinstance(value, Op) and not operation_traits.is_view(value.name):
                        return False
                    if child is not around.func and not self._is_harmless(around):
                        return True
                case ast.BinOp() | ast.Compare() | ast.UnaryOp() | ast.Subscript() | ast.AugAssign():
                    return False
                case ast.Return() | ast.Yield() | ast.YieldFrom() | ast.Await():
                    return True
                case ast.Assign():
                    return not all(isinstance(target, ast.Name | ast.Tuple | ast.List) for target in around.targets)
                case ast.stmt():
                    return False
            child = around
        return False


def _is_one(a: Value, b: Value) -> bool:
    return a is b or (a.node is not None and a.node is b.node)


def _holds(value: Value, root: Value) -> bool:
    return any(root in roots(part) for part in walk(value))


def _names_in(node: ast.AST) -> set[str]:
    return {part.id for part in trees.walk(node) if isinstance(part, ast.Name)}


def _shared_names(frame: Frame) -> set[str]:
    """The names of a function that other functions may rebind: by `nonlocal`, or by `global` where it has none."""
    found: set[str] = set()
    for node in trees.walk(frame.scope):
        if isinstance(node, ast.Nonlocal):
            found.update(node.names)
    if "global" in frame.module.vocabulary:
        for node in trees.walk(frame.module.tree):
            if isinstance(node, ast.Global):
                found.update(node.names)
    return found


__all__ = ["Effect", "Writes", "writes_of"]
