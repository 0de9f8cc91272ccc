"""The cross entropy of one sample as loops write it: `-log(exp(x[i][t[i]]) / (exp(x[i][0]) + exp(x[i][1])))`."""

from __future__ import annotations

import ast
from typing import NamedTuple

from torchlint.rule import Frame, Op, Value, facts, ops
from torchlint.vocabulary.element_access import Access, Full, Turn, access, number
from torchlint.vocabulary.shown_tensors import is_number, shown_tensor


class Term(NamedTuple):
    """The loss of one sample: the element of the logits that the label picks, the place of the class, and the label.

    `place` is None where the sample goes into a loss function; `scaled` where the loss is divided in each turn.
    """

    picked: Access
    place: int | None
    label: Access
    scaled: bool = False

    @property
    def loops(self) -> tuple[ast.For, ...]:
        return (*self.picked.turns(), *self.label.turns())


def term_of(statement: ast.AST, frame: Frame) -> Term | None:
    """The loss that a statement adds to a total or a list."""
    if isinstance(statement, ast.If):
        return _two_branches(statement, frame)
    return _by_hand(statement, frame) or _by_function(statement, frame)


def total_of(statement: ast.AST) -> str | None:
    """The name that a statement adds to."""
    if isinstance(statement, ast.If):
        totals = {total_of(branch) for branch in (statement.body[0], statement.orelse[0])}
        return totals.pop() if len(totals) == 1 else None
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return None


def added(statement: ast.AST) -> tuple[ast.expr, int] | None:
    """What a statement adds to a total or a list, and its sign."""
    match statement:
        case ast.AugAssign(op=ast.Add(), value=value):
            return value, 1
        case ast.AugAssign(op=ast.Sub(), value=value):
            return value, -1
        case ast.Assign(
            targets=[ast.Name() as target], value=ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right)
        ):
            if isinstance(left, ast.Name) and left.id == target.id:
                return right, 1 if isinstance(op, ast.Add) else -1
            if isinstance(right, ast.Name) and right.id == target.id and isinstance(op, ast.Add):
                return left, 1
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="append"), args=[value])):
            return value, 1
        case ast.Assign(targets=[ast.Subscript()], value=value):
            return value, 1
    return None


def _by_hand(statement: ast.AST, frame: Frame) -> Term | None:
    found = _log_ratio(statement, frame)
    if found is None:
        return None
    picked, place, scaled = found
    label = picked.indices[place]
    return Term(picked, place, label, scaled) if isinstance(label, Access) and label.turns() else None


def _by_function(statement: ast.AST, frame: Frame) -> Term | None:
    """`loss += F.cross_entropy(x[i], t[i])`."""
    term = added(statement)
    value = frame.values.get(term[0]) if term is not None and term[1] == 1 else None
    if not isinstance(value, Op) or value.name not in ops.CLASS_LOSSES:
        return None
    if not isinstance(value.node, ast.Call) or "target" not in value.args:
        return None
    picked, label = access(_unsqueezed(value.input), frame), access(_unsqueezed(value.args["target"]), frame)
    if picked is None or label is None or not shown_tensor(frame, picked.root) or facts.is_tensor(label.root) is False:
        return None
    alike = len(picked.indices) == len(label.indices) == 1 and picked.indices == label.indices
    return Term(picked, None, label) if alike and isinstance(picked.indices[0], Turn) else None


def _unsqueezed(value: Value) -> Value:
    """`x[i]` for `x[i].unsqueeze(0)`."""
    return value.input if isinstance(value, Op) and value.name == "unsqueeze" and value.constant("dim") == 0 else value


def _log_ratio(statement: ast.AST, frame: Frame) -> tuple[Access, int, bool] | None:
    """The element, the place of its class and whether it is scaled, where `-log(exp(a) / sum(exp))` is added."""
    term = added(statement)
    value = frame.values.get(term[0]) if term is not None else None
    if term is None or value is None:
        return None
    sign, scaled = term[1], False
    while isinstance(value, Op):
        if value.name == "neg":
            sign, value = -sign, value.input
        elif value.name == "mul" and (factor := _minus_one(value)) is not None:
            sign, value = -sign, factor
        elif value.name == "div" and is_number(value.args["other"]):
            scaled, value = True, value.input
        else:
            break
    found = _ratio(value, frame) if sign == -1 else None
    return (*found, scaled) if found is not None else None


