"""What a single function spells: the last look at a function before it is evaluated.

A token is an identifier, an operator (`-`, `**`), or one of these:
`for:1`        a `for` loop whose body is one statement (`for:n`: several); `while:` a `while` loop
`comp:`        a comprehension
`call:step`    a call of the method or attribute `step`
`stmt:view`    a call of `view` that is a statement of its own
`named:step`   the name or attribute `step` where it is not called
`torch:range`  the name `range` of torch or one of its modules, whatever the file calls it
`bare:sum`     a call of `sum` without a `dim` or `axis`, and without a literal that could be one; None is none
`args:ReLU`    a call of `ReLU` with a positional argument that is no literal, or with `input=`
`op:repeat`    a list display times a number
`op:and`       an `and`; likewise `op:or`, `op:not`, and `op:chain` for `a < b < c`; not if all operands are flags
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from torchlint.analysis import trees
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
    ast.Not: "op:not",
}
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
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

    def widened(self, aliases: Mapping[str, Collection[str]]) -> Interest:
        """This, and the names of a file that stand for some of it."""
        wider = Interest(())
        wider.called = self.called | {name for name, words in aliases.items() if not self.called.isdisjoint(words)}
        wider.named = self.named | {name for name, words in aliases.items() if not self.named.isdisjoint(words)}
        wider.torch = self.torch
        return wider


@dataclass(slots=True)
class Tokens:
    """`spelled` is everything; `callees` the last names of what is called; `opaque`: something is called that came in
    as an argument, so that any layer may be behind it."""

    interest: Interest
    torch_names: Mapping[str, str]
    parameters: frozenset[str]
    spelled: set[str] = field(default_factory=set)
    callees: set[str] = field(default_factory=set)
    opaque: bool = False


def tokens_of(
    module: Module, function: FunctionModel | None, interest: Interest, torch_names: Mapping[str, str]
) -> Tokens:
    """The tokens of a function without those in it, or of the module's body; `torch_names` are those of torch."""
    parameters = (arg.arg for arg in function.parameters) if function is not None else ()
    tokens = Tokens(interest, torch_names, frozenset(parameters))
    root = function.node if function is not None else None
    stack: list[ast.AST] = [root] if root is not None else list(module.tree.body)
    notes, children = _NOTES, trees.children
    while stack:
        node = stack.pop()
        cls = node.__class__
        if cls is ast.Call:
            assert isinstance(node, ast.Call)
            _note_call(node, tokens)
            stack += _receiver(node.func)
            stack += node.args
            stack += [keyword.value for keyword in node.keywords]
        elif cls not in _DEFINITIONS or node is root:
            note = notes.get(cls)
            if note is not None:
                note(node, tokens)
            stack += children(node)
    return tokens


def _receiver(callee: ast.expr) -> tuple[ast.expr, ...]:
    """What is read to call something, the name that is called aside."""
    if isinstance(callee, ast.Attribute):
        return (callee.value,)
    return () if isinstance(callee, ast.Name) else (callee,)


def _note_call(call: ast.Call, tokens: Tokens) -> None:
    callee, spelled = call.func, tokens.spelled
    for keyword in call.keywords:
        spelled.add(keyword.arg or "**")
    name = leaf(callee)
    if name is None:
        tokens.opaque = True
        return
    tokens.callees.add(name)
    spelled.add(name)
    if isinstance(callee, ast.Attribute):
        _note_torch(callee, tokens)
    elif isinstance(callee, ast.Name):
        tokens.opaque = tokens.opaque or name in tokens.parameters
        known = tokens.torch_names.get(name)
        if known in tokens.interest.torch:
            spelled.add(f"torch:{known}")
    if name in tokens.interest.called:
        spelled.update(_call_tokens(call, name))


def _note_name(node: ast.Name, tokens: Tokens) -> None:
    name = node.id
    tokens.spelled.add(name)
    known = tokens.torch_names.get(name)
    if known in tokens.interest.torch:
        tokens.spelled.add(f"torch:{known}")
    if (known or name) in tokens.interest.named:
        tokens.spelled.add(f"named:{known or name}")


def _note_attribute(node: ast.Attribute, tokens: Tokens) -> None:
    name = node.attr
    tokens.spelled.add(name)
    if name in tokens.interest.named:
        tokens.spelled.add(f"named:{name}")
    _note_torch(node, tokens)


