"""`torch.where` around an expression that is singular where it is not taken: the gradient is NaN.

## What it does
Finds `torch.where(x > 0, f(x), c)` and `f(x).masked_fill(x <= 0, c)` where f is a log, a root, a power below 1, a
quotient, an arc sine or cosine, or an `exp` that overflows on the other side, and the condition compares the very x
that f is taken of, or that its argument depends on alone, as in `sqrt(1 - x ** 2)`. `y[x <= 0] = c` afterwards is the
same. Also finds quotients, logs and
roots that are replaced where they are NaN or infinite.

Silent where x is made safe first: `f(torch.where(x > 0, x, 1))`, `f(x.clamp(min=eps))`, `f(x + eps)`, and where
gradients are off or do not reach x, or the result is only written into a buffer of the instance, and in functions that
only datasets and transforms call.

## Why is this bad?
`where` chooses between two values that are both computed. In the backward pass the branch that was not taken gets the
gradient 0, and `0 * inf` is NaN: the forward pass is right and the weights become NaN one step later.

## Example
```python
entropy = torch.where(p > 0, p * torch.log(p), 0.0)
```
Use instead:
```python
entropy = torch.where(p > 0, p * torch.log(torch.where(p > 0, p, 1)), 0.0)
```

## Fix safety
The values are the same. The gradient is finite where it was NaN.

## When not to use it
Turn it off where no gradient is ever taken, and neither annotations nor `no_grad` say so.

## References
- [torch.where](https://docs.pytorch.org/docs/stable/generated/torch.where.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from torchlint.rule import (
    MASKED,
    Check,
    Frame,
    Op,
    Place,
    Problem,
    Stabilises,
    Value,
    facts,
    own_nodes,
    parents,
    path,
    trees,
)
from torchlint.vocabulary.autograd import requires_grad
from torchlint.vocabulary.data_tables import is_data
from torchlint.vocabulary.eval_mode import callers
from torchlint.vocabulary.grad_mode import is_called_without_grad
from torchlint.vocabulary.nn_modules import is_dataset_class, is_module_class
from torchlint.vocabulary.singular_points import faulty, is_fault, singular, tested

if TYPE_CHECKING:
    from torchlint.rule import Editor

# A value of the argument at which an operation is harmless.
_HARMLESS = {"acos": "0", "asin": "0", "exp": "0"}
# Libraries whose arrays are written into in the same way.
_ARRAYS = frozenset({"numpy", "pandas", "scipy", "jax", "cupy", "xarray", "tensorflow", "mxnet"})
_SELECTING = frozenset({"where", "masked_fill"})
_ELSEWHERE = "The gradient is NaN where this does not take what was computed before: there it is `0 * inf`"


class WhereNanGradient(Check):
    code = "TLT211"
    since = "0.1"
    related = ("TLT202", "TLT203", "TLT212")
    message = "The gradient is NaN where `torch.where` does not take this branch: there it is `0 * inf`"
    title = "Make the argument safe where the branch is not taken"
    help = "Make the argument harmless there: put a `torch.where` inside of the function, too"
    words = (("where", "masked_fill", MASKED),)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if _prepares_data(frame, 0) or _gives_nothing(frame):
            return
        problems = [problem for op in frame.ops if op.name in _SELECTING for problem in _of_op(op, frame)]
        problems += [problem for node in own_nodes(frame.scope) for problem in _of_store(node, frame)]
        if problems and not is_called_without_grad(frame) and not _prepares_data(frame):
            yield from problems


def _prepares_data(frame: Frame, depth: int = 2) -> bool:
    """Whether no gradient goes through what a function computes: it is part of a dataset or a transform, or called by
    such functions alone."""
    cls = frame.function.cls if frame.function is not None else None
    if (cls is not None and is_dataset_class(frame, cls)) or _is_transform(frame):
        return True
    above = [outer for _, outer in callers(frame)] if depth and frame.function is not None and cls is None else []
    return bool(above) and all(_prepares_data(outer, depth - 1) for outer in above)


def _is_transform(frame: Frame) -> bool:
    """Whether this is the `__call__` with one argument of a class that is not a module: it prepares samples, as
    those of torchvision do."""
    function = frame.function
    if function is None or function.cls is None or function.name != "__call__":
        return False
    return len(function.parameters) == 2 and not is_module_class(frame, function.cls)


def _gives_nothing(frame: Frame) -> bool:
    """Whether a function computes for nobody: it returns nothing, keeps nothing, and has no backward pass."""
    if frame.function is None:
        return False
    nodes = own_nodes(frame.scope)
    return not any(
        (isinstance(node, ast.Return | ast.Yield) and node.value is not None)
        or (isinstance(node, ast.Attribute) and (isinstance(node.ctx, ast.Store) or node.attr == "backward"))
        or (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store))
        for node in nodes
    )


def _of_op(op: Op, frame: Frame) -> Iterator[Problem]:
    if not op.grad or not facts.evidence(op) or _is_stored(op.node, frame):
        return
    for condition, branch, negated in _branches(op):
        found = _found(condition, branch, negated, frame)
        if found is not None:
            yield _problem(op, found, negated)


def _of_store(node: ast.AST, frame: Frame) -> Iterator[Problem]:
    """`y[x == 0] = 0` where y was computed with a singularity at 0."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant | ast.UnaryOp):
        return
    for target in node.targets:
        if not isinstance(target, ast.Subscript):
            continue
        held, condition = frame.values.get(target.value), frame.values.get(target.slice)
        if held is None or condition is None or not _has_gradient(held):
            continue
        if not facts.evidence(held) and not _ARRAYS.isdisjoint(frame.module.words.all):
            continue
        found = _found(condition, held, True, frame)
        if found is not None and found.node is not None:
            yield Problem(target, _ELSEWHERE, places=(Place(found.node, "this is singular there"),))


