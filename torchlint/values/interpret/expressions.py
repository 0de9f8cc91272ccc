"""Expressions to values: names, displays, indices and what chooses between values."""

from __future__ import annotations

import ast

from torchlint.torch_facts import ops
from torchlint.values.compare import join
from torchlint.values.interpret import assignments, classes, lists, size_tuples
from torchlint.values.interpret.branches import outcome
from torchlint.values.interpret.frame import Frame, evaluates
from torchlint.values.interpret.lookup import external, outer_value
from torchlint.values.interpret.operators import operation
from torchlint.values.value import (
    UNKNOWN,
    Call,
    Choice,
    Constant,
    Element,
    External,
    Instance,
    Items,
    Layer,
    Mapped,
    Op,
    Unknown,
    Value,
)


@evaluates(ast.Constant)
def _constant(frame: Frame, node: ast.Constant) -> Value:
    return Constant(node.value, node)


@evaluates(ast.Name)
def _name(frame: Frame, node: ast.Name) -> Value:
    value = frame.load(node.id, node)
    if value is None:
        value = outer_value(frame, node.id)
        if value is UNKNOWN:
            return Unknown(node, frame)
    if isinstance(value, External):
        return external(frame, value.qualname, node)
    return value


@evaluates(ast.Subscript)
def _subscript(frame: Frame, node: ast.Subscript) -> Value:
    return _item_of(frame, frame.value(node.value), frame.value(node.slice), node)


def _item_of(frame: Frame, base: Value, index: Value, node: ast.Subscript) -> Value:
    """`base[index]`."""
    if isinstance(base, Choice):
        return join(*(_item_of(frame, member, index, node) for member in base.members))
    if isinstance(index, Constant):
        key = index.value
        if isinstance(base, Items) and isinstance(key, int):
            return base.items[key] if -len(base.items) <= key < len(base.items) else Unknown(node, frame)
        if isinstance(base, Mapped):
            return base.items.get(key) or Unknown(node, frame)
        if isinstance(base, Layer) and base.children and isinstance(key, int):
            return lists.child_at(base.children, key) or Unknown(node, frame)
        if isinstance(base, lists.Tail) and isinstance(key, int) and -len(base.last) <= key < 0:
            return base.last[key]
        if isinstance(base, Op) and base.name == "shape" and isinstance(key, int):
            return Op("size", {"input": base.input, "dim": index}, {}, base.form, node, frame)
        if isinstance(base, Op) and isinstance(key, int) and ops.outputs(base.name, base.args):
            return Element(base, key, node, frame)
        if isinstance(base, Call) and isinstance(key, int | str):
            return Element(base, key, node, frame)
    if isinstance(base, Instance):
        found = classes.item(frame, base, index)
        if found is not None:
            return found
    held = lists.one_of(base, index)
    if held is not None:
        return held
    nodes = {"input": node.value, "index": node.slice}
    return operation(frame, "getitem", {"input": base, "index": index}, nodes, node)


@evaluates(ast.Slice)
def _slice(frame: Frame, node: ast.Slice) -> Value:
    args = {}
    for name, part in (("start", node.lower), ("stop", node.upper), ("step", node.step)):
        if part is not None:
            args[name] = frame.value(part)
    return Op("slice", args, {}, "operator", node, frame)


@evaluates(ast.BoolOp)
def _boolean(frame: Frame, node: ast.BoolOp) -> Value:
    held = [frame.value(operand) for operand in node.values]
    if not frame.depth:
        return join(*held)
    decisive = isinstance(node.op, ast.Or)
    taken: list[Value] = []
    for operand, value in zip(node.values, held, strict=True):
        answer = outcome(frame, operand)
        if answer is None or answer is decisive or operand is node.values[-1]:
            taken.append(value)
        if answer is decisive:
            break
    return join(*taken)


@evaluates(ast.IfExp)
def _conditional(frame: Frame, node: ast.IfExp) -> Value:
    test = frame.value(node.test)
    body, orelse = frame.value(node.body), frame.value(node.orelse)
    decided = bool(test.value) if isinstance(test, Constant) else outcome(frame, node.test)
    return join(body, orelse) if decided is None else body if decided else orelse


@evaluates(ast.NamedExpr)
def _walrus(frame: Frame, node: ast.NamedExpr) -> Value:
    value = frame.value(node.value)
    assignments.store(frame, node.target, value)
    return value


@evaluates(ast.Tuple, ast.List, ast.Set)
def _display(frame: Frame, node: ast.Tuple | ast.List | ast.Set) -> Value:
    items: list[Value] = []
    parts: list[size_tuples.Part] = []
    complete = True
    for element in node.elts:
        if isinstance(element, ast.Starred):
            inner = frame.value(element.value)
            parts.append((element, inner))
            if isinstance(inner, Items):
                items.extend(inner.items)
            else:
                complete, items = False, [*lists.last_of(inner)]
        else:
            items.append(frame.value(element))
            parts.append((element, items[-1]))
    if not complete and isinstance(node, ast.Tuple):
        return size_tuples.joined(parts, node, frame) or Unknown(node, frame)
    if not complete:
        return lists.Tail(items, None, node, frame) if isinstance(node, ast.List) else Unknown(node, frame)
    kind = {ast.Tuple: "tuple", ast.List: "list", ast.Set: "set"}[type(node)]
    return Items(items, kind, node, frame)


@evaluates(ast.Dict)
def _dict(frame: Frame, node: ast.Dict) -> Value:
    items: dict[object, Value] = {}
    complete = True
    for key, value in zip(node.keys, node.values, strict=True):
        held = frame.value(value)
        name = frame.value(key) if key is not None else held
        if key is not None and isinstance(name, Constant):
            items[name.value] = held
        elif key is None and isinstance(held, Mapped):
            items.update(held.items)
        else:
            complete = False
    return Mapped(items, node, frame) if complete else Unknown(node, frame)


@evaluates(ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
def _comprehension(frame: Frame, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
    outer = frame.fork()
    for generator in node.generators:
        iterable = frame.value(generator.iter)
        assignments.store(frame, generator.target, lists.taken_by_comprehension(iterable, generator.target, frame))
        for condition in generator.ifs:
            frame.value(condition)
    if isinstance(node, ast.DictComp):
        frame.value(node.key)
        frame.value(node.value)
    else:
        frame.value(node.elt)
    frame.restore(outer)
    return Unknown(node, frame)


@evaluates(ast.Lambda)
def _lambda(frame: Frame, node: ast.Lambda) -> Value:
    return Unknown(node, frame)
