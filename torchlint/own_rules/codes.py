"""Which codes are free for rules that are not torchlint's own."""

from __future__ import annotations

import re

# What flake8 can select, too.
CODE = re.compile(r"[A-Z]{2,3}[0-9]{3}")
# The letters of torchlint's codes, and the word for all rules.
TAKEN = ("TLT", "ALL")


def code_problem(code: object) -> str:
    """What is wrong with the code of a rule; empty if nothing is."""
    if not isinstance(code, str) or CODE.fullmatch(code) is None:
        return f"the code {code!r} is not two or three capital letters and three digits, such as 'ACM101'"
    letters = code.rstrip("0123456789")
    return f"codes with {letters} are torchlint's own: choose other letters for {code}" if letters in TAKEN else ""
