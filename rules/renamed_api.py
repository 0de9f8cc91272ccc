"""A name of the project that its configuration says is called otherwise now.

## What it does
Finds the old names that `renames` in the configuration lists: `acme.focal` with `renames = { "acme.focal" =
"acme.losses.focal_loss" }`, also as `a.focal` after `import acme as a`, in `from acme import focal as f`, by relative
imports of the package itself, and what is imported from a module that has another name. Files without torch are looked
at, too. Nothing is imported for it, and without such a table nothing is found.

Silent for a name that something else in the file has (a parameter, an assignment), in a `try` that expects a name to be
missing, and under a test with `hasattr` or of a version.

## Why is this bad?
The old name is kept for a while, or is gone already: then the program stops with an ImportError or AttributeError.

## Example
```python
from acme import focal

loss = focal(logits, labels)
```
Use instead:
```python
from acme import focal_loss

loss = focal_loss(logits, labels)
```

## Fix safety
The fix writes the new name; an import takes all uses in the file with it, or, where a text or another scope has the
same word, becomes `from acme import focal_loss as focal`. It is unsafe: nothing was run to see that both names stand
for the same. There is none with `fix = false` in the table, and where a statement of several names or several lines
would have to be taken apart.

## When not to use it
A row of the table is there to be found: take the row out.

## References
- [Settings: renames](https://torchlint.github.io/torchlint/settings/#renames)
"""

from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import INFO, Check, ClassModel, Frame, Problem
from torchlint.vocabulary.api_renames import renamed


class RenamedApi(Check):
    code = "TLT816"
    since = "0.2"
    about_torch = False
    key = "renames"
    related = ("TLT802",)
    severity = INFO
    tags = ("deprecated",)
    message = "This name of the project is called otherwise now"
    title = "Use the new name"
    help = "Use the new name"

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        yield from renamed(frame, None)

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        yield from renamed(frame, cls)
