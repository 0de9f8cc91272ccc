"""Which functions of a file are worth evaluating for a rule."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from torchlint.analysis import trees
from torchlint.analysis.scout import FunctionModel, FunctionNode, Module, Region, inner_statements, words_of
from torchlint.analysis.tokens import Tokens, leaf, tokens_of
from torchlint.registry import Anchor, is_of_file

# How far a name is followed through the statements that bind it.
_STEPS = 3


def _torch_names(module: Module) -> dict[str, str]:
    """The names that imports of torch bind anywhere in a file: the name in torch that each stands for."""
    names: dict[str, str] = {}
    for statement in _all_statements(module.tree.body):
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                if alias.name.partition(".")[0] == "torch":
                    names[alias.asname or "torch"] = ""
        elif isinstance(statement, ast.ImportFrom) and (statement.module or "").partition(".")[0] == "torch":
            names.update({alias.asname or alias.name: alias.name for alias in statement.names})
    return names


# Calls that give back what they are given, as far as calling it is concerned.
_WRAPPERS = frozenset({"compile", "script", "trace", "DataParallel", "DistributedDataParallel", "deepcopy"})


class Gate:
    """Decides which functions of a file are worth evaluating for a rule."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._tokens: dict[Region, dict[FunctionModel | None, Tokens]] = {}

    def _renamed(self, spelled: set[str]) -> set[str]:
        """The tokens that are there under a name that the file gave to a function of torch."""
        found: set[str] = set()
        for token in spelled:
            kind, colon, name = token.partition(":")
            if colon and self._bound.is_alias(name):
                found.update(f"{kind}:{word}" for word in self._bound.functions({name}))
        return found

    @cached_property
    def _of_file(self) -> frozenset[str]:
        """The tokens that count for the whole file."""
        found: set[str] = set()
        for region in self._module.regions:
            for tokens in self._of(region).values():
                found.update(filter(is_of_file, tokens.spelled))
        return frozenset(found)

    def _of(self, region: Region) -> dict[FunctionModel | None, Tokens]:
        if region not in self._tokens:
            self._tokens[region] = tokens_of(region, self._torch_names)
            for tokens in self._tokens[region].values():
                tokens.spelled |= self._renamed(tokens.spelled)
        return self._tokens[region]

    @cached_property
    def _torch_names(self) -> Mapping[str, str]:
        return _torch_names(self._module)

    @cached_property
    def _bound(self) -> Bound:
        return Bound(self._module)

    def admits(self, region: Region, function: FunctionModel | None, anchors: Sequence[Anchor]) -> bool:
        """Whether a function, or the module's body, has what the anchors of a rule ask for."""
        if not anchors:
            return True
        tokens = self._of(region)[function]
        return all(not anchor.tokens or self._holds(anchor, region, tokens) for anchor in anchors)

    def _holds(self, anchor: Anchor, region: Region, tokens: Tokens) -> bool:
        if not anchor.tokens.isdisjoint(tokens.spelled):
            return True
        if anchor.is_of_file and not anchor.tokens.isdisjoint(self._of_file):
            return True
        if anchor.is_special and not anchor.layered:
            return False
        module = self._module
        if not anchor.tokens.isdisjoint(self._bound.functions(tokens.callees)):
            return True
        if tokens.opaque or module.imported_words:
            # What is called came from elsewhere: only the words of the surroundings can tell.
            return not anchor.tokens.isdisjoint(module.surroundings(region))
        return anchor.layered and not anchor.tokens.isdisjoint(self._bound.anything(tokens.callees))


class Bound:
    """For each name or attribute that a file binds, the words of the statements that bind it.

    `functions` are the statements that give a function another name, `anything` all statements, definitions included:
    a layer can come from any of them.
    """

    def __init__(self, module: Module) -> None:
        self._functions: dict[str, set[str]] = {}
        self._anything: dict[str, set[str]] = {}
        for statement in _all_statements(module.tree.body):
            names = set(_targets(statement))
            if not names:
                continue
            words = words_of(module.rows(statement.lineno, statement.end_lineno))
            for name in names:
                self._anything.setdefault(name, set()).update(words)
                if _is_alias(statement):
                    self._functions.setdefault(name, set()).update(words)

    def is_alias(self, name: str) -> bool:
        return name in self._functions

    def functions(self, names: set[str]) -> set[str]:
        """The words of the torch functions that names may stand for."""
        return _behind(names, self._functions)

    def anything(self, names: set[str]) -> set[str]:
        """The words of the layers that names may hold."""
        return _behind(names, self._anything)


def _behind(names: set[str], words: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    frontier = names
    for _ in range(_STEPS):
        fresh = set().union(*(words[name] for name in frontier & words.keys())) - found
        if not fresh:
            break
        found |= fresh
        frontier = fresh
    return found


def _is_alias(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.For):
        return True
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
        return False
    return all(leaf(node.func) in _WRAPPERS for node in trees.walk(statement.value) if isinstance(node, ast.Call))


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
        case ast.Import() | ast.ImportFrom():
            yield from (alias.asname or alias.name for alias in statement.names)
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
