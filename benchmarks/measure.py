"""Run commands and say what they cost."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of one command: seconds of CPU and of wall time, peak memory of its largest process in MB."""

    cpu: float
    wall: float
    peak: float


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians over the runs of one command on one tree."""

    cpu: float
    wall: float
    peak: float
    runs: int

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Cost:
        return cls(
            cpu=median(sample.cpu for sample in samples),
            wall=median(sample.wall for sample in samples),
            peak=median(sample.peak for sample in samples),
            runs=len(samples),
        )


class CommandError(Exception):
    """A command ended with a status that says it did not do its work, or ran past the time limit."""


def environment() -> dict[str, str]:
    """The environment of a measured command: a user's own, not that of a developer of torchlint.

    Without byte code on disk each start of a Python tool compiles it anew, and an inherited path or virtual environment
    can make a tool import another one's packages.
    """
    dropped = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if name not in dropped}


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    limit: float,
    statuses: frozenset[int] = frozenset({0, 1}),
    env: Mapping[str, str] | None = None,
) -> Sample:
    """Run a command with its output thrown away. Raises `CommandError`.

    The CPU time is that of the process and of all its children that it waited for, user and system.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(env if env is not None else environment()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # so that its workers can be ended with it
    )
    previous = signal.signal(signal.SIGALRM, lambda *_: os.killpg(process.pid, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        _, status, usage = os.wait4(process.pid, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode == -signal.SIGKILL and wall >= limit:
        raise CommandError(f"did not finish in {limit:g} s")
    if process.returncode not in statuses:
        raise CommandError(f"exit status {process.returncode} of {' '.join(command)}")
    return Sample(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)
