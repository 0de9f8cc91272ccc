"""Many files on workers that somebody else owns: any `concurrent.futures.Executor`, be it threads or machines."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, Future, as_completed

from torchlint.running.job import Job, run_file
from torchlint.running.outcome import Outcome
from torchlint.running.pool import Outcomes, chunks_of, run_apart, size_of

# A worker that is lost takes a second or two of work with it, and handing out a thousand chunks costs next to nothing.
_BYTES_PER_CHUNK = 1_000_000


def run_files_on(executor: Executor, jobs: Sequence[Job]) -> Outcomes:
    """The outcomes of all jobs as they come, each with its job's place.

    What a worker was at when it was lost is done here, in a process of its own, since it may be what killed the worker.
    Nothing is left waiting in the executor when the iteration ends or is closed.
    """
    sizes = [size_of(job) for job in jobs]
    parts = [part for part in chunks_of(sizes, max(1, sum(sizes) // _BYTES_PER_CHUNK)) if part]
    waiting: dict[Future[list[Outcome]], list[int]] = {}
    lost: list[int] = []
    try:
        for part in parts:
            try:
                waiting[executor.submit(_run, [jobs[place] for place in part])] = part
            except RuntimeError:  # it takes no more work: broken, or shut down
                lost += part
        for done in as_completed(waiting):
            part = waiting[done]
            if done.cancelled() or done.exception() is not None:
                lost += part
                continue
            yield from zip(part, done.result(), strict=True)
        for place, outcome in run_apart([jobs[place] for place in lost]):
            yield lost[place], outcome
    finally:
        for future in waiting:
            future.cancel()


def _run(jobs: Sequence[Job]) -> list[Outcome]:
    return [run_file(job) for job in jobs]
