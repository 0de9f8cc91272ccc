"""torchlint from Python: `for checked in lint_paths(["src"]): ...`.

What stands here keeps its names and meaning within a major version. All else of the package may change.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

from torchlint.finding import Applicability, Edit, Finding, Fix, Location, Place, Related, Severity
from torchlint.running.job import Job, Mode
from torchlint.running.pool import Outcomes, run_files
from torchlint.running.stamp import RunId
from torchlint.settings.config import Configuration, Overrides
from torchlint.settings.config_table import ConfigError
from torchlint.settings.discovery import discover

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = [
    "Applicability",
    "Checked",
    "ConfigError",
    "Edit",
    "Finding",
    "Fix",
    "Location",
    "Place",
    "Related",
    "Severity",
    "lint_paths",
]


class Checked(NamedTuple):
    """One file. `path` is absolute. `findings` are in the order of the text; they leave out what comments silence.

    `error` is one line that says why the file could not be read; `failures` has a line for each rule that crashed: the
    findings of the others stand. A file that does not parse has the finding `invalid-syntax`.
    """

    path: str
    findings: tuple[Finding, ...] = ()
    error: str = ""
    failures: tuple[str, ...] = ()


def lint_paths(
    paths: Iterable[str | os.PathLike[str]] = (".",),
    *,
    executor: Executor | None = None,
    settings: Mapping[str, Any] | None = None,
    config: str | os.PathLike[str] | None = None,
    isolated: bool = False,
    allow_local_rules: bool = False,
) -> Iterator[Checked]:
    """Check files and folders, and give each file as soon as it is done, in no particular order.

    Args:
        paths: Files and folders, as on the command line. What a folder's configuration excludes is left out.
        executor: Workers to use, such as a `concurrent.futures.ProcessPoolExecutor` or what `get_executor()` of a
            `dask.distributed.Client` returns. They must see the same files under the same absolute paths. A worker that
            is lost costs no file its findings: what it was at is done in this machine. Without one, torchlint starts as
            many processes as pay off.
        settings: Keys of `[tool.torchlint]` that win over the configuration files, such as `{"select": ["TLT1"]}`.
        config: A TOML file to read instead of the nearest pyproject.toml.
        isolated: Read no configuration file.
        allow_local_rules: Run the rules in folders that the configuration names under `local-rules`, which are code of
            the repository. Else the user's own configuration decides, and a `UserWarning` says what was not run.

    Raises:
        ConfigError: A setting or a configuration file cannot be used; raised before the first file is checked.

    Nothing is written to the disk, and no cache is read. The checked code is never run. A rule of somebody's own that
    cannot be used comes as a file with an error.
    """
    file = os.fspath(config) if config is not None else None
    overrides = Overrides(settings or {}, file, isolated=isolated, allow_local_rules=allow_local_rules)
    configuration = Configuration(overrides)
    found = discover([os.fspath(path) for path in paths], configuration)
    # Where a worker stands is not where the caller does.
    targets = [target._replace(path=os.path.abspath(target.path)) for target in found]
    run = RunId(time.time_ns())
    jobs = [Job(path, configuration.settings_for(path), Mode(), run=run) for path, error in targets if not error]
    unread = [Checked(path, error=error) for path, error in targets if error]
    unread += [Checked(file, error=text) for file, text in configuration.faults]
    for note in configuration.notes:
        warnings.warn(note, stacklevel=2)
    return _checked(unread, jobs, executor)


def _checked(unread: list[Checked], jobs: list[Job], executor: Executor | None) -> Iterator[Checked]:
    yield from unread
    with closing(_outcomes(jobs, executor)) as outcomes:
        for _, outcome in outcomes:
            yield Checked(outcome.path, tuple(outcome.findings), outcome.error, tuple(outcome.failures))


def _outcomes(jobs: list[Job], executor: Executor | None) -> Outcomes:
    if executor is None:
        return run_files(jobs, None)
    # Start-up: most programs bring no workers of their own.
    from torchlint.running.executors import run_files_on

    return run_files_on(executor, jobs)
