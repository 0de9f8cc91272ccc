"""Which expressions are clearly plain values of Python's, so that they may be taken for true or false.

An attribute counts as one: what a setting is called, no tensor says.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator

from torchlint.syntax import trees
from torchlint.syntax.inventory import Inventory

# Functions that answer with a truth value or a number, or look something up: what they are called says so.
_QUESTION = re.compile(
    r"_*(is|has|should|can|use|exists|supports|isinstance|issubclass|hasattr|callable|startswith|endswith"
    r"|isdigit|isalpha|isalnum|equal|allclose|len|any|all|bool|get|pop|isfile|isdir|match|search)(_|$)"
)
# Functions that bring a setting into shape.
_SETTLING = re.compile(r"tuple|divisible|^_?pair$|^_?parse|^_?resolve")
_BUILTINS = frozenset({"int", "float", "str", "list", "tuple", "dict", "set", "frozenset", "range", "repr", "sorted"})
_TEXT_METHODS = frozenset({"lower", "upper", "strip", "join", "format", "item", "numel"})
_DISPLAYS = (
    *(ast.Constant, ast.Attribute, ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp),
    *(ast.DictComp, ast.SetComp, ast.Lambda),
)
_TEXTS = (ast.Constant, ast.JoinedStr, ast.Dict, ast.List, ast.Tuple, ast.Set, ast.Lambda)
_BITS = (ast.BitAnd, ast.BitOr, ast.BitXor, ast.MatMult)
_TENSORS = re.compile(r"Tensor|Parameter|Variable")
_NOTHING = ast.Constant(None)
_Sources = dict[str, list[ast.expr | None]]


def is_flag(node: ast.expr, flags: Collection[str] = ()) -> bool:
    """Whether an expression is clearly a plain value of Python's; `flags` are names of plain values."""
    match node:
        case ast.Name(id=name):
            return name in flags
        case ast.Compare():
            tests = all(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in node.ops)
            texts = any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in node.comparators)
            return tests or texts or all(is_flag(side, flags) for side in (node.left, *node.comparators))
        case ast.Call(func=ast.Name(id=name), args=args):
            if _SETTLING.search(name):
                return all(is_flag(arg, flags) for arg in args)
            return name in _BUILTINS or _QUESTION.match(name) is not None
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in _TEXT_METHODS or _QUESTION.match(name) is not None
        case ast.UnaryOp(op=op, operand=operand):
            return isinstance(op, ast.Not) or is_flag(operand, flags)
        case ast.BinOp(op=op):
            return not isinstance(op, _BITS) and is_flag(node.left, flags) and is_flag(node.right, flags)
        case ast.BoolOp():
            return all(is_flag(value, flags) for value in node.values)
        case ast.IfExp():
            return is_flag(node.body, flags) and is_flag(node.orelse, flags)
        case ast.Subscript():
            return is_flag(node.value, flags)
    return isinstance(node, _DISPLAYS)


def tested(node: ast.BoolOp, flags: Collection[str]) -> list[ast.expr]:
    """The operands that `and` or `or` takes for true or false and that may be tensors."""
    if any(isinstance(operand, _TEXTS) for operand in node.values):
        return []  # `kwargs or {}`: what a setting is where it is not given
    return [operand for operand in node.values[:-1] if not is_flag(operand, flags)]


def flags_of(settings: Iterable[str], tensors: Collection[str], nodes: Inventory) -> frozenset[str]:
    """The names of a function that hold plain values only: parameters that are `settings`, and what is made of plain
    values. `tensors` are the other parameters."""
    sources = _sources(nodes)
    flags = {*settings, *sources}.difference(tensors)
    while True:
        left = {name for name in flags if all(one is not None and is_flag(one, flags) for one in sources.get(name, ()))}
        if left == flags:
            return frozenset(flags)
        flags = left


def _sources(nodes: Inventory) -> _Sources:
    """What each name of a scope is bound to; None where that is nothing that could be plain."""
    sources: _Sources = {}
    bound: set[ast.AST] = set()
    for target, value in _bindings(nodes):
        bound.add(target)
        sources.setdefault(target.id, []).append(value)
    for name in nodes.of(ast.Name):
        if name.ctx.__class__ is not ast.Load and name not in bound:
            sources.setdefault(name.id, []).append(None)
    return sources


def _bindings(nodes: Inventory) -> Iterator[tuple[ast.Name, ast.expr]]:
    """The names that are bound to something that can be told."""
    given = dict(_given(nodes))
    for node in nodes.of(ast.Assign):
        for target in node.targets:
            yield from _unpacked(target, given.get(node, node.value))
    for augmented in nodes.of(ast.AugAssign):
        yield from _unpacked(augmented.target, augmented.value)
    for annotated in nodes.of(ast.AnnAssign):
        if annotated.value is not None:
            yield from _unpacked(annotated.target, annotated.value)
    for walrus in nodes.of(ast.NamedExpr):
        yield from _unpacked(walrus.target, walrus.value)
    loops: list[ast.For | ast.comprehension] = [*nodes.of(ast.For), *nodes.of(ast.comprehension)]
    for loop in loops:
        match loop.target, loop.iter:
            case ast.Name(), ast.Call(func=ast.Name(id="range")):
                yield loop.target, loop.iter
            case ast.Tuple(elts=[ast.Name() as index, *_]), ast.Call(func=ast.Name(id="enumerate")):
                yield index, _NOTHING


def _given(nodes: Inventory) -> Iterator[tuple[ast.stmt, ast.expr]]:
    """The assignments like `if not width: width = 64`: what a setting is where it is not given says nothing new."""
    for node in nodes.of(ast.If):
        match node.test:
            case ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=name)):
                for statement in node.body:
                    match statement:
                        case ast.Assign(targets=[ast.Name(id=target)]) if target == name:
                            yield statement, _NOTHING


def _unpacked(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.Name, ast.expr]]:
    if isinstance(target, ast.Name):
        # `width = width or 64`: what a setting is where it is not given says nothing new of it.
        match value:
            case ast.BoolOp(values=[ast.Name(id=first), *_]) if first == target.id:
                value = _NOTHING
        yield target, value
    elif isinstance(target, ast.Tuple):
        parts: list[ast.expr] = [value] * len(target.elts)
        if isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts):
            parts = value.elts
        elif not isinstance(value, ast.Attribute | ast.Subscript):
            return
        for one, part in zip(target.elts, parts, strict=True):
            yield from _unpacked(one, part)


def names_tensor(annotation: ast.expr) -> bool:
    """Whether an annotation speaks of tensors."""
    for node in trees.walk(annotation):
        name = getattr(node, "id", getattr(node, "attr", getattr(node, "value", "")))
        if isinstance(name, str) and _TENSORS.search(name):
            return True
    return False


def is_none(node: ast.expr) -> bool:
    """Whether an expression is a literal `None`."""
    return isinstance(node, ast.Constant) and node.value is None
