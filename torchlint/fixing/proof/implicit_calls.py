"""Methods that run without a call in the text: `w + x`, `w[0]`, `with w:`, `if w:` of an object of a class."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from torchlint.values.interpret.classes import find_method
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import (
    UNKNOWN,
    Call,
    Choice,
    ClassRef,
    Element,
    Field,
    Instance,
    Item,
    Items,
    LoopCarried,
    Mapped,
    Mutated,
    Parameter,
    Unknown,
    Value,
)


def _dunders(text: str) -> frozenset[str]:
    return frozenset(f"__{name}__" for name in text.split())


_OPERATORS = _dunders("add sub mul truediv floordiv mod pow matmul and or xor lshift rshift")
_ARITHMETIC = frozenset(name[:2] + form + name[2:] for name in _OPERATORS for form in ("", "r", "i"))
_COMPARISONS = _dunders("eq ne lt le gt ge contains")
_SIGNS = _dunders("neg pos invert abs")
_TRUTH = _dunders("bool len")
_TEXT = _dunders("str repr format")
_HASHED = _dunders("hash eq")
_CHECKED = _dunders("instancecheck subclasscheck")
_CONTEXT = _dunders("enter exit")
_GOING_OVER = _dunders("iter next getitem")
_NUMBERS = _dunders("int float index hash round")
_ITEM, _NEW_ITEM, _INDEX = _dunders("getitem"), _dunders("setitem delitem"), _dunders("index")
_READ, _WRITTEN = _dunders("getattr getattribute"), _dunders("setattr delattr")
# What data sets have: of a value that is not known they say nothing.
_COMMON = _dunders("getitem len iter next")
_BUILTINS = frozenset(
    ("abs", "all", "any", "bool", "dict", "enumerate", "float", "format", "hash", "int", "iter", "len", "list", "max")
) | {
    "min",
    "next",
    "print",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "slice",
    "sorted",
    "str",
    "sum",
    "tuple",
    "zip",
}
_READING, _WRITING = frozenset({"getattr", "hasattr"}), frozenset({"setattr", "delattr"})
_OF_BUILTINS = _TRUTH | _TEXT | _GOING_OVER | _NUMBERS | _COMPARISONS | _SIGNS
_ALL = _ARITHMETIC | _CONTEXT | _READ | _WRITTEN | _OF_BUILTINS | _NEW_ITEM


class ImplicitCalls:
    """The methods of classes that nodes of a frame may run unseen."""

    def __init__(self, frame: Frame, parents: Mapping[ast.AST, ast.AST]) -> None:
        self._frame = frame
        self._parents = parents
        self._defined = _ALL & frame.module.vocabulary

    def of(self, node: ast.AST) -> list[Value]:
        """The operands of a node, where their class may do anything; none where it does not."""
        pairs = [(operand, names) for operand, names in self._operands(node) if names]
        if not any(self._runs(self._value(operand), names) for operand, names in pairs):
            return []
        return [self._value(operand) for operand, _ in pairs]

    def _operands(self, node: ast.AST) -> Iterator[tuple[ast.AST, frozenset[str]]]:
        match node:
            case ast.BinOp():
                names = _ARITHMETIC | _TEXT if isinstance(node.op, ast.Mod) else _ARITHMETIC
                yield from ((node.left, names), (node.right, names))
            case ast.AugAssign():
                yield from ((node.target, _ARITHMETIC), (node.value, _ARITHMETIC))
            case ast.Compare():
                plain = all(isinstance(op, ast.Is | ast.IsNot) for op in node.ops)
                yield from ((part, frozenset() if plain else _COMPARISONS) for part in (node.left, *node.comparators))
            case ast.UnaryOp():
                yield node.operand, _TRUTH if isinstance(node.op, ast.Not) else _SIGNS
            case ast.Subscript(ctx=ast.Load()):
                yield from ((node.value, _ITEM), (node.slice, _INDEX | _HASHED))
            case ast.Subscript():
                yield from ((node.value, _NEW_ITEM), (node.slice, _INDEX | _HASHED))
                yield from self._assigned(node)
            case ast.Attribute(ctx=ast.Load()):
                yield node.value, _READ
            case ast.Attribute():
                yield node.value, _WRITTEN
                yield from self._assigned(node)
            case ast.withitem():
                yield node.context_expr, _CONTEXT
            case ast.FormattedValue():
                yield node.value, _TEXT
            case ast.For() | ast.comprehension():
                yield node.iter, _GOING_OVER
            case ast.Starred():
                yield node.value, _GOING_OVER
            case ast.Assign() if any(isinstance(target, ast.Tuple | ast.List) for target in node.targets):
                yield node.value, _GOING_OVER
            case ast.Call(func=ast.Name(id=name)) if name in _BUILTINS:
                yield from ((argument, _OF_BUILTINS) for argument in node.args)
            case ast.Call(func=ast.Name(id=name)) if name in _READING | _WRITING:
                yield from ((argument, _READ if name in _READING else _WRITTEN) for argument in node.args[:1])
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass")):
                yield from ((argument, _CHECKED) for argument in node.args[1:])
            case ast.Call(func=ast.Attribute(attr="format" | "join")):
                yield from ((argument, _TEXT | _GOING_OVER) for argument in node.args)
            case ast.Dict():
                yield from ((key, _HASHED) for key in node.keys if key is not None)
            case ast.Set():
                yield from ((element, _HASHED) for element in node.elts)
            case ast.Match():
                yield node.subject, _READ | _COMPARISONS | _GOING_OVER | _TRUTH
        parent = self._parents.get(node)
        if isinstance(parent, ast.BoolOp) or getattr(parent, "test", None) is node:
            yield node, _TRUTH

    def _assigned(self, node: ast.AST) -> Iterator[tuple[ast.AST, frozenset[str]]]:
        """What `w[0] = x` gives to a method of `w`."""
        parent = self._parents.get(node)
        if isinstance(parent, ast.Assign):
            yield parent.value, _INDEX

    def _value(self, node: ast.AST) -> Value:
        return self._frame.values.get(node, UNKNOWN)

    def _runs(self, value: Value, names: frozenset[str]) -> bool:
        match value:
            case Instance() | ClassRef():
                return any(find_method(self._frame, value.cls, name) is not None for name in names)
            case Choice(members=parts) | Items(items=parts):
                return any(self._runs(part, names) for part in parts)
            case Mapped():
                return any(self._runs(part, names) for part in value.items.values())
            case Mutated():
                return self._runs(value.base, names)
            case LoopCarried() if value.initial is not None:
                return self._runs(value.initial, names)
            case Parameter() | Unknown() | Call() | Field() | Element() | Item():
                return not self._defined.isdisjoint(names - _COMMON)
        return False
