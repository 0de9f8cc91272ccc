"""A name or keyword that torch had once: the line raises.

## What it does
Finds uses of functions that later releases of torch removed, or kept only to raise an error: `torch.solve`,
`torch.symeig`, `torch.eig`, `torch.lstsq`, `torch.matrix_rank`, also as methods of what is certainly a tensor,
`verbose=` of the schedulers of `torch.optim.lr_scheduler`, `torch.onnx.dynamo_export` and others.

An import is reported, too, where it fails because the name is gone: `from torch import gels`.

Silent in a `try` that expects a name to be missing, and under a test with `hasattr` or of a version.

## Why is this bad?
The line raises as soon as it is reached. The successors take their arguments in another order or return something else,
so that another name alone is not enough: `torch.linalg.solve` takes the matrix first, `torch.linalg.eigh` reads the
lower triangle where `symeig` read the upper one.

## Example
```python
x = torch.solve(b, a)[0]
values, vectors = torch.symeig(a, eigenvectors=True)
```
Use instead:
```python
x = torch.linalg.solve(a, b)
values, vectors = torch.linalg.eigh(a, UPLO="U")
```

## Fix safety
The line raised before, so every fix changes what the program does: it is unsafe. There is none where a result that no
longer exists is used (the LU factors of `solve`), and where a flag that decides is not a literal.

## When not to use it
Turn it off for code that runs under an old torch only.

## References
- [torch.linalg](https://docs.pytorch.org/docs/stable/linalg.html)
- [torch.optim.lr_scheduler](https://docs.pytorch.org/docs/stable/optim.html)
"""

from __future__ import annotations

from torchlint.rule import ERROR
from torchlint.vocabulary.api_check import ApiCheck
from torchlint.vocabulary.api_removed import REMOVED


class RemovedApi(ApiCheck):
    code = "TLT801"
    since = "0.2"
    aliases = ("TOR001", "TOR004")
    related = ("TLT802", "TLT810")
    severity = ERROR
    tags = ("deprecated",)
    message = "torch no longer has this: the line raises"
    title = "Use what replaces it"
    help = "Use what replaces it"
    rows = REMOVED
