"""`torch.load` that does not say whether the file may hold code.

## What it does
Finds `torch.load` without `weights_only` where `target-torch`, or the project's own metadata, take a torch before 2.6.
Silent where nothing is stated: `weights_only=True` is the default of every torch since.

## Why is this bad?
Before torch 2.6, `torch.load` unpickles whatever the file holds, and a pickle runs code: a checkpoint from elsewhere
can do anything that the user may do. From 2.6 on the same call refuses files with other classes than tensors, so that
a call without `weights_only` does not mean the same everywhere.

## Example
```python
state = torch.load(path)
```
Use instead:
```python
state = torch.load(path, weights_only=True)
```

## Fix safety
The fix is only shown, because a file with a whole model in it cannot be loaded with `weights_only=True`: whether the
file is trusted is for the user to say. There is none with a `pickle_module`, which goes with `weights_only=False`.

## When not to use it
Turn it off where every checkpoint is your own, so that nobody else can put code into it.

## References
- [torch.load](https://docs.pytorch.org/docs/stable/generated/torch.load.html)
- [Serialization semantics](https://docs.pytorch.org/docs/stable/notes/serialization.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import INFO, WARNING, ClassModel, Frame, Problem
from torchlint.vocabulary.api_check import ApiCheck
from torchlint.vocabulary.api_defaults import LOAD

# The first torch whose default is `weights_only=True`.
_SAFE_SINCE = "2.6"


class LoadWithoutWeightsOnly(ApiCheck):
    code = "TLT807"
    since = "0.2"
    related = ("TLT808", "TLT810")
    aliases = ("TOR102",)
    severity = INFO
    message = "`torch.load` without `weights_only` may run code from the file"
    title = "Add `weights_only=True`"
    help = "Give `weights_only=True`, or `False` for a file that you trust"
    rows = LOAD

    def problems(self, frame: Frame, cls: ClassModel | None) -> Iterator[Problem]:
        target = frame.module.target
        if not target.text or not target.lacks(_SAFE_SINCE):
            return
        for problem in super().problems(frame, cls):
            if not isinstance(problem.node, ast.Call):
                continue
            has_pickle = any(keyword.arg == "pickle_module" for keyword in problem.node.keywords)
            fix = None if has_pickle else problem.fix
            yield problem._replace(fix=fix, severity=WARNING)
