"""A file goes in, findings come out."""

from __future__ import annotations

from dataclasses import dataclass, field

from torchlint.finding import Finding
from torchlint.source import Source


@dataclass(slots=True)
class Report:
    """What is known of a file after checking it.

    `error` is one line that says why the file could not be checked (it does not parse), `failures` one line per
    rule that crashed on it; the findings of all other rules are still there.
    """

    findings: list[Finding] = field(default_factory=list)
    error: str = ""
    error_row: int = 0
    failures: list[str] = field(default_factory=list)


def check(source: Source, codes: frozenset[str], *, gates: bool = True) -> Report:
    """All findings of the rules with these codes, in order; suppressions are not applied here."""
    return Report()
