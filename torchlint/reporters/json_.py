"""A JSON array with one object for each finding, with ruff's keys. Rows and columns are 1-based, ends exclusive."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from torchlint import faults
from torchlint.finding import Edit, Finding, Fix, Location, Related, Validation
from torchlint.running.outcome import Run
from torchlint.source import Source
from torchlint.suppress import Suppressions


def report(run: Run, out: TextIO) -> None:
    """Write the array."""
    json.dump([entry for source, findings in run.files() for entry in entries(source, findings)], out, indent=2)
    out.write("\n")


def entries(source: Source, findings: Iterable[Finding]) -> Iterator[dict[str, Any]]:
    """The findings of a file as values that `json` writes."""
    suppressions = Suppressions(source)
    for finding in findings:
        can_be_silenced = finding.code not in faults.KINDS
        yield _entry(finding, source, suppressions.noqa_row(finding.location.row) if can_be_silenced else None)


def _entry(finding: Finding, source: Source, noqa_row: int | None) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "severity": finding.severity,
        "url": None,
        "filename": _filename(source.path),
        "location": _location(finding.location),
        "end_location": _location(finding.end_location),
        "fix": None if finding.fix is None else _fix(finding.fix, source),
        "help": finding.help or None,
        "unfixed": finding.unfixed or None,
        "related": [_related(related) for related in finding.related],
        "noqa_row": noqa_row,
        "cell": None,
    }


def _filename(path: str) -> str:
    return path if path == "-" else os.path.abspath(path)


def _location(location: Location) -> dict[str, int]:
    return {"row": location.row, "column": location.column}


def _fix(fix: Fix, source: Source) -> dict[str, Any]:
    return {
        "applicability": fix.applicability,
        "message": fix.title,
        "edits": [_edit(edit, source) for edit in fix.edits],
        "verification": fix.verification,
        "verified": fix.standing != "unverified",
        **({"needs": list(fix.needs)} if fix.needs else {}),
        **({} if fix.validation is None else {"validation": _validation(fix.validation)}),
    }


def _validation(validation: Validation) -> dict[str, Any]:
    return {**validation._asdict(), "reproducer": validation.reproducer or None}


def _edit(edit: Edit, source: Source) -> dict[str, Any]:
    return {
        "content": edit.content,
        "location": _location(source.location(edit.start)),
        "end_location": _location(source.location(edit.end)),
    }


def _related(related: Related) -> dict[str, Any]:
    return {
        "filename": _filename(related.path),
        "location": _location(related.location),
        "end_location": _location(related.end_location),
        "message": related.message,
    }
