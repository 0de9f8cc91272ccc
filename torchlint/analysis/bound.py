"""What the names of a file may stand for, as far as words tell: read off the statements that bind them."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TypeVar

from torchlint.analysis import trees
from torchlint.analysis.plan import Plan, union
from torchlint.analysis.scout import FunctionNode, Module, inner_statements
from torchlint.analysis.tokens import leaf

_KEYWORDS = frozenset(keyword.kwlist)
# How far a name is followed through the statements that bind it.
_Node = TypeVar("_Node", bound=ast.AST)
_STEPS = 3
# Calls that give back what they are given, as far as calling it is concerned.
_WRAPPERS = frozenset({"compile", "script", "trace", "DataParallel", "DistributedDataParallel", "deepcopy"})
# The names that something is bound to, and the words of what it is.
_Binding = tuple[set[str], frozenset[str]]


class Bound:
    """For names and attributes that a file binds, the bits of the words behind them."""

    def __init__(self, module: Module, plan: Plan) -> None:
        self._module = module
        self._plan = plan

    @cached_property
    def renamed(self) -> dict[str, int]:
        """The bits of the functions and classes that names stand for, imports included."""
        return self._followed(self._renaming)

    @cached_property
    def held(self) -> dict[str, int]:
        """The bits of the layers that names may hold: one can come from any statement, a definition too."""
        statements = _all_statements(self._module.tree.body)
        return self._followed(binding for statement in statements for binding in self._of(statement))

    @cached_property
    def aliases(self) -> dict[str, set[str]]:
        """For each other name of something that rules ask for with a colon, the words that it may stand for."""
        special = self._plan.special
        found: dict[str, set[str]] = {}
        for _ in range(_STEPS):
            known = len(found)
            for names, words in self._renaming:
                behind = (special & words).union(*(found[word] for word in found.keys() & words))
                for name in names if behind else ():
                    found.setdefault(name, set()).update(behind - {name})
            if len(found) == known:
                break
        return {name: words for name, words in found.items() if words}

    @cached_property
    def torch_names(self) -> Mapping[str, str]:
        """The names that stand for torch or something of it, anywhere in the file: for what each stands there."""
        names: dict[str, str] = {}
        for plain in self._all(ast.Import):
            for alias in plain.names:
                if alias.name.partition(".")[0] == "torch":
                    names[alias.asname or "torch"] = ""
        for statement in self._all(ast.ImportFrom):
            if (statement.module or "").partition(".")[0] == "torch":
                names.update({alias.asname or alias.name: alias.name for alias in statement.names})
        for assigned in self._all(ast.Assign):
            if isinstance(assigned.value, ast.Name):
                known = names.get(assigned.value.id)
                if known is not None:
                    names.update({target.id: known for target in assigned.targets if isinstance(target, ast.Name)})
        return names

    def _all(self, *classes: type[_Node]) -> Iterator[_Node]:
        for _, nodes in self._module.scopes:
            for cls in classes:
                yield from nodes.of(cls)

    @cached_property
    def _renaming(self) -> list[_Binding]:
        """The bindings that give a function or a class another name."""
        statements: Iterator[ast.stmt] = self._all(ast.Import, ast.ImportFrom, ast.For, ast.Assign, ast.AnnAssign)
        return [binding for statement in statements if _is_alias(statement) for binding in self._of(statement)]

    def _of(self, statement: ast.stmt) -> Iterator[_Binding]:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                if alias.asname:
                    yield {alias.asname}, frozenset({alias.name.rpartition(".")[2]})
            return
        names = set(_targets(statement))
        value = statement.value if isinstance(statement, ast.Assign) else None
        if names and isinstance(value, ast.Name):
            yield names, frozenset({value.id})
        elif names and isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name):
            yield names, frozenset({value.attr, value.value.id})
        elif names:
            yield names, self._module.words.of_rows(statement.lineno, _last_row(statement)) - _KEYWORDS

    def _followed(self, bindings: Iterable[_Binding]) -> dict[str, int]:
        """The bits of the words behind each name that has any, through `_STEPS` bindings."""
        masks: dict[str, int] = {}
        links: list[tuple[set[str], frozenset[str]]] = []
        for names, words in bindings:
            links.append((names, words))
            mask = self._plan.mask(words)
            for name in names if mask else ():
                masks[name] = masks.get(name, 0) | mask
        for _ in range(_STEPS - 1):
            fresh: dict[str, int] = {}
            for names, words in links:
                if not words.isdisjoint(masks):
                    mask = union([masks[word] for word in masks.keys() & words])
                    for name in names:
                        fresh[name] = fresh.get(name, masks.get(name, 0)) | mask
            if all(masks.get(name) == mask for name, mask in fresh.items()):
                break
            masks |= fresh
        return masks


def _last_row(statement: ast.stmt) -> int | None:
    """The last row of what a statement binds names to: its blocks do not count."""
    match statement:
        case ast.For():
            return statement.iter.end_lineno
        case ast.With():
            return statement.items[-1].context_expr.end_lineno
    return statement.end_lineno


def _is_alias(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.For):
        return True
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return False
    return statement.value is not None and _may_be_function(statement.value)


def _may_be_function(value: ast.expr) -> bool:
    """Whether an expression may be, or hold, a function or a class: what is computed is none."""
    match value:
        case ast.Call():
            return leaf(value.func) in _WRAPPERS
        case ast.IfExp():
            return _may_be_function(value.body) or _may_be_function(value.orelse)
        case ast.BoolOp():
            return any(map(_may_be_function, value.values))
    return isinstance(value, ast.Name | ast.Attribute | ast.Subscript | ast.Tuple | ast.List | ast.Dict)


def _all_statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    stack = list(body)
    while stack:
        statement = stack.pop()
        yield statement
        stack.extend(
            statement.body if isinstance(statement, FunctionNode | ast.ClassDef) else inner_statements(statement)
        )


def _targets(statement: ast.stmt) -> Iterator[str]:
    targets: list[ast.expr] = []
    match statement:
        case ast.Assign():
            targets = statement.targets
        case ast.AnnAssign() | ast.AugAssign() | ast.For():
            targets = [statement.target]
        case ast.With():
            targets = [item.optional_vars for item in statement.items if item.optional_vars is not None]
        case ast.FunctionDef() | ast.ClassDef():
            yield statement.name
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.expr() as receiver))):
            # `layers.append(nn.Softmax(1))`, `self.add_module("act", nn.Softmax(1))`
            targets = [receiver]
    for target in targets:
        for node in trees.walk(target):
            if isinstance(node, ast.Name):
                yield node.id
            elif isinstance(node, ast.Attribute):
                yield node.attr
