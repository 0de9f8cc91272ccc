"""`torchlint check`: find the files, run them, report."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, TextIO

from torchlint.commands import summary
from torchlint.commands.options import add_arguments, overrides
from torchlint.commands.terminal import complain, printable, reason, use_color, write_bytes
from torchlint.reporters import FORMATS, TEXT_FORMATS
from torchlint.running.outcome import Outcome, Run
from torchlint.running.pool import run_files
from torchlint.running.runner import Job, Mode, run_bytes
from torchlint.settings.config import Configuration
from torchlint.settings.discovery import Target, discover
from torchlint.settings.layers import ConfigError, shown
from torchlint.settings.selection import suggestion

if TYPE_CHECKING:
    from pathlib import Path

    from torchlint.commands.instances import Session
    from torchlint.timing import Clock

__all__ = ["add_arguments", "run"]


def run(arguments: argparse.Namespace) -> int:
    """Check what the arguments name and report it. Returns the exit code; raises `ConfigError`."""
    return _Check(arguments).run()


class _Check:
    """One run of the command."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        self._configuration = Configuration(overrides(arguments))
        self._stdin = arguments.stdin_filename is not None or arguments.paths == ["-"]
        self._fix = arguments.fix or arguments.fix_only or arguments.diff
        self._session: Session | None = None
        if "-" in arguments.paths and len(arguments.paths) > 1:
            raise ConfigError("- (standard input) cannot be combined with other paths")

    def run(self) -> int:
        if self._arguments.show_settings:
            return self._show_settings()
        if self._arguments.show_files:
            return self._show_files()
        output_format = self._output_format()
        with ExitStack() as stack:
            if self._arguments.verify:
                from torchlint.commands import instances

                opened = instances.opened(self._arguments.verify, self._arguments.device, self._cache_folder())
                self._session = stack.enter_context(opened)
            clock = stack.enter_context(_measured()) if self._arguments.timing else None
            outcomes = [self._standard_input()] if self._stdin else self._files()
        code = self._report(outcomes, output_format)
        if clock:
            complain(clock.table())
        return code

    def _report(self, outcomes: list[Outcome], output_format: str) -> int:
        for outcome in outcomes:
            _complain_of(outcome)
        if self._arguments.diff:
            return self._show_diff(outcomes)
        with self._output() as out:
            run = Run(outcomes, unsafe=self._arguments.unsafe_fixes, color=use_color(self._arguments.color, out))
            self._write(run, output_format, out)
        return self._exit_code(run)

    def _targets(self) -> Iterator[Target]:
        arguments = self._arguments
        return discover(arguments.paths or ["."], self._configuration, force_exclude=arguments.force_exclude)

    def _mode(self) -> Mode:
        arguments = self._arguments
        write = not (arguments.diff or self._stdin)
        return Mode(fix=self._fix, unsafe=arguments.unsafe_fixes, write=write, diff=arguments.diff)

    def _files(self) -> list[Outcome]:
        mode, targets = self._mode(), list(self._targets())
        if not targets:
            complain("warning: no Python files found under the given paths")
        # With --verify fixes are run, and applied, after everything is found: one worker serves all files.
        found = Mode() if self._session else mode
        jobs = [Job(path, self._configuration.settings_for(path), found) for path, error in targets if not error]
        missing = [Outcome(path, error=error) for path, error in targets if error]
        outcomes = [*missing, *self._run(jobs)]
        if self._session is None:
            return outcomes
        from torchlint.commands import instances

        return instances.verified(self._session, outcomes, jobs, mode)

    def _run(self, jobs: list[Job]) -> list[Outcome]:
        folder = self._cache_folder()
        if folder is None:
            return run_files(jobs, 1 if self._arguments.timing else self._arguments.jobs)
        from torchlint.running import cache, recall

        known = cache.Cache(folder, cache.tool_digest())
        return recall.run_files_with(known, jobs, self._arguments.jobs)

    def _cache_folder(self) -> Path | None:
        """Where earlier runs left what they found; None if it is not to be used."""
        if self._arguments.no_cache or self._arguments.timing:
            return None
        from pathlib import Path

        from torchlint.running import cache, recall

        folder = self._arguments.cache_dir or os.environ.get("TORCHLINT_CACHE_DIR")
        return Path(folder or recall.root_of(self._configuration.settings_in(os.getcwd())) / cache.DIRECTORY)

    def _standard_input(self) -> Outcome:
        filename = self._arguments.stdin_filename
        path = shown(filename) if filename else "-"
        settings = self._configuration.settings_for(path)
        data = sys.stdin.buffer.read()
        outcome = Outcome(path)
        if not (self._arguments.force_exclude and settings.excludes(path)):
            outcome = run_bytes(Job(path, settings, self._mode()), data, self._session.judge if self._session else None)
        if self._fix and not self._arguments.diff:
            fixed = outcome.source if outcome.fixed else None
            write_bytes(fixed.encode(fixed.text) if fixed else data)
        return outcome

    def _output_format(self) -> str:
        name: str | None = self._arguments.output_format or os.environ.get("TORCHLINT_OUTPUT_FORMAT")
        if name is None or name == "":
            return self._configuration.settings_in(os.getcwd()).output_format
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
        out.write(summary.totals(run))
        if output_format == "full":
            out.write(summary.where_to_read_on(run))
        if self._session:
            out.write(self._tried(self._session))

    def _show_diff(self, outcomes: list[Outcome]) -> int:
        run = Run(outcomes, unsafe=self._arguments.unsafe_fixes)
        diff = b"".join(outcome.diff for outcome in outcomes)
        write_bytes(diff)
        complain(summary.would_fix(run))
        if self._session:
            complain(self._tried(self._session).rstrip("\n"))
        return 2 if run.broken else int(bool(diff))

    def _tried(self, session: Session) -> str:
        from torchlint.commands import instances

        return instances.summary(session.records, unsafe=self._arguments.unsafe_fixes)

    def _exit_code(self, run: Run) -> int:
        arguments = self._arguments
        if run.broken:
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
        settings = self._configuration.settings_for(first)
        print(f"file = {shown(first)}")
        print(f"configuration = {settings.file or 'none'}")
        for name, value in settings.described(first):
            print(f"{name} = {value}")
        return 0


def _measured() -> AbstractContextManager[Clock]:
    from torchlint.timing import measured

    return measured()


def _complain_of(outcome: Outcome) -> None:
    path = printable(outcome.path)
    for failure in outcome.failures:
        complain(f"{path}: {' '.join(failure.split())}")
    if outcome.error:
        row = f":{outcome.error_row}" if outcome.error_row else ""
        complain(f"{path}{row}: error: {outcome.error}")
