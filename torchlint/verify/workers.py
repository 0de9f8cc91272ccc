"""Tasks in other processes: a warm worker per device, replaced when it dies or takes too long."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from torchlint.verify.judge.verdict import Verdict
from torchlint.verify.report.row import Row
from torchlint.verify.run.process import Process
from torchlint.verify.suite import Task

# Seconds of wall time that a task may take before its worker is killed, by tier.
PATIENCE = {"fast": 300.0, "full": 1_800.0}
LIMITS = {"RLIMIT_AS": "memory", "RLIMIT_CPU": "CPU time", "RLIMIT_FSIZE": "file size", "RLIMIT_NPROC": "processes"}


class Worker(Process):
    """A process that does tasks."""

    def run(self, task: Task) -> list[Row]:
        """Do a task; a worker that dies or stalls gives a row that says so, and is replaced."""
        answer = self.ask(task.as_json(), PATIENCE[task.tier])
        if isinstance(answer, str):
            return [_failed(task, answer == "late", f"its worker ended with {answer}", self.device_name)]
        if "error" in answer:
            return [_failed(task, False, str(answer["error"]), self.device_name)]
        return [Row(**row) for row in answer["rows"]]


def _failed(task: Task, late: bool, text: str, device: str) -> Row:
    row = Row(task.code, "", task.kind, task.path or f"pair {task.index}", "", index=task.index, device=device)
    row.tier = task.tier
    row.verdict = str(Verdict.TIMEOUT if late else Verdict.UNSUPPORTED)
    row.condition = f"stopped after {PATIENCE[task.tier]:.0f} s" if late else text
    row.contradiction = row.condition
    return row


@dataclass(slots=True)
class Run:
    """The rows of the tasks that were done, in order. `missing` are limits that this system does not have."""

    rows: list[Row]
    skipped: list[Task]
    missing: list[str]


def run_all(work: Sequence[Task], jobs: int, done: Callable[[Task], Any], budget: float | None = None) -> Run:
    """All tasks in order, on `jobs` workers per device; `done` is told of each task that ends.

    After `budget` seconds no further task is begun.
    """
    deadline = None if budget is None else time.monotonic() + budget
    devices = list(dict.fromkeys(task.device for task in work))
    rows: dict[int, list[Row]] = {}
    missing: dict[str, None] = {}
    for device in devices:
        mine = [(place, task) for place, task in enumerate(work) if task.device == device]
        # A GPU has one worker: timings would disturb each other, and memory is shared.
        count = jobs if device == "cpu" else 1
        with _workers(device, min(count, len(mine))) as workers, ThreadPoolExecutor(len(workers)) as pool:
            queue = iter(mine)
            lock = threading.Lock()
            stop = threading.Event()

            def drain(
                worker: Worker,
                queue: Iterator[tuple[int, Task]] = queue,
                lock: threading.Lock = lock,
                stop: threading.Event = stop,
            ) -> None:
                while not stop.is_set() and (deadline is None or time.monotonic() < deadline):
                    with lock:
                        entry = next(queue, None)
                    if entry is None:
                        return
                    rows[entry[0]] = worker.run(entry[1])
                    with lock:
                        done(entry[1])

            try:
                for future in [pool.submit(drain, worker) for worker in workers]:
                    future.result()
            except BaseException:
                # Ctrl-C does not reach the workers, and the pool waits for them.
                stop.set()
                for worker in workers:
                    worker.close()
                raise
            missing |= dict.fromkeys(LIMITS[name] for worker in workers for name in worker.missing if name in LIMITS)
    skipped = [task for place, task in enumerate(work) if place not in rows]
    return Run([row for place in sorted(rows) for row in rows[place]], skipped, list(missing))


@contextlib.contextmanager
def _workers(device: str, count: int) -> Iterator[list[Worker]]:
    workers = [Worker(device) for _ in range(count)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.close()