def _has_gradient(value: Value) -> bool:
    return isinstance(value, Op) and value.grad


def _branches(op: Op) -> Iterator[tuple[Value, Value, bool]]:
    """The branches of a `where` or `masked_fill`: the condition, what is taken, and whether it is taken where the
    condition is false."""
    condition, taken, other = (op.args.get(name) for name in ("condition", "input", "other"))
    if op.name == "masked_fill":
        condition, taken, other = op.args.get("mask"), None, op.args.get("input")
    if condition is not None:
        yield from ((condition, branch, branch is other) for branch in (taken, other) if branch is not None)


def _found(condition: Value, branch: Value, negated: bool, frame: Frame) -> Op | None:
    """The operation of this frame in a branch whose gradient is NaN where the branch is not taken."""
    if negated and is_fault(condition, branch):
        found = faulty(branch)
    else:
        test = tested(condition, negated)
        found = singular(branch, test) if test is not None else None
    if found is None or found.node is None or found.frame is not frame or not _may_need_gradient(found):
        return None
    return found


def _may_need_gradient(op: Op) -> bool:
    """Whether a gradient may go through the argument in which an operation is singular, or through a numerator."""
    arguments = [op.input, op.args["other"]] if op.name == "div" else [op.input]
    return any(not is_data(arg) and requires_grad(arg) is not False for arg in arguments)


def _is_stored(node: ast.AST | None, frame: Frame) -> bool:
    """Whether a result is only written into a buffer, as data is: `self.depths[index] = torch.where(..)`."""
    parent = None if node is None else parents(frame.module).get(node)
    return isinstance(parent, ast.Assign) and all(
        isinstance(target, ast.Subscript) and (path(frame, target.value) or "").startswith("self.")
        for target in parent.targets
    )


def _problem(where: Op, found: Op, negated: bool) -> Problem:
    node = found.node
    assert node is not None
    name = "other" if found.name == "div" else "input"
    argument, condition = found.nodes.get(name), where.nodes.get("condition")
    if not _holds(where.node, node) and where.node is not None:
        return Problem(where.node, _ELSEWHERE, places=(Place(node, "this is singular there"),))
    fix = None
    if argument is not None and condition is not None and _is_simple(argument, condition):
        safe = _HARMLESS.get(found.name, "1")
        fix = partial(_guard, argument, condition, safe, negated, _torch(where))
    return Problem(node, fix=fix if _torch(where) else None, claim=Stabilises())


def _holds(outer: ast.AST | None, node: ast.AST) -> bool:
    """Whether a node stands in another: what is written in both means the same there."""
    return outer is not None and any(part is node for part in trees.walk(outer))


def _torch(where: Op) -> str:
    """How the code calls `torch.where`."""
    call = where.node
    return (
        ast.unparse(call.func) if isinstance(call, ast.Call) and where.name == "where" and where.form == "torch" else ""
    )


def _is_simple(*nodes: ast.expr) -> bool:
    """Whether expressions may be written twice: names, attributes, numbers and comparisons of them."""
    allowed = (
        ast.Name | ast.Attribute | ast.Constant | ast.Compare | ast.cmpop | ast.expr_context | ast.UnaryOp | ast.USub
    )
    return all(isinstance(part, allowed) for node in nodes for part in trees.walk(node))


def _guard(argument: ast.expr, condition: ast.expr, safe: str, negated: bool, where: str, editor: Editor) -> None:
    x, test = editor.text(argument), editor.text(condition)
    new = f"{where}({test}, {safe}, {x})" if negated else f"{where}({test}, {x}, {safe})"
    editor.replace(argument, new, [argument])
