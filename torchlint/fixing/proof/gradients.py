"""What autograd keeps for the gradient, in the old code and in the new: who writes to that later has no gradient."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from torchlint.fixing.proof import operation_traits
from torchlint.fixing.proof.memory import roots
from torchlint.fixing.proof.order import Timeline
from torchlint.syntax import trees
from torchlint.torch_facts import ops, spelled
from torchlint.values.compare import walk
from torchlint.values.interpret.frame import Frame
from torchlint.values.value import UNKNOWN, Op, Value

# What is said of an operation that the table does not know, or does not know this of.
_MAYBE = frozenset({"maybe"})
Kept = frozenset[str]


class Swap(NamedTuple):
    """An expression of the old code, and what is in its place."""

    target: ast.expr
    new: ast.expr


def swaps(written: Iterable[tuple[ast.expr, ast.expr]], order: Timeline) -> Iterator[Swap]:
    """The expressions that are computed otherwise; for another callee, its call."""
    for target, new in written:
        call = order.parents.get(target)
        if isinstance(call, ast.Call) and call.func is target:
            yield Swap(call, ast.Call(new, call.args, call.keywords))
        elif order.holds(target):
            yield Swap(target, new)


def left_behind(swap: Swap, old: Sequence[Op]) -> Iterator[ast.expr]:
    """What the old code computes on the way to the result, and the new code does not."""
    for op in _gone(swap, old):
        if isinstance(op.node, ast.expr) and op.grad and op.node is not swap.target and op.name not in ops.FACTORIES:
            yield op.node


def _gone(swap: Swap, old: Sequence[Op]) -> list[Op]:
    """The operations of the old code that the new code does not spell."""
    new = {ast.dump(part) for part in ast.walk(swap.new)}
    return [op for op in old if op.node is None or ast.dump(op.node) not in new]


def result_differs(frame: Frame, swap: Swap) -> bool:
    """Whether the result may be kept for the gradient by only one of two expressions."""
    new = _without_views(swap.new)
    if _operation(new) is None:
        return False  # nothing is computed
    old = _source(frame.values.get(swap.target, UNKNOWN))
    if not isinstance(old, Op):
        # Not an operation: the same under another name, unless it becomes one.
        return _holds("result", _saves(new)) is True
    return old.grad and _differ(_holds("result", _row(old.name)), _holds("result", _saves(new)))


def operand_differs(frame: Frame, swap: Swap, operand: ast.expr, old: Sequence[Op]) -> bool:
    """Whether the memory of something that both read may be kept by only one of them."""
    memory = roots(frame.values.get(operand, UNKNOWN))
    if not memory or not all(op.grad for op in old):
        return False
    takers = [op for op in _gone(swap, old) if any(_shares(arg, memory) for arg in op.args.values())]
    before = [_holds("operands", _row(op.name)) for op in takers]
    said = ast.dump(_without_views(operand))
    after = [
        _holds("operands", _saves(node))
        for node in ast.walk(swap.new)
        if any(ast.dump(_without_views(part)) == said for part in _operands(node))
    ]
    return bool(after or before) and _differ(_any(before), _any(after))


def _shares(arg: Value, memory: frozenset[Value]) -> bool:
    return not memory.isdisjoint(roots(arg))


def _holds(what: str, saves: Kept) -> bool | None:
    return None if saves is _MAYBE else what in saves


def _any(found: Sequence[bool | None]) -> bool | None:
    return True if True in found else None if None in found else False


def _differ(before: bool | None, after: bool | None) -> bool:
    return before is None or after is None or before != after


def _row(name: str) -> Kept:
    row = ops.of(name)
    if row is not None and (row.makes or not row.grad):
        return frozenset()
    return _MAYBE if row is None or row.saves is None else frozenset(row.saves.split())


def _saves(node: ast.AST) -> Kept:
    name = _operation(node)
    return frozenset() if name is None else _row(name)


def _operation(node: ast.AST) -> str | None:
    """The name of the operation that an expression is by its looks; None where it computes nothing."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name, value=ast.Attribute(attr=space) | ast.Name(id=space))):
            return f"{space}.{name}" if ops.of(f"{space}.{name}") is not None else name
        case ast.Call(func=ast.Attribute(attr=name)) | ast.Call(func=ast.Name(id=name)):
            return name
        case ast.BinOp(op=operator):
            return spelled.BINARY[type(operator)]
        case ast.UnaryOp(op=ast.USub() as sign):
            return spelled.UNARY[type(sign)]
        case ast.UnaryOp() | ast.Call() | ast.IfExp() | ast.BoolOp() | ast.Compare():
            return ""
    return None


