"""`torchlint check`: find the files, run them, report."""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, TextIO

from torchlint import faults
from torchlint.commands import summary
from torchlint.commands.adoption import Adoption
from torchlint.commands.options import add_arguments, overrides
from torchlint.commands.progress import Progress
from torchlint.finding import Place
from torchlint.formats import FORMATS, TEXT_FORMATS
from torchlint.running.job import Job, Mode, run_bytes
from torchlint.running.outcome import Outcome, Run
from torchlint.running.pool import Outcomes, run_files
from torchlint.running.stamp import RunId
from torchlint.running.stop import exit_code
from torchlint.selectors import suggestion
from torchlint.settings.config import Configuration
from torchlint.settings.config_table import ConfigError, shown
from torchlint.settings.discovery import Target, discover
from torchlint.settings.rules_here import tell_of_own_rules
from torchlint.terminal import complain, printable, reason, use_color, use_links, write_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from torchlint.commands.instances import Session
    from torchlint.finding import Finding
    from torchlint.source import Source
    from torchlint.timing import Clock

__all__ = ["add_arguments", "run"]


def run(arguments: argparse.Namespace) -> int:
    """Check what the arguments name and report it. Returns the exit code; raises `ConfigError`."""
    try:
        if arguments.watch:
            # Start-up: only `--watch` needs it.
            from torchlint.commands import watch

            return watch.run(arguments, lambda: _Check(arguments).run())
        return _Check(arguments).run()
    except KeyboardInterrupt:
        complain("Interrupted before everything was reported.")
        raise


def outcomes_of(arguments: argparse.Namespace) -> tuple[list[Outcome], Configuration]:
    """What is found in files, for other commands, and under which settings. Raises `ConfigError`."""
    check = _Check(arguments)
    outcomes = check.files()
    tell_of_own_rules(check.configuration)
    return outcomes, check.configuration


