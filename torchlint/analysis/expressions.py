"""Expressions to values."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from typing import Any

from torchlint.analysis import calls, classes, grown, ops, storing, trees, wrappers
from torchlint.analysis.compare import join
from torchlint.analysis.frame import Frame, enclosing
from torchlint.analysis.values import (
    UNKNOWN,
    Call,
    Choice,
    ClassRef,
    Constant,
    Element,
    External,
    Field,
    Instance,
    Item,
    Items,
    Layer,
    Mapped,
    Op,
    Unknown,
    Value,
)

_BUILTINS = frozenset(dir(builtins))
_MAX_FOLD = 2**63


def evaluate(frame: Frame, node: ast.expr) -> Value:
    """The value of an expression at this point of the frame. Evaluating has the expression's effects on names."""
    value = frame.values[node] = _HANDLERS.get(node.__class__, _parts)(frame, node)
    return value


def none(node: ast.AST | None) -> Constant:
    return Constant(None, node)


def path(frame: Frame, node: ast.expr) -> str | None:
    """The key of the environment for a name or an attribute of the first parameter; None for anything else."""
    if isinstance(node, ast.Attribute):
        own = isinstance(node.value, ast.Name) and node.value.id == frame.self_name
        return f"self.{node.attr}" if own else None
    return node.id if isinstance(node, ast.Name) else None


def peek(frame: Frame, node: ast.expr) -> Value:
    """The value of a dotted name, without leaving a trace in the frame."""
    if isinstance(node, ast.Name):
        return frame.env.get(node.id) or outer_value(frame, node.id)
    if isinstance(node, ast.Attribute):
        base = peek(frame, node.value)
        if isinstance(base, External):
            return calls.external(frame, f"{base.qualname}.{node.attr}", node)
    return UNKNOWN


def resolved(frame: Frame, value: External) -> Value:
    """What a dotted name of a frame's module holds: a definition of the project, or the name itself."""
    return calls.external(frame, value.qualname, value.node)


def outer_value(frame: Frame, name: str) -> Value:
    """What a name that is not local holds: of an enclosing function, the module, or a builtin."""
    if frame.function is not None and name in frame.function.locals:
        return UNKNOWN
    for outer in enclosing(frame):
        value = outer.all_bindings(name)
        if value is not None:
            return value
        if outer.function is not None and name in outer.function.locals:
            return UNKNOWN
    module = frame.evaluator.surroundings(frame.module)
    value = module.all_bindings(name) if module is not frame else None
    if value is not None:
        return value
    return External(f"builtins.{name}") if name in _BUILTINS else UNKNOWN


# -- kinds of expressions -----------------------------------------------------------------------------------------


def _parts(frame: Frame, node: ast.expr) -> Value:
    """An expression of which only the parts matter."""
    for child in trees.children(node):
        if isinstance(child, ast.expr):
            evaluate(frame, child)
    return Unknown(node, frame)


def _constant(frame: Frame, node: ast.Constant) -> Value:
    return Constant(node.value, node)


def _name(frame: Frame, node: ast.Name) -> Value:
    value = frame.load(node.id, node)
    if value is None:
        value = outer_value(frame, node.id)
        if value is UNKNOWN:
            return Unknown(node, frame)
    if isinstance(value, External):
        return calls.external(frame, value.qualname, node)
    return value


def _attribute(frame: Frame, node: ast.Attribute) -> Value:
    key = path(frame, node)
    if key is not None:
        held = frame.load(key, node)
        if held is not None:
            frame.values[node.value] = frame.env.get(frame.self_name or "", UNKNOWN)
            return held
    return attribute_of(frame, evaluate(frame, node.value), node.attr, node)


