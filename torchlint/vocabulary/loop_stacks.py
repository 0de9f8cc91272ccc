"""Tensors that are stacked from the elements that a loop or a comprehension makes one by one."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from torchlint.rule import Constant, Frame, Items, Op, ops, trees

from .loops import Sweep, leaks, sweep

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor


class Stack(NamedTuple):
    """Elements that are made over a sweep and joined along a dim by `name`, `stack` or `cat`.

    `write` puts the text of an expression in the place of it all.
    """

    name: str
    dim: object
    node: ast.AST
    sweep: Sweep
    element: ast.expr
    joined: ast.AST | None
    write: Callable[[Editor, str], None]

    def row(self, frame: Frame) -> ast.expr | None:
        """What becomes one row of the result: for `cat` what is given a leading dim of one."""
        if self.name == "stack":
            return self.element
        return _without_leading_dim(self.element, frame) if self.dim == 0 else None


def stacks(frame: Frame) -> Iterator[Stack]:
    """The tensors that a function stacks or concatenates out of what a comprehension or a loop makes."""
    for op in frame.ops:
        found = of_comprehension(op, frame) if op.name in ops.JOINS else None
        if found is not None:
            yield found
    for loop in frame.loops:
        found = of_loop(loop, frame)
        if found is not None:
            yield found


def of_comprehension(op: Op, frame: Frame) -> Stack | None:
    """`torch.stack([f(x[i]) for i in range(n)])`, also with the list in a local of the line before."""
    made = op.nodes.get("tensors")
    listed = _listed(made, op, frame)
    if listed is not None:
        made = listed.value
    match made:
        case ast.Call(func=ast.Name(id="tuple" | "list"), args=[inner]):
            made = inner
    if not isinstance(made, ast.ListComp | ast.GeneratorExp) or not isinstance(op.node, ast.Call) or not _joins(op):
        return None
    generator = made.generators[0]
    found = sweep(generator, frame) if len(made.generators) == 1 and not generator.ifs else None
    if found is None:
        return None
    call = op.node

    def write(editor: Editor, text: str) -> None:
        joined = op.nodes["tensors"]
        if listed is None or not isinstance(joined, ast.Name) or op.statement is None:
            editor.replace(call, text)
            return
        editor.replace(listed.value, text)
        if _is_join(op.statement, joined.id, op):
            editor.delete_statement(op.statement)
        else:
            editor.replace(call, joined.id)

    return Stack(op.name, op.constant("dim", 0), made if listed else call, found, made.elt, call, write)


def _listed(made: ast.expr | None, op: Op, frame: Frame) -> ast.Assign | None:
    """The statement before, which makes the list that is joined here and read nowhere else."""
    value = frame.values.get(made) if isinstance(made, ast.Name) else None
    statement = frame.definitions.get(value) if value is not None else None
    if value is None or not isinstance(made, ast.Name) or not isinstance(statement, ast.Assign):
        return None
    block = trees.block_of(frame.scope, statement)
    if block is None or frame.function is None or op.statement not in block or len(statement.targets) != 1:
        return None
    adjacent = block.index(statement) + 1 == block.index(op.statement)
    known = statement.value is value.node and isinstance(value.node, ast.ListComp)
    alone = frame.uses(value) == 1 and not _is_captured(frame.scope, made.id)
    return statement if adjacent and known and alone else None


def _without_leading_dim(node: ast.expr, frame: Frame) -> ast.expr | None:
    """`row` for `row.unsqueeze(0)` and `row[None]`."""
    value = frame.values.get(node)
    if isinstance(value, Op) and value.name == "unsqueeze" and value.constant("dim") == 0:
        return value.nodes.get("input")
    index = frame.values.get(node.slice) if isinstance(node, ast.Subscript) else None
    if isinstance(node, ast.Subscript) and isinstance(index, Constant) and index.value is None:
        return node.value
    return None


def of_loop(loop: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> Stack | None:
    """`out = []`, a loop that appends to it, and `torch.stack(out)`, the only thing that reads it."""
    if len(loop.body) != 1 or not isinstance(loop, ast.For):
        return None
    made = appended(loop.body[0])
    if made is None:
        return None
    name, element = made
    start = frame.envs.get(loop, {}).get(name)
    if not isinstance(start, Items) or start.items or start.kind != "list":
        return None
    found = sweep(loop, frame)
    around = _around(loop, name, frame)
    if found is None or around is None or leaks(found, frame):
        return None
    empty, joint, op = around

    def write(editor: Editor, text: str) -> None:
        assert isinstance(op.node, ast.expr)
        if joint is not None:
            editor.delete_statement(joint)
        else:
            editor.replace(op.node, name)
        editor.replace_statements(loop, loop, [f"{name} = {text}"], carry_comments=True)
        editor.delete_statement(empty)

    return Stack(op.name, op.constant("dim", 0), loop, found, element, op.node, write)


def _joins(op: Op) -> bool:
    dim = op.constant("dim", 0)
    return op.args.keys() <= {"tensors", "dim"} and type(dim) is int and dim >= 0


def appended(statement: ast.stmt) -> tuple[str, ast.expr] | None:
    """The list and the element for `out.append(e)`, `out += [e]` and `out = out + [e]`."""
    match statement:
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[e], keywords=[])
        ):
            return name, e
        case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=ast.List(elts=[e])):
            return name, e
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.BinOp(left=ast.Name(id=left), op=ast.Add(), right=ast.List(elts=[e])),
        ) if name == left:
            return name, e
    return None


def _around(loop: ast.For, name: str, frame: Frame) -> tuple[ast.stmt, ast.stmt | None, Op] | None:
    """The statement that makes the list, that which joins it under its own name, and the operation that joins it.

    None where anything else knows of the list.
    """
    scope = frame.scope
    block = trees.block_of(scope, loop)
    if block is None or frame.function is None:
        return None
    place = block.index(loop)
    made = [statement for statement in block[:place] if _makes(statement, name)]
    later = [(statement, op) for statement in block[place + 1 :] for op in _joined(statement, name, frame)]
    if not made or not later:
        return None
    joint, op = later[0]
    rebinds = _is_join(joint, name, op)
    between = block[block.index(made[-1]) : block.index(joint) + 1] if rebinds else [scope]
    mentions = sum(_mentions(node, name) for node in between)
    if mentions != _mentions(loop, name) + 2 + rebinds or _is_captured(scope, name):
        return None
    return made[-1], joint if rebinds else None, op


def _is_join(statement: ast.stmt, name: str, op: Op) -> bool:
    """`out = torch.stack(out)`."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)], value=value):
            return target == name and value is op.node
    return False


def _mentions(node: ast.AST, name: str) -> int:
    return sum(isinstance(part, ast.Name) and part.id == name for part in trees.walk(node))


def _is_captured(scope: ast.AST, name: str) -> bool:
    """Whether a function inside reads the name."""
    inner = [node for node in trees.walk(scope) if isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef)]
    return any(_mentions(node, name) for node in inner if node is not scope)


def _makes(statement: ast.stmt, name: str) -> bool:
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)], value=ast.List(elts=[]) | ast.Call(args=[], keywords=[])):
            return target == name
        case ast.AnnAssign(target=ast.Name(id=target), value=ast.List(elts=[])):
            return target == name
    return False


def _joined(statement: ast.stmt, name: str, frame: Frame) -> list[Op]:
    found = []
    if isinstance(statement, ast.For | ast.AsyncFor | ast.While | ast.FunctionDef | ast.ClassDef):
        return []
    for node in trees.walk(statement):
        value = frame.values.get(node)
        if not isinstance(node, ast.Call) or not isinstance(value, Op) or value.name not in ops.JOINS:
            continue
        list_node = value.nodes.get("tensors")
        if isinstance(list_node, ast.Name) and list_node.id == name and _joins(value):
            found.append(value)
    return found
