"""`zero_grad(set_to_none=False)`: gradients are filled with zeros instead of being dropped.

## What it does
Finds `zero_grad(set_to_none=False)` of optimisers and modules.

## Why is this bad?
It writes zeros over all gradients in each step, keeps their memory through the forward pass, and makes the backward
pass add to zeros instead of storing. The default since torch 2.0 drops them.

## Example
```python
optimizer.zero_grad(set_to_none=False)
```
Use instead:
```python
optimizer.zero_grad()
```

## Fix safety
Unsafe: what reads `.grad` before the next `backward()` finds None, and optimisers skip parameters without a gradient,
where they took a step with weight decay and momentum for zeros.

## When not to use it
It is off by default: some code wants zeros, where others hold views of gradients or a CUDA graph is captured.

## References
- [torch.optim.Optimizer.zero_grad](https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.zero_grad.html)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.rule import INFO, BoundCall, Changes, Check, Constant, Frame, Problem


class SetToNoneFalse(Check):
    code = "TLT736"
    since = "0.2"
    aliases = ("TOR402",)
    related = ("TLT702",)
    severity = INFO
    default = False
    message = "`set_to_none=False` fills the gradients with zeros and keeps their memory"
    title = "Leave the argument out"
    help = "Call `zero_grad()` without it"
    calls = (".zero_grad",)
    words = (("set_to_none",),)

    def check_call(self, call: BoundCall, frame: Frame) -> Iterator[Problem]:
        keyword = next((keyword for keyword in call.node.keywords if keyword.arg == "set_to_none"), None)
        value = frame.values.get(keyword.value) if keyword is not None else None
        if keyword is None or not isinstance(keyword.value, ast.Constant):
            return
        if isinstance(value, Constant) and value.value is False:
            argument = keyword.value
            claim = Changes("gradients are None until the next backward pass")
            yield Problem(call.node, "", lambda editor: editor.remove_argument(call.node, argument), claim)
