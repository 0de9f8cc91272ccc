"""Workflow commands, which GitHub Actions shows beside the lines of a pull request."""

from __future__ import annotations

from typing import TextIO

from torchlint.finding import Finding, Severity
from torchlint.reporters.places import within_repository, write_each
from torchlint.running.outcome import Run
from torchlint.source import Source
from torchlint.terminal import printable

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def report(run: Run, out: TextIO) -> None:
    """Write a command for each finding."""
    write_each(run, out, _command)


def _command(finding: Finding, source: Source) -> str:
    path = printable(within_repository(source.path))
    row, column = source.place_in_file(finding.location)
    end_row, end_column = source.place_in_file(finding.end_location)
    properties = {
        "title": f"torchlint ({finding.code})",
        "file": path,
        "line": str(row),
        "col": str(column),
        "endLine": str(end_row),
        "endColumn": str(end_column),
    }
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    message = _data(f"{path}:{source.place(finding.location)}: {finding.code} {finding.message}")
    return f"::{_COMMANDS[finding.severity]} {listed}::{message}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
