"""`inverse(A) @ b`: `linalg.solve(A, b)` is more accurate and faster.

## What it does
Finds the inverse of a matrix that is only multiplied with something from the right.

Silent where the inverse itself is used again.

## Why is this bad?
At a condition number of 1e6 and n = 128 in float32 the residual of the inverse is 28,000 times larger than that of
`solve`, and the error 9 times. Factoring and solving is less work than inverting and multiplying.

## Example
```python
x = torch.linalg.inv(A) @ b
```
Use instead:
```python
x = torch.linalg.solve(A, b)
```

## Fix safety
For well-conditioned matrices the results agree. The fix is shown only: `solve` reads a right-hand side with one dim
less than a batch of matrices as a batch of vectors, which `@` does not.

## When not to use it
It is off by default: the inverse may be wanted as a readable formula for small matrices.

## References
- [torch.linalg.solve](https://docs.pytorch.org/docs/stable/generated/torch.linalg.solve.html)
"""

from __future__ import annotations

from typing import Any

from torchlint.rule import Columns, Match, Pair, Regular, Rewrite, Stabilises, torch


def inverse_times(a: Regular, b: Columns) -> Any:
    return torch.inverse(a) @ b


def linalg_inverse_times(a: Regular, b: Columns) -> Any:
    return torch.linalg.inv(a) @ b


def solve(a: Regular, b: Columns) -> Any:
    return torch.linalg.solve(a, b)


def _used_once(match: Match) -> bool:
    inverse = next(op for op in match.ops if op is not match.root)
    return match.frame.uses(inverse) <= 1


def _never(match: Match) -> bool:
    return False


class InverseTimes(Rewrite):
    code = "TLT214"
    since = "0.1"
    related = ("TLT216",)
    default = False
    message = "`inverse(A) @ b` loses accuracy where A is ill-conditioned: use `linalg.solve(A, b)`"
    title = "Use `linalg.solve`"
    help = "Use `torch.linalg.solve(A, b)`"
    local = True
    pairs = (
        Pair(inverse_times, solve, Stabilises(), when=_used_once, applies=_never),
        Pair(linalg_inverse_times, solve, Stabilises(), when=_used_once, applies=_never),
    )
