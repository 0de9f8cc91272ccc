"""Which functions of a file are worth evaluating for a rule."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from torchlint.analysis import trees
from torchlint.analysis.scout import FunctionModel, FunctionNode, Module, Region, inner_statements, lines_of, words_of
from torchlint.analysis.tokens import SIZES, Tokens, leaf, tokens_of
from torchlint.registry import Anchor

# A callee's last name; empty where what is called is a subscript, another call or in parentheses.
_CALLED = re.compile(r"([^\W\d]\w*|(?<=[\])]))\s*\(")
# A call, and how its first argument begins: `)`, a keyword or something else.
_CALL = re.compile(r"\b([^\W\d]\w*)\s*\(\s*(\)|\w+\s*=(?!=)|)")
_DIGITS = r"\d(?:_?\d)*"
_FLOAT = re.compile(
    rf"(?<![\w.])(?:{_DIGITS}\.(?:{_DIGITS})?|\.{_DIGITS}|{_DIGITS}(?=[eE][-+]?\d))(?:[eE][-+]?{_DIGITS})?"
)
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
        self._tokens: dict[FunctionModel | None, Tokens] = {}
        self._words: dict[FunctionModel, tuple[frozenset[str], bool]] = {}

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
        """The tokens that count for the whole file, read off its text: more than there are, but none is missed."""
        text = self._module.source.text
        found: set[str] = set()
        for name, first in _CALL.findall(text):
            if not (name[0].isupper() or self._bound.is_alias(name)):
                continue
            found.update((f"bare:{name}",) if first == ")" or "=" in first else (f"bare:{name}", f"args:{name}"))
            if first.startswith("input"):
                found.add(f"args:{name}")
        for number in map(float, _FLOAT.findall(text)):
            found.update(token for token, holds in SIZES.items() if number and holds(number))
        return frozenset(found | self._renamed(found))

    @cached_property
    def _file_words(self) -> frozenset[str]:
        return words_of(self._module.source.text)

    def _of(self, function: FunctionModel | None) -> Tokens:
        tokens = self._tokens.get(function)
        if tokens is None:
            tokens = self._tokens[function] = tokens_of(self._module, function, self._torch_names)
            tokens.spelled |= self._renamed(tokens.spelled)
        return tokens

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
        if function is not None and not self._may_hold(function, anchors):
            return False
        tokens = self._of(function)
        return all(not anchor.tokens or self._holds(anchor, region, tokens) for anchor in anchors)

    def _holds_in_file(self, anchor: Anchor) -> bool:
        if anchor.file_words and anchor.file_words.isdisjoint(self._file_words):
            return False
        return not anchor.tokens.isdisjoint(self._of_file)

    def _may_hold(self, function: FunctionModel, anchors: Sequence[Anchor]) -> bool:
        """Whether the words of a function leave open that it has what anchors ask for; tokens cost more."""
        found = self._words.get(function)
        if found is None:
            text = self._module.rows(*lines_of(function.node))
            found = self._words[function] = words_of(text), _calls_parameter(function, text)
        words, opaque = found
        return all(
            not anchor.words
            or not anchor.words.isdisjoint(words)
            or anchor.layered
            or (not anchor.is_special and (opaque or bool(self._module.imported_words)))
            or not anchor.words.isdisjoint(self._bound.alias_words)
            for anchor in anchors
        )

    def _holds(self, anchor: Anchor, region: Region, tokens: Tokens) -> bool:
        if not anchor.tokens.isdisjoint(tokens.spelled):
            return True
        if anchor.is_of_file and self._holds_in_file(anchor):
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


def _calls_parameter(function: FunctionModel, text: str) -> bool:
    """Whether a function may call something that came in as an argument, or that has no name."""
    called = set(_CALLED.findall(text))
    return "" in called or any(arg.arg in called for arg in function.parameters)


class Bound:
    """For each name or attribute that a file binds, the words of the statements that bind it.

    `functions` are the statements that give a function another name, `anything` all statements, definitions included:
    a layer can come from any of them.
    """

    def __init__(self, module: Module) -> None:
        self._module = module

    @cached_property
    def _functions(self) -> dict[str, set[str]]:
        return self._words(filter(_is_alias, self._statements))

    @cached_property
    def _anything(self) -> dict[str, set[str]]:
        return self._words(self._statements)

    @cached_property
    def _statements(self) -> list[ast.stmt]:
        return list(_all_statements(self._module.tree.body))

    def _words(self, statements: Iterable[ast.stmt]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for statement in statements:
            names = set(_targets(statement))
            words = words_of(self._module.rows(statement.lineno, statement.end_lineno)) if names else ()
            for name in names:
                found.setdefault(name, set()).update(words)
        return found

    @cached_property
    def alias_words(self) -> frozenset[str]:
        """The words of all statements that give a function another name."""
        renaming = (statement for statement in self._statements if _is_renaming(statement))
        return frozenset().union(*self._words(renaming).values())

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


def _is_renaming(statement: ast.stmt) -> bool:
    """Whether a statement gives something another name than its own."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return any(alias.asname and alias.asname != alias.name for alias in statement.names)
    return _is_alias(statement) and not isinstance(statement, ast.For)


def _is_alias(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.For):
        return True
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return False
    value = statement.value
    if isinstance(value, ast.Call):
        return leaf(value.func) in _WRAPPERS
    # What is computed is no function.
    return isinstance(
        value, ast.Name | ast.Attribute | ast.Subscript | ast.IfExp | ast.BoolOp | ast.Tuple | ast.List | ast.Dict
    )


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
