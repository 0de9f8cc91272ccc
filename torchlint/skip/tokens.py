"""The tokens that a single function spells: the last look at a function before rules are asked about it."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Collection, Iterator, Mapping

from torchlint.anchors import CHAIN, MASKED
from torchlint.kept import kept
from torchlint.skip.aliases import Bound
from torchlint.syntax.module import FunctionModel
from torchlint.syntax.names import first_name, leaf
from torchlint.syntax.scope import Scope

_SYMBOLS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.USub: "u-",
}
# The characters without which a token that has no word is not there.
_SIGNS = {token: token.encode() for token in _SYMBOLS.values()} | {"u-": b"-", "[]": b"["}
_KEYWORDS = frozenset(keyword.kwlist)
# Functions of Python with a namesake in torch.
_PYTHONS = frozenset({"sum", "max", "min", "any", "all"})
# Functions that test for faulty numbers.
_FAULTS = frozenset({"isnan", "isinf"})


def is_written(token: str, text: bytes) -> bool:
    """Whether a text has the characters of a token that has no word."""
    if token == MASKED:
        return b"[" in text and b"=" in text
    if token != CHAIN:
        return _SIGNS[token] in text
    return sum(map(text.count, (b"<", b">", b"==", b"!="))) - text.count(b"->") > 1


class Tokens:
    """What a single scope spells, found out when somebody asks."""

    def __init__(
        self,
        scope: Scope,
        function: FunctionModel | None,
        called: Mapping[str, Collection[str]],
        bound: Bound,
    ) -> None:
        """`function` is the function that the scope is or is part of. `called` are the names of which calls matter,
        with the words that each stands for."""
        self._scope = scope
        self._called = called
        self._aliases, self._torch_names = bound.aliases, bound.torch_names
        self._function = function if function is not None and function.scope is scope else None

    @kept
    def callees(self) -> set[str | None]:
        """The last names of what is called; None where something without a name is."""
        return {leaf(call.func) for call in self._scope.nodes.of(ast.Call)}

    @kept
    def is_opaque(self) -> bool:
        """Whether something is called that came in as an argument or has no name: any layer may be behind it."""
        if None in self.callees:
            return True
        parameters = {arg.arg for arg in self._function.parameters} if self._function is not None else set()
        if parameters.isdisjoint(self.callees):
            return False
        calls = self._scope.nodes.of(ast.Call)
        return any(isinstance(call.func, ast.Name) and call.func.id in parameters for call in calls)

    @kept
    def words(self) -> set[str]:
        """The identifiers and keywords of a scope, and what may be one in a string: `getattr(torch, "exp")`."""
        nodes = self._scope.nodes
        words = {*nodes.names, *(_KEYWORDS & self._scope.words)}
        if not _PYTHONS.isdisjoint(words):
            words -= _PYTHONS.difference(self._torch_names, nodes.bound)
        words.update([node.attr for node in nodes.of(ast.Attribute)])
        words.update([node.arg for node in nodes.of(ast.keyword) if node.arg])
        words.update([part for node in nodes.of(ast.ImportFrom) for part in (node.module or "").split(".")])
        if "getattr" in words:
            words.update([node.value for node in nodes.of(ast.Constant) if node.value.__class__ is str])
        words.update([node.name.rpartition(".")[2] for node in nodes.of(ast.alias)])
        for name in self._aliases.keys() & words if self._aliases else ():
            words |= self._aliases[name]
        return words

    @kept
    def calls(self) -> set[str]:
        """What is called as a method, and what is called without a dim."""
        if self._called.keys().isdisjoint(self.callees):
            return set()
        pairs = [(call, leaf(call.func)) for call in self._scope.nodes.of(ast.Call)]
        return {token for call, name in pairs if name and name in self._called for token in self._of_call(call, name)}

    def _of_call(self, call: ast.Call, name: str) -> Iterator[str]:
        kinds = ["call"] if isinstance(call.func, ast.Attribute) else []
        kinds += [] if _has_dim(call, name, self._torch_names) else ["bare"]
        return (f"{kind}:{word}" for kind in kinds for word in self._called[name])

    @kept
    def signs(self) -> set[str]:
        """Operators, and what else has no name."""
        nodes = self._scope.nodes
        found = {_SYMBOLS.get(type(node.op), "") for node in nodes.of(ast.AugAssign)}
        found.update([_SYMBOLS.get(type(node.op), "") for node in nodes.of(ast.BinOp)])
        found.update([_SYMBOLS.get(type(node.op), "") for node in nodes.of(ast.UnaryOp)])
        if nodes.has(ast.Subscript):
            found.add("[]")
            if any(_sets_number(node) and _is_mask(node.targets[0], self._scope) for node in nodes.of(ast.Assign)):
                found.add(MASKED)
        if any(len(node.ops) > 1 for node in nodes.of(ast.Compare)):
            found.add(CHAIN)
        return found


def _sets_number(statement: ast.Assign) -> bool:
    value = statement.value.operand if isinstance(statement.value, ast.UnaryOp) else statement.value
    return isinstance(statement.targets[0], ast.Subscript) and isinstance(value, ast.Constant)


def _is_mask(target: ast.expr, scope: Scope) -> bool:
    """Whether the index of an element is a test, or a name that the scope gives one to."""
    index = target.slice if isinstance(target, ast.Subscript) else target
    if not isinstance(index, ast.Name):
        return _is_test(index)
    return any(
        isinstance(other, ast.Assign)
        and _is_test(other.value)
        and any(isinstance(name, ast.Name) and name.id == index.id for name in other.targets)
        for other in scope.statements
    )


def _is_test(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return leaf(node.func) in _FAULTS
    return isinstance(node, ast.Compare)


def _has_dim(call: ast.Call, name: str, torch_names: Mapping[str, str]) -> bool:
    """Whether a call seems to give a dim, or is of a function of Python's own, which takes none."""
    dims = [keyword.value for keyword in call.keywords if keyword.arg in ("dim", "axis")]
    func, given = call.func, call.args
    if isinstance(func, ast.Name):
        if name in _PYTHONS and name not in torch_names:
            return True
        given = given[1:]
    elif isinstance(func, ast.Attribute) and first_name(func) in torch_names:
        given = given[1:]
    dims += given[1:] if name.endswith("norm") else given  # `norm(p, dim)`, `vector_norm(x, ord, dim)`, `sum(dim)`
    return not all(isinstance(dim, ast.Constant) and isinstance(dim.value, bool | None) for dim in dims)
