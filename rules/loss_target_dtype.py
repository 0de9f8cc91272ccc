"""A target of a dtype that its loss does not take: it raises when it is reached.

## What it does
Finds integer or boolean targets of `binary_cross_entropy` and `binary_cross_entropy_with_logits`, and class indices
of `cross_entropy` and `nll_loss` that are booleans or floats: targets that have one dim less than the scores, of images
as of single samples. Only where dtype and rank are certain.

Silent for probabilities of the input's shape as targets of `cross_entropy`, and where a dtype is not known.

## Why is this bad?
The loss raises RuntimeError: the binary losses multiply with the target and want a floating-point one, `cross_entropy`
uses class indices to look up scores and wants int64.

## Example
```python
target = torch.randint(0, 2, (8,))
loss = F.binary_cross_entropy_with_logits(logits, target)
```
Use instead:
```python
target = torch.randint(0, 2, (8,))
loss = F.binary_cross_entropy_with_logits(logits, target.float())
```

## Fix safety
The fix makes code run that raised, so it is unsafe. Under float64 or half precision `.float()` is not the right dtype
for the binary losses.

## When not to use it
There is no program in which such a loss returns. A test that wants it to raise says `# torchlint: ignore[TLT115]`.

## References
- [torch.nn.BCEWithLogitsLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html)
- [torch.nn.CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from torchlint.rule import ERROR, Changes, Check, Frame, Op, Problem, Value, agree, dtypes, facts, ops

if TYPE_CHECKING:
    from torchlint.fixing.editor import Editor

_BINARY = tuple(sorted(name for name in ops.LOSSES if name.startswith("binary_")))


class LossTargetDtype(Check):
    code = "TLT115"
    since = "0.1"
    related = ("TLT118", "TLT302")
    severity = ERROR
    message = "The target has a dtype that this loss does not take: it raises"
    title = "Convert the target"
    help = "Convert the target: to floats for a loss of floats, to int64 for class indices"
    ops = (*_BINARY, *sorted(ops.CLASS_LOSSES))

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        target, node = op.args.get("target"), op.nodes.get("target")
        if target is None or op.node is None:
            return
        if op.name in _BINARY:
            kind = _kind(target)
            wrong, method = kind in ("int", "bool"), "float"
            message = (
                f"`{op.name}` gets {'boolean' if kind == 'bool' else 'integer'} targets and raises: it wants floats"
            )
        else:
            rank, scores = facts.rank(target), facts.rank(op.input)
            # Soft targets have the rank of the scores.
            indices = rank is not None and scores is not None and rank == scores - 1
            wrong, method = indices and _kind(target) in ("float", "bool"), "long"
            message = f"`{op.name}` gets class indices that are not integers and raises: it wants int64"
        if wrong:
            yield Problem(op.node, message, _converted(node, method), Changes("code runs that raised"))


def _kind(value: Value) -> str | None:
    # Nothing but tensors is given to a loss, whatever else has a method `long`.
    return dtypes.dtype_class(value) if agree(value, lambda member: facts.is_tensor(member) is not False) else None


def _converted(node: ast.expr | None, method: str) -> Callable[[Editor], None] | None:
    if node is None or isinstance(node, ast.Starred):
        return None
    return lambda editor: editor.wrap(node, "", f".{method}()")
