"""A checkpoint that does not say which of the two implementations it wants.

## What it does
Finds `torch.utils.checkpoint.checkpoint` and `checkpoint_sequential` without `use_reentrant`. Silent where keywords
come from a dictionary, and where `target-torch` begins before the keyword: 1.11 for `checkpoint`, 2.0 for
`checkpoint_sequential`.

## Why is this bad?
torch warns at each call, and says that a later release raises. The two implementations differ: the reentrant one, which
is the default, gives no gradient at all if no input needs one, and knows neither keyword arguments nor
`torch.autograd.grad`.

## Example
```python
x = checkpoint(block, x)
```
Use instead:
```python
x = checkpoint(block, x, use_reentrant=False)
```

## Fix safety
The fix is only shown, because `use_reentrant=False` is another implementation than the one that runs now: which one is
right is for the user to say.

## When not to use it
Turn it off for code that is to run on a torch before 1.11 (`checkpoint_sequential`: 2.0), which does not know the
argument.

## References
- [torch.utils.checkpoint](https://docs.pytorch.org/docs/stable/checkpoint.html)
"""

from __future__ import annotations

from torchlint.vocabulary.api_check import ApiCheck
from torchlint.vocabulary.api_defaults import CHECKPOINT


class CheckpointWithoutUseReentrant(ApiCheck):
    code = "TLT808"
    since = "0.2"
    related = ("TLT802", "TLT807")
    aliases = ("TOR003",)
    message = "A checkpoint without `use_reentrant` warns, and will raise"
    title = "Add `use_reentrant=False`"
    help = "Give `use_reentrant=False`, or `True` for what it does now"
    rows = CHECKPOINT
