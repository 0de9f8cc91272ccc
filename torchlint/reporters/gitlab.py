"""GitLab's code quality report."""

from __future__ import annotations

import json
from typing import Any, TextIO

from torchlint.finding import Finding, Location, Severity
from torchlint.reporters.places import fingerprinted, within_repository
from torchlint.running.outcome import Run
from torchlint.source import Source

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def report(run: Run, out: TextIO) -> None:
    """Write the array of issues."""
    json.dump([_issue(*entry) for entry in fingerprinted(run)], out, indent=2)
    out.write("\n")


def _issue(source: Source, finding: Finding, fingerprint: str) -> dict[str, Any]:
    return {
        "check_name": finding.code,
        "description": f"{finding.code}: {finding.message}",
        "severity": _SEVERITIES[finding.severity],
        "fingerprint": fingerprint,
        "location": {
            "path": within_repository(source.path),
            "positions": {
                "begin": _position(source.place_in_file(finding.location)),
                "end": _position(source.place_in_file(finding.end_location)),
            },
        },
    }


def _position(location: Location) -> dict[str, int]:
    return {"line": location.row, "column": location.column}
