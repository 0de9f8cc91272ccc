"""Findings of a program: all of them, or first those around what was changed."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from torchlint import faults, lint, registry
from torchlint.finding import Finding, Report
from torchlint.running.job import judged
from torchlint.server.changes import Areas, Change, Rows, kept, merged, origins_now
from torchlint.server.program import Program
from torchlint.settings.config import Settings
from torchlint.source import Source
from torchlint.suppress import Suppressions
from torchlint.syntax.import_index import ImportIndexes
from torchlint.syntax.parsing import parse

# A whole file that takes no longer (seconds) is checked at each change.
_QUICK = 0.03
# A change of more rows than this is none that somebody typed.
_LARGE = 200


class Checked(NamedTuple):
    """What was found in a program. `whole`: all of it was looked at; `seconds`: how long that took last time.
    `tracebacks` say where rules crashed, `consulted` are the other files that were read, `asks_importers`: who imports
    it was asked, `origins` the definitions that findings were made in."""

    program: Program
    findings: list[Finding]
    whole: bool
    seconds: float
    origins: Mapping[Finding, Rows] = MappingProxyType({})
    tracebacks: tuple[str, ...] = ()
    consulted: frozenset[str] = frozenset()
    asks_importers: bool = False


class Checker:
    """Checks programs under their settings. `indexes` gives what the files of their projects import."""

    def __init__(self, indexes: Callable[[], ImportIndexes]) -> None:
        self._indexes = indexes

    def whole(
        self, program: Program, settings: Settings, before: Checked | None, going_on: Callable[[], None]
    ) -> Checked:
        """All findings. `going_on` is called now and then, and raises to end it. Where the text does not parse, what
        was found before stays where it was not changed."""

        def within(first: int, last: int) -> bool:
            going_on()
            return True

        start = time.monotonic()
        report, findings = self._found(program.source, settings, within)
        seconds = time.monotonic() - start
        checked = _checked(program, report, findings)._replace(seconds=seconds)
        if report.error and before is not None:
            return _joined(checked, before, Change.between(before.program.source, program.source), Areas())
        return checked

    def around_change(self, program: Program, settings: Settings, before: Checked) -> Checked | None:
        """The findings in what was changed since `before`, and those of `before` elsewhere; None if it would not be
        quicker than all."""
        change = Change.between(before.program.source, program.source)
        if before.seconds <= _QUICK or len(change.rows) > _LARGE:
            return None
        areas = Areas(change.rows)
        report, findings = self._found(program.source, settings, areas.within, areas=areas)
        checked = _joined(_checked(program, report, findings), before, change, areas)
        return checked._replace(
            whole=False,
            seconds=before.seconds,
            consulted=checked.consulted | before.consulted,
            asks_importers=checked.asks_importers or before.asks_importers,
        )

    def with_fixes(self, program: Program, settings: Settings, origins: Collection[Rows]) -> list[Finding]:
        """The findings that are made in these definitions, with their fixes."""

        def within(first: int, last: int) -> bool:
            return (first, last) in origins

        return self._found(program.source, settings, within, fixes=True)[1]

    def all_with_fixes(self, source: Source, settings: Settings) -> list[Finding]:
        """All findings, with their fixes."""
        return self._found(source, settings, None, fixes=True)[1]

    def _found(
        self,
        source: Source,
        settings: Settings,
        within: Callable[[int, int], bool] | None,
        *,
        areas: Areas | None = None,
        fixes: bool = False,
    ) -> tuple[Report, list[Finding]]:
        """What is reported of a text, less what comments silence."""
        registry.ask_folders(settings.local_rules)
        parsed = parse(source.text)
        report = Report(parsed.error, parsed.row, parsed.column)
        if parsed.tree is not None and ("torch" in source.text or registry.on_all_files(settings.codes)):
            if areas is not None:
                areas.note_definitions(parsed.tree)
            report = self._checked_by_rules(source, parsed.tree, settings, within, fixes)
        found = [*_shown(source, settings, report), *faults.broken_parts(source)]
        if report.error:
            found = [faults.invalid_syntax(source, report.error, report.error_row, report.error_column)]
        found += faults.findings("", 0, report.failures)
        return report, sorted(found, key=Finding.sort_key)

    def _checked_by_rules(
        self,
        source: Source,
        tree: ast.Module,
        settings: Settings,
        within: Callable[[int, int], bool] | None,
        fixes: bool,
    ) -> Report:
        return lint.check(
            source,
            settings.codes_for(source.path),
            tree=tree,
            fixes=fixes,
            target=settings.target_torch,
            renames=settings.renames,
            indexes=self._indexes,
            within=within,
        )


def crashed(program: Program, error: Exception) -> Checked:
    """What is known of a program on which the engine failed: that it did."""
    line = f"internal error: {type(error).__name__}: {' '.join(str(error).split())}"
    found = [*faults.findings(line, 0, [])]
    return Checked(program, found, True, 0.0, tracebacks=(faults.traceback_of(error),))


def _shown(source: Source, settings: Settings, report: Report) -> Iterator[Finding]:
    suppressions = Suppressions(source)
    for finding in map(settings.weighed, report.findings):
        if settings.reports(finding) and not suppressions.hides(finding):
            yield source.confined(judged(finding, settings))


def _joined(checked: Checked, before: Checked, change: Change, areas: Areas) -> Checked:
    """What was found, and of what was found before all that was not looked for again."""
    moved = [*kept(before.findings, before.origins, checked.program.source.path, change, areas)]
    origins = {**dict(origins_now(before.origins, moved, change)), **checked.origins}
    return checked._replace(findings=merged(checked.findings, [after for _, after in moved]), origins=origins)


def _checked(program: Program, report: Report, findings: list[Finding]) -> Checked:
    tracebacks, consulted = tuple(report.tracebacks), frozenset(report.consulted)
    return Checked(program, findings, True, 0.0, report.origins, tracebacks, consulted, bool(report.asked))
