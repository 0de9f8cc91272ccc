"""A name of torch that is not public, where there is a public one for the same.

## What it does
Finds `default_collate` and `default_convert` where they are taken from the modules in which torch defines
them.

Silent in a `try` that expects a name to be missing, and under a test with `hasattr` or of a version.

## Why is this bad?
What is not public moves or goes without notice in any release.

## Example
```python
batch = torch.utils.data._utils.collate.default_collate(samples)
```
Use instead:
```python
batch = torch.utils.data.default_collate(samples)
```

## Fix safety
Both names are the same function. A name that is passed on is fixed as unsafe, because somebody may compare it.

## When not to use it
Turn it off for code that has to run under torch 1.10 and earlier, which has no public name for these functions.

## References
- [torch.utils.data](https://docs.pytorch.org/docs/stable/data.html)
"""

from __future__ import annotations

from torchlint.rule import INFO
from torchlint.vocabulary.api_check import ApiCheck
from torchlint.vocabulary.api_internal import INTERNAL


class NonPublicApi(ApiCheck):
    code = "TLT811"
    since = "0.2"
    aliases = ("TOR104", "TOR105")
    related = ("TLT802",)
    severity = INFO
    message = "This name is not public: it may go without notice"
    title = "Use the public name"
    help = "Use the public name"
    rows = INTERNAL
