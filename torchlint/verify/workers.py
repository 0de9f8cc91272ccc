"""Tasks in other processes: a warm worker per device, replaced when it dies or takes too long."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from torchlint.verify.process import Process
from torchlint.verify.row import Row
from torchlint.verify.suite import Task
from torchlint.verify.verdict import Verdict

# Seconds of wall time that a task may take before its worker is killed, by tier.
PATIENCE = {"fast": 300.0, "full": 1_800.0}


class Worker(Process):
    """A process that does tasks."""

    def run(self, task: Task) -> list[Row]:
        """Do a task; a worker that dies or stalls gives a row that says so, and is replaced."""
        answer = self.ask(task.as_json(), PATIENCE[task.tier])
        if isinstance(answer, str):
            return [_failed(task, answer == "late", f"its worker ended with {answer}")]
        if "error" in answer:
            return [_failed(task, False, str(answer["error"]))]
        return [Row(**row) for row in answer["rows"]]


def _failed(task: Task, late: bool, text: str) -> Row:
    row = Row(task.code, "", task.kind, task.path or f"pair {task.index}", "", index=task.index, device=task.device)
    row.verdict = str(Verdict.TIMEOUT if late else Verdict.UNSUPPORTED)
    row.condition = f"stopped after {PATIENCE[task.tier]:.0f} s" if late else text
    row.contradiction = row.condition
    return row


def run_all(work: Sequence[Task], jobs: int, done: Callable[[Task], Any]) -> list[Row]:
    """All tasks in order, on `jobs` workers per device; `done` is told of each task that ends."""
    devices = list(dict.fromkeys(task.device for task in work))
    rows: dict[int, list[Row]] = {}
    for device in devices:
        mine = [(place, task) for place, task in enumerate(work) if task.device == device]
        # A GPU has one worker: timings would disturb each other, and memory is shared.
        count = jobs if device == "cpu" else 1
        with _workers(device, min(count, len(mine))) as workers, ThreadPoolExecutor(len(workers)) as pool:
            queue = iter(mine)
            lock = threading.Lock()

            def drain(worker: Worker, queue: Iterator[tuple[int, Task]] = queue, lock: Any = lock) -> None:
                while True:
                    with lock:
                        entry = next(queue, None)
                    if entry is None:
                        return
                    rows[entry[0]] = worker.run(entry[1])
                    done(entry[1])

            for future in [pool.submit(drain, worker) for worker in workers]:
                future.result()
    return [row for place in sorted(rows) for row in rows[place]]


@contextlib.contextmanager
def _workers(device: str, count: int) -> Iterator[list[Worker]]:
    workers = [Worker(device) for _ in range(count)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.close()
