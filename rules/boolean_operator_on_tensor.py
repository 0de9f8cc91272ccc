"""`and`, `or`, `not` or a chained comparison of tensors with several elements: raises, the operators are `&`, `|`, `~`.

## What it does
Finds `a and b`, `a or b`, `not a` and `0 < a < 1` where Python has to take a tensor for true or false that certainly
has more than one element: its sizes are known, or the result is used as a mask, an index or a condition.

Silent for tensors that may have one element, for the results of `any()`, `all()` and other reductions, and for tests
of `None`.

## Why is this bad?
Python cannot overload these operators: it calls `bool(a)`, which raises for more than one element. With one
element it does not, and `a and b` is then `b`.

## Example
```python
inside = (x > low) and (x < high)
```
Use instead:
```python
inside = (x > low) & (x < high)
```

## Fix safety
The fix makes code run that raised, so it is unsafe. It is offered for boolean tensors only: on integers `&` means bits.

## When not to use it
Turn it off for tensors that have one element by construction, where the code seems to show more.

## References
- [torch.logical_and](https://docs.pytorch.org/docs/stable/generated/torch.logical_and.html)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from torchlint.rule import (
    CHAIN,
    ERROR,
    UNKNOWN,
    Changes,
    Check,
    Frame,
    FunctionModel,
    Op,
    Problem,
    Value,
    agree,
    dtypes,
    facts,
    inventory_of,
    is_flag,
    members,
    ops,
    sizes,
    tested,
)
from torchlint.vocabulary.routes import parents_of, reads_of

from ._sources import Sources

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

# What is done to a mask and to nothing that has one element.
_MASK_METHODS = ops.methods(*ops.REDUCTIONS, *ops.CASTS, "nonzero")
_MASK_FUNCTIONS = ops.REDUCTIONS | ops.that(arguments=("mask:bool", "condition:bool")) | {"nonzero"}
_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_ORDER = tuple(_SIGNS)
_SYMBOLS: dict[type[ast.AST], tuple[str, str]] = {ast.And: ("and", "&"), ast.Or: ("or", "|"), ast.Not: ("not", "~")}


class BooleanOperatorOnTensor(Check):
    code = "TLT307"
    since = "0.1"
    related = ("TLT308",)
    severity = ERROR
    message = "A tensor with several elements is neither true nor false: this raises, use `&`, `|` or `~`"
    title = "Use the elementwise operator"
    help = "Use the elementwise operators `&`, `|` and `~`, with parentheses around comparisons"
    words = (("and", "or", "not", CHAIN),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if not _has_tests(frame.scope) or (frame.function is not None and not _may_test_tensor(frame.function)):
            return
        for node in list(frame.values):
            tested = _tested(frame, node)
            if not tested or not isinstance(node, ast.expr):
                continue
            if any(_has_many(value) for value in tested) or (
                all(map(_may_have_many, tested)) and _is_mask(frame, node)
            ):
                yield Problem(node, _message(node), _fix(frame, node), Changes("code runs that raised"))


def _has_tests(scope: ast.AST) -> bool:
    nodes = inventory_of(scope)
    return nodes.has(ast.BoolOp, ast.UnaryOp) or any(len(node.ops) > 1 for node in nodes.of(ast.Compare))


def _may_test_tensor(function: FunctionModel) -> bool:
    """Whether something that a function takes for true or false may be a tensor, as far as its text tells."""
    nodes, flags = inventory_of(function.node), function.flags
    operands = [operand for node in nodes.of(ast.BoolOp) for operand in tested(node, flags)]
    operands += [node.operand for node in nodes.of(ast.UnaryOp) if isinstance(node.op, ast.Not)]
    chains = (node for node in nodes.of(ast.Compare) if len(node.ops) > 1)
    operands += [side for node in chains for side in (node.left, *node.comparators)]
    operands = [operand for operand in operands if not is_flag(operand, flags)]
    return bool(operands) and any(map(Sources(function).may_be_tensor, operands))


def _tested(frame: Frame, node: ast.AST) -> list[Value]:
    """The values that Python takes for true or false to compute an expression."""
    flags = frame.function.flags if frame.function else frozenset()
    match node:
        case ast.BoolOp():
            return [frame.values.get(operand, UNKNOWN) for operand in tested(node, flags)]
        case ast.UnaryOp(op=ast.Not()):
            return [] if is_flag(node.operand, flags) else [frame.values.get(node.operand, UNKNOWN)]
        case ast.Compare() if len(node.ops) > 1 and all(isinstance(op, _ORDER) for op in node.ops):
            values = [frame.values.get(operand, UNKNOWN) for operand in (node.left, *node.comparators)]
            # Of `a < b < c`, that is `a < b`.
            pairs = list(pairwise(values))[:-1]
            return [Op("lt", {"input": left, "other": right}, {}, "operator") for left, right in pairs]
    return []


def _has_many(value: Value) -> bool:
    return agree(value, lambda member: facts.is_tensor(member) is True and _counts(member) > 1)


def _counts(value: Value) -> int:
    """At least so many elements does a tensor have, if none of its sizes is 0."""
    found = sizes.sizes(value) or ()
    return max((size for size in found if isinstance(size, int)), default=0)


def _may_have_many(value: Value) -> bool:
    return agree(value, lambda member: facts.is_tensor(member) is True and facts.rank(member) != 0)


def _is_mask(frame: Frame, node: ast.expr) -> bool:
    """Whether the result is used as only a tensor with several elements is used."""
    parents = parents_of(frame)
    parent = parents.get(node)
    if isinstance(parent, ast.BoolOp | ast.UnaryOp):
        return _is_mask(frame, parent)
    uses: list[ast.expr] = [node]
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0], ast.Name):
        name, held = parent.targets[0].id, members(frame.values.get(node, UNKNOWN))
        uses = [read for value in held for read in reads_of(frame, name, value)]
    return any(_takes_mask(frame, parents, use) for use in uses)


def _takes_mask(frame: Frame, parents: Mapping[ast.AST, ast.AST], node: ast.expr) -> bool:
    parent = parents.get(node)
    match parent:
        case ast.Subscript() if parent.slice is node:
            return facts.is_tensor(frame.values.get(parent.value, UNKNOWN)) is True
        case ast.Attribute():
            call = parents.get(parent)
            return parent.attr in _MASK_METHODS and isinstance(call, ast.Call) and call.func is parent
        case ast.Call():
            made = frame.values.get(parent)
            return isinstance(made, Op) and made.name in _MASK_FUNCTIONS
    return False


def _message(node: ast.expr) -> str:
    if isinstance(node, ast.BoolOp | ast.UnaryOp):
        word, symbol = _SYMBOLS[type(node.op)]
        return f"`{word}` raises on a tensor with several elements: the elementwise operator is `{symbol}`"
    return "A chained comparison raises on a tensor with several elements: join two comparisons with `&`"


def _fix(frame: Frame, node: ast.expr) -> Callable[[Editor], None] | None:
    match node:
        case ast.BoolOp(op=op, values=operands):
            symbol = f" {_SYMBOLS[type(op)][1]} "
        case ast.UnaryOp(operand=operand):
            operands, symbol = [operand], ""
        case ast.Compare():
            return _split(node)
        case _:
            return None
    if not all(_is_boolean(frame.values.get(operand, UNKNOWN)) for operand in operands):
        return None

    def fix(editor: Editor) -> None:
        parts = [_closed(editor, operand) for operand in operands]
        editor.replace(node, symbol.join(parts) if symbol else f"~{parts[0]}", operands)

    return fix


def _split(node: ast.Compare) -> Callable[[Editor], None] | None:
    """`a < b < c` as `(a < b) & (b < c)`."""
    sides = [node.left, *node.comparators]
    if not all(isinstance(side, ast.Name | ast.Attribute | ast.Constant) for side in sides[1:-1]):
        return None

    def fix(editor: Editor) -> None:
        texts = [_closed(editor, side) for side in sides]
        signs = [_SIGNS[type(op)] for op in node.ops]
        parts = [f"({a} {sign} {b})" for a, sign, b in zip(texts, signs, texts[1:], strict=False)]
        editor.replace(node, " & ".join(parts), sides)

    return fix


def _closed(editor: Editor, node: ast.expr) -> str:
    """The text of an operand, in parentheses unless it is one piece."""
    text = editor.text(node)
    simple = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Constant)
    return text if simple else f"({text})"


def _is_boolean(value: Value) -> bool:
    return agree(value, lambda member: facts.is_tensor(member) is True and dtypes.dtype_class(member) == "bool")
