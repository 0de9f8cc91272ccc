"""What tests of rules share: the findings in the text of a program."""

from __future__ import annotations

from collections.abc import Collection
from textwrap import dedent

from torchlint import lint
from torchlint.finding import Finding
from torchlint.source import Source


def findings_in(source: Source, codes: Collection[str]) -> list[Finding]:
    """What some rules find. Nothing crashed, and the text parses."""
    report = lint.check(source, codes)
    assert not report.error
    assert not report.failures
    return report.findings


def found(program: str, *codes: str) -> list[Finding]:
    """The same in a program that is written indented."""
    return findings_in(Source("program.py", dedent(program)), codes)
