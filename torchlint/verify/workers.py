"""Tasks in other processes: a warm worker per device, replaced when it dies or takes too long."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, cast

from torchlint.verify.row import Row
from torchlint.verify.suite import Task
from torchlint.verify.verdict import Verdict
from torchlint.verify.worker import receive, send

# Seconds of wall time that a task may take before its worker is killed, by tier.
PATIENCE = {"fast": 300.0, "full": 1_800.0}
# What a worker's environment keeps: without these CUDA and Windows do not start.
KEPT = ("CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "SYSTEMROOT", "PATH", "TORCHLINT_CACHE_DIR")


class Worker:
    """One process. Not safe for several threads at once."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.missing: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="torchlint-")

    def run(self, task: Task) -> list[Row]:
        """Do a task; a worker that dies or stalls gives a row that says so, and is replaced."""
        process = self._started()
        late = threading.Event()
        timer = threading.Timer(PATIENCE[task.tier], lambda: (late.set(), self._kill(process)))  # type: ignore[func-returns-value]
        timer.start()
        try:
            send(cast(BinaryIO, process.stdin), task.as_json())
            answer = receive(cast(BinaryIO, process.stdout))
        except (OSError, ValueError):
            answer = None
        finally:
            timer.cancel()
        if answer is None:
            status = process.wait()
            self._process = None
            return [_failed(task, late.is_set(), f"its worker ended with {_ending(status)}")]
        if "error" in answer:
            return [_failed(task, False, str(answer["error"]))]
        return [Row(**row) for row in answer["rows"]]

    def close(self) -> None:
        if self._process is not None:
            self._kill(self._process)
            self._process = None
        self._folder.cleanup()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        environment |= {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "PYTHONDONTWRITEBYTECODE": "1"}
        environment |= dict.fromkeys(("TMPDIR", "TEMP", "TMP", "HOME"), self._folder.name)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-W", "ignore", "-m", "torchlint.verify.worker", self.device],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder.name,
            env=environment,
            start_new_session=True,
        )
        hello = receive(cast(BinaryIO, self._process.stdout))
        if hello is None:
            raise RuntimeError("the verification worker does not start: try `python -m torchlint.verify.worker`")
        self.missing = list(hello["missing"])
        return self._process

    @staticmethod
    def _kill(process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()


def _ending(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


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
