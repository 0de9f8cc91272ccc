"""The square root of a sum of squares has no gradient at 0.

## What it does
Finds `sqrt` of a sum or mean of squares, without an eps in it, where gradients are on: in the methods of a module,
and in functions that return what is computed from it.

Silent under `no_grad`, in optimizers, for constants and for magnitudes of a spectrum.

## Why is this bad?
The derivative of sqrt is infinite at 0 and that of the squares is 0: their product is NaN. One pair of equal rows, one
element of padding or one dead unit is enough, and after the next step all weights are NaN.

## Example
```python
distance = torch.sqrt(((a - b) ** 2).sum(-1))
```
Use instead:
```python
distance = torch.linalg.vector_norm(a - b, dim=-1)
```

## Fix safety
There is no fix: whether an eps or a norm (whose gradient at 0 is 0) is right depends on what is computed.

## When not to use it
It is off by default: most norms are never of a zero vector, so that the gradient is finite.

## References
- [torch.linalg.vector_norm](https://docs.pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import Check, Constant, Frame, Op, Problem, Value, classes, facts, ops, same, walk

_OPTIMIZERS = frozenset({"torch.optim.Optimizer", "torch.optim.optimizer.Optimizer"})
_MODULES = frozenset({"torch.nn.Module", "torch.nn.modules.Module", "torch.nn.modules.module.Module"})
_SPECTRA = ops.that(dtype="complex") | {"view_as_real"}


class SqrtGradientAtZero(Check):
    code = "TLT212"
    since = "0.1"
    related = ("TLT210", "TLT211")
    default = False
    message = "The gradient of `sqrt` of a sum of squares is NaN where the sum is 0: add an eps under the root"
    help = "Add a small number under the root: `(x.square().sum(dim) + eps).sqrt()`"
    ops = ("sqrt", "pow")

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        if op.node is None or not op.grad or (op.name == "pow" and op.constant("exponent") != 0.5):
            return
        squares = op.input.input if isinstance(op.input, Op) and op.input.name in ops.SUMS else None
        base = _squared(squares) if squares is not None else None
        if base is not None and facts.evidence(op) and _may_train(frame, op) and not _is_exempt(base):
            yield Problem(op.node)


def _squared(value: Value) -> Value | None:
    """What a value is the square of."""
    if not isinstance(value, Op):
        return None
    if value.name == "pow" and value.constant("exponent") == 2:
        return value.input
    other = value.args.get("other")
    return value.input if value.name == "mul" and other is not None and same(value.input, other) else None


def _is_exempt(value: Value) -> bool:
    """Whether a value is a constant or a spectrum."""
    parts = list(walk(value))
    names = {part.name for part in parts if isinstance(part, Op)}
    open_parts = [part for part in parts if not isinstance(part, Op | Constant)]
    return bool(names & _SPECTRA) or (not open_parts and bool(names & ops.FACTORIES))


def _may_train(frame: Frame, op: Op) -> bool:
    """Whether a gradient may come back to the root: in a method of a module, or where it is returned."""
    cls = frame.function.cls if frame.function else None
    if cls is not None and classes.is_subclass(frame, cls, _OPTIMIZERS) is True:
        return False
    if cls is not None and classes.is_subclass(frame, cls, _MODULES) is True:
        return True
    return any(part is op for _, value in frame.returns for part in walk(value))
