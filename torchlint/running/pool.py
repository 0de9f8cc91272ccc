"""Many files: in this process or in several, the outcomes as they come."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from torchlint.running import stop
from torchlint.running.job import Job, run_file
from torchlint.running.outcome import Outcome

if TYPE_CHECKING:
    from torchlint.running.run_process import Worker

# A process costs a tenth of a second before its first file, a megabyte of code with torch in it about one second.
_BYTES_PER_PROCESS = 1_000_000
# Few enough that handing them out costs nothing, and enough that no process works long after the others are done.
_CHUNKS_PER_PROCESS = 8
_DIED = "internal error: the process that checked this file died"

# The places of jobs among all jobs.
_Chunk = list[int]
# Places, and what became of the jobs there.
Outcomes = Generator[tuple[int, Outcome], None, None]


def run_files(jobs: Sequence[Job], processes: int | None) -> Outcomes:
    """The outcomes of all jobs as they come, each with its job's place; in this many processes, with `None` in as many
    as pay off.

    A process that dies takes no other file's findings with it, and none is left when the iteration ends or is closed.
    """
    sizes = [] if processes == 1 else [size_of(job) for job in jobs]
    if processes is None:
        processes = min(_processors(), sum(sizes) // _BYTES_PER_PROCESS)
    processes = min(processes, len(jobs))
    if processes < 2:
        yield from _run_here(jobs, range(len(jobs)))
        return
    pool = _Pool(jobs, chunks_of(sizes, processes * _CHUNKS_PER_PROCESS), processes)
    try:
        yield from pool.outcomes()
    finally:
        pool.close()


def run_apart(jobs: Sequence[Job]) -> Outcomes:
    """The outcomes of jobs in one other process, so that a file that ends it ends nothing else."""
    pool = _Pool(jobs, deque([[place] for place in range(len(jobs))]), 1)
    try:
        yield from pool.outcomes()
    finally:
        pool.close()


def _run_here(jobs: Sequence[Job], places: Iterable[int]) -> Iterator[tuple[int, Outcome]]:
    for place in places:
        yield place, run_file(jobs[place])
        stop.check()


def _processors() -> int:
    # A container may own fewer processors than the machine has.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def size_of(job: Job) -> int:
    """How many bytes a job's file has; 0 where nobody can tell."""
    try:
        return os.path.getsize(job.path)
    except OSError:
        return 0  # running it gives the error


def chunks_of(sizes: Sequence[int], count: int) -> deque[_Chunk]:
    """At most `count` chunks of about the same number of bytes, the largest files first: what ends last is short."""
    limit = sum(sizes) / count
    chunks: deque[_Chunk] = deque([[]])
    held = 0
    for place in sorted(range(len(sizes)), key=lambda place: (-sizes[place], place)):
        if chunks[-1] and held + sizes[place] > limit:
            chunks.append([])
            held = 0
        chunks[-1].append(place)
        held += sizes[place]
    return chunks


class _Pool:
    """Processes, and the chunks that none of them has yet."""

    def __init__(self, jobs: Sequence[Job], chunks: deque[_Chunk], processes: int) -> None:
        self._jobs = jobs
        self._chunks = chunks
        self._most = processes
        self._workers: list[Worker] = []
        # The jobs over which a process died.
        self._suspects: set[int] = set()

    def outcomes(self) -> Iterator[tuple[int, Outcome]]:
        # Start-up: a run in one process does not need it.
        from multiprocessing.connection import wait

        while self._hand_out():
            busy = {worker.outcomes: worker for worker in self._workers if worker.places}
            for ready in wait(list(busy)):
                yield from self._take(busy[ready])
            stop.check()
        left = [place for chunk in self._chunks for place in chunk]
        for place in self._suspects.intersection(left):
            yield place, self._died(place)
        yield from _run_here(self._jobs, (place for place in left if place not in self._suspects))

    def close(self) -> None:
        """End all processes."""
        for worker in self._workers:
            worker.leave()
        for worker in self._workers:
            worker.wait()

    def _hand_out(self) -> bool:
        """Give a chunk to each process that has none. False if nothing is in work: all is done, or cannot be done by
        other processes, because the system lets none start."""
        while self._chunks and (worker := self._idle()) is not None:
            chunk = self._chunks.popleft()
            with suppress(OSError):  # it is dead, as its other pipe will show
                worker.give(self._jobs, chunk)
        return any(worker.places for worker in self._workers)

    def _idle(self) -> Worker | None:
        for worker in self._workers:
            if not worker.places:
                return worker
        if len(self._workers) == self._most:
            return None
        # Start-up: it imports multiprocessing.
        from torchlint.running.run_process import Worker

        try:
            self._workers.append(Worker(self._workers))
        except OSError:
            self._most = len(self._workers)
            return None
        return self._workers[-1]

    def _take(self, worker: Worker) -> Iterator[tuple[int, Outcome]]:
        try:
            answer = worker.take()
        except (EOFError, OSError):
            yield from self._bury(worker)
            return
        yield answer

    def _bury(self, dead: Worker) -> Iterator[tuple[int, Outcome]]:
        """Take a dead process's jobs back. The first without an answer is the one that it died over."""
        self._workers.remove(dead)
        dead.leave()
        dead.wait()
        suspect, *others = dead.places
        if others:
            self._chunks.appendleft(others)
        if suspect in self._suspects:
            yield suspect, self._died(suspect)
            return
        # It may have been killed from outside, or for the memory that all before it had taken.
        self._suspects.add(suspect)
        self._chunks.append([suspect])

    def _died(self, place: int) -> Outcome:
        return Outcome(self._jobs[place].path, error=_DIED)
