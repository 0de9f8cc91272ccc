"""SARIF 2.1.0, which code scanning services read.

Only safe fixes are among a result's `fixes`; others are told in its message. Its `properties` say of each what it is.
"""

from __future__ import annotations

import json
from typing import Any, TextIO

from torchlint import DOCUMENTATION, __version__, faults, registry
from torchlint.finding import Edit, Finding, Fix, Location, Related, Severity
from torchlint.links import page_url
from torchlint.reporters.line_hashes import line_hashes
from torchlint.reporters.places import fingerprinted, in_file, place_in, uri
from torchlint.reporters.remarks import is_safe, message
from torchlint.running.outcome import Run
from torchlint.source import Source

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def report(run: Run, out: TextIO) -> None:
    """Write the log with its only run."""
    codes = {finding.code for finding in run.findings()}
    driver = {
        "name": "torchlint",
        "version": __version__,
        "informationUri": DOCUMENTATION,
        "rules": [_rule(code) for code in sorted(codes)],
    }
    hashes: dict[str, list[str]] = {}
    results = [_result(*entry, _line_hash(*entry[:2], hashes)) for entry in fingerprinted(run)]
    # The columns of findings count code points; without a word on it they would be UTF-16 code units.
    log = {
        "tool": {"driver": driver},
        "invocations": [_invocation(run)],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    json.dump({"$schema": schema, "version": "2.1.0", "runs": [log]}, out, indent=2)
    out.write("\n")


def _invocation(run: Run) -> dict[str, Any]:
    """Whether all files were checked in full, and what kept those from it that were not."""
    notifications = [
        {
            "descriptor": {"id": finding.code},
            "level": "error",
            "message": {"text": finding.message},
            "locations": [_location(source, source.path, finding.location, finding.end_location)],
        }
        for source, findings in run.files()
        for finding in findings
        if finding.code in faults.KINDS
    ]
    return {"executionSuccessful": not run.broken, "toolExecutionNotifications": notifications}


def _rule(code: str) -> dict[str, Any]:
    if code in faults.KINDS:
        name, summary = faults.KINDS[code]
        return {"id": code, "name": name, "shortDescription": {"text": summary}}
    for info in registry.rules():
        if info.code == code:
            return {
                "id": code,
                "name": info.name,
                "shortDescription": {"text": info.summary},
                "defaultConfiguration": {"level": _LEVELS[info.severity]},
                **_explained(code),
            }
    return {"id": code}


def _explained(code: str) -> dict[str, Any]:
    """A rule's page, and where it is on the web."""
    page = registry.load(code).docs().strip()
    url = page_url(code)
    return {
        "fullDescription": {"text": _purpose(page)},
        "help": {"text": f"{page}\n\n{url}", "markdown": f"{page}\n\n[{url}]({url})"} if url else {"text": page},
        **({"helpUri": url} if url else {}),
    }


def _purpose(page: str) -> str:
    """The first paragraph that says what a rule does, on one line."""
    _, found, rest = page.partition("## What it does\n")
    return " ".join((rest if found else page).strip().partition("\n\n")[0].split())


def _line_hash(source: Source, finding: Finding, hashes: dict[str, list[str]]) -> dict[str, str]:
    """What GitHub would compute from the file. It does so itself for notebooks, of which the text is not at hand."""
    if source.has_cells:
        return {}
    if source.path not in hashes:
        hashes[source.path] = line_hashes("\ufeff" * source.encoding.bom + source.display)
    of_file, row = hashes[source.path], finding.location.row
    return {"primaryLocationLineHash": of_file[row - 1]} if row <= len(of_file) else {}


def _result(source: Source, finding: Finding, fingerprint: str, line_hash: dict[str, str]) -> dict[str, Any]:
    suggested = is_safe(finding.fix) and not source.has_cells
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": message(finding, source, suggested=suggested)},
        "locations": [_location(source, source.path, finding.location, finding.end_location)],
        "partialFingerprints": {"torchlint/v1": fingerprint, **line_hash},
    }
    if finding.related:
        result["relatedLocations"] = [_related(related, source) for related in finding.related]
    if finding.fix is not None:
        result["properties"] = {"fix": _described(finding.fix)}
    if finding.fix is not None and suggested:
        result["fixes"] = [_fix(finding.fix, source)]
    return result


def _described(fix: Fix) -> dict[str, str]:
    """`applicability` is `safe`, `unsafe`, `unverified` or `display`."""
    return {"applicability": fix.standing, "description": fix.title, "verification": fix.verification}


def _location(source: Source, path: str, start: Location, end: Location) -> dict[str, Any]:
    region = _region(in_file(source, path, start), in_file(source, path, end))
    place = {"physicalLocation": {"artifactLocation": {"uri": uri(path)}, "region": region}}
    said = place_in(source, path, start)
    return place if said.cell is None else {**place, "logicalLocations": [{"fullyQualifiedName": str(said)}]}


def _related(related: Related, source: Source) -> dict[str, Any]:
    place = _location(source, related.path, related.location, related.end_location)
    return {**place, "message": {"text": related.message}}


def _region(start: Location, end: Location) -> dict[str, int]:
    return {"startLine": start.row, "startColumn": start.column, "endLine": end.row, "endColumn": end.column}


def _fix(fix: Fix, source: Source) -> dict[str, Any]:
    replacements = [_replacement(edit, source) for edit in fix.edits]
    change = {"artifactLocation": {"uri": uri(source.path)}, "replacements": replacements}
    return {"description": {"text": fix.title}, "artifactChanges": [change]}


def _replacement(edit: Edit, source: Source) -> dict[str, Any]:
    region = _region(source.location(edit.start), source.location(edit.end))
    return {"deletedRegion": region, "insertedContent": {"text": edit.content}}