def _operands(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.Call():
            yield from (*node.args, *(keyword.value for keyword in node.keywords))
            if isinstance(node.func, ast.Attribute):
                yield node.func.value
        case ast.BinOp():
            yield from (node.left, node.right)
        case ast.UnaryOp():
            yield node.operand


def _without_views(node: ast.expr) -> ast.expr:
    """What an expression is a view of: `x` for `x.view(-1)[0]`."""
    while True:
        match node:
            case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in ops.VIEWS:
                node = inner
            case ast.Subscript(value=inner):
                node = inner
            case _:
                return node


def _source(value: Value) -> Value:
    while isinstance(value, Op) and value.name in ops.VIEWS:
        value = value.input
    return value


# Besides what registers a hook.
_ASKING = frozenset({"retain_grad", "grad", "grad_fn"})


def asks_for_gradient(frame: Frame, op: Op) -> bool:
    """Whether a function looks at the gradient with regard to the result of an operation, or hooks into it."""
    for node in trees.walk(frame.scope):
        match node:
            case ast.Attribute(attr=name, value=base) if name in _ASKING or name.startswith("register_"):
                asked = [base]
            case ast.Call(func=ast.Attribute(attr="grad" | "backward")):
                asked = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
            case _:
                continue
        if any(part is op for inner in asked for part in walk(frame.values.get(inner, UNKNOWN))):
            return True
    return False


# -- callers ----------------------------------------------------------------------------------------------------------


def written_by_callers(frame: Frame) -> str:
    """The text in which another function of the file writes to what this one gives back or takes; empty if none does.

    What leaves the file is for others to know.
    """
    function = frame.function
    if function is None:
        return ""
    by_layers = function.name in ("forward", "__call__")
    for scope in (frame.module.tree, *(one for one in ast.walk(frame.module.tree) if isinstance(one, _SCOPES))):
        if scope is not function.node:
            found = _written_in(scope, "" if by_layers else function.name)
            if found is not None:
                return ast.unparse(found)
    return ""


_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _written_in(scope: ast.AST, name: str) -> ast.AST | None:
    """What is written in place of what a call of a function takes or gives; of any function that has no name here."""
    own = trees.walk_own(scope)
    calls = [node for node in own if isinstance(node, ast.Call) and _is_call_of(node, name)]
    if not calls:
        return None
    held = {arg.id for call in calls for arg in call.args if isinstance(arg, ast.Name)}
    around = set(map(id, calls))
    for node in own:
        match node:
            case ast.Assign(value=value) if _reaches(value, held, around):
                held |= {part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name)}
            case ast.NamedExpr(value=value, target=target) if _reaches(value, held, around):
                held.add(target.id)
    return next((node for node in own if any(_reaches(part, held, around) for part in _written(node))), None)


def _is_call_of(call: ast.Call, name: str) -> bool:
    match call.func:
        case ast.Name(id=called):
            return called == name if name else not called[:1].isupper()
        case ast.Attribute(attr=called, value=ast.Name(id=base)):
            return called == name if name else base == "self" or called == "forward"
        case ast.Attribute(attr=called):
            return called == name
    return False


def _reaches(node: ast.AST, held: set[str], calls: set[int]) -> bool:
    """Whether an expression may be a view of a name in `held` or of the result of a call in `calls`."""
    while True:
        if id(node) in calls or (isinstance(node, ast.Name) and node.id in held):
            return True
        match node:
            case ast.Call(func=ast.Attribute(value=inner)) | ast.Attribute(value=inner) | ast.Subscript(value=inner):
                node = inner
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return any(_reaches(part, held, calls) for part in parts)
            case _:
                return False


def _written(node: ast.AST) -> Iterator[ast.AST]:
    """What a node writes to in place."""
    match node:
        case ast.AugAssign(target=target):
            yield target
        case ast.Subscript(ctx=ast.Store() | ast.Del(), value=base):
            yield base
        case ast.Attribute(ctx=ast.Store(), attr="data", value=base):
            yield base
        case ast.Call(func=ast.Attribute(attr=name, value=base)) if operation_traits.is_in_place(name):
            yield from (base, *node.args)
        case ast.Call() if any(keyword.arg in ("inplace", "out") for keyword in node.keywords):
            yield from (*node.args, *(keyword.value for keyword in node.keywords))
        case ast.Call(func=ast.Call() as layer) if any(keyword.arg == "inplace" for keyword in layer.keywords):
            yield from node.args
