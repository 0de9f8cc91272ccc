"""Findings as diagnostics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.uris import from_fs_path

from torchlint import faults, links, registry
from torchlint.finding import Finding, Location, Related, Severity
from torchlint.reading import read
from torchlint.server.abilities import Abilities
from torchlint.server.positions import Columns
from torchlint.server.program import Part, Program
from torchlint.source import Source, SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}
_TAGS = {"deprecated": types.DiagnosticTag.Deprecated, "unnecessary": types.DiagnosticTag.Unnecessary}


class Diagnostics:
    """Makes diagnostics as one client takes them."""

    def __init__(self, abilities: Abilities, columns: Columns) -> None:
        self._abilities = abilities
        self._columns = columns

    def by_part(self, program: Program, findings: Sequence[Finding]) -> dict[str, list[types.Diagnostic]]:
        """The diagnostics of each text of a program; those without any are there too."""
        found: dict[str, list[types.Diagnostic]] = {part.uri: [] for part in program.parts}
        for finding in findings:
            part = program.part_of(finding.location.row)
            found[part.uri].append(self.of(program, finding))
        return found

    def of(self, program: Program, finding: Finding) -> types.Diagnostic:
        """One finding."""
        url = links.page_url(finding.code) if self._abilities.links else ""
        related = [*self._related(program, finding)] if self._abilities.related else []
        return types.Diagnostic(
            range=self._range(program, finding),
            message=finding.message,
            severity=_SEVERITIES[finding.severity],
            code=finding.code,
            code_description=types.CodeDescription(url) if url else None,
            source="torchlint",
            tags=[*self._tags(finding)] or None,
            related_information=related or None,
        )

    def _range(self, program: Program, finding: Finding) -> types.Range:
        end = finding.end_location
        if program.part_of(end.row) != program.part_of(finding.location.row):
            end = finding.location
        return program.range(finding.location, end)

    def _tags(self, finding: Finding) -> Iterator[types.DiagnosticTag]:
        if self._abilities.tags and finding.code not in faults.KINDS:
            yield from (_TAGS[tag] for tag in registry.load(finding.code).tags)

    def _related(self, program: Program, finding: Finding) -> Iterator[types.DiagnosticRelatedInformation]:
        for place in finding.related:
            where = self._place(program, place)
            if where is not None:
                yield types.DiagnosticRelatedInformation(where, place.message)

    def _place(self, program: Program, place: Related) -> types.Location | None:
        """The range of another place; None in a file that cannot be read."""
        if place.path == program.source.path:
            part = program.part_of(place.location.row)
            return types.Location(part.uri, program.range(place.location, place.end_location))
        uri = from_fs_path(place.path)
        source = _read(place.path)
        if uri is None or source is None:
            return None
        other = Program(uri, source, [Part(uri, 0, 1)], self._columns)
        return types.Location(uri, other.range(place.location, _within(source, place.end_location)))


def _within(source: Source, location: Location) -> Location:
    return location._replace(row=min(location.row, len(source.line_starts)))


def _read(path: str) -> Source | None:
    try:
        return Source.from_bytes(path, read(path)[0])
    except (OSError, SourceError):
        return None
