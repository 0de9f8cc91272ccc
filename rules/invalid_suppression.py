"""A comment that is meant to silence findings and does not, or silences more than it says.

## What it does
Reads the comments that silence findings of torchlint: those that name a rule which does not exist, those in another
form than `# torchlint: ignore[..]` and `# torchlint: file-ignore[..]`, and `# noqa` with our codes in a form that
`noqa` does not know.

## Why is this bad?
Such a comment looks as if somebody had decided to accept a finding. `# torchlint: ignore` without brackets,
`ignore[TLT2O2]` and `# noqa: tlt202` silence nothing. `# noqa: TLT` and `# noqa: log-of-softmax` silence everything
on their line, of all linters, because `noqa` reads what is not a code as no code at all.

## Example
```python
loss = F.nll_loss(torch.log(p), y)  # torchlint: ignore[log-of-sofmax]
```
Use instead:
```python
loss = F.nll_loss(torch.log(p), y)  # torchlint: ignore[log-of-softmax]
```

## Limits
Sentences that mention torchlint are not comments of this kind, codes of other linters in a `# noqa` are none of our
business, and files that do not mention torch are not read. Where `# noqa` silences the whole line, flake8 hides this
finding too; `torchlint` shows it.

## When not to use it
Turn it off for files whose comments are examples of such comments, such as the documentation of a linter.

## References
- [flake8: selecting and ignoring violations](https://flake8.pycqa.org/en/latest/user/violations.html)
"""

from __future__ import annotations

from torchlint.rule import OnComments


class InvalidSuppression(OnComments):
    code = "TLT901"
    since = "0.2"
    message = "This comment does not silence what it is meant to silence"
    help = "Write `# noqa: TLT101`, or `# torchlint: ignore[TLT101]` with the code or name of the rule"
