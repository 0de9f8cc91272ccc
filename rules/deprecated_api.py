"""A name of torch that is deprecated, with the one that replaces it.

## What it does
Finds calls and other uses of functions that torch warns of or that its documentation calls deprecated: `torch.qr`,
`torch.ger`, `nn.init.xavier_normal`, `nn.utils.clip_grad_norm`. As a note, once for each file that is not a test,
`torch.jit.script` and `torch.jit.trace`.

Finds methods, too: `x.qr()`, `x.cholesky()`, `x.svd()` and `x.lu()` of what is certainly a tensor, and `get_lr()` of a
scheduler; keywords that do nothing or have another name, such as `only_inputs=` of `torch.autograd.grad`; and base
classes, such as `_LRScheduler`.

Silent in a `try` that expects a name to be missing, under a test with `hasattr` or of a version, and in a table that
lists old and new names.

## Why is this bad?
A later release removes the name, and the program stops with an AttributeError or RuntimeError. Until then there is a
warning at each start.

## Example
```python
q, r = torch.qr(a, some=False)
```
Use instead:
```python
q, r = torch.linalg.qr(a, mode="complete")
```

## Fix safety
A fix is offered where the new function, or an expression with it, computes the same from the same arguments: after
`u, s, v = torch.svd(x)` became `torch.linalg.svd`, a line `v = v.mH` follows, `triangular_solve(b, a)[0]` becomes
`torch.linalg.solve_triangular(a, b, upper=True)`. There is none where a flag that decides is not a literal, where the
order of a norm may be text, where what is asked of the result cannot be told, and for `torch.range` (its end is part
of the result, which is float). A name that stands in a table is reported without a fix: what is called by it
may also be looked up or compared by it. `get_last_lr()` returns another number than `get_lr()`, so that this fix is
unsafe.

## When not to use it
Turn it off for code that has to run under a torch which does not have the new name yet.

## References
- [torch.linalg](https://docs.pytorch.org/docs/stable/linalg.html)
- [torch.nn.init](https://docs.pytorch.org/docs/stable/nn.init.html)
"""

from __future__ import annotations

from torchlint.vocabulary.api_check import ApiCheck
from torchlint.vocabulary.api_deprecated import DEPRECATED


class DeprecatedApi(ApiCheck):
    code = "TLT802"
    since = "0.1"
    aliases = ("TOR101", "TOR103", "TOR202")
    related = ("TLT801", "TLT806", "TLT811")
    tags = ("deprecated",)
    message = "This name is deprecated: a later torch may not have it"
    title = "Use the new name"
    help = "Use the name that replaces it"
    rows = DEPRECATED
