"""What the names of a file may stand for, as far as words tell: read off the statements that bind them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Set
from itertools import chain

from torchlint.kept import kept
from torchlint.skip.plan import Look
from torchlint.syntax import trees
from torchlint.syntax.bindings import imported
from torchlint.syntax.module import Module
from torchlint.syntax.names import leaf
from torchlint.syntax.scope import DEFINITIONS, Scope

# How far a name is followed through the statements that bind it.
_STEPS = 3
# Calls that give back what they are given, as far as calling it is concerned.
_WRAPPERS = frozenset({"compile", "script", "trace", "DataParallel", "DistributedDataParallel", "deepcopy"})
# What may name or hold a function or class.
_REFERENCES = frozenset({ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.Dict})
# The names that something is bound to, and the words of what it is.
_Binding = tuple[set[str], frozenset[str]]


class Bound:
    """For names and attributes that a file binds, the words behind them: of those that rules ask for."""

    def __init__(self, module: Module, looks: Collection[Look], written: Set[str]) -> None:
        """`written` are the words that must stand in a function, under whatever names."""
        self._module = module
        self.torch_names = module.naming.of_torch
        self._written = frozenset(written)
        self._hideable = frozenset().union(*(look.plain for look in looks))
        self._layered = frozenset().union(*(look.plain for look in looks if look.anchor.layered))

    @kept
    def renamed(self) -> dict[str, set[str]]:
        """The words of the functions and classes that names stand for, imports included."""
        return self._followed(self._written | self._hideable, self._renaming)

    @kept
    def held(self) -> dict[str, set[str]]:
        """The words of the layers that names may hold: one can come from any statement, a definition too."""
        models = self._module.models.values()
        fixed = [({model.name}, model.scope.all_words) for model in models]
        signed = [binding for function in self._module.all_functions for binding in _signed(function.node.args)]
        wanted = frozenset(filter(self._is_holdable, self._layered & self._module.vocabulary))
        return self._followed(wanted, self._holding, [*fixed, *signed])

    def may_hold(self, look: Look) -> bool:
        """Whether a name may hold what a look is for."""
        return any(map(self._is_holdable, look.plain & self._module.vocabulary))

    def _is_holdable(self, word: str) -> bool:
        """Whether a word is that of a layer, which a call makes, or of a function that is named without a call."""
        is_layer = word in self._layered and word[:1].isupper()
        return self._module.is_named(word) if is_layer else self._module.is_passed(word)

    @kept
    def aliases(self) -> dict[str, set[str]]:
        """For each other name of something that must stand in a function, the words that it may stand for."""
        return {name: wanted for name, words in self.renamed.items() if (wanted := words & self._written - {name})}

    def _renaming(self, scope: Scope) -> list[_Binding]:
        """The bindings of a scope that give a function or a class another name."""
        return [binding for node in scope.statements if _is_alias(node) for binding in _bindings(node)]

    def _holding(self, scope: Scope) -> list[_Binding]:
        """The bindings of a scope that may give a layer to a name, except for definitions."""
        statements = [node for node in scope.statements if node.__class__ not in DEFINITIONS]
        return [binding for node in statements for binding in _bindings(node)]

    def _followed(
        self, wanted: frozenset[str], bindings_of: Callable[[Scope], list[_Binding]], fixed: Iterable[_Binding] = ()
    ) -> dict[str, set[str]]:
        """The wanted words behind each name that has any, through `_STEPS` bindings: the fixed ones, and those of the
        scopes that have a word of interest."""
        found: dict[str, set[str]] = {}
        read: dict[Scope, list[_Binding]] = {}
        before = 0
        for _ in range(_STEPS):
            for scope in self._module.all_scopes:
                if scope not in read and not (wanted.isdisjoint(scope.words) and found.keys().isdisjoint(scope.words)):
                    read[scope] = bindings_of(scope)
            for names, words in chain(fixed, *read.values()):
                behind = wanted & words
                for word in found.keys() & words if found else ():
                    behind |= found[word]
                for name in names if behind else ():
                    found.setdefault(name, set()).update(behind)
            known = sum(map(len, found.values()))
            if known == before:
                break
            before = known
        return found


def _bindings(statement: ast.stmt) -> Iterator[_Binding]:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        yield from (({each.name}, frozenset({each.last})) for each in imported(statement) if each.name != each.last)
        return
    values = _values(statement)
    words = _mentioned([*values]) if values else None
    names = set(_targets(statement)) if words else None
    if names and words:
        yield names, words
    for value in values if words else ():
        yield from _kept_under(value)


def _kept_under(value: ast.AST) -> Iterator[_Binding]:
    """The names under which a call may keep what it is given: `Settings(criterion=nn.CrossEntropyLoss())`."""
    for keyword in value.keywords if isinstance(value, ast.Call) else ():
        if keyword.arg is not None and isinstance(keyword.value, ast.Call | ast.Name | ast.Attribute):
            yield {keyword.arg}, _mentioned([keyword.value])


def _signed(signature: ast.arguments) -> Iterator[_Binding]:
    """The parameters whose default or annotation may say what layer they hold."""
    positional = [*signature.posonlyargs, *signature.args]
    defaults = zip(positional[len(positional) - len(signature.defaults) :], signature.defaults, strict=True)
    for arg, default in chain(defaults, zip(signature.kwonlyargs, signature.kw_defaults, strict=True)):
        if isinstance(default, ast.Call):
            yield {arg.arg}, _mentioned([default])
    for arg in chain(positional, signature.kwonlyargs):
        if isinstance(arg.annotation, ast.Name | ast.Attribute):
            yield {arg.arg}, _mentioned([arg.annotation])


def _values(statement: ast.stmt) -> list[ast.AST]:
    """What a statement gives a name to, if any: its blocks do not count."""
    match statement:
        case ast.Assign() | ast.AugAssign() | ast.AnnAssign() | ast.Expr():
            return [statement.value] if statement.value is not None else []
        case ast.For():
            return [statement.iter]
        case ast.With():
            return [item.context_expr for item in statement.items]
    return []


def _mentioned(values: list[ast.AST]) -> frozenset[str]:
    """The names in some expressions, and the strings, which may be names for `getattr`; what indices are does not
    matter."""
    words: list[str] = []
    while values:
        node = values.pop()
        if isinstance(node, ast.Name):
            words.append(node.id)
        elif isinstance(node, ast.Attribute):
            words.append(node.attr)
            values.append(node.value)
        elif isinstance(node, ast.Subscript):
            values.append(node.value)
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                words.append(node.value)
        else:
            values += trees.children(node)
    return frozenset(words)


def _is_alias(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return statement.value is not None and _may_be_function(statement.value)
    return isinstance(statement, ast.Import | ast.ImportFrom | ast.For)


def _may_be_function(value: ast.expr) -> bool:
    """Whether an expression may be, or hold, a function or a class: what is computed is none."""
    if isinstance(value, ast.Call):
        return leaf(value.func) in _WRAPPERS
    if isinstance(value, ast.IfExp):
        return _may_be_function(value.body) or _may_be_function(value.orelse)
    if isinstance(value, ast.BoolOp):
        return any(map(_may_be_function, value.values))
    return value.__class__ in _REFERENCES


def _targets(statement: ast.stmt) -> Iterator[str]:
    targets: list[ast.expr] = []
    match statement:
        case ast.Assign():
            targets = statement.targets
        case ast.AnnAssign() | ast.AugAssign() | ast.For():
            targets = [statement.target]
        case ast.With():
            targets = [item.optional_vars for item in statement.items if item.optional_vars is not None]
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.expr() as receiver))):
            # `layers.append(nn.Softmax(1))`, `self.add_module("act", nn.Softmax(1))`
            targets = [receiver]
    for target in targets:
        for node in trees.walk(target):
            if isinstance(node, ast.Name):
                yield node.id
            elif isinstance(node, ast.Attribute):
                yield node.attr
