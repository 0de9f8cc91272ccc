"""A JSON array with one object for each finding, with ruff's keys. Rows and columns are 1-based, ends exclusive."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from torchlint import faults
from torchlint.finding import Edit, Finding, Fix, Location, Place, Related, Validation
from torchlint.links import page_url
from torchlint.reporters.places import place_in
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
    place = source.place(finding.location)
    if noqa_row is not None:
        noqa_row = source.place(Location(noqa_row, 1)).row
    return {
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "severity": finding.severity,
        "url": page_url(finding.code) or None,
        "filename": _filename(source.path),
        "location": _location(place),
        "end_location": _location(source.place(finding.end_location)),
        "fix": None if finding.fix is None else _fix(finding.fix, source),
        "help": finding.help or None,
        "unfixed": finding.unfixed or None,
        "related": [_related(related, source) for related in finding.related],
        "noqa_row": noqa_row,
        "cell": place.cell,
    }


def _filename(path: str) -> str:
    return path if path == "-" else os.path.abspath(path)


def _location(place: Place) -> dict[str, int]:
    return {"row": place.row, "column": place.column}


def _cell(place: Place) -> dict[str, int]:
    return {} if place.cell is None else {"cell": place.cell}


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
    start = source.place(source.location(edit.start))
    return {
        "content": edit.content,
        "location": _location(start),
        "end_location": _location(source.place(source.location(edit.end))),
        **_cell(start),
    }


def _related(related: Related, source: Source) -> dict[str, Any]:
    start = place_in(source, related.path, related.location)
    return {
        "filename": _filename(related.path),
        "location": _location(start),
        "end_location": _location(place_in(source, related.path, related.end_location)),
        "message": related.message,
        **_cell(start),
    }
