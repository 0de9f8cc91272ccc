"""What a method does to the instance that it runs on."""

from __future__ import annotations

from collections.abc import Iterable

from torchlint.syntax.module import ClassModel, FunctionModel
from torchlint.syntax.self_use import SelfUse, self_use
from torchlint.values.interpret import classes
from torchlint.values.interpret.frame import Frame


def written(frame: Frame, cls: ClassModel, method: FunctionModel) -> frozenset[str] | None:
    """The attributes of its instance that a method of a class may assign, itself or through methods that it calls; None
    where that cannot be told."""
    known = frame.evaluator.known.written
    key = (cls, method)
    if key not in known:
        known[key] = _written(frame, cls, [method])
    return known[key]


def written_through(frame: Frame, cls: ClassModel, method: FunctionModel, use: SelfUse) -> frozenset[str] | None:
    """The same of a part of a method that uses its instance in this way."""
    assigned = _written(frame, cls, _called(frame, cls, method, use))
    return None if assigned is None else assigned | use.assigned


def _written(frame: Frame, cls: ClassModel, methods: Iterable[FunctionModel]) -> frozenset[str] | None:
    seen = set(methods)
    stack = [*seen]
    assigned: frozenset[str] = frozenset()
    while stack:
        method = stack.pop()
        use = self_use(method)
        if use is None:
            return None
        assigned |= use.assigned
        found = set(_called(frame, cls, method, use))
        stack.extend(found - seen)
        seen |= found
    return assigned


def _called(frame: Frame, cls: ClassModel, method: FunctionModel, use: SelfUse) -> list[FunctionModel]:
    """The methods of a class and of its bases that a method may call: through `super()`, those of bases alone."""
    if not (use.read or use.read_above):
        return []
    ancestors = [ancestor for ancestor in classes.lineage(frame, cls) if isinstance(ancestor, ClassModel)]
    above = ancestors[ancestors.index(method.cls) + 1 :] if method.cls in ancestors else ancestors
    found = [ancestor.methods[name] for ancestor in ancestors for name in use.read & ancestor.methods.keys()]
    return found + [ancestor.methods[name] for ancestor in above for name in use.read_above & ancestor.methods.keys()]