def _minus_one(value: Op) -> Value | None:
    for factor, other in (("input", "other"), ("other", "input")):
        if value.constant(factor) in (-1, -1.0):
            return value.args[other]
    return None


def _ratio(value: Value, frame: Frame) -> tuple[Access, int] | None:
    """The element `a` and the place of its class, for `log(exp(a) / (exp(b) + exp(c)))`."""
    ratio = value.input if isinstance(value, Op) and value.name == "log" else None
    if not isinstance(ratio, Op) or ratio.name != "div":
        return None
    above, below = _exponent(ratio.input), ratio.args["other"]
    picked = access(above, frame) if above is not None else None
    if picked is None:
        return None
    exponents = [_exponent(term) for term in _terms(below)]
    classes = [access(exponent, frame) for exponent in exponents if exponent is not None]
    if len(exponents) > 1 and len(classes) == len(exponents):
        return _among(picked, classes)
    return _over_row(picked, below, frame)


def _exponent(value: Value) -> Value | None:
    return value.input if isinstance(value, Op) and value.name == "exp" else None


def _terms(value: Value) -> list[Value]:
    if isinstance(value, Op) and value.name == "add":
        return [*_terms(value.input), *_terms(value.args["other"])]
    return [value]


def _among(picked: Access, classes: list[Access | None]) -> tuple[Access, int] | None:
    """The place at which the classes 0, 1, ... stand, where all else is as in the element that was picked."""
    for place in range(len(picked.indices)):
        numbers = [found.indices[place] for found in classes if found is not None and len(found.indices) > place]
        counted = [index for index in numbers if type(index) is int]
        if len(numbers) != len(classes) or sorted(counted) != list(range(len(numbers))):
            continue
        expected = [
            Access(picked.root, (*picked.indices[:place], index, *picked.indices[place + 1 :])) for index in numbers
        ]
        if all(found is not None and found.alike(wanted) for found, wanted in zip(classes, expected, strict=True)):
            return picked, place
    return None


def _over_row(picked: Access, below: Value, frame: Frame) -> tuple[Access, int] | None:
    """`exp(x[i]).sum()`."""
    exponent = _exponent(below.input) if isinstance(below, Op) and below.name == "sum" else None
    row = access(exponent, frame) if exponent is not None else None
    for place, index in enumerate(picked.indices):
        if not isinstance(index, Access | int) or row is None:
            continue
        whole = (*picked.indices[:place], Full(), *picked.indices[place + 1 :])
        short = picked.indices[:place] if place == len(picked.indices) - 1 else whole
        if row.alike(Access(picked.root, whole)) or row.alike(Access(picked.root, short)):
            return picked, place
    return None


def _two_branches(statement: ast.If, frame: Frame) -> Term | None:
    """`if int(t[i]) == 0: loss -= log(p0)`, `else: loss -= log(p1)`."""
    test = frame.values.get(statement.test)
    if not isinstance(test, Op) or test.name != "eq" or len(statement.body) != 1 or len(statement.orelse) != 1:
        return None
    label, first = access(number(test.input), frame), test.constant("other")
    found = [_log_ratio(branch, frame) for branch in (statement.body[0], statement.orelse[0])]
    if found[0] is None or found[1] is None or label is None:
        return None
    (picked, place, scaled), (other, other_place, _) = found[0], found[1]
    chosen = (picked.indices[place], other.indices[other_place])
    if place != other_place or chosen not in ((0, 1), (1, 0)) or chosen[0] != first:
        return None
    indices = (*picked.indices[:place], label, *picked.indices[place + 1 :])
    return Term(Access(picked.root, indices), place, label, scaled)
