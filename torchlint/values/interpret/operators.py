"""Python's operators on values: arithmetic, comparisons, and what is known of literals."""

from __future__ import annotations

import ast

from torchlint.torch_facts import spelled
from torchlint.values.interpret import lists
from torchlint.values.interpret.frame import Frame, evaluates
from torchlint.values.value import Constant, Items, Op, Unknown, Value

_MAX_FOLD = 2**63


@evaluates(ast.BinOp)
def _binary(frame: Frame, node: ast.BinOp) -> Value:
    left, right = frame.value(node.left), frame.value(node.right)
    return arithmetic(spelled.BINARY[type(node.op)], left, right, node.left, node.right, node, frame)


def arithmetic(
    name: str, left: Value, right: Value, left_node: ast.expr, right_node: ast.expr, node: ast.AST, frame: Frame
) -> Value:
    """The result of an arithmetic operator, by the name of its operation."""
    if isinstance(left, Constant) and isinstance(right, Constant):
        return _fold(name, left.value, right.value, node)
    if name == "add" and (isinstance(left, Items) or isinstance(right, Items)):
        if isinstance(left, Items) and isinstance(right, Items) and left.kind == right.kind:
            return Items((*left.items, *right.items), left.kind, node, frame)
        longer = lists.extended(left, right, node, frame)
        if longer is not None:
            return longer
    second = "exponent" if name == "pow" else "other"
    return operation(frame, name, {"input": left, second: right}, {"input": left_node, second: right_node}, node)


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


@evaluates(ast.UnaryOp)
def _unary(frame: Frame, node: ast.UnaryOp) -> Value:
    operand = frame.value(node.operand)
    if isinstance(operand, Constant) and isinstance(operand.value, int | float):
        if isinstance(node.op, ast.USub):
            return Constant(-operand.value, node)
        if isinstance(node.op, ast.UAdd):
            return Constant(+operand.value, node)
        if isinstance(node.op, ast.Not):
            return Constant(not operand.value, node)
    return operation(frame, spelled.UNARY[type(node.op)], {"input": operand}, {"input": node.operand}, node)


@evaluates(ast.Compare)
def _compare(frame: Frame, node: ast.Compare) -> Value:
    left = frame.value(node.left)
    rest = [frame.value(comparator) for comparator in node.comparators]
    if len(rest) > 1:
        return Unknown(node, frame)
    nodes = {"input": node.left, "other": node.comparators[0]}
    return operation(frame, spelled.COMPARE[type(node.ops[0])], {"input": left, "other": rest[0]}, nodes, node)


def operation(frame: Frame, name: str, args: dict[str, Value], nodes: dict[str, ast.expr], node: ast.AST) -> Op:
    """The operation that is written as an operator or an index; the frame notes that it was run."""
    op = Op(name, args, nodes, "operator", node, frame)
    frame.ops.append(op)
    return op
