"""`torch.where` around an expression that is singular where it is not taken: the gradient is NaN.

## What it does
Finds `torch.where(x > 0, f(x), c)` where f is a log, a root, a power below 1, a quotient, an arc sine or cosine, or
an `exp` that overflows on the other side, and the condition compares the very x that f is taken of.

Silent where x is made safe first: `f(torch.where(x > 0, x, 1))`, `f(x.clamp(min=eps))`, `f(x + eps)`, and where
gradients are off or do not reach x, or the result is only written into a buffer of the instance.

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

## References
- [torch.where](https://docs.pytorch.org/docs/stable/generated/torch.where.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from torchlint.rule import (
    Check,
    Constant,
    Frame,
    Op,
    Problem,
    Stabilises,
    Value,
    dtypes,
    facts,
    ops,
    parents,
    path,
    same,
    trees,
    walk,
)
from torchlint.vocabulary.autograd import requires_grad
from torchlint.vocabulary.nn_modules import is_dataset_class
from torchlint.vocabulary.ranges import is_data

if TYPE_CHECKING:
    from torchlint.rule import Editor

# Which argument is singular at or beyond a bound, and a value at which the operation is harmless.
_SINGULAR = {"log": "1", "log2": "1", "log10": "1", "sqrt": "1", "rsqrt": "1", "acos": "0", "asin": "0", "div": "1"}
_LOWER, _UPPER, _EXCEPT = "lower", "upper", "except"
_TESTS = {"gt": _LOWER, "ge": _LOWER, "lt": _UPPER, "le": _UPPER, "ne": _EXCEPT}
_FLIPPED = {_LOWER: _UPPER, _UPPER: _LOWER, _EXCEPT: _EXCEPT}
_NEGATED = {"gt": "le", "ge": "lt", "lt": "ge", "le": "gt", "eq": "ne", "ne": "eq"}


class WhereNanGradient(Check):
    code = "TLT211"
    since = "0.1"
    message = "The gradient is NaN where `torch.where` does not take this branch: there it is `0 * inf`"
    title = "Make the argument safe where the branch is not taken"
    help = "Make the argument harmless there: put a `torch.where` inside of the function, too"
    ops = ("where",)

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        condition, taken, other = (op.args.get(name) for name in ("condition", "input", "other"))
        if not op.grad or condition is None or taken is None or other is None or not facts.evidence(op):
            return
        if _is_stored(op.node, frame):
            return
        if frame.function and frame.function.cls and is_dataset_class(frame, frame.function.cls):
            return  # No gradient goes through what a dataset prepares.
        for branch, negated in ((taken, False), (other, True)):
            found = _tested(condition, negated)
            if found is None:
                continue
            x, side, bound = found
            singular = _singular(branch, x, side, bound)
            if singular is None or singular.node is None or singular.frame is not frame:
                continue
            if not is_data(x) and requires_grad(x) is not False:
                yield _problem(op, singular, negated)


def _is_stored(node: ast.AST | None, frame: Frame) -> bool:
    """Whether a result is only written into a buffer, as data is: `self.depths[index] = torch.where(..)`."""
    parent = None if node is None else parents(frame.module).get(node)
    return isinstance(parent, ast.Assign) and all(
        isinstance(target, ast.Subscript) and (path(frame, target.value) or "").startswith("self.")
        for target in parent.targets
    )


def _tested(condition: Value, negated: bool) -> tuple[Value, str, float] | None:
    """What a condition compares with a number, and on which side of it the value is where the branch is taken."""
    if not isinstance(condition, Op) or "other" not in condition.args:
        return None
    name = _NEGATED.get(condition.name, "") if negated else condition.name
    x, bound, flip = condition.input, condition.args["other"], False
    if isinstance(x, Constant):
        x, bound, flip = bound, x, True
    side = _TESTS.get(name)
    if side is None or not isinstance(bound, Constant) or not isinstance(bound.value, int | float):
        return None
    return x, _FLIPPED[side] if flip else side, float(bound.value)


def _singular(branch: Value, x: Value, side: str, bound: float) -> Op | None:
    """The operation in a branch that has an infinite gradient for values of x on the other side."""
    for part in walk(branch):
        if not isinstance(part, Op):
            continue
        if part.name == "where" or _is_softplus(part):
            return None
        if _is_singular(part, x, side, bound):
            return part
    return None


def _is_softplus(op: Op) -> bool:
    """`log(1 + exp(x))`, of which TLT205 says more."""
    return op.name in ("log", "log1p") and any(isinstance(part, Op) and part.name == "exp" for part in walk(op.input))


def _is_singular(op: Op, x: Value, side: str, bound: float) -> bool:
    if op.name == "div":
        divisor = op.args.get("other")
        at_zero = (bound == 0 and side == _EXCEPT) or (side == _LOWER and bound >= 0) or (side == _UPPER and bound <= 0)
        return divisor is not None and same(divisor, x) and at_zero and (_is_number(op.input) or _is_measured(x))
    if not same(op.input, x):
        return False
    if op.name == "pow":
        exponent = op.constant("exponent")
        return isinstance(exponent, float | int) and exponent < 1 and bound >= 0 and side in (_LOWER, _EXCEPT)
    if op.name == "exp":
        # Only far below the overflow of the dtype: `where(x < 0, exp(x), ..)`.
        return side == _UPPER and bound <= 80
    if _SINGULAR.get(op.name) == "0":
        return side == _UPPER and 0 < bound <= 1
    return op.name in _SINGULAR and bound >= 0 and side in (_LOWER, _EXCEPT) and (side == _LOWER or bound == 0)


def _is_number(value: Value) -> bool:
    return isinstance(value, Constant)


def _is_measured(value: Value) -> bool:
    """Whether a divisor is not a count: what is divided by a count is often data, through which no gradient goes."""
    counted = any(isinstance(part, Op) and part.name in ops.CASTS for part in walk(value))
    return dtypes.is_floating(value) and not counted


def _problem(where: Op, singular: Op, negated: bool) -> Problem:
    node = singular.node
    assert node is not None
    name = "other" if singular.name == "div" else "input"
    argument, condition = singular.nodes.get(name), where.nodes.get("condition")
    fix = None
    if argument is not None and condition is not None and _is_simple(argument, condition) and _holds(where.node, node):
        safe = _SINGULAR.get(singular.name, "0" if singular.name == "exp" else "1")
        fix = partial(_guard, argument, condition, safe, negated, _torch(where))
    return Problem(node, fix=fix if _torch(where) else None, claim=Stabilises())


def _holds(outer: ast.AST | None, node: ast.AST) -> bool:
    """Whether a node stands in another: what is written in both means the same there."""
    return outer is not None and any(part is node for part in trees.walk(outer))


def _torch(where: Op) -> str:
    """How the code calls `torch.where`."""
    call = where.node
    return ast.unparse(call.func) if isinstance(call, ast.Call) and where.form == "torch" else ""


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
