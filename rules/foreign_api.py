"""A name that torch does not have: it is that of TensorFlow, NumPy or another framework.

## What it does
Finds `torch.reduce_max`, `torch.expand_dims`, `x.astype(..)` and other names that only other frameworks have, with
what torch has instead. Methods are reported where the receiver is certainly a tensor.

Silent in a `try` that expects the name to be missing, and under a test with `hasattr` or of a version.

## Why is this bad?
The line raises AttributeError as soon as it is reached, which in a rarely taken branch may be late.

## Example
```python
best = torch.reduce_max(scores, axis=1, keepdims=True)
```
Use instead:
```python
best = torch.amax(scores, dim=1, keepdim=True)
```

## Fix safety
The line failed before, so every fix changes what the program does: it is unsafe. There is none where an argument has no
counterpart.

## When not to use it
Turn it off where another module is imported under the name `torch`, with the functions of another framework.

## References
- [torch](https://docs.pytorch.org/docs/stable/torch.html)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import ERROR, Changes, ClassModel, Frame, Problem
from torchlint.vocabulary.api_check import ApiCheck
from torchlint.vocabulary.api_fixes import fix_of
from torchlint.vocabulary.api_table import FOREIGN
from torchlint.vocabulary.api_uses import uses


class ForeignApi(ApiCheck):
    code = "TLT810"
    since = "0.1"
    related = ("TLT801",)
    severity = ERROR
    message = "torch does not have this name: this raises an AttributeError"
    title = "Use torch's own name"
    help = "Use torch's own name"
    rows = FOREIGN

    def problems(self, frame: Frame, cls: ClassModel | None) -> Iterator[Problem]:
        for row, node, call in uses(frame, self.table, cls):
            target = frame.module.target
            since = f" of torch {row.lowest}" if target.lacks(row.lowest) else ""
            message = f"`{row.old}` does not exist, so this raises: use `{row.new}`{since}"
            fix = None if since else fix_of(frame, row, node, call)
            yield Problem(call or node, message, fix, Changes("code runs that raised"), f"Use `{row.new}`")
