"""What a single function spells: the last look at a function before it is evaluated.

A token is an identifier, an operator (`-`, `**`), or one of these:
`for:1`        a `for` loop whose body is one statement (`for:n`: several); `while:` a `while` loop
`comp:`        a comprehension
`call:step`    a call of the method or attribute `step`
`stmt:view`    a call of `view` that is a statement of its own
`named:step`   the name or attribute `step` where it is not called
`torch:range`  the name `range` of torch or one of its modules, whatever the file calls it
`bare:sum`     a call of torch's `sum` without a `dim` or `axis`, and without a literal that could be one; None is none
`args:ReLU`    a call of `ReLU` with a positional argument that is no literal, or with `input=`
`op:repeat`    a list display times a number
`op:and`       an `and`; likewise `op:or`, `op:not`, and `op:chain` for `a < b < c`; not if all operands are flags
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from torchlint.analysis.flags import is_flag, tested
from torchlint.analysis.inventory import Inventory, inventory_of
from torchlint.analysis.scout import FunctionModel, Module

# Operators by the canonical name of their operation.
OPERATORS: dict[str, str] = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "floor_divide": "//",
    "remainder": "%",
    "pow": "**",
    "matmul": "@",
    "neg": "u-",
    "getitem": "[]",
}
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
_STRUCTURES: tuple[tuple[str, *tuple[type[ast.AST], ...]], ...] = (
    ("while:", ast.While),
    ("comp:", ast.ListComp, ast.GeneratorExp),
    ("[]", ast.Subscript),
)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
# Functions of Python with a namesake in torch.
_PYTHONS = frozenset({"sum", "max", "min", "any", "all"})
_KINDS_OF_CALLS = ("bare", "args", "stmt", "call")


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

    def widened(self, aliases: Mapping[str, Collection[str]]) -> Interest:
        """This, and the names of a file that stand for some of it."""
        wider = Interest(())
        wider.called = self.called | {name for name, words in aliases.items() if not self.called.isdisjoint(words)}
        wider.named = self.named | {name for name, words in aliases.items() if not self.named.isdisjoint(words)}
        wider.torch = self.torch
        wider.torch_aliases = {
            name: [f"torch:{word}" for word in words if word in self.torch]
            for name, words in aliases.items()
            if not self.torch.isdisjoint(words)
        }
        return wider


@dataclass(slots=True)
class Tokens:
    """`spelled` is everything; `callees` the last names of what is called; `opaque`: something is called that came in
    as an argument, or has no name, so that any layer may be behind it."""

    spelled: set[str]
    callees: set[str] = field(default_factory=set)
    opaque: bool = False


def tokens_of(
    module: Module, function: FunctionModel | None, interest: Interest, torch_names: Mapping[str, str]
) -> Tokens:
    """The tokens of a function without those in it, or of the module's body; `torch_names` are those of torch."""
    nodes = inventory_of(function.node if function is not None else module.tree)
    tokens = Tokens(_words(nodes, torch_names))
    parameters = {arg.arg for arg in function.parameters} if function is not None else set()
    _note_calls(nodes, tokens, interest, parameters, torch_names)
    _note_named(nodes, tokens, interest, torch_names)
    spelled = tokens.spelled
    spelled.update(_SYMBOLS.get(type(node.op), "") for node in nodes.of(ast.AugAssign))
    for binary in nodes.of(ast.BinOp):
        spelled.add(_SYMBOLS.get(type(binary.op), ""))
        if isinstance(binary.op, ast.Mult) and (
            isinstance(binary.left, ast.List) or isinstance(binary.right, ast.List)
        ):
            spelled.add("op:repeat")
    spelled.update(
        _SYMBOLS.get(type(node.op), "") for node in nodes.of(ast.UnaryOp) if not isinstance(node.op, ast.Not)
    )
    spelled.update(_tests(nodes, function))
    spelled.update("for:1" if len(loop.body) == 1 else "for:n" for loop in nodes.of(ast.For))
    spelled.update("for:1" if len(loop.body) == 1 else "for:n" for loop in nodes.of(ast.AsyncFor))
    spelled.update(token for token, *classes in _STRUCTURES if nodes.has(*classes))
    return tokens


