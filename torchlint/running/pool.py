"""Many files: in this process or in several, the outcomes always in the order of the jobs."""

from __future__ import annotations

import os
from collections.abc import Sequence

from torchlint.running.outcome import Outcome
from torchlint.running.runner import Job, run_file

# A process costs a tenth of a second before its first file, a megabyte of code with torch in it about one second.
_BYTES_PER_PROCESS = 1_000_000
# Few enough that handing them out costs nothing, and enough that no process works long after the others are done.
_CHUNKS_PER_PROCESS = 8

# The places of jobs among all jobs.
_Chunk = list[int]


def run_files(jobs: Sequence[Job], processes: int | None) -> list[Outcome]:
    """Run all jobs in this many processes; with `None` in as many as pay off.

    A process that dies takes no other file's findings with it.
    """
    if processes == 1 or len(jobs) < 2:
        return [run_file(job) for job in jobs]
    sizes = [_size(job) for job in jobs]
    if processes is None:
        processes = min(_processors(), sum(sizes) // _BYTES_PER_PROCESS)
    processes = min(processes, len(jobs))
    return [run_file(job) for job in jobs] if processes < 2 else _run_in(processes, jobs, sizes)


def _processors() -> int:
    # A container may own fewer processors than the machine has.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _size(job: Job) -> int:
    try:
        return os.path.getsize(job.path)
    except OSError:
        return 0  # running it gives the error


def _run_in(processes: int, jobs: Sequence[Job], sizes: Sequence[int]) -> list[Outcome]:
    outcomes: dict[int, Outcome] = {}
    chunks = _chunks(sizes, processes * _CHUNKS_PER_PROCESS)
    for chunk, found in zip(chunks, _run_until_death(processes, jobs, chunks), strict=True):
        found = found or _run_apart(jobs, chunk) or [_run_alone(jobs[place]) for place in chunk]
        outcomes.update(zip(chunk, found, strict=True))
    return [outcomes[place] for place in range(len(jobs))]


def _chunks(sizes: Sequence[int], count: int) -> list[_Chunk]:
    """At most `count` chunks of about the same number of bytes, the largest files first: what ends last is short."""
    limit = sum(sizes) / count
    chunks: list[_Chunk] = [[]]
    held = 0
    for place in sorted(range(len(sizes)), key=lambda place: (-sizes[place], place)):
        if chunks[-1] and held + sizes[place] > limit:
            chunks.append([])
            held = 0
        chunks[-1].append(place)
        held += sizes[place]
    return chunks


def _run_until_death(processes: int, jobs: Sequence[Job], chunks: Sequence[_Chunk]) -> list[list[Outcome] | None]:
    """The outcomes of each chunk; None for those that were not done when a process died."""
    # Start-up: a run in one process does not need them.
    from concurrent.futures import Future
    from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor

    done: list[list[Outcome] | None] = [None] * len(chunks)
    pool = ProcessPoolExecutor(processes, initializer=_let_interrupts_kill)
    try:
        futures: list[Future[list[Outcome]]] = []
        for chunk in chunks:
            futures.append(pool.submit(_run_chunk, [jobs[place] for place in chunk]))
        for position, future in enumerate(futures):
            try:
                done[position] = future.result()
            except BrokenProcessPool:
                continue  # those after it may have been done before
    except BrokenProcessPool:
        return done
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return done


def _run_chunk(jobs: Sequence[Job]) -> list[Outcome]:
    return [run_file(job) for job in jobs]


def _run_apart(jobs: Sequence[Job], chunk: _Chunk) -> list[Outcome] | None:
    """The outcomes of a chunk in a process of its own; None if that dies too: one of its files is to blame."""
    return _run_until_death(1, jobs, [chunk])[0]


def _run_alone(job: Job) -> Outcome:
    found = _run_until_death(1, [job], [[0]])[0]
    return found[0] if found else Outcome(job.path, error="internal error: the process that checked this file died")


def _let_interrupts_kill() -> None:
    # Start-up, as above.
    import signal

    # A worker that turns Ctrl-C into KeyboardInterrupt prints a traceback each.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
