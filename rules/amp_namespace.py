"""Mixed precision by the name of a device: `torch.amp` takes the device as an argument.

## What it does
Finds `autocast` and `GradScaler` of `torch.cuda.amp` and `torch.cpu.amp`, `custom_fwd` and `custom_bwd` of
`torch.cuda.amp`: as calls, context managers, decorators with and without a call, annotations and in `isinstance`.

Silent in a `try` that expects a name to be missing, and under a test with `hasattr` or of a version.

## Why is this bad?
torch 2.4 and later warn at each use, and a later release may not have these modules.

## Example
```python
scaler = torch.cuda.amp.GradScaler()
with torch.cuda.amp.autocast(enabled=use_amp):
    loss = model(x).mean()
```
Use instead:
```python
scaler = torch.amp.GradScaler("cuda")
with torch.amp.autocast("cuda", enabled=use_amp):
    loss = model(x).mean()
```

## Fix safety
The old names call the new ones with the device filled in, so that the fix changes nothing. There is none where a class
is passed on, because it is called without the device then, and for `*args`.

## When not to use it
Turn it off for code that has to run under torch 2.2 and earlier, where `torch.amp` has no `GradScaler`.

## References
- [Automatic mixed precision](https://docs.pytorch.org/docs/stable/amp.html)
"""

from __future__ import annotations

from torchlint.vocabulary.api_amp import AMP
from torchlint.vocabulary.api_check import ApiCheck


class AmpNamespace(ApiCheck):
    code = "TLT806"
    since = "0.2"
    aliases = ("TOR101", "TOR103")
    related = ("TLT802", "TLT713")
    tags = ("deprecated",)
    message = "This name is deprecated: `torch.amp` has it for all devices"
    title = "Use `torch.amp`"
    help = "Use `torch.amp` with the device as the first argument"
    rows = AMP
