"""`path:line:col: CODE [*] message`, one line for each finding: editors and review bots parse it."""

from __future__ import annotations

from typing import TextIO

from torchlint.reporters.paint import by_severity, code, fixable
from torchlint.running.outcome import Run
from torchlint.terminal import printable


def report(run: Run, out: TextIO) -> None:
    """Write a line for each finding."""
    for source, findings in run.files():
        path = printable(source.path)
        for finding in findings:
            place = source.place(finding.location)
            painted = by_severity(code(finding, run), finding.severity, color=run.color)
            mark = fixable(applies=run.applies(finding), color=run.color)
            out.write(f"{path}:{place}: {painted} {mark}{finding.message}\n")
