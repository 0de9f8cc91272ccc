"""`x / x.norm(..)`: NaN for a row of zeros.

## What it does
Finds a tensor that is divided by its own norm over a dim that is kept, in one expression or through a local.

Silent where something is added to the norm or it is clamped, where the norm is another tensor's, and in a branch that
tests the norm.

## Why is this bad?
A row of zeros, such as padding or a dead unit, becomes 0 / 0 = NaN, and so does its gradient.

## Example
```python
unit = x / x.norm(dim=1, keepdim=True)
```
Use instead:
```python
unit = F.normalize(x, dim=1)
```

## Fix safety
The fix is shown only: `F.normalize` divides by at least 1e-12, so that rows with a smaller norm do not get length 1,
and in float16 that eps is 0.

## When not to use it
It is off by default: many vectors cannot be zero, such as those of a trained embedding.

## References
- [torch.nn.functional.normalize](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html)
"""

from __future__ import annotations

import ast
from typing import Any

from torchlint.rule import Changes, Dim, F, Floats, Match, Pair, Rewrite, torch, trees
from torchlint.vocabulary.routes import parents_of


def by_norm(x: Floats, dim: Dim) -> Any:
    return x / torch.norm(x, dim=dim, keepdim=True)


def by_two_norm(x: Floats, dim: Dim) -> Any:
    return x / torch.norm(x, p=2, dim=dim, keepdim=True)


def by_linalg_norm(x: Floats, dim: Dim) -> Any:
    return x / torch.linalg.norm(x, dim=dim, keepdim=True)


def by_vector_norm(x: Floats, dim: Dim) -> Any:
    return x / torch.linalg.vector_norm(x, dim=dim, keepdim=True)


def normalize(x: Floats, dim: Dim) -> Any:
    return F.normalize(x, dim=dim)


def _unguarded(match: Match) -> bool:
    """Whether no test around the division mentions a name that holds the norm."""
    norm = next(op for op in match.ops if op is not match.root)
    frame = match.frame
    tests = [node.test for node in _around(match) if isinstance(node, ast.If | ast.IfExp | ast.While)]
    return not any(frame.values.get(part) is norm for test in tests for part in trees.walk(test))


def _around(match: Match) -> list[ast.AST]:
    parents, node, found = parents_of(match.frame), match.root.node, []
    while node is not None:
        node = parents.get(node)
        if node is not None:
            found.append(node)
    return found


def _never(match: Match) -> bool:
    return False


_FLOOR = Changes("norms below 1e-12 count as 1e-12")


class UnguardedNormalize(Rewrite):
    code = "TLT210"
    since = "0.1"
    related = ("TLT211", "TLT212", "TLT213")
    default = False
    message = "`x / x.norm(..)` is NaN for a row of zeros: `F.normalize` has a floor under the norm"
    title = "Use `F.normalize`"
    help = "Use `F.normalize(x, dim=..)`, or put a floor under the norm"
    local = True
    pairs = (
        Pair(by_norm, normalize, _FLOOR, when=_unguarded, applies=_never),
        Pair(by_two_norm, normalize, _FLOOR, when=_unguarded, applies=_never),
        Pair(by_linalg_norm, normalize, _FLOOR, when=_unguarded, applies=_never),
        Pair(by_vector_norm, normalize, _FLOOR, when=_unguarded, applies=_never),
    )
