"""The part of a method that has to be evaluated for what it leaves on its instance.

A constructor in another file of the project may call hundreds of functions, and the file that is checked may read one
attribute that it sets. Of such a method only the statements are evaluated that assign what the file spells, with those
that these depend on: its slice. What else it assigns is unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NamedTuple

from torchlint.syntax import trees
from torchlint.syntax.bindings import loaded, stored
from torchlint.syntax.module import ClassModel, FunctionModel
from torchlint.syntax.self_use import SelfUse, is_given, is_own, is_super, names_of_self
from torchlint.values.interpret import side_effects
from torchlint.values.interpret.assignments import changes_in
from torchlint.values.interpret.frame import Frame, Slice

# Where the parts of a method are kept, on its node: other files are read once for many that are checked.
_KEY = "_torchlint_parts"


class _Part(NamedTuple):
    """A statement of a method: the names and attributes (`self.x`) that it changes and reads, how it uses the instance,
    and whether it is part of every slice."""

    statement: ast.stmt
    changed: frozenset[str]
    read: frozenset[str]
    use: SelfUse
    always: bool


def slice_of(frame: Frame, cls: ClassModel, method: FunctionModel) -> Slice:
    """The slice of a method of an instance of a class: the whole of one that is in the file that is checked."""
    known = frame.evaluator.known.slices
    key = (cls, method)
    if key not in known:
        known[key] = _slice_of(frame, cls, method)
    return known[key]


def _slice_of(frame: Frame, cls: ClassModel, method: FunctionModel) -> Slice:
    module = frame.evaluator.module
    written = side_effects.written(frame, cls, method)
    if written is None:
        return Slice(method.node.body, frozenset())
    if not written or method.module is module:
        return Slice(method.node.body if written else (), frozenset())
    asked = frozenset(name for name in written if module.spells_attribute(name))
    return Slice(_leading_to(frame, cls, method, asked) if asked else (), written - asked)


def _leading_to(frame: Frame, cls: ClassModel, method: FunctionModel, asked: Iterable[str]) -> list[ast.stmt]:
    """The statements that attributes depend on. In which order they stand does not matter: another name of a list that
    is changed later would have to be known."""
    left = _parts(method)
    needed = {f"self.{name}" for name in asked}
    kept: set[ast.stmt] = set()
    while True:
        found = [part for part in left if part.always or _changes(frame, cls, method, part, needed)]
        if not found:
            return [statement for statement in method.node.body if statement in kept]
        kept.update(part.statement for part in found)
        needed.update(*(part.read for part in found))
        left = [part for part in left if part.statement not in kept]


def _changes(frame: Frame, cls: ClassModel, method: FunctionModel, part: _Part, needed: set[str]) -> bool:
    """Whether a statement changes something that is needed, itself or through a method that it calls."""
    if not needed.isdisjoint(part.changed):
        return True
    written = side_effects.written_through(frame, cls, method, part.use)
    return written is None or any(f"self.{name}" in needed for name in written)


def _parts(method: FunctionModel) -> list[_Part]:
    known: list[_Part] | None = method.node.__dict__.get(_KEY)
    if known is None:
        known = method.node.__dict__[_KEY] = [_part(method, statement) for statement in method.node.body]
    return known


def _part(method: FunctionModel, statement: ast.stmt) -> _Part:
    names = names_of_self(method)
    nodes = [*trees.walk(statement)]
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    own = [node for node in attributes if is_own(node, names)]
    calls = [node.func for node in nodes if isinstance(node, ast.Call) and is_given(node, names)]
    called = [callee for callee in calls if isinstance(callee, ast.Attribute)]
    use = SelfUse(
        frozenset(node.attr for node in own if not _is_read(node)),
        frozenset(node.attr for node in (*own, *called) if _is_read(node)),
        frozenset(node.attr for node in attributes if is_super(node.value)),
    )
    changed = stored(statement)
    always = any(isinstance(node, ast.Return | ast.Global | ast.Nonlocal) for node in nodes)
    for target, _ in changes_in(statement):
        if isinstance(target, ast.Attribute) and is_own(target, names):
            changed.add(f"self.{target.attr}")
        # What a local name holds may have other names: that it changes is never left out.
        always = always or (isinstance(target, ast.Name) and target.id in method.locals and _is_read(target))
    read = loaded(statement).union(f"self.{attribute}" for attribute in use.read)
    return _Part(statement, frozenset(changed), frozenset(read), use, always)


def _is_read(node: ast.Name | ast.Attribute) -> bool:
    return node.ctx.__class__ is ast.Load
