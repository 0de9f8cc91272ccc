"""reviewdog's diagnostic format. It counts columns in bytes of UTF-8."""

from __future__ import annotations

import json
from typing import Any, TextIO

from torchlint.finding import Edit, Finding, Location, Severity
from torchlint.reporters.places import within_repository
from torchlint.running.outcome import Run
from torchlint.source import Source

_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}


def report(run: Run, out: TextIO) -> None:
    """Write the object with all diagnostics."""
    diagnostics = [_diagnostic(finding, source) for source, findings in run.files() for finding in findings]
    json.dump({"source": {"name": "torchlint"}, "diagnostics": diagnostics}, out, indent=2)
    out.write("\n")


def _diagnostic(finding: Finding, source: Source) -> dict[str, Any]:
    edits = finding.fix.edits if finding.fix is not None else ()
    return {
        "message": finding.message,
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.code},
        "location": {
            "path": within_repository(source.path),
            "range": _range(source, finding.location, finding.end_location),
        },
        "suggestions": [_suggestion(edit, source) for edit in edits],
    }


def _suggestion(edit: Edit, source: Source) -> dict[str, Any]:
    return {
        "range": _range(source, source.location(edit.start), source.location(edit.end)),
        "text": edit.content,
    }


def _range(source: Source, start: Location, end: Location) -> dict[str, Any]:
    return {"start": _position(source, start), "end": _position(source, end)}


def _position(source: Source, location: Location) -> dict[str, int]:
    before = source.line(location.row)[: location.column - 1]
    return {"line": location.row, "column": len(before.encode("utf-8", "surrogatepass")) + 1}
