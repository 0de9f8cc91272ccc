"""`path:line: [CODE] message`, as pylint's parseable format."""

from __future__ import annotations

from typing import TextIO

from torchlint.running.outcome import Run
from torchlint.terminal import printable


def report(run: Run, out: TextIO) -> None:
    """Write a line for each finding."""
    for source, findings in run.files():
        path = printable(source.path)
        for finding in findings:
            row = source.place_in_file(finding.location).row
            out.write(f"{path}:{row}: [{finding.code}] {finding.message}\n")
