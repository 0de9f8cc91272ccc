"""One file: read, check, leave out what is suppressed, fix. Picklable, so that it can run in another process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from torchlint import faults, registry
from torchlint.finding import Applicability, Finding, Fix
from torchlint.reading import NotAFileError, read
from torchlint.running.outcome import Outcome, applies
from torchlint.running.sources import source_of
from torchlint.running.stamp import RunId, content_digest, stamp
from torchlint.running.stop import undivided
from torchlint.settings.config import Settings
from torchlint.source import Source, SourceError
from torchlint.syntax.parsing import parse
from torchlint.terminal import reason

if TYPE_CHECKING:
    from torchlint.finding import Report
    from torchlint.running.changed_rows import Scope
    from torchlint.syntax.import_index import ImportIndexes


# What becomes of a finding when its fix has been run; see `--verify`.
Judge = Callable[[Source, Finding], Finding]


class Mode(NamedTuple):
    """What to do with fixes: apply them at all, unsafe ones too, write the files, keep a diff."""

    fix: bool = False
    unsafe: bool = False
    write: bool = False
    diff: bool = False


class Job(NamedTuple):
    """A file and what to do with it. `path` is also what is shown; `remembered`: the outcome is for the cache too;
    `run`: that of which it is a part, if it is one of many; `scope`: the rows in which anything is fixed, or all."""

    path: str
    settings: Settings
    mode: Mode
    remembered: bool = False
    run: RunId | None = None
    scope: Scope | None = None


def run_file(job: Job, judge: Judge | None = None) -> Outcome:
    """Check one file, and fix it if asked, after `judge` has seen each finding. Whatever goes wrong ends up in the
    outcome."""
    try:
        data, state = read(job.path)
    except OSError as error:
        return Outcome(job.path, error=_problem(error))
    outcome = run_bytes(job, data, judge)
    if job.remembered and not outcome.tracebacks:  # a mistake of ours may be gone the next time
        outcome.stamp, outcome.digest = stamp(state), content_digest(data)
    return outcome


def run_bytes(job: Job, data: bytes, judge: Judge | None = None) -> Outcome:
    """The same for the content of a file. Only with `Mode.write` is the disk touched."""
    try:
        with registry.asking(job.settings.local_rules):
            if b"torch" not in data and not registry.on_all_files(job.settings.codes):
                # No rule has anything to say of it, but that a file is not Python is worth a finding.
                return _only_parsed(source_of(job.path, data))
            return _Task(job, source_of(job.path, data), judge).run()
    except Exception as error:
        outcome = Outcome(job.path, error=_problem(error))
        if outcome.error.startswith("internal"):
            outcome.tracebacks.append(faults.traceback_of(error))
        return outcome


def _only_parsed(source: Source) -> Outcome:
    parsed = parse(source.text)
    findings = list(faults.broken_parts(source))
    if parsed.error:
        findings = [faults.invalid_syntax(source, parsed.error, parsed.row, parsed.column)]
    return Outcome(source.path, source.released() if findings else None, findings)


def _problem(error: Exception) -> str:
    if isinstance(error, NotAFileError):
        return f"{reason(error)}, and only those are read; `torchlint -` reads standard input"
    if isinstance(error, OSError):
        return reason(error)
    text = " ".join(str(error).split())
    return text if isinstance(error, SourceError) else f"internal error: {type(error).__name__}: {text}"


class _Task:
    """A file on its way. The first check is kept, so that fixing does not repeat it.

    The engine and the editing of text are imported only here: a file that does not name torch needs neither.
    """

    def __init__(self, job: Job, source: Source, judge: Judge | None = None) -> None:
        self._job = job
        self._judge = judge
        self._source = source
        self._codes = job.settings.codes_for(job.path)
        # The text that was looked at last, and the rows of it that are to be fixed.
        self._place, self._scope = source, job.scope
        self._report = self._check(source)

    def run(self) -> Outcome:
        outcome, report = Outcome(self._job.path), self._report
        outcome.failures, outcome.tracebacks = report.failures, report.tracebacks
        outcome.consulted = frozenset(report.consulted)
        self._note_importers(outcome)
        outcome.findings = self._lint(self._source)
        if report.error:
            place = report.error_row, report.error_column
            outcome.findings = [faults.invalid_syntax(self._source, report.error, *place)]
        outcome.source = self._source if outcome.findings else None
        if self._job.mode.fix and any(map(self._accepts, outcome.findings)):
            try:
                self._fix(outcome)
            except Exception as error:
                outcome.error = _problem(error)
        outcome.source = outcome.source.released() if outcome.source else None
        return outcome

    def _check(self, source: Source) -> Report:
        # Start-up: files without torch and files from the cache do not need it.
        from torchlint import lint

        return lint.check(
            source,
            self._codes,
            indexes=_indexes_of(self._job.run),
            target=self._job.settings.target_torch,
            renames=self._job.settings.renames,
        )

    def _note_importers(self, outcome: Outcome) -> None:
        """Keep what the findings owe to who imports the file."""
        run, names = self._job.run, self._report.asked
        if run is not None and names:
            # Start-up: most files are not asked about by others.
            from torchlint.running import known_imports

            outcome.asked = frozenset(names)
            outcome.answered = known_imports.digest(known_imports.indexes_of(run), self._job.path, names)
            known_imports.keep(run)

    def _accepts(self, finding: Finding) -> bool:
        if self._scope is not None and not self._scope.has(self._place, finding):
            return False
        return applies(finding, unsafe=self._job.mode.unsafe)

    def _follow(self, source: Source) -> None:
        """Find the rows again that are to be fixed, in a text that fixes have changed."""
        if self._job.scope is None or source is self._source:
            return
        data = source.to_bytes()
        self._scope = self._job.scope.after(self._source.to_bytes(), data)
        # Read again: where things are in the file is known of what was read from one.
        self._place = source_of(source.path, data)

    def _lint(self, source: Source) -> list[Finding]:
        report = self._report if source is self._source else self._check(source)
        self._follow(source)
        broken = list(faults.broken_parts(source))
        if not report.findings:
            return broken
        # Start-up: only files with findings need it.
        from torchlint.suppress import Suppressions

        suppressions = Suppressions(source)
        settings = self._job.settings
        found = map(settings.weighed, report.findings) if settings.severities else report.findings
        shown = [f for f in found if settings.reports(f) and not suppressions.hides(f)]
        findings = [source.confined(judged(finding, settings)) for finding in shown]
        findings = [self._judge(source, finding) for finding in findings] if self._judge else findings
        return sorted([*findings, *broken], key=Finding.sort_key) if broken else findings

    def _fix(self, outcome: Outcome) -> None:
        # Start-up: only `--fix` needs it.
        from torchlint.fixing import edits, files

        before, mode = self._source, self._job.mode
        result = edits.fix(before, self._lint, self._accepts)
        content = result.source.to_bytes()
        if mode.write and result.text != before.text:
            with undivided():
                files.write(self._job.path, before, result.source)
        outcome.error = outcome.error or result.error
        outcome.fixed = result.applied
        outcome.findings = result.findings
        outcome.severities = dict(self._job.settings.severities)
        outcome.scope = self._scope
        # Read again: where things are in the file is known of what was read from one.
        outcome.source = source_of(before.path, content)
        if mode.diff:
            # Start-up: only `--diff` needs it.
            from torchlint.running.diff import unified_diff

            outcome.diff = unified_diff(before, content)
        elif not mode.write:
            outcome.content = content


def _indexes_of(run: RunId | None) -> Callable[[], ImportIndexes]:
    """What gives the indexes of a run, or fresh ones."""

    def indexes() -> ImportIndexes:
        # Start-up: most files ask for none.
        from torchlint.running import known_imports

        return known_imports.indexes_of(run)

    return indexes


def judged(finding: Finding, settings: Settings) -> Finding:
    """The finding with its fix as the settings see it: withheld, or of another applicability than the harness gave."""
    fix = finding.fix
    if fix is None:
        return finding
    if finding.code not in settings.fixable:
        return finding._replace(fix=None, help=fix.title, unfixed="the configuration says that this rule is not fixed")
    if finding.code in settings.safe and fix.applicability is Applicability.UNSAFE:
        return finding._replace(fix=_overridden(fix, Applicability.SAFE))
    if finding.code in settings.unsafe and fix.applicability is Applicability.SAFE:
        return finding._replace(fix=_overridden(fix, Applicability.UNSAFE))
    return finding


def _overridden(fix: Fix, applicability: Applicability) -> Fix:
    said = f"declared {applicability} by the configuration"
    return fix._replace(applicability=applicability, verification=f"{said}; {fix.verification}".removesuffix("; "))
