"""Which expressions of a function may be tensors, as the bare tree tells by what their names are made of.

An attribute, and a parameter that is not annotated as a tensor, count as plain values of Python's, as for `is_flag`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import FunctionModel, Inventory, foreign_names, inventory_of, is_flag, is_foreign

# Functions of Python that answer with a number or a text, and those that give back what they are given.
_PLAIN = frozenset({"int", "float", "str", "bool", "len", "range", "isinstance", "hasattr", "repr", "type", "getattr"})
_GIVING = frozenset(
    ["min", "max", "abs", "round", "divmod", "sorted", "reversed", "zip", "enumerate", "list", "tuple", "dict", "set"]
)
# Methods of texts, lists, dicts and numbers that tensors do not have.
_METHODS = frozenset(
    [
        *(
            "append",
            "extend",
            "insert",
            "pop",
            "get",
            "items",
            "keys",
            "values",
            "setdefault",
            "update",
            "copy",
            "index",
        ),
        *(
            "startswith",
            "endswith",
            "replace",
            "strip",
            "lstrip",
            "rstrip",
            "lower",
            "upper",
            "join",
            "format",
            "rsplit",
        ),
        *("partition", "rpartition", "is_integer", "fullmatch", "match", "search", "isdigit", "find", "exists"),
    ]
)
_PLAIN_KINDS = (
    *(ast.Constant, ast.JoinedStr, ast.Attribute, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.Dict),
    *(ast.List, ast.Tuple, ast.Set, ast.GeneratorExp),
)
_NUMBER = ast.Constant(0)
_ANYTHING = ast.Await(_NUMBER)
_IDENTITIES = (ast.Is, ast.IsNot, ast.In, ast.NotIn)


class Sources:
    """What the names of a function are made of."""

    def __init__(self, function: FunctionModel) -> None:
        self._flags = function.flags
        self._foreign = foreign_names(function.module) - function.locals
        nodes = inventory_of(function.node)
        given = list(_given(nodes))
        bound = {target for target, _ in given}
        self._names = {target.id for target in bound}
        # What is annotated as a tensor, and what gets its value in another way: from `with`, say.
        self._tensors = set(function.tensors)
        stored = (name for name in nodes.of(ast.Name) if isinstance(name.ctx, ast.Store))
        self._tensors.update(name.id for name in stored if name not in bound)
        before = -1
        while before < len(self._tensors):
            before = len(self._tensors)
            self._tensors.update(target.id for target, value in given if self.may_be_tensor(value))

    def may_be_tensor(self, node: ast.expr) -> bool:
        match node:
            case ast.Name(id=name):
                return self._may_hold_tensor(name)
            case ast.Call():
                return not is_flag(node, self._flags) and self._may_give_tensor(node)
            case ast.Subscript(value=value) | ast.NamedExpr(value=value) | ast.Starred(value=value):
                return self.may_be_tensor(value)
            case ast.BinOp(left=left, right=right) | ast.IfExp(body=left, orelse=right):
                return self.may_be_tensor(left) or self.may_be_tensor(right)
            case ast.UnaryOp(op=op, operand=operand):
                return not isinstance(op, ast.Not) and self.may_be_tensor(operand)
            case ast.BoolOp(values=values):
                return any(map(self.may_be_tensor, values))
            case ast.Compare(left=left, ops=ops, comparators=others):
                plain = all(isinstance(op, _IDENTITIES) for op in ops)
                return not plain and any(map(self.may_be_tensor, (left, *others)))
        return not isinstance(node, _PLAIN_KINDS)

    def _may_hold_tensor(self, name: str) -> bool:
        if name in self._flags or name in self._foreign:
            return False
        return name in self._tensors or name not in self._names

    def _may_give_tensor(self, call: ast.Call) -> bool:
        """Whether a call may give a tensor: one of something foreign does not."""
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        match call.func:
            case ast.Name(id=name) if name in _PLAIN:
                return False
            case ast.Name(id=name) if name in _GIVING:
                return any(map(self.may_be_tensor, given))
            case ast.Name(id=name):
                return name not in self._foreign
            case ast.Attribute(value=receiver, attr=method):
                if is_foreign(receiver, self._foreign):
                    return False
                return method not in _METHODS or self.may_be_tensor(receiver)
        return True


def _given(nodes: Inventory) -> Iterator[tuple[ast.Name, ast.expr]]:
    """The names of a scope, each with something that it, or what it is a part of, is given."""
    for node in nodes.of(ast.Assign):
        for target in node.targets:
            yield from _parts(target, node.value)
    others: list[ast.AugAssign | ast.AnnAssign | ast.NamedExpr] = [*nodes.of(ast.AugAssign), *nodes.of(ast.NamedExpr)]
    for other in (*others, *nodes.of(ast.AnnAssign)):
        if other.value is not None:
            yield from _parts(other.target, other.value)
    loops: list[ast.For | ast.comprehension] = [*nodes.of(ast.For), *nodes.of(ast.comprehension)]
    for loop in loops:
        match loop.target, loop.iter:
            case ast.Tuple(elts=[index, row]), ast.Call(func=ast.Name(id="enumerate"), args=[iterable]):
                yield from _parts(index, _NUMBER)
                yield from _parts(row, _row(iterable))
            case _:
                yield from _parts(loop.target, _row(loop.iter))


def _row(iterable: ast.expr) -> ast.expr:
    """What stands for the elements of an iterable: those of a display may be anything."""
    return _ANYTHING if isinstance(iterable, ast.List | ast.Tuple | ast.Set | ast.ListComp) else iterable


def _parts(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.Name, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target, value
    elif isinstance(target, ast.Starred):
        yield from _parts(target.value, value)
    elif isinstance(target, ast.Tuple | ast.List):
        parts = [value] * len(target.elts)
        if isinstance(value, ast.Tuple | ast.List):
            parts = value.elts if len(value.elts) == len(target.elts) else [_ANYTHING] * len(target.elts)
        for one, part in zip(target.elts, parts, strict=True):
            yield from _parts(one, part)
