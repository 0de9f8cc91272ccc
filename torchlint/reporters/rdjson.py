"""reviewdog's diagnostic format. It counts columns in bytes of UTF-8.

Only safe fixes are suggestions, which become commits with one click; others are told in the message.
"""

from __future__ import annotations

import json
from typing import Any, TextIO

from torchlint.finding import Edit, Finding, Fix, Location, Related, Severity
from torchlint.links import page_url
from torchlint.reporters.places import within_repository
from torchlint.reporters.remarks import is_safe, message
from torchlint.running.outcome import Run
from torchlint.source import Source

# Rows that one suggestion may span: an import far above would make it a patch of half the file.
_LONGEST = 20
_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}


def report(run: Run, out: TextIO) -> None:
    """Write the object with all diagnostics."""
    diagnostics = [_diagnostic(finding, source) for source, findings in run.files() for finding in findings]
    json.dump({"source": {"name": "torchlint"}, "diagnostics": diagnostics}, out, indent=2)
    out.write("\n")


def _diagnostic(finding: Finding, source: Source) -> dict[str, Any]:
    suggestions = [_suggestion(edit, source) for edit in _joined(finding.fix, source)]
    diagnostic: dict[str, Any] = {
        "message": message(finding, source, suggested=bool(suggestions)),
        "severity": _SEVERITIES[finding.severity],
        "code": _code(finding.code),
        "location": {
            "path": within_repository(source.path),
            "range": _range(source, finding.location, finding.end_location),
        },
        "suggestions": suggestions,
    }
    related = [_related(place, source) for place in finding.related if place.path == source.path]
    return {**diagnostic, "relatedLocations": related} if related else diagnostic


def _code(code: str) -> dict[str, str]:
    url = page_url(code)
    return {"value": code, **({"url": url} if url else {})}


def _joined(fix: Fix | None, source: Source) -> list[Edit]:
    """The edits of a safe fix as one: suggestions are applied one by one, a fix as a whole or not at all."""
    if fix is None or not is_safe(fix) or source.has_cells:
        return []
    edits = sorted(fix.edits)
    start, end = edits[0].start, edits[-1].end
    if source.location(end).row - source.location(start).row >= _LONGEST:
        return []
    pieces, position = [], start
    for edit in edits:
        pieces += [source.text[position : edit.start], edit.content]
        position = edit.end
    return [Edit(start, end, "".join(pieces))]


def _related(related: Related, source: Source) -> dict[str, Any]:
    place = _range(source, related.location, related.end_location)
    return {"message": related.message, "location": {"path": within_repository(related.path), "range": place}}


def _suggestion(edit: Edit, source: Source) -> dict[str, Any]:
    return {
        "range": _range(source, source.location(edit.start), source.location(edit.end)),
        "text": edit.content,
    }


def _range(source: Source, start: Location, end: Location) -> dict[str, Any]:
    return {"start": _position(source, start), "end": _position(source, end)}


def _position(source: Source, location: Location) -> dict[str, int]:
    row, column = source.place_in_file(location, in_bytes=True)
    return {"line": row, "column": column}
