"""What a single function spells: the last look at a function before it is evaluated.

A token is an identifier, an operator (`-`, `**`), or one of these:
`for:1`        a `for` loop whose body is one statement (`for:n`: several); `while:` a `while` loop
`comp:`        a comprehension
`call:step`    a call of the method or attribute `step`
`stmt:view`    a call of `view` that is a statement of its own
`named:step`   the name or attribute `step` where it is not called
`torch:range`  the name `range` of torch or one of its modules, whatever the file calls it
`bare:sum`     a call of `sum` without a `dim` or `axis`, and without a literal that could be one
`args:ReLU`    a call of `ReLU` with a positional argument that is no literal, or with `input=`
`op:repeat`    a list display times a number
`op:and`       an `and`; likewise `op:or`, `op:not`, and `op:chain` for `a < b < c`; not if all operands are flags
`float:tiny`   a literal below 1e-6 but not 0; `float:huge`: one above 65504, the largest float16
`bare` and `args` of a class (a capital letter), and `float`, count for the whole file: layers and constants are made in
one place and used in another.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
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
    ast.Subscript: "[]",
}


@dataclass(slots=True)
class Tokens:
    """`spelled` is everything; `callees` the last names of what is called; `opaque`: something is called that came in
    as an argument, so that any layer may be behind it."""

    torch_names: Mapping[str, str]
    spelled: set[str] = field(default_factory=set)
    callees: set[str] = field(default_factory=set)
    called: set[ast.expr] = field(default_factory=set)
    opaque: bool = False


def tokens_of(module: Module, function: FunctionModel | None, names: Mapping[str, str]) -> Tokens:
    """The tokens of a function without those in it, or of the module's body; `names` are those of torch."""
    tokens = Tokens(names)
    stack: list[ast.AST] = [function.node] if function is not None else list(module.tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, _DEFINITIONS) and (function is None or node is not function.node):
            continue
        _note(node, tokens, function)
        stack += trees.children(node)
    return tokens


def _note(node: ast.AST, tokens: Tokens, function: FunctionModel | None) -> None:
    note = _NOTES.get(node.__class__)
    if note is not None:
        note(node, tokens)
    elif isinstance(node, ast.Call):
        _note_callee(node.func, tokens, function)
        tokens.spelled.update(_call_tokens(node))


def _note_name(node: ast.Name, tokens: Tokens) -> None:
    tokens.spelled.add(node.id)
    known = tokens.torch_names.get(node.id)
    if known:
        tokens.spelled.add(f"torch:{known}")
    if node not in tokens.called:
        tokens.spelled.add(f"named:{known or node.id}")


def _note_attribute(node: ast.Attribute, tokens: Tokens) -> None:
    tokens.spelled.add(node.attr)
    if node not in tokens.called:
        tokens.spelled.add(f"named:{node.attr}")
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
    value = node.value
    if value.__class__ is str:
        tokens.spelled.add(str(value))  # getattr(torch, "exp")
    elif isinstance(value, float) and value:
        tokens.spelled.update(token for token, holds in SIZES.items() if holds(abs(value)))


def _note_statement(node: ast.Expr, tokens: Tokens) -> None:
    if isinstance(node.value, ast.Call):
        tokens.spelled.add(f"stmt:{leaf(node.value.func)}")


# A float32 near 1 has a spacing of 6e-8, and the largest float16 is 65504.
SIZES: dict[str, Callable[[float], bool]] = {
    "float:tiny": lambda value: value < 1e-6,
    "float:huge": lambda value: value > 65504,
}
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_NOTES: dict[type[ast.AST], Callable[[Any, Tokens], None]] = {
    ast.Name: _note_name,
    ast.Attribute: _note_attribute,
    ast.BinOp: _note_binary,
    ast.AugAssign: lambda node, tokens: tokens.spelled.add(_SYMBOLS.get(type(node.op), "")),
    ast.UnaryOp: _note_unary,
    ast.BoolOp: _note_boolean,
    ast.Compare: lambda node, tokens: tokens.spelled.add("op:chain" if len(node.ops) > 1 else ""),
    ast.keyword: lambda node, tokens: tokens.spelled.add(node.arg or "**"),
    ast.Subscript: lambda node, tokens: tokens.spelled.add("[]"),
    ast.Constant: _note_constant,
    ast.alias: lambda node, tokens: tokens.spelled.add(node.name.rpartition(".")[2]),
    ast.For: lambda node, tokens: tokens.spelled.add("for:1" if len(node.body) == 1 else "for:n"),
    ast.AsyncFor: lambda node, tokens: tokens.spelled.add("for:1" if len(node.body) == 1 else "for:n"),
    ast.While: lambda node, tokens: tokens.spelled.add("while:"),
    ast.ListComp: lambda node, tokens: tokens.spelled.add("comp:"),
    ast.GeneratorExp: lambda node, tokens: tokens.spelled.add("comp:"),
    ast.Expr: _note_statement,
}


def _call_tokens(call: ast.Call) -> Iterator[str]:
    name = leaf(call.func)
    if isinstance(call.func, ast.Attribute):
        yield f"call:{name}"
    literal = [isinstance(arg, ast.Constant | ast.UnaryOp) for arg in call.args]
    if not any(literal) and not any(keyword.arg in ("dim", "axis") for keyword in call.keywords):
        yield f"bare:{name}"
    if not all(literal) or any(keyword.arg == "input" for keyword in call.keywords):
        yield f"args:{name}"


def _note_callee(callee: ast.expr, tokens: Tokens, function: FunctionModel | None) -> None:
    tokens.called.add(callee)
    name = leaf(callee)
    if name is None:
        tokens.opaque = True
        return
    tokens.callees.add(name)
    if isinstance(callee, ast.Name) and function is not None and name in function.locals:
        tokens.opaque = tokens.opaque or any(arg.arg == name for arg in function.parameters)


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
