"""All that is computed about programs. It runs in one thread, beside the one that talks with the client."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from torchlint import faults
from torchlint.finding import Edit, Finding, Location
from torchlint.fixing import edits as fixing
from torchlint.running.outcome import applies
from torchlint.server import checking, code_actions, hover_texts
from torchlint.server.changes import Rows
from torchlint.server.checking import Checked, Checker
from torchlint.server.client_settings import ClientSettings
from torchlint.server.configurations import Configurations
from torchlint.server.known_values import Known, KnownValues
from torchlint.server.program import Program
from torchlint.settings.config import Settings
from torchlint.source import Source
from torchlint.syntax.import_index import ImportIndexes, Row
from torchlint.syntax.module import Module
from torchlint.syntax.parsing import parse
from torchlint.values.interpret.project import Project


class AbandonedError(Exception):
    """A check ended early, because there is something newer to do."""


class Analysis:
    """Findings, fixes and facts. What was found last of each program is kept."""

    def __init__(self, client: ClientSettings, folders: Sequence[str]) -> None:
        self.configurations = Configurations(client, folders)
        self._checker = Checker(self._indexes)
        self._rows: dict[str, Row] = {}
        self._made_indexes: ImportIndexes | None = None
        self._latest: dict[str, Checked] = {}
        self._fixable: tuple[Program, frozenset[Rows], list[Finding]] | None = None
        self._values: tuple[Program, KnownValues | None] | None = None
        self._abandoned = threading.Event()

    # -- what changes -------------------------------------------------------------------------------------------

    def abandon(self) -> None:
        """End the check that is under way, if there is one; called from the other thread."""
        self._abandoned.set()

    def files_changed(self) -> None:
        """Some files on the disk are not what they were."""
        indexes = self._made_indexes
        if indexes is not None:
            self._rows = indexes.unsaved() or self._rows
        self._made_indexes = None
        self._latest = {uri: checked._replace(whole=False) for uri, checked in self._latest.items()}
        self._fixable = None

    def configuration_changed(self) -> None:
        """Some configuration file is not what it was."""
        self.configurations.forget()
        self.files_changed()
        self._latest.clear()

    def closed(self, uri: str) -> None:
        """A program is not open any more."""
        self._latest.pop(uri, None)

    def depends_on(self, uri: str, paths: frozenset[str]) -> bool:
        """Whether what was found in a program may be another thing after a change of these files."""
        latest = self._latest.get(uri)
        return latest is None or latest.asks_importers or not paths.isdisjoint(latest.consulted)

    def _indexes(self) -> ImportIndexes:
        if self._made_indexes is None:
            self._made_indexes = ImportIndexes(self._rows)
        return self._made_indexes

    # -- what is asked ------------------------------------------------------------------------------------------

    def quick(self, program: Program) -> Checked:
        """What is found soonest: in what was changed, with what was known of the rest; of a small file, everything."""
        latest = self._latest.get(program.uri)
        if latest is not None and latest.program.state == program.state and latest.whole:
            return latest
        settings = self.configurations.settings_for(program.source.path)
        if settings is None or latest is None:
            return self.whole(program)
        try:
            checked = self._checker.around_change(program, settings, latest)
        except Exception as error:
            checked = checking.crashed(program, error)
        if checked is None:
            return self.whole(program)
        self._latest[program.uri] = checked
        return checked

    def whole(self, program: Program, *, may_end: bool = False) -> Checked:
        """Everything that is found. Raises `AbandonedError` if it `may_end` and is asked to."""
        latest = self._latest.get(program.uri)
        if latest is not None and latest.program.state == program.state and latest.whole:
            return latest
        settings = self.configurations.settings_for(program.source.path)
        self._abandoned.clear()
        if settings is None:
            checked = Checked(program, [], True, 0.0)
        else:
            checked = self._whole(program, settings, latest, may_end)
        self._latest[program.uri] = checked
        return checked

    def _whole(self, program: Program, settings: Settings, latest: Checked | None, may_end: bool) -> Checked:
        def going_on() -> None:
            if may_end and self._abandoned.is_set():
                raise AbandonedError

        try:
            return self._checker.whole(program, settings, latest, going_on)
        except AbandonedError:
            raise
        except Exception as error:
            return checking.crashed(program, error)

    def fixable(self, program: Program, start: Location, end: Location) -> list[Finding]:
        """The findings that a range touches, with their fixes."""
        checked = self.quick(program)
        known = [finding for finding in checked.findings if _touches(finding, start, end)]
        origins = frozenset(checked.origins[finding] for finding in known if finding in checked.origins)
        if not origins:
            return known
        found = self._with_fixes(program, origins)
        fixed = {(finding.code, finding.location): finding for finding in found}
        return [fixed.get((finding.code, finding.location), finding) for finding in known]

    def _with_fixes(self, program: Program, origins: frozenset[Rows]) -> list[Finding]:
        settings = self.configurations.settings_for(program.source.path)
        if settings is None:
            return []
        if self._fixable is not None:
            before, asked, findings = self._fixable
            if before.uri == program.uri and before.state == program.state and asked == origins:
                return findings
        findings = self._checker.with_fixes(program, settings, origins)
        self._fixable = program, origins, findings
        return findings

    def fix_all(self, program: Program) -> list[Edit]:
        """The edits of all safe fixes, and of those that they make room for."""
        settings = self.configurations.settings_for(program.source.path)
        if settings is None or not parse(program.source.text).tree:
            return []

        def lint(source: Source) -> list[Finding]:
            found = self._checker.all_with_fixes(source, settings)
            return [finding for finding in found if finding.code not in faults.KINDS]

        result = fixing.fix(program.source, lint, lambda finding: applies(finding, unsafe=False))
        return code_actions.edits_between(program.source, result.source)

    def has_findings(self, program: Program) -> bool:
        """Whether there may be anything to fix."""
        return any(finding.code not in faults.KINDS for finding in self.quick(program).findings)

    def hover(self, program: Program, location: Location, *, values: bool) -> Known | None:
        """What is shown over a place: what is known of the value, and the findings there."""
        found = self.fixable(program, location, location)
        evaluation = self._known_values(program) if values else None
        known = evaluation.at(program.offset(location)) if evaluation is not None else None
        if not found:
            return known
        texts = [*([known.text] if known is not None else []), *map(hover_texts.of_finding, found)]
        return Known("\n\n---\n\n".join(texts), found[0].location, found[0].end_location)

    def _known_values(self, program: Program) -> KnownValues | None:
        if self._values is not None:
            before, known = self._values
            if before.uri == program.uri and before.state == program.state:
                return known
            if known is not None:
                known.close()
        known = _evaluated(program, self.configurations.settings_for(program.source.path), self._indexes)
        self._values = program, known
        return known


def _evaluated(program: Program, settings: Settings | None, indexes: Callable[[], ImportIndexes]) -> KnownValues | None:
    """The evaluation of a program; None for one without torch, or that does not parse."""
    tree = parse(program.source.text).tree
    if tree is None or settings is None or "torch" not in program.source.text:
        return None
    module = Module(program.source, tree, target=settings.target_torch)
    return KnownValues(module, Project(module, indexes))


def _touches(finding: Finding, start: Location, end: Location) -> bool:
    return finding.location <= end and start <= max(finding.end_location, finding.location)
