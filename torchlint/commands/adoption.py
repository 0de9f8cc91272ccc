"""What lets old code be checked: only what is new in it is reported, by git or by a baseline."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from torchlint.running.job import Job
from torchlint.running.outcome import Outcome
from torchlint.settings.config import Settings
from torchlint.settings.config_table import ConfigError, shown

if TYPE_CHECKING:
    from torchlint.running.baseline import Baseline
    from torchlint.running.changed_rows import Scope
    from torchlint.running.git_changes import Changes


class Adoption:
    """What `--changed-since` and `--baseline` leave of a run; without them, all of it."""

    def __init__(self, arguments: argparse.Namespace, settings: Settings) -> None:
        self._changes = _changes(arguments.changed_since)
        self._baseline = _baseline(None if arguments.baseline == "" else settings.baseline)

    def narrowed(self, jobs: Sequence[Job]) -> list[Job]:
        """The jobs on files that have changed, each with the rows that are new. Raises `ConfigError`."""
        if self._changes is None:
            return list(jobs)
        scoped = (job._replace(scope=self._scope(job.path)) for job in jobs)
        return [job for job in scoped if job.scope is None or job.scope.spans]

    def scope_of_text(self, path: str, data: bytes) -> Scope | None:
        """The new rows of what standard input holds, all of them where there is None. Raises `ConfigError`."""
        if self._changes is None:
            return None
        return _answered(partial(self._changes.scope_of_text, path, data))

    def apply(self, outcomes: Iterable[Outcome], jobs: Sequence[Job]) -> str:
        """Take what is old out of the outcomes of jobs. Returns a line about what the baseline has too much, or
        nothing."""
        by_path = {job.path: job for job in jobs}
        checked = [(outcome, by_path[outcome.path]) for outcome in outcomes if outcome.path in by_path]
        for outcome, job in checked:
            outcome.narrow(job.scope)
        if self._baseline is None:
            return ""
        # Start-up: only a run with a baseline needs it.
        from torchlint.running.baseline import Checked

        stale = self._baseline.stale([Checked(outcome, job.settings) for outcome, job in checked])
        for outcome, _ in checked:
            self._baseline.hide(outcome)
        if not stale:
            return ""
        said = f"{stale} finding{'s' * (stale != 1)} that {'are' if stale != 1 else 'is'} gone"
        return f"{shown(self._baseline.file)} records {said}; `torchlint baseline --prune` takes them out"

    def _scope(self, path: str) -> Scope | None:
        assert self._changes is not None
        return _answered(partial(self._changes.scope, path))


def _answered(ask: partial[Scope | None]) -> Scope | None:
    # Start-up: only `--changed-since` needs it.
    from torchlint.running.git_changes import ChangesError

    try:
        return ask()
    except ChangesError as error:
        raise ConfigError(f"--changed-since: {error}") from None


def _changes(revision: str | None) -> Changes | None:
    if revision is None:
        return None
    # Start-up, as above.
    from torchlint.running.git_changes import Changes

    return Changes(revision)


def _baseline(file: str | None) -> Baseline | None:
    if file is None:
        return None
    # Start-up: only a run with a baseline needs it.
    from torchlint.running.baseline import Baseline

    return Baseline.read(file)
