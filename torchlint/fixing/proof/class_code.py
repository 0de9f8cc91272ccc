"""Code of classes that runs where nothing is called: attributes that are computed, definitions, deletions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.syntax.module import Module
from torchlint.syntax.names import last_name

_DESCRIPTORS = frozenset({"__get__", "__set__", "__delete__", "__set_name__"})
# What classes define to be told of their subclasses, and of what is an instance.
_TOLD = frozenset({"__init_subclass__", "__prepare__", "__set_name__", "__class_getitem__", "metaclass"})
# They change what they decorate, and nothing else.
_DECORATORS = frozenset(
    ("abstractmethod", "cache", "cached_property", "classmethod", "contextmanager", "dataclass", "final", "getter")
) | {"lru_cache", "no_grad", "overload", "override", "property", "setter", "staticmethod", "total_ordering", "wraps"}
_FORGETTING = frozenset({"__del__", "finalize"})


def computed_attributes(module: Module) -> frozenset[str]:
    """The names that some class of the file computes when they are read or assigned."""
    described = not _DESCRIPTORS.isdisjoint(module.vocabulary)
    return frozenset(
        name
        for cls in ast.walk(module.tree)
        if isinstance(cls, ast.ClassDef)
        for statement in cls.body
        for name in _computed(statement, described)
    )


def _computed(statement: ast.stmt, described: bool) -> Iterator[str]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            decorators = [last_name(_callee(one)) for one in statement.decorator_list]
            # Any decorator may give an object with a `__get__`.
            if any("property" in name or name in ("setter", "getter") for name in decorators) or (
                described and decorators
            ):
                yield statement.name
        case ast.Assign(value=ast.Call() as made) if described or "property" in last_name(made.func):
            yield from (target.id for target in statement.targets if isinstance(target, ast.Name))


def _callee(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def runs_at_definition(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, module: Module) -> bool:
    """Whether a definition runs code that it does not spell: of a decorator, a metaclass, a base that is told of it."""
    if any(last_name(_callee(one)) not in _DECORATORS for one in node.decorator_list):
        return True
    if not isinstance(node, ast.ClassDef):
        return False
    return bool(node.keywords) or (bool(node.bases) and not _TOLD.isdisjoint(module.vocabulary))


def runs_when_forgotten(module: Module) -> bool:
    """Whether something of the file runs when a value is given up: where its last name is bound to another one."""
    return not _FORGETTING.isdisjoint(module.vocabulary)
