"""A comment that silences a finding of torchlint which is not there.

## What it does
Finds codes and names in `# noqa: ..`, `# torchlint: ignore[..]` and `# torchlint: file-ignore[..]` of rules that find
nothing on the lines that the comment is about.

## Why is this bad?
Such a comment says that there is something to know about a line, where there is not any more. It stays when the line
is moved or copied, and will silence the next mistake of that kind, which nobody has looked at.

## Example
```python
loss = F.cross_entropy(logits, y)  # noqa: TLT101
```
Use instead:
```python
loss = F.cross_entropy(logits, y)
```

## Fix safety
Safe: nothing but the comment changes. Codes of other linters, and what stands behind another `#`, are kept.

## Limits
A comment is judged by the rules that have run: of rules that are off, are left out by the configuration or crashed,
nothing is said, nor of a prefix such as `TLT4` unless all rules under it have run. `# noqa` without codes may be meant
for another linter.

## When not to use it
Turn it off where the same files are checked with several configurations, or under several versions of torchlint.

## References
- [flake8: selecting and ignoring violations](https://flake8.pycqa.org/en/latest/user/violations.html)
"""

from __future__ import annotations

from torchlint.rule import INFO, OnComments


class UnusedSuppression(OnComments):
    code = "TLT900"
    since = "0.2"
    severity = INFO
    related = ("TLT901",)
    message = "This comment silences nothing"
    title = "Take it out of the comment"
    help = "Take it out of the comment"
    on_unused = True
