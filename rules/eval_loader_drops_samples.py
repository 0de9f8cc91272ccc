"""A loader for evaluation that drops the samples of the last batch.

## What it does
Finds `DataLoader(.., drop_last=True)` without `shuffle=True` that is called, or reads, something whose name speaks of
validation or tests, or that is walked by a loop under `no_grad` in the same function.

## Why is this bad?
Up to a batch of samples, always the same ones at the end of the set, is never evaluated: the figures are those of
another, smaller set, and with a set smaller than a batch there is no batch at all.

## Example
```python
test_loader = DataLoader(test_set, batch_size=256, drop_last=True)
```
Use instead:
```python
test_loader = DataLoader(test_set, batch_size=256)
```

## Fix safety
The fix leaves `drop_last` out. It changes what is evaluated, which is its purpose, so it is unsafe.

## When not to use it
It is off by default: models that need full batches, such as some with state for each sample of a batch, are
evaluated in this way on purpose.

## References
- [torch.utils.data.DataLoader](https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from torchlint.rule import BoundCall, Changes, Check, Frame, Problem, is_test, statement_of
from torchlint.vocabulary.datasets import LOADER
from torchlint.vocabulary.grad_mode import is_without_grad

_EVALUATION = re.compile(
    r"(^|_|\b)(val|valid|validation|test|eval|evaluation|dev)(_|\b|$|\d|set|loader)", re.IGNORECASE
)
_TRAINING = re.compile(r"train", re.IGNORECASE)


class EvalLoaderDropsSamples(Check):
    code = "TLT512"
    since = "0.2"
    related = ("TLT508",)
    default = False
    message = "The last samples of this evaluation set are never evaluated: `drop_last` leaves them out"
    title = "Keep the last batch"
    help = "Leave `drop_last` out"
    calls = (LOADER,)
    words = (("drop_last",),)

    def check_call(self, call: BoundCall, frame: Frame) -> Iterator[Problem]:
        given, dataset = call.argument("drop_last"), call.argument("dataset")
        if call.is_open or given is None or call.constant("drop_last") is not True or call.constant("shuffle") is True:
            return
        names = [ast.unparse(dataset)] if isinstance(dataset, ast.Name | ast.Attribute) else []
        statement = statement_of(frame.module, call.node)
        if isinstance(statement, ast.Assign) and statement.value is call.node:
            names += [ast.unparse(target) for target in statement.targets]
        is_named = any(map(_EVALUATION.search, names)) and not any(map(_TRAINING.search, names))
        if not is_test(frame.module) and (is_named or _is_walked(frame, call.node)):
            claim = Changes("the last batch is evaluated")
            yield Problem(call.node, "", lambda editor: editor.remove_argument(call.node, given), claim)


def _is_walked(frame: Frame, call: ast.Call) -> bool:
    """Whether each loop over a loader in its function runs without gradients."""
    value = frame.values.get(call)
    loops = [loop for loop in frame.loops if isinstance(loop, ast.For) and frame.values.get(loop.iter) is value]
    return bool(loops) and all(is_without_grad(frame, loop.iter) for loop in loops)
