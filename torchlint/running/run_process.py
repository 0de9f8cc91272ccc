"""A process of a run: it takes lists of jobs from one pipe and sends an outcome for each into another."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import SimpleQueue
from sys import platform
from threading import Thread
from typing import Any

from torchlint.running import stop
from torchlint.running.job import Job, run_file
from torchlint.running.outcome import Outcome

# The one process that reads these is the worker's parent. On Linux it has one thread when it forks, and a fork has all
# modules loaded; elsewhere the system's own way is the safe one.
_CONTEXT: Any = get_context("fork" if platform == "linux" else None)
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Seconds of wall time for a worker to end by itself: it may be writing a file.
_GRACE = 5.0


class Worker:
    """The parent's side of one process. `places` are the jobs that it has been given and has not answered."""

    def __init__(self, others: Sequence[Worker]) -> None:
        """Start a process. `others` are those that run. Raises `OSError` if the system has no more to give."""
        taken, self._jobs = _CONTEXT.Pipe(duplex=False)
        try:
            self.outcomes, given = _CONTEXT.Pipe(duplex=False)
        except OSError:
            taken.close()
            self._jobs.close()
            raise
        self.places: deque[int] = deque()
        # A forked process holds copies of the parent's ends, with which no pipe would ever be at its end.
        forked = _CONTEXT.get_start_method() == "fork"
        mine = [end for worker in (*others, self) for end in (worker._jobs, worker.outcomes)] if forked else []
        self._process = _CONTEXT.Process(target=_serve, args=(taken, given, mine), daemon=True)
        try:
            _start(self._process)
        except OSError:
            self.leave()
            raise
        finally:
            taken.close()
            given.close()

    def give(self, jobs: Sequence[Job], places: Sequence[int]) -> None:
        """Hand over some of all jobs. Raises `OSError` if the process is dead."""
        self.places.extend(places)
        self._jobs.send([jobs[place] for place in places])

    def take(self) -> tuple[int, Outcome]:
        """The next outcome and the place of its job. Raises `EOFError` or `OSError` if the process is dead."""
        outcome: Outcome = self.outcomes.recv()
        return self.places.popleft(), outcome

    def leave(self) -> None:
        """Close the pipes: the process ends at that."""
        self._jobs.close()
        self.outcomes.close()

    def wait(self) -> None:
        """Wait until the process is gone, which it is at once unless it writes a file."""
        self._process.join(_GRACE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _start(process: Any) -> None:
    # A signal between the fork and the worker's first line would be answered as in the parent.
    if not hasattr(signal, "pthread_sigmask"):
        process.start()
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(taken: Connection[Any, Any], given: Connection[Any, Any], inherited: Sequence[Connection[Any, Any]]) -> None:
    for end in inherited:
        end.close()
    # Ctrl-C and `timeout` reach all processes; what becomes of the run is the parent's to say.
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    waiting: SimpleQueue[list[Job]] = SimpleQueue()
    Thread(target=_listen, args=(taken, waiting), daemon=True).start()
    try:
        while True:
            for job in waiting.get():
                given.send(run_file(job))
    finally:
        # Nothing more can be answered, which the parent sees; a traceback here would be one for each process.
        os._exit(1)


def _listen(taken: Connection[Any, Any], waiting: SimpleQueue[list[Job]]) -> None:
    """Take jobs until the parent closes the pipe or is dead, which the system tells in the same way."""
    try:
        while True:
            waiting.put(taken.recv())
    finally:
        with stop.WRITING:
            os._exit(0)
