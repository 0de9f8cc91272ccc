"""A call that is about CUDA alone, where `torch.accelerator` has the same for every device.

## What it does
Finds functions of `torch.cuda` that `torch.accelerator` has too: `is_available`, `device_count`, `synchronize`,
`empty_cache`, the counters of memory. Silent where `target-torch` begins before the release that brought them.

This rule is off by default: code for CUDA alone is right as it is.

## Why is this bad?
The line does nothing for other accelerators, such as XPU or MPS, or raises there.

## Example
```python
torch.cuda.synchronize()
```
Use instead:
```python
torch.accelerator.synchronize()
```

## Fix safety
The fix is unsafe: where there is another accelerator than CUDA, the line concerns that one, and other lines that name
`"cuda"` do not.

## When not to use it
It is off by default: code that is for GPUs of one maker alone loses nothing by naming them.

## References
- [torch.accelerator](https://docs.pytorch.org/docs/stable/accelerator.html)
"""

from __future__ import annotations

from torchlint.rule import INFO
from torchlint.vocabulary.api_check import ApiCheck
from torchlint.vocabulary.api_defaults import ACCELERATOR


class CudaOnlyCall(ApiCheck):
    code = "TLT812"
    since = "0.2"
    related = ("TLT802", "TLT806")
    severity = INFO
    default = False
    message = "This is about CUDA alone: `torch.accelerator` has it for every device"
    title = "Use `torch.accelerator`"
    help = "Use `torch.accelerator`"
    rows = ACCELERATOR
