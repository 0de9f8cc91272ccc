"""`path:line:col: CODE [*] message`, one line for each finding: editors and review bots parse it."""

from __future__ import annotations

from typing import TextIO

from torchlint.outcome import Run
from torchlint.terminal import printable


def report(run: Run, out: TextIO) -> None:
    """Write a line for each finding."""
    for source, findings in run.files():
        path = printable(source.path)
        for finding in findings:
            row, column = finding.location
            mark = "[*] " if run.applies(finding) else ""
            out.write(f"{path}:{row}:{column}: {finding.code} {mark}{finding.message}\n")
