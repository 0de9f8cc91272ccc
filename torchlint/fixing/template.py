"""A template expression with source text in the places of its parameters.

Whether a text needs parentheses is not looked up in a table of precedences: Python parses the result with and without
them, and they stay where the tree would be another one. So it holds for every expression of every Python version.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from torchlint.finding import Edit
from torchlint.fixing.logical_lines import CannotFix, Span, shape, shape_of
from torchlint.source import apply

_SLOT = re.compile(r"(_slot\d+_)")


@dataclass(frozen=True, slots=True)
class Capture:
    """A node that stands for a parameter of a template, with its text without and with parentheses."""

    node: ast.expr
    bare: str
    safe: str


def fill(template: ast.expr, captures: Mapping[str, Capture], quote: str) -> str:
    """The text of a template in which the names of `captures` are replaced by their text. Raises `CannotFix`.

    The text means the same as the tree in which the names are replaced by the nodes, and it has no parentheses around
    a capture that it could do without. `quote` is the quotation mark for the strings of the template.
    """
    signs = _Signs(dict(captures))
    template, captures = signs.visit(copy.deepcopy(template)), signs.captures
    slots = _Slots(captures, quote)
    marked = ast.fix_missing_locations(slots.visit(copy.deepcopy(template)))
    parts = _SLOT.split(ast.unparse(marked))
    wanted = _shape_of(_Substitution(captures).visit(copy.deepcopy(template)))
    filled = {index: slots.texts[parts[index]] for index in range(1, len(parts), 2)}
    for index, capture in filled.items():
        parts[index] = capture.safe
    if _shape("".join(parts)) != wanted:
        raise CannotFix("the new expression cannot be written with this code in it")
    for index, capture in filled.items():
        parts[index] = _barest(parts, index, capture.bare, wanted)
    return "".join(parts)


def splice(text: str, parts: Mapping[Span, str]) -> str:
    """An expression's text with other expressions at some spans, in parentheses where they need them there."""
    chosen = {span: f"({new})" for span, new in parts.items()}
    wanted = _shape(_spliced(text, chosen))
    if wanted is None:
        raise CannotFix("the new expression cannot be written with this code in it")
    for span, new in parts.items():
        if _shape(_spliced(text, {**chosen, span: new})) == wanted:
            chosen[span] = new
    return _spliced(text, chosen)


def _spliced(text: str, parts: Mapping[Span, str]) -> str:
    return apply(text, [Edit(span.start, span.end, new) for span, new in parts.items()])


def _barest(parts: list[str], index: int, bare: str, wanted: str) -> str:
    without = [*parts[:index], bare, *parts[index + 1 :]]
    return bare if _shape("".join(without)) == wanted else parts[index]


@dataclass
class _Signs(ast.NodeTransformer):
    """Takes two signs away where a template negates `-a * b`: the product is the same to the last bit."""

    captures: dict[str, Capture]

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        name = node.operand.id if isinstance(node.operand, ast.Name) and isinstance(node.op, ast.USub) else ""
        positive = _without_sign(self.captures[name]) if name in self.captures else None
        if positive is None:
            return node
        self.captures[f"{name}_positive"] = positive
        return ast.Name(f"{name}_positive", ast.Load())


def leading_negation(node: ast.expr) -> ast.expr | None:
    """What the minus sign negates that a product or quotient begins with; None where it begins with none."""
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        node = node.left
    return node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else None


def _without_sign(capture: Capture) -> Capture | None:
    """A product or quotient without the minus sign that it begins with; None where it begins with none."""
    if not (capture.bare.startswith("-") and isinstance(capture.node, ast.BinOp | ast.UnaryOp)):
        return None
    outer = ast.Expr(copy.deepcopy(capture.node))
    parent: ast.Expr | ast.BinOp = outer
    first: ast.expr = outer.value
    while isinstance(first, ast.BinOp) and isinstance(first.op, ast.Mult | ast.Div):
        parent, first = first, first.left
    if not isinstance(first, ast.UnaryOp) or not isinstance(first.op, ast.USub):
        return None
    if isinstance(parent, ast.BinOp):
        parent.left = first.operand
    else:
        parent.value = first.operand
    text = capture.bare[1:].lstrip()
    return Capture(outer.value, text, f"({text})")


@dataclass
class _Slots(ast.NodeTransformer):
    """Puts marks in a tree that its printed text can be split at."""

    captures: Mapping[str, Capture]
    quote: str
    texts: dict[str, Capture] = field(default_factory=dict)

    def visit_Name(self, node: ast.Name) -> ast.Name:
        capture = self.captures.get(node.id)
        return self._mark(capture) if capture else node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        text = _literal(node.value, self.quote)
        return self._mark(Capture(node, text, text)) if text else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        return node

    def _mark(self, capture: Capture) -> ast.Name:
        name = f"_slot{len(self.texts)}_"
        self.texts[name] = capture
        return ast.Name(name, ast.Load())


@dataclass
class _Substitution(ast.NodeTransformer):
    captures: Mapping[str, Capture]

    def visit_Name(self, node: ast.Name) -> ast.expr:
        capture = self.captures.get(node.id)
        return capture.node if capture else node


def _literal(value: object, quote: str) -> str:
    """Strings in the file's quotation marks and `1e-5` for the `1e-05` of `repr`; empty for what `repr` does well."""
    if isinstance(value, float):
        return re.sub(r"(e[-+])0+", r"\1", repr(value)) if "e" in repr(value) else ""
    if not isinstance(value, str) or quote in value or "'" in value:
        return ""
    return quote + repr(value)[1:-1] + quote


def _shape(text: str) -> str | None:
    """The shape of an expression, which may go over several lines; None if the text is none."""
    return shape_of(f"(\n{text}\n)")


def _shape_of(expression: ast.expr) -> str:
    return shape(ast.Module([ast.Expr(expression)], []))
