"""`x * y / y` or `x / y * y`: not `x` where y, or the product, over- or underflows.

## What it does
Finds a tensor that is multiplied by something and divided by the same, in one expression or through a local, where
both are tensors.

Silent for Python numbers, and for deliberate rounding: `x // y * y`, `(x / y).floor() * y`.

## Why is this bad?
Where y is 0 the result is NaN, where `x * y` leaves the range of the dtype it is 0 or infinite. The gradient with
respect to y is rounding noise instead of 0.

## Example
```python
x = torch.ones(3)
y = torch.tensor([1e-39, 1.0, 1e39])
z = x * y / y
```
Use instead:
```python
z = torch.ones(3)
```

## Fix safety
There is no fix: whether `x` was meant, or other operands, is not known.

## When not to use it
It is off by default: the product is often meant as a rounding or a mask, and overflows nowhere.

## References
- [torch.finfo](https://docs.pytorch.org/docs/stable/type_info.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import Check, Frame, Op, Problem, Value, facts, same


class MultiplyDivideCancel(Check):
    code = "TLT209"
    since = "0.1"
    related = ("TLT201",)
    default = False
    message = "Multiplied and divided by the same tensor: NaN where it is 0 or the product leaves the dtype's range"
    help = "Leave out both, or divide by something that cannot be 0"
    ops = ("div", "mul")

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        other = op.args.get("other")
        if op.node is None or other is None or "rounding_mode" in op.args:
            return
        if op.name == "div" and _cancels(op.input, "mul", other):
            yield Problem(op.node)
        if op.name == "mul" and (_cancels(op.input, "div", other) or _cancels(other, "div", op.input)):
            yield Problem(op.node)


def _cancels(inner: Value, name: str, factor: Value) -> bool:
    """Whether a value is the product with a factor, or the quotient by it, and both are tensors."""
    if not isinstance(inner, Op) or inner.name != name or "rounding_mode" in inner.args:
        return False
    divisor = inner.args.get("other", inner.input)
    taken = [divisor] if name == "div" else [inner.input, divisor]
    return facts.is_tensor(factor) is True and any(same(part, factor) for part in taken)
