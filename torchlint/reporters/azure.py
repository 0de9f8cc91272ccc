"""Logging commands of Azure Pipelines, which it shows beside the lines of a pull request."""

from __future__ import annotations

from typing import TextIO

from torchlint.finding import Finding, Severity
from torchlint.reporters.places import within_repository, write_each
from torchlint.running.outcome import Run
from torchlint.source import Source
from torchlint.terminal import printable

# There are no others.
_TYPES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "warning"}


def report(run: Run, out: TextIO) -> None:
    """Write a command for each finding."""
    write_each(run, out, _command)


def _command(finding: Finding, source: Source) -> str:
    row, column = source.place_in_file(finding.location)
    place = source.place(finding.location)
    cell = "" if place.cell is None else f"cell {place.cell}, line {place.row}: "
    properties = {
        "type": _TYPES[finding.severity],
        "sourcepath": printable(within_repository(source.path)),
        "linenumber": str(row),
        "columnnumber": str(column),
        "code": finding.code,
    }
    listed = "".join(f"{key}={_property(value)};" for key, value in properties.items())
    return f"##vso[task.logissue {listed}]{_data(cell + finding.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(";", "%3B").replace("]", "%5D")