class _Check:
    """One run of the command."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        self.configuration = Configuration(overrides(arguments))
        self._stdin = arguments.stdin_filename is not None or arguments.paths == ["-"]
        self._settings = self.configuration.settings_in(os.getcwd())
        self._adds_noqa = arguments.add_noqa is not None
        self._fix = not self._adds_noqa and (self._settings.fix or arguments.fix_only or arguments.diff)
        self._session: Session | None = None
        self._interrupt: KeyboardInterrupt | None = None
        self._text = b""
        if "-" in arguments.paths and len(arguments.paths) > 1:
            raise ConfigError("- (standard input) cannot be combined with other paths")
        contradictions = ("fix", "fix_only", "diff", "verify", "statistics")
        for name in filter(partial(getattr, arguments), contradictions if self._adds_noqa else ()):
            raise ConfigError(
                f"--add-noqa and --{name.replace('_', '-')} contradict each other: run one after the other"
            )

    def run(self) -> int:
        if self._arguments.show_settings:
            return self._show_settings()
        if self._arguments.show_files:
            return self._show_files()
        output_format = self._output_format()
        with ExitStack() as stack:
            if self._arguments.verify:
                # Start-up: only `--verify` needs it.
                from torchlint.commands import instances

                opened = instances.opened(self._arguments.verify, self._arguments.device, self._cache_folder())
                self._session = stack.enter_context(opened)
            clock = stack.enter_context(_measured()) if self._arguments.timing else None
            outcomes = [self._standard_input()] if self._stdin else self.files()
        if not self._arguments.quiet:
            self._warn()
        tell_of_own_rules(self.configuration, quiet=self._arguments.quiet)
        if self._arguments.verbose:
            self._tell(outcomes)
        code = self._report(outcomes, output_format)
        if clock:
            complain(clock.table())
        return code

    def _warn(self) -> None:
        for line in self.configuration.warnings:
            complain(f"warning: {line}")

    def _note(self, line: str) -> None:
        if line and not self._arguments.quiet:
            complain(line)

    def _tell(self, outcomes: list[Outcome]) -> None:
        """Say what was read and run, for `--verbose`."""
        known = sum(outcome.recalled for outcome in outcomes)
        folder = self._cache_folder()
        complain(f"configuration: {self._settings.file or 'none'}")
        complain(f"rules: {len(self._settings.codes)}")
        complain(f"cache: {folder or 'not used'}")
        complain(f"files: {len(outcomes)} checked, {known} of them known from the cache")

    def _report(self, outcomes: list[Outcome], output_format: str) -> int:
        for outcome in outcomes:
            _complain_of(outcome, syntax=self._arguments.diff)
        self._complain_of_ourselves(outcomes)
        run = Run(outcomes, unsafe=self._settings.unsafe_fixes, stopped=self._interrupt is not None)
        if self._adds_noqa:
            return self._add_noqa(run)
        if self._arguments.diff:
            return self._show_diff(run)
        with self._output() as out:
            complete = output_format not in TEXT_FORMATS or self._arguments.output_file is not None
            color = use_color(self._arguments.color, out)
            self._write(
                run._replace(color=color, links=use_links(out, color=color), complete=complete), output_format, out
            )
        return self._exit_code(run)

    def _complain_of_ourselves(self, outcomes: list[Outcome]) -> None:
        """Say where rules crashed, or how to see it."""
        tracebacks = [traceback for outcome in outcomes for traceback in outcome.tracebacks]
        if self._arguments.debug:
            for traceback in tracebacks:
                complain(traceback)
        elif tracebacks:
            crashes = [failure for outcome in outcomes for failure in outcome.failures]
            is_own = bool(crashes) and all(map(faults.is_of_own_rule, crashes))
            whose = "in that rule, not in the code that it looks at" if is_own else "in torchlint, not in your code"
            use = "prints the traceback" if is_own else "prints the traceback to report it with"
            complain(f"note: a crash is a mistake {whose}; all other findings stand, and --debug {use}")

    def _targets(self) -> Iterator[Target]:
        return discover(self._arguments.paths or ["."], self.configuration)

    def _mode(self) -> Mode:
        write = not (self._arguments.diff or self._stdin)
        return Mode(fix=self._fix, unsafe=self._settings.unsafe_fixes, write=write, diff=self._arguments.diff)

    def files(self) -> list[Outcome]:
        """What is found in the files that the arguments name."""
        mode, targets = self._mode(), list(self._targets())
        if not targets:
            self._note("warning: no Python files or notebooks found under the given paths")
        # With --verify fixes are run, and applied, after everything is found: one worker serves all files.
        found = Mode() if self._session else mode
        run = RunId(time.time_ns(), str(self._cache_folder() or ""))
        settings_for = self.configuration.settings_for
        jobs = [Job(path, settings_for(path), found, run=run) for path, error in targets if not error]
        adoption = Adoption(self._arguments, self._settings)
        jobs = adoption.narrowed(jobs)
        missing = [Outcome(path, error=error) for path, error in targets if error]
        outcomes = [*missing, *self._run(jobs)]
        if self._session is not None:
            for outcome, job in zip(outcomes[len(missing) :], jobs, strict=False):
                outcome.narrow(job.scope)  # what is not reported is not run
            outcomes = self._verified(self._session, outcomes, jobs, mode)
        stale = adoption.apply(outcomes, jobs)
        self._note(f"warning: {stale}" if stale else "")
        return outcomes

    def _verified(self, session: Session, outcomes: list[Outcome], jobs: list[Job], mode: Mode) -> list[Outcome]:
        # Start-up: only `--verify` needs it.
        from torchlint.commands import instances

        done: list[Outcome] = []
        total = instances.fixes(outcomes)
        with Progress("Tried {done} of {total} fixes", total) as progress:

            def judge(source: Source, finding: Finding) -> Finding:
                judged = session.judge(source, finding)
                progress.done = len(session.records)
                return judged

            try:
                # Those after an interrupt come back without the fixes that were not tried.
                for outcome in instances.verified(judge, [] if self._interrupt else outcomes, jobs, mode):
                    done.append(outcome)
            except KeyboardInterrupt as interrupt:
                self._interrupt = interrupt
        if self._interrupt is not None:
            complain(f"Interrupted: {progress.done} of {total} fixes were tried, and the others are not offered.")
        return [*done, *map(instances.untried, outcomes[len(done) :])]

    def _run(self, jobs: list[Job]) -> list[Outcome]:
        """The outcomes in the order of the jobs: all of them, or, after an interrupt, those that there are."""
        done: dict[int, Outcome] = {}
        with Progress("Checked {done} of {total} files", len(jobs)) as progress:
            try:
                with closing(self._outcomes(jobs)) as found:
                    for place, outcome in found:
                        done[place] = outcome
                        progress.done = len(done)
            except KeyboardInterrupt as interrupt:
                self._interrupt = interrupt
        if self._interrupt is not None:
            complain(f"Interrupted: {len(done)} of {len(jobs)} files were checked.")
        return [done[place] for place in sorted(done)]

    def _outcomes(self, jobs: list[Job]) -> Outcomes:
        folder = self._cache_folder()
        if folder is None:
            return run_files(jobs, 1 if self._arguments.timing else self._arguments.jobs)
        # Start-up: a run without the cache does not need them.
        from torchlint.running import findings_cache, recall

        known = findings_cache.Cache(folder, findings_cache.tool_digest())
        return recall.run_files_with(known, jobs, self._arguments.jobs)

    def _cache_folder(self) -> Path | None:
        """Where earlier runs left what they found; None if it is not to be used."""
        if self._arguments.no_cache or self._arguments.timing:
            return None
        # Start-up: a run without the cache does not need it.
        from torchlint.running.recall import cache_folder

        return cache_folder(self._arguments.cache_dir, self._settings)

    def _standard_input(self) -> Outcome:
        filename = self._arguments.stdin_filename
        path = shown(filename) if filename else "-"
        settings = self.configuration.settings_for(path)
        try:
            data = sys.stdin.buffer.read()
        except OSError as error:
            said = "is closed" if error.errno == errno.EBADF else f"cannot be read: {reason(error)}"
            raise ConfigError(f"standard input {said}") from None
        adoption = Adoption(self._arguments, self._settings)
        job, outcome = Job(path, settings, self._mode(), scope=adoption.scope_of_text(path, data)), Outcome(path)
        if not settings.leaves_out(path):
            outcome = run_bytes(job, data, self._session.judge if self._session else None)
        adoption.apply([outcome], [job])
        if self._adds_noqa:
            self._text = data
        if self._fix and not self._arguments.diff:
            write_bytes(data if outcome.content is None else outcome.content)
        return outcome

    def _output_format(self) -> str:
        name: str | None = self._arguments.output_format or os.environ.get("TORCHLINT_OUTPUT_FORMAT")
        if name is None or name == "":
            return self._settings.output_format
        if name not in FORMATS:
            raise ConfigError(f"unknown output format {name!r} in TORCHLINT_OUTPUT_FORMAT{suggestion(name, FORMATS)}")
        return name

    @contextmanager
    def _output(self) -> Iterator[TextIO]:
        """Where findings go: a file, or standard output, or where that takes the fixed text, standard error."""
        if self._arguments.output_file is None:
            yield sys.stderr if self._stdin and self._fix else sys.stdout
            return
        try:
            with open(self._arguments.output_file, "w", encoding="utf-8", errors="backslashreplace") as out:
                yield out
        except OSError as error:
            raise ConfigError(f"{self._arguments.output_file}: {reason(error)}") from None

    def _write(self, run: Run, output_format: str, out: TextIO) -> None:
        if self._arguments.fix_only:
            run = run.without_findings()
        if self._arguments.statistics:
            summary.write_statistics(run, out, as_json=output_format == "json")
        else:
            importlib.import_module(f"torchlint.reporters.{FORMATS[output_format]}").report(run, out)
        if output_format not in TEXT_FORMATS:
            return
        if self._arguments.show_fixes:
            out.write(summary.fixes(run))
        if self._arguments.quiet:
            return
        out.write(summary.totals(run))
        if output_format == "full":
            out.write(summary.where_to_read_on(run))
        if self._session:
            out.write(self._tried(self._session))

    def _show_diff(self, run: Run) -> int:
        diff = b"".join(outcome.diff for outcome in run.outcomes)
        write_bytes(diff)
        self._note(summary.would_fix(run))
        if self._session:
            complain(self._tried(self._session).rstrip("\n"))
        if self._interrupt is not None:
            return exit_code(self._interrupt)
        return 2 if run.broken or self.configuration.faults else int(bool(diff))

    def _tried(self, session: Session) -> str:
        # Start-up: only `--verify` needs it.
        from torchlint.commands import instances

        return instances.summary(session.records, unsafe=self._settings.unsafe_fixes)

    def _add_noqa(self, run: Run) -> int:
        # Start-up: only `--add-noqa` needs it.
        from torchlint.commands import noqa

        why = noqa.checked_reason(self._arguments.add_noqa)
        if self._stdin:
            text, code = noqa.add_to_text(run.outcomes[0], self._text, why)
            write_bytes(text)
        else:
            code = noqa.add_comments(run.outcomes, why)
        return 2 if run.broken or self.configuration.faults else code

    def _exit_code(self, run: Run) -> int:
        arguments = self._arguments
        if self._interrupt is not None:
            return exit_code(self._interrupt)
        if run.broken or self.configuration.faults:
            return 2
        if arguments.exit_non_zero_on_fix and run.fixed:
            return 1
        left = not (arguments.fix_only or arguments.exit_zero)
        return int(left and any(run.findings()))

    def _show_files(self) -> int:
        targets = [Target("-")] if self._stdin else list(self._targets())
        for path, error in targets:
            if error:
                complain(f"{printable(path)}: error: {error}")
            else:
                print(os.path.abspath(path))
        return 2 if any(error for _, error in targets) else 0

    def _show_settings(self) -> int:
        first = self._arguments.stdin_filename or next((path for path, error in self._targets() if not error), "-")
        settings = self.configuration.settings_for(first)
        self._warn()
        # Start-up: only `--show-settings` needs it.
        from torchlint.commands import shown_settings

        as_json = self._output_format() == "json"
        print((shown_settings.as_json if as_json else shown_settings.as_text)(settings, first))
        return 0


def _measured() -> AbstractContextManager[Clock]:
    # Start-up: it imports all that it measures.
    from torchlint.timing import measured

    return measured()


def _complain_of(outcome: Outcome, *, syntax: bool) -> None:
    """Say on standard error what is wrong besides findings; `syntax`: also that a file does not parse."""
    path = printable(outcome.path)
    for failure in outcome.failures:
        complain(f"{path}: {' '.join(failure.split())}")
    if outcome.error:
        row = f":{outcome.error_row}" if outcome.error_row else ""
        complain(f"{path}{row}: error: {outcome.error}")
    for finding in outcome.findings if syntax else ():
        if finding.code == faults.INVALID_SYNTAX:
            complain(f"{path}:{_row(finding, outcome.source)}: error: {finding.message}")


def _row(finding: Finding, source: Source | None) -> str:
    """The row of a finding, and the cell that it is in."""
    place = Place(None, *finding.location) if source is None else source.place(finding.location)
    return str(place).rpartition(":")[0]
