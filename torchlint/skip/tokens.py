"""What a single function spells: the last look at a function before it is evaluated.

A token is an identifier, an operator (`-`, `**`), or one of these:
`for:1`        a `for` loop whose body is one statement (`for:n`: several); `while:` a `while` loop
`comp:`        a comprehension
`call:step`    a call of the method or attribute `step`
`stmt:view`    a call of `view` that is a statement of its own
`set:mask`     a number that is written where a test holds: `y[x == 0] = 0`, or with a name for the test
`named:step`   the name or attribute `step` where it is not called
`torch:range`  the name `range` of torch or one of its modules, whatever the file calls it
`bare:sum`     a call of torch's `sum` without a `dim` or `axis`, and without a literal that could be one; None is none
`args:ReLU`    a call of `ReLU` with a positional argument that is not a literal, or with `input=`
`op:repeat`    a list display times a number
`op:and`       an `and`; likewise `op:or`, `op:not`, and `op:chain` for `a < b < c`; not if all operands are flags
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from torchlint.kept import kept
from torchlint.syntax.inventory import Inventory
from torchlint.syntax.module import FunctionModel
from torchlint.syntax.plain import is_flag, tested
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
_SIGNS = {token: token.encode() for token in _SYMBOLS.values()} | {"u-": b"-", "[]": b"[", "op:repeat": b"*"}
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
# Functions of Python with a namesake in torch.
_PYTHONS = frozenset({"sum", "max", "min", "any", "all"})
_KINDS_OF_CALLS = ("bare", "args", "stmt", "call")
# The ways to find tokens: by the kind that stands before the colon, and for `op:`.
_WAYS = {
    **dict.fromkeys(("for", "while", "stmt", "set"), "stated"),
    **{"comp": "shapes", "named": "named", "torch": "named"},
}
_BLOCKS = frozenset({ast.Expr, ast.For, ast.AsyncFor, ast.While, ast.Assign})
_FAULTS = frozenset({"isnan", "isinf"})


class Interest:
    """The names that rules ask for in tokens with a colon: no such token is made of another name."""

    def __init__(self, tokens: Iterable[str]) -> None:
        by_kind: dict[str, set[str]] = {}
        for token in tokens:
            kind, colon, name = token.partition(":")
            if colon:
                by_kind.setdefault(kind, set()).add(name)
        self.called = frozenset().union(*(by_kind.get(kind, ()) for kind in _KINDS_OF_CALLS))
        self.named = frozenset(by_kind.get("named", ()))
        self.torch = frozenset(by_kind.get("torch", ()))
        self.torch_aliases: dict[str, list[str]] = {}
        self._aliases: Mapping[str, Collection[str]] = {}

    def widened(self, aliases: Mapping[str, Collection[str]]) -> Interest:
        """This, and the names of a file that stand for some of it."""
        if not aliases:
            return self
        wider = Interest(())
        wider._aliases = aliases
        wider.called = self.called | {name for name, words in aliases.items() if not self.called.isdisjoint(words)}
        wider.named = self.named | {name for name, words in aliases.items() if not self.named.isdisjoint(words)}
        wider.torch = self.torch
        wider.torch_aliases = {
            name: [f"torch:{word}" for word in words if word in self.torch]
            for name, words in aliases.items()
            if not self.torch.isdisjoint(words)
        }
        return wider

    def renamed(self, tokens: set[str]) -> set[str]:
        """Some tokens with a name, and those of what the names stand for."""
        aliases = self._aliases
        if aliases:
            pairs = [(kind, name) for kind, _, name in (token.partition(":") for token in tokens) if name in aliases]
            tokens.update([f"{kind}:{word}" for kind, name in pairs for word in aliases[name]])
        return tokens


def way_of(token: str) -> str:
    """How a token is found: the name of what `Tokens` tells of it."""
    kind, colon, name = token.partition(":")
    if not colon:
        return "words" if kind.isidentifier() else "shapes"
    if kind == "op":
        return "shapes" if name == "repeat" else "tests"
    return _WAYS.get(kind, "calls")


def is_written(token: str, text: bytes) -> bool:
    """Whether a text has the characters of a token that has no word."""
    if token != "op:chain":
        return _SIGNS[token] in text
    return sum(map(text.count, (b"<", b">", b"==", b"!="))) - text.count(b"->") > 1


def stated(scope: Scope) -> set[str]:
    """The tokens of the statements of a scope: `for:1`, `while:`, `stmt:view`."""
    found: set[str] = set()
    for statement in scope.statements:
        if statement.__class__ not in _BLOCKS:
            continue
        if isinstance(statement, ast.For | ast.AsyncFor):
            found.add("for:1" if len(statement.body) == 1 else "for:n")
        elif isinstance(statement, ast.While):
            found.add("while:")
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            found.add(f"stmt:{leaf(statement.value.func)}")
        elif isinstance(statement, ast.Assign) and _sets_number(statement) and _is_mask(statement.targets[0], scope):
            found.add("set:mask")
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


class Tokens:
    """What a single scope spells, by the way in which it is found: found out when somebody asks."""

    def __init__(
        self, scope: Scope, function: FunctionModel | None, interest: Interest, torch_names: Mapping[str, str]
    ) -> None:
        """`function` is the function that the scope is or is part of."""
        self._scope = scope
        self._interest = interest
        self._torch_names = torch_names
        self._function = function if function is not None and function.scope is scope else None
        self._by_way: dict[str, set[str]] = {}

    def of(self, way: str) -> set[str]:
        """The tokens that are found in one way."""
        known = self._by_way.get(way)
        if known is None:
            known = _FINDERS[way](self)
            known = self._by_way[way] = self._interest.renamed(known) if way in _RENAMED else known
        return known

    @property
    def nodes(self) -> Inventory:
        return self._scope.nodes

    @kept
    def callees(self) -> set[str | None]:
        """The last names of what is called; None where something without a name is."""
        return {leaf(call.func) for call in self.nodes.of(ast.Call)}

    @kept
    def is_opaque(self) -> bool:
        """Whether something is called that came in as an argument or has no name: any layer may be behind it."""
        if None in self.callees:
            return True
        parameters = {arg.arg for arg in self._function.parameters} if self._function is not None else set()
        if parameters.isdisjoint(self.callees):
            return False
        return any(isinstance(call.func, ast.Name) and call.func.id in parameters for call in self.nodes.of(ast.Call))

    def words(self) -> set[str]:
        """The identifiers of a scope, the modules that it imports names from, and what may be an identifier in a
        string: `getattr(torch, "exp")`."""
        nodes = self.nodes
        words = set(nodes.names)
        if not _PYTHONS.isdisjoint(words):
            words -= _PYTHONS.difference(self._torch_names, nodes.bound)
        words.update([node.attr for node in nodes.of(ast.Attribute)])
        words.update([node.arg for node in nodes.of(ast.keyword) if node.arg])
        words.update([part for node in nodes.of(ast.ImportFrom) for part in (node.module or "").split(".")])
        if "getattr" in words:
            words.update([node.value for node in nodes.of(ast.Constant) if node.value.__class__ is str])
        words.update([node.name.rpartition(".")[2] for node in nodes.of(ast.alias)])
        return words

    def stated(self) -> set[str]:
        return stated(self._scope)

    def calls(self) -> set[str]:
        called = self._interest.called
        if called.isdisjoint(self.callees):
            return set()
        found: set[str] = set()
        for call in self.nodes.of(ast.Call):
            name = leaf(call.func)
            if name in called:
                found.update(_call_tokens(call, name, self._torch_names))
        return found

    def named(self) -> set[str]:
        """The names that stand for something of torch, and those that are not called."""
        interest, torch_names, nodes = self._interest, self._torch_names, self.nodes
        spelled = self.of("words")
        found: set[str] = set()
        for alias in interest.torch_aliases.keys() & spelled:
            found.update(interest.torch_aliases[alias])
        wanted = interest.named | interest.torch
        if wanted.isdisjoint(spelled) and spelled.isdisjoint(torch_names):
            return found
        for name in nodes.of(ast.Name):
            known = torch_names.get(name.id)
            if known in interest.torch:
                found.add(f"torch:{known}")
            if (known or name.id) in interest.named and name not in nodes.calls:
                found.add(f"named:{known or name.id}")
        for attribute in nodes.of(ast.Attribute) if not wanted.isdisjoint(spelled) else ():
            if attribute.attr in interest.torch and _root(attribute) in torch_names:
                found.add(f"torch:{attribute.attr}")
            if attribute.attr in interest.named and attribute not in nodes.calls:
                found.add(f"named:{attribute.attr}")
        return found

    def shapes(self) -> set[str]:
        """Operators, and what else has no name."""
        nodes = self.nodes
        found = {_SYMBOLS.get(type(node.op), "") for node in nodes.of(ast.AugAssign)}
        found.update([_SYMBOLS.get(type(node.op), "") for node in nodes.of(ast.BinOp)])
        found.update([_SYMBOLS.get(type(node.op), "") for node in nodes.of(ast.UnaryOp)])
        if "*" in found and any(map(_is_repeat, nodes.of(ast.BinOp))):
            found.add("op:repeat")
        if nodes.has(ast.Subscript):
            found.add("[]")
        if nodes.has(ast.ListComp, ast.GeneratorExp):
            found.add("comp:")
        return found

    def tests(self) -> set[str]:
        """What is taken for true or false and may be a tensor."""
        nodes = self.nodes
        tests: list[ast.expr] = [*nodes.of(ast.BoolOp)]
        tests += [node for node in nodes.of(ast.UnaryOp) if isinstance(node.op, ast.Not)]
        tests += [node for node in nodes.of(ast.Compare) if len(node.ops) > 1]
        tests = [test for test in tests if _token_of_test(test, ())]
        flags = self._function.flags if tests and self._function is not None else ()
        return {_token_of_test(test, flags) for test in tests}


_FINDERS: dict[str, Callable[[Tokens], set[str]]] = {
    "stated": Tokens.stated,
    "words": Tokens.words,
    "calls": Tokens.calls,
    "named": Tokens.named,
    "shapes": Tokens.shapes,
    "tests": Tokens.tests,
}
# Those that cost least first.
WAYS = tuple(_FINDERS)
# The ways whose tokens have a name that another may stand for.
_RENAMED = frozenset({"stated", "calls", "named"})


def _is_repeat(node: ast.BinOp) -> bool:
    return isinstance(node.op, ast.Mult) and (isinstance(node.left, ast.List) or isinstance(node.right, ast.List))


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _token_of_test(node: ast.expr, flags: Collection[str]) -> str:
    """The token of an `and`, `or`, `not` or chain; empty where all that is tested is plain."""
    match node:
        case ast.BoolOp(op=op) if tested(node, flags):
            return "op:and" if isinstance(op, ast.And) else "op:or"
        case ast.UnaryOp(operand=operand) if not is_flag(operand, flags):
            return "op:not"
        case ast.Compare(left=left, ops=ops, comparators=others) if all(isinstance(op, _COMPARISONS) for op in ops):
            return "" if all(is_flag(side, flags) for side in (left, *others)) else "op:chain"
    return ""


def _call_tokens(call: ast.Call, name: str, torch_names: Mapping[str, str]) -> Iterator[str]:
    if isinstance(call.func, ast.Attribute):
        yield f"call:{name}"
    literal = [isinstance(arg, ast.Constant | ast.UnaryOp) for arg in call.args]
    if not _has_dim(call, name, torch_names):
        yield f"bare:{name}"
    if not all(literal) or any(keyword.arg == "input" for keyword in call.keywords):
        yield f"args:{name}"


def _has_dim(call: ast.Call, name: str, torch_names: Mapping[str, str]) -> bool:
    """Whether a call seems to give a dim, or is of a function of Python's own, which takes none."""
    dims = [keyword.value for keyword in call.keywords if keyword.arg in ("dim", "axis")]
    func, given = call.func, call.args
    if isinstance(func, ast.Name):
        if name in _PYTHONS and name not in torch_names:
            return True
        given = given[1:]
    elif isinstance(func, ast.Attribute) and _root(func) in torch_names:
        given = given[1:]
    dims += given[1:] if name.endswith("norm") else given  # `norm(p, dim)`, `vector_norm(x, ord, dim)`, `sum(dim)`
    return not all(isinstance(dim, ast.Constant) and isinstance(dim.value, bool | None) for dim in dims)


def leaf(node: ast.expr) -> str | None:
    """The last name of a callee: `softmax` in `F.softmax`, `layers` in `self.layers[0]`; None where there is none."""
    while isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Call):
        return leaf(node.func)
    return None