def attribute_of(frame: Frame, base: Value, name: str, node: ast.AST) -> Value:
    """The attribute of a value."""
    match base:
        case Choice():
            return join(*(attribute_of(frame, member, name, node) for member in base.members))
        case External():
            return calls.external(frame, f"{base.qualname}.{name}", node)
        case Instance() | ClassRef():
            found = classes.attribute(frame, base, name)
            if found is None and name in wrappers.INNER:
                return base
            return found if found is not None else Field(base, name, node, frame)
        case Layer() if name in wrappers.INNER:
            return base
        case Op() if name in ops.outputs(base.name, base.args):
            return Element(base, ops.outputs(base.name, base.args).index(name), node, frame)
    if name == "shape" and not isinstance(base, Layer):
        return Op("shape", {"input": base}, {}, "Tensor", node, frame)
    if name == "ndim":
        return Op("dim", {"input": base}, {}, "Tensor", node, frame)
    return Field(base, name, node, frame)


def _subscript(frame: Frame, node: ast.Subscript) -> Value:
    return item_of(frame, evaluate(frame, node.value), evaluate(frame, node.slice), node)


def item_of(frame: Frame, base: Value, index: Value, node: ast.Subscript) -> Value:
    """`base[index]`."""
    if isinstance(base, Choice):
        return join(*(item_of(frame, member, index, node) for member in base.members))
    if isinstance(index, Constant):
        key = index.value
        if isinstance(base, Items) and isinstance(key, int):
            return base.items[key] if -len(base.items) <= key < len(base.items) else Unknown(node, frame)
        if isinstance(base, Mapped):
            return base.items.get(key) or Unknown(node, frame)
        if isinstance(base, Layer) and base.children and isinstance(key, int):
            return grown.child_at(base.children, key) or Unknown(node, frame)
        if isinstance(base, grown.Tail) and isinstance(key, int) and -len(base.last) <= key < 0:
            return base.last[key]
        if isinstance(base, Op) and base.name == "shape" and isinstance(key, int):
            return Op("size", {"input": base.input, "dim": index}, {}, base.form, node, frame)
        if isinstance(base, Op) and isinstance(key, int) and ops.outputs(base.name, base.args):
            return Element(base, key, node, frame)
        if isinstance(base, Call) and isinstance(key, int | str):
            return Element(base, key, node, frame)
    held = grown.one_of(base, index)
    if held is not None:
        return held
    nodes = {"input": node.value, "index": node.slice}
    return _op(frame, "getitem", {"input": base, "index": index}, nodes, node)


def _slice(frame: Frame, node: ast.Slice) -> Value:
    args = {}
    for name, part in (("start", node.lower), ("stop", node.upper), ("step", node.step)):
        if part is not None:
            args[name] = evaluate(frame, part)
    return Op("slice", args, {}, "operator", node, frame)


def _binary(frame: Frame, node: ast.BinOp) -> Value:
    left, right = evaluate(frame, node.left), evaluate(frame, node.right)
    return arithmetic(ops.BINARY[type(node.op)], left, right, node.left, node.right, node, frame)


def arithmetic(
    name: str, left: Value, right: Value, left_node: ast.expr, right_node: ast.expr, node: ast.AST, frame: Frame
) -> Value:
    if isinstance(left, Constant) and isinstance(right, Constant):
        return _fold(name, left.value, right.value, node)
    if name == "add" and (isinstance(left, Items) or isinstance(right, Items)):
        if isinstance(left, Items) and isinstance(right, Items) and left.kind == right.kind:
            return Items((*left.items, *right.items), left.kind, node, frame)
        longer = grown.extended(left, right, node, frame)
        if longer is not None:
            return longer
    second = "exponent" if name == "pow" else "other"
    return _op(frame, name, {"input": left, second: right}, {"input": left_node, second: right_node}, node)


def _fold(name: str, left: object, right: object, node: ast.AST) -> Value:
    """Arithmetic on literal numbers, as far as it is cheap and certain."""
    if not (isinstance(left, int | float) and isinstance(right, int | float)):
        return Unknown(node)
    try:
        match name:
            case "add":
                result: object = left + right
            case "sub":
                result = left - right
            case "mul":
                result = left * right
            case "div":
                result = left / right
            case "floor_divide":
                result = left // right
            case "pow" if abs(right) < 64 and abs(left) < 2**16:
                result = left**right
            case _:
                return Unknown(node)
    except (ArithmeticError, ValueError):
        return Unknown(node)
    if isinstance(result, int | float) and abs(result) < _MAX_FOLD:
        return Constant(result, node)
    return Unknown(node)


