"""Before/after functions as matcher and template.

`before` is lowered by the same evaluation as the code that is checked: a small graph of operations with the parameters
as leaves. Matching is graph against graph, so that spelling and locals do not matter.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from torchlint.source import Source
from torchlint.syntax.module import FunctionModel, Module
from torchlint.torch_facts import ops, spelled
from torchlint.values import facts
from torchlint.values.compare import same, walk
from torchlint.values.interpret.evaluator import Evaluator
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import Choice, Constant, Element, Items, Op, Parameter, Value

# Which constants a parameter of a pattern takes, by its annotation; all others take anything that may be a tensor.
_NUMBERS = frozenset({"Number", "float", "int", "Size"})
_DIMS = frozenset({"Dim"})
_Pair = tuple[Value, Value, ast.expr | None]
_FLAGS = frozenset({"Flag", "bool"})


class Match(NamedTuple):
    """An occurrence of a pattern: what its parameters captured, and the operations that were matched."""

    root: Op
    frame: Frame
    captured: dict[str, Value]
    nodes: dict[str, ast.expr]
    ops: list[Op]

    def rank(self, name: str) -> int | None:
        """The rank of a captured tensor, if it is certain."""
        return facts.rank(self.captured[name])

    def constant(self, name: str) -> object:
        """The literal that a parameter captured; None if it is none."""
        value = self.captured.get(name)
        return value.value if isinstance(value, Constant) else None

    @property
    def grad(self) -> bool:
        """False where gradients are certainly off at the root."""
        return self.root.grad


class Pattern:
    """The graph of a `before` function."""

    def __init__(self, before: Callable[..., Any]) -> None:
        model = _function(before)
        self.model = model
        evaluator = Evaluator(model.module)
        value = evaluator.frame(model).result
        if not isinstance(value, Op | Element) or isinstance(value, Choice):
            raise ValueError(f"{before.__qualname__}: a pattern must return one operation")
        self.value = value

    @property
    def root_names(self) -> frozenset[str]:
        """The operations that an occurrence may have at its root."""
        value: Value = self.value
        while isinstance(value, Element):
            value = value.base
        return _forms(value) if isinstance(value, Op) else frozenset()

    @property
    def inner_names(self) -> frozenset[str]:
        """The operations that every occurrence has below its root."""
        inner = [_forms(part) for part in walk(self.value) if isinstance(part, Op) and part is not self.value]
        return frozenset().union(*(forms for forms in inner if len(forms) == 1))

    def groups(self) -> list[frozenset[str]]:
        """The words of which an occurrence needs one each."""
        parts = [_forms(value) for value in walk(self.value) if isinstance(value, Op)]
        # What may be written as an operator needs no word.
        found = {spelled.spellings(name) for forms in parts if len(forms) == 1 for name in forms}
        return sorted((group for group in found if group), key=sorted)

    def match(self, root: Op, frame: Frame) -> Match | None:
        """The first way in which an operation is an occurrence of the pattern."""
        if not isinstance(self.value, Op):
            return None
        for match in _match(self.value, root, Match(root, frame, {}, {}, []), None):
            if facts.evidence(root):
                return match
        return None


def _function(function: Any) -> FunctionModel:
    """The model of a function from the text of its module."""
    return _module(function.__code__.co_filename).functions[function.__name__]


@cache
def _module(path: str) -> Module:
    with open(path, encoding="utf-8") as stream:
        source = Source(path, stream.read())
    return Module(source, ast.parse(source.text))


def template(function: Callable[..., Any]) -> ast.expr:
    """The expression that an `after` function returns."""
    body = [node for node in _function(function).node.body if not _is_docstring(node)]
    if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
        raise ValueError(f"{function.__qualname__}: a template is one return statement")
    return body[0].value


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _match(pattern: Value, value: Value, match: Match, node: ast.expr | None) -> Iterator[Match]:
    """All ways in which a value is an occurrence of a pattern, given what is captured already."""
    if isinstance(pattern, Parameter):
        yield from _capture(pattern, value, match, node)
    elif isinstance(pattern, Constant) and isinstance(value, Constant) and _equal_numbers(pattern.value, value.value):
        yield match
    elif isinstance(pattern, Op) and isinstance(value, Op):
        yield from _match_op(pattern, value, match)
    elif isinstance(pattern, Element) and isinstance(value, Element) and pattern.key == value.key:
        yield from _match(pattern.base, value.base, match, None)
    elif isinstance(pattern, Items) and isinstance(value, Items) and len(pattern.items) == len(value.items):
        pairs: list[_Pair] = [(a, b, None) for a, b in zip(pattern.items, value.items, strict=True)]
        yield from _match_all(pairs, match)


def _equal_numbers(a: object, b: object) -> bool:
    if isinstance(a, bool) or isinstance(b, bool) or not isinstance(a, int | float):
        return type(a) is type(b) and a == b
    return isinstance(b, int | float) and a == b


def _capture(pattern: Parameter, value: Value, match: Match, node: ast.expr | None) -> Iterator[Match]:
    known = match.captured.get(pattern.name)
    if known is not None:
        if same(known, value):
            yield match
        return
    if not _admits(pattern.annotation, value):
        return
    nodes = match.nodes if node is None else {**match.nodes, pattern.name: node}
    yield Match(match.root, match.frame, {**match.captured, pattern.name: value}, nodes, match.ops)


def _admits(annotation: ast.expr | None, value: Value) -> bool:
    """Whether a parameter of this annotation may stand for a value."""
    kind = annotation.id if isinstance(annotation, ast.Name) else ""
    if kind in _NUMBERS:
        return (
            isinstance(value, Constant) and isinstance(value.value, int | float) and not isinstance(value.value, bool)
        )
    if kind in _FLAGS:
        return isinstance(value, Constant) and isinstance(value.value, bool)
    if kind in _DIMS:
        return (
            not (isinstance(value, Constant) and not isinstance(value.value, int))
            and facts.is_tensor(value) is not True
        )
    return facts.is_tensor(value) is not False


def _normal(op: Op) -> Op:
    """An operation in the form in which patterns are compared: `x * x` is `x ** 2`, and `x ** 0.5` is `sqrt(x)`."""
    match op.args:
        case {"input": base, "other": other} if op.name == "mul" and len(op.args) == 2 and same(base, other):
            return _renamed(op, "pow", {"input": base, "exponent": Constant(2)})
        case {"input": base, "exponent": Constant(value=0.5)} if op.name == "pow" and len(op.args) == 2:
            return _renamed(op, "sqrt", {"input": base})
    return op


def _renamed(op: Op, name: str, args: dict[str, Value]) -> Op:
    return Op(name, args, {key: node for key, node in op.nodes.items() if key in args}, op.form, op.node)


def _forms(op: Op) -> frozenset[str]:
    """The operations that an occurrence of one in a pattern may be, before both are brought into their normal form."""
    op = _normal(op)
    if op.name == "sqrt":
        return frozenset({"sqrt", "pow"})
    if op.name == "pow" and op.constant("exponent") == 2:
        return frozenset({"pow", "mul"})
    return frozenset({op.name})


def _match_op(pattern: Op, found: Op, match: Match) -> Iterator[Match]:
    pattern, value = _normal(pattern), _normal(found)
    if pattern.name != value.name or pattern.args.keys() != value.args.keys():
        return
    here = Match(match.root, match.frame, match.captured, match.nodes, [*match.ops, found])
    orders = [list(pattern.args)]
    if pattern.name in ops.column("commutes") and set(pattern.args) == {"input", "other"}:
        orders.append(["other", "input"])
    for order in orders:
        pairs = [
            (pattern.args[key], value.args[target], value.nodes.get(target))
            for key, target in zip(pattern.args, order, strict=True)
        ]
        # Repeated parameters are bound by the operations that they stand in before plain leaves are tried.
        pairs.sort(key=lambda pair: isinstance(pair[0], Parameter))
        yield from _match_all(pairs, here)


def _match_all(pairs: list[tuple[Value, Value, ast.expr | None]], match: Match) -> Iterator[Match]:
    if not pairs:
        yield match
        return
    (pattern, value, node), *rest = pairs
    for found in _match(pattern, value, match, node):
        yield from _match_all(rest, found)
