"""Many files: in this process or in several, the outcomes always in the order of the jobs."""

from __future__ import annotations

import os
from collections.abc import Sequence

from torchlint.running.outcome import Outcome
from torchlint.running.runner import Job, run_file

# A process costs about as much as a hundred small files; below that more of them only make it slower.
_FILES_PER_PROCESS = 100
_CHUNK = 16


def run_files(jobs: Sequence[Job], processes: int | None) -> list[Outcome]:
    """Run all jobs in this many processes; with `None` in as many as pay off.

    A process that dies takes no other file's findings with it.
    """
    if processes is None:
        processes = min(_processors(), len(jobs) // _FILES_PER_PROCESS)
    processes = min(processes, len(jobs))
    return [run_file(job) for job in jobs] if processes < 2 else _run_in(processes, jobs)


def _processors() -> int:
    # A container may own fewer processors than the machine has.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _run_in(processes: int, jobs: Sequence[Job]) -> list[Outcome]:
    chunk = max(1, min(_CHUNK, len(jobs) // (4 * processes)))
    outcomes: list[Outcome] = []
    while len(outcomes) < len(jobs):
        outcomes += _run_until_death(processes, chunk, jobs[len(outcomes) :])
        outcomes += map(_run_alone, jobs[len(outcomes) :][:chunk])
    return outcomes


def _run_until_death(processes: int, chunk: int, jobs: Sequence[Job]) -> list[Outcome]:
    """The outcomes of all jobs, or of the first ones if a process died on some job."""
    from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor

    outcomes: list[Outcome] = []
    pool = ProcessPoolExecutor(processes, initializer=_let_interrupts_kill)
    try:
        outcomes.extend(pool.map(run_file, jobs, chunksize=chunk))
    except BrokenProcessPool:
        return outcomes
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return outcomes


def _run_alone(job: Job) -> Outcome:
    from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor

    with ProcessPoolExecutor(1, initializer=_let_interrupts_kill) as pool:
        try:
            return pool.submit(run_file, job).result()
        except BrokenProcessPool:
            return Outcome(job.path, error="internal error: the process that checked this file died")


def _let_interrupts_kill() -> None:
    # A worker that turns Ctrl-C into KeyboardInterrupt prints a traceback each.
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)