def _note_torch(node: ast.Attribute, tokens: Tokens) -> None:
    if node.attr not in tokens.interest.torch:
        return
    root = node.value
    while isinstance(root, ast.Attribute):
        root = root.value
    if isinstance(root, ast.Name) and root.id in tokens.torch_names:
        tokens.spelled.add(f"torch:{node.attr}")


def _note_boolean(node: ast.BoolOp, tokens: Tokens) -> None:
    if not all(map(is_flag, node.values[:-1])):
        tokens.spelled.add("op:and" if isinstance(node.op, ast.And) else "op:or")


def _note_unary(node: ast.UnaryOp, tokens: Tokens) -> None:
    if not (isinstance(node.op, ast.Not) and is_flag(node.operand)):
        tokens.spelled.add(_SYMBOLS.get(type(node.op), ""))


def _note_binary(node: ast.BinOp, tokens: Tokens) -> None:
    tokens.spelled.add(_SYMBOLS.get(type(node.op), ""))
    if isinstance(node.op, ast.Mult) and (isinstance(node.left, ast.List) or isinstance(node.right, ast.List)):
        tokens.spelled.add("op:repeat")


def is_flag(node: ast.expr) -> bool:
    """Whether an expression is taken for a truth value of Python's by the looks of it."""
    match node:
        case ast.Constant() | ast.Attribute():
            return True
        case ast.Compare():
            plain = ast.Attribute | ast.Constant
            tests = all(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in node.ops)
            return tests or all(isinstance(side, plain) for side in (node.left, *node.comparators))
        case ast.Call(func=ast.Name(id=name)):
            return name in ("isinstance", "issubclass", "hasattr", "callable", "len", "any", "all", "bool")
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.BoolOp():
            return all(map(is_flag, node.values))
    return False


def _note_constant(node: ast.Constant, tokens: Tokens) -> None:
    if node.value.__class__ is str:
        tokens.spelled.add(str(node.value))  # getattr(torch, "exp")


def _note_compare(node: ast.Compare, tokens: Tokens) -> None:
    if len(node.ops) > 1 and all(isinstance(op, _COMPARISONS) for op in node.ops):
        tokens.spelled.add("op:chain")


def _note_statement(node: ast.Expr, tokens: Tokens) -> None:
    if isinstance(node.value, ast.Call):
        name = leaf(node.value.func)
        if name in tokens.interest.called:
            tokens.spelled.add(f"stmt:{name}")


_DEFINITIONS = frozenset((ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
_NOTES: dict[type[ast.AST], Callable[[Any, Tokens], None]] = {
    ast.Name: _note_name,
    ast.Attribute: _note_attribute,
    ast.BinOp: _note_binary,
    ast.AugAssign: lambda node, tokens: tokens.spelled.add(_SYMBOLS.get(type(node.op), "")),
    ast.UnaryOp: _note_unary,
    ast.BoolOp: _note_boolean,
    ast.Compare: _note_compare,
    ast.Subscript: lambda node, tokens: tokens.spelled.add("[]"),
    ast.Constant: _note_constant,
    ast.keyword: lambda node, tokens: tokens.spelled.add(node.arg or "**"),
    ast.alias: lambda node, tokens: tokens.spelled.add(node.name.rpartition(".")[2]),
    ast.For: lambda node, tokens: tokens.spelled.add("for:1" if len(node.body) == 1 else "for:n"),
    ast.AsyncFor: lambda node, tokens: tokens.spelled.add("for:1" if len(node.body) == 1 else "for:n"),
    ast.While: lambda node, tokens: tokens.spelled.add("while:"),
    ast.ListComp: lambda node, tokens: tokens.spelled.add("comp:"),
    ast.GeneratorExp: lambda node, tokens: tokens.spelled.add("comp:"),
    ast.Expr: _note_statement,
}


def _call_tokens(call: ast.Call, name: str) -> Iterator[str]:
    if isinstance(call.func, ast.Attribute):
        yield f"call:{name}"
    literal = [isinstance(arg, ast.Constant | ast.UnaryOp) for arg in call.args]
    dims = [keyword.value for keyword in call.keywords if keyword.arg in ("dim", "axis")]
    dims += [arg for arg in call.args if isinstance(arg, ast.Constant | ast.UnaryOp)]
    if all(isinstance(dim, ast.Constant) and dim.value is None for dim in dims):
        yield f"bare:{name}"
    if not all(literal) or any(keyword.arg == "input" for keyword in call.keywords):
        yield f"args:{name}"


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