def _words(nodes: Inventory, torch_names: Collection[str]) -> set[str]:
    """The identifiers of a scope, and what may be one in a string: `getattr(torch, "exp")`."""
    words = set(nodes.names)
    if not _PYTHONS.isdisjoint(words):
        words -= _PYTHONS.difference(torch_names, nodes.bound)
    words.update([node.attr for node in nodes.of(ast.Attribute)])
    words.update([node.arg or "**" for node in nodes.of(ast.keyword)])
    if "getattr" in words:
        words.update([node.value for node in nodes.of(ast.Constant) if node.value.__class__ is str])
    words.update([node.name.rpartition(".")[2] for node in nodes.of(ast.alias)])
    return words


def _note_calls(
    nodes: Inventory, tokens: Tokens, interest: Interest, parameters: set[str], torch_names: Mapping[str, str]
) -> None:
    callees, called = tokens.callees, interest.called
    for call in nodes.of(ast.Call):
        callee = call.func
        name = leaf(callee)
        if name is None:
            tokens.opaque = True
            continue
        callees.add(name)
        if name in parameters and isinstance(callee, ast.Name):
            tokens.opaque = True
        if name in called:
            tokens.spelled.update(_call_tokens(call, name, torch_names))
    if not called.isdisjoint(callees):
        calls = (node.value for node in nodes.of(ast.Expr) if isinstance(node.value, ast.Call))
        tokens.spelled.update(f"stmt:{leaf(call.func)}" for call in calls)


def _note_named(nodes: Inventory, tokens: Tokens, interest: Interest, torch_names: Mapping[str, str]) -> None:
    """The names that stand for something of torch, and those that are not called."""
    spelled = tokens.spelled
    for alias in interest.torch_aliases.keys() & spelled:
        spelled.update(interest.torch_aliases[alias])
    wanted = interest.named | interest.torch
    if wanted.isdisjoint(spelled) and spelled.isdisjoint(torch_names):
        return
    called = {call.func for call in nodes.of(ast.Call)}
    for name in nodes.of(ast.Name):
        known = torch_names.get(name.id)
        if known in interest.torch:
            spelled.add(f"torch:{known}")
        if (known or name.id) in interest.named and name not in called:
            spelled.add(f"named:{known or name.id}")
    for attribute in nodes.of(ast.Attribute) if not wanted.isdisjoint(spelled) else ():
        if attribute.attr in interest.torch and _root(attribute) in torch_names:
            spelled.add(f"torch:{attribute.attr}")
        if attribute.attr in interest.named and attribute not in called:
            spelled.add(f"named:{attribute.attr}")


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _tests(nodes: Inventory, function: FunctionModel | None) -> set[str]:
    """The tokens of what is taken for true or false and may be a tensor."""
    tests: list[ast.expr] = [*nodes.of(ast.BoolOp)]
    tests += [node for node in nodes.of(ast.UnaryOp) if isinstance(node.op, ast.Not)]
    tests += [node for node in nodes.of(ast.Compare) if len(node.ops) > 1]
    tests = [test for test in tests if _token_of_test(test, ())]
    flags = function.flags if tests and function is not None else ()
    return {_token_of_test(test, flags) for test in tests}


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
    """Whether a call gives a dim by the looks of it, or is one of Python's own function, which takes none."""
    dims = [keyword.value for keyword in call.keywords if keyword.arg in ("dim", "axis")]
    func, given = call.func, call.args
    if isinstance(func, ast.Name):
        if name in _PYTHONS and name not in torch_names:
            return True
        given = given[1:]
    elif isinstance(func, ast.Attribute) and _root(func) in torch_names:
        given = given[1:]
    dims += given[1:] if name == "norm" else given  # `norm(p, dim)`, `sum(dim)`
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
