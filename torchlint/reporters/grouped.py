"""Findings below the name of their file."""

from __future__ import annotations

from typing import TextIO

from torchlint.reporters.paint import by_severity, code, fixable
from torchlint.running.outcome import Run
from torchlint.terminal import printable


def report(run: Run, out: TextIO) -> None:
    """Write the name of each file and a line for each of its findings."""
    for source, findings in run.files():
        out.write(f"{printable(source.path)}:\n")
        places = [str(source.place(finding.location)) for finding in findings]
        width = max(map(len, places))
        longest = max(len(finding.severity) for finding in findings)
        for place, finding in zip(places, findings, strict=True):
            severity = by_severity(f"{finding.severity:<{longest}}", finding.severity, color=run.color)
            mark = fixable(applies=run.applies(finding), color=run.color)
            out.write(f"  {place:<{width}} {severity} {code(finding, run)} {mark}{finding.message}\n")
        out.write("\n")