def _unary(frame: Frame, node: ast.UnaryOp) -> Value:
    operand = evaluate(frame, node.operand)
    if isinstance(operand, Constant) and isinstance(operand.value, int | float):
        if isinstance(node.op, ast.USub):
            return Constant(-operand.value, node)
        if isinstance(node.op, ast.UAdd):
            return Constant(+operand.value, node)
        if isinstance(node.op, ast.Not):
            return Constant(not operand.value, node)
    return _op(frame, ops.UNARY[type(node.op)], {"input": operand}, {"input": node.operand}, node)


def _compare(frame: Frame, node: ast.Compare) -> Value:
    left = evaluate(frame, node.left)
    rest = [evaluate(frame, comparator) for comparator in node.comparators]
    if len(rest) > 1:
        return Unknown(node, frame)
    nodes = {"input": node.left, "other": node.comparators[0]}
    return _op(frame, ops.COMPARE[type(node.ops[0])], {"input": left, "other": rest[0]}, nodes, node)


def _op(frame: Frame, name: str, args: dict[str, Value], nodes: dict[str, ast.expr], node: ast.AST) -> Op:
    op = Op(name, args, nodes, "operator", node, frame)
    frame.ops.append(op)
    return op


def _boolean(frame: Frame, node: ast.BoolOp) -> Value:
    return join(*[evaluate(frame, operand) for operand in node.values])


def _conditional(frame: Frame, node: ast.IfExp) -> Value:
    test = evaluate(frame, node.test)
    body, orelse = evaluate(frame, node.body), evaluate(frame, node.orelse)
    if isinstance(test, Constant):
        return body if test.value else orelse
    return join(body, orelse)


def _walrus(frame: Frame, node: ast.NamedExpr) -> Value:
    value = evaluate(frame, node.value)
    storing.store(frame, node.target, value)
    return value


def _display(frame: Frame, node: ast.Tuple | ast.List | ast.Set) -> Value:
    items: list[Value] = []
    complete = True
    for element in node.elts:
        if isinstance(element, ast.Starred):
            inner = evaluate(frame, element.value)
            if isinstance(inner, Items):
                items.extend(inner.items)
            else:
                complete, items = False, [*grown.last_of(inner)]
        else:
            items.append(evaluate(frame, element))
    if not complete:
        return grown.Tail(items, None, node, frame) if isinstance(node, ast.List) else Unknown(node, frame)
    kind = {ast.Tuple: "tuple", ast.List: "list", ast.Set: "set"}[type(node)]
    return Items(items, kind, node, frame)


def _dict(frame: Frame, node: ast.Dict) -> Value:
    items: dict[object, Value] = {}
    complete = True
    for key, value in zip(node.keys, node.values, strict=True):
        held = evaluate(frame, value)
        name = evaluate(frame, key) if key is not None else held
        if key is not None and isinstance(name, Constant):
            items[name.value] = held
        elif key is None and isinstance(held, Mapped):
            items.update(held.items)
        else:
            complete = False
    return Mapped(items, node, frame) if complete else Unknown(node, frame)


def _comprehension(frame: Frame, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
    outer = frame.fork()
    for generator in node.generators:
        iterable = evaluate(frame, generator.iter)
        storing.store(frame, generator.target, Item(iterable, generator.target, frame))
        for condition in generator.ifs:
            evaluate(frame, condition)
    if isinstance(node, ast.DictComp):
        evaluate(frame, node.key)
        evaluate(frame, node.value)
    else:
        evaluate(frame, node.elt)
    frame.restore(outer)
    return Unknown(node, frame)


def _lambda(frame: Frame, node: ast.Lambda) -> Value:
    return Unknown(node, frame)


def _call(frame: Frame, node: ast.Call) -> Value:
    return calls.call(frame, node)


_HANDLERS: dict[type[ast.expr], Callable[[Frame, Any], Value]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.IfExp: _conditional,
    ast.NamedExpr: _walrus,
    ast.Tuple: _display,
    ast.List: _display,
    ast.Set: _display,
    ast.Dict: _dict,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
    ast.Lambda: _lambda,
    ast.Call: _call,
}
