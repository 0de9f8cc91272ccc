"""A warm process that has imported torch and answers one question after another. This side does not import torch."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from typing import Any, BinaryIO, cast

from torchlint.verify.worker import receive, send

# What its environment keeps: without these CUDA and Windows do not start.
KEPT = ("CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "SYSTEMROOT", "PATH", "TORCHLINT_CACHE_DIR")


class StartError(RuntimeError):
    """The process does not start, or does not say hello."""


class Process:
    """One process, started when it is first asked. Not safe for several threads at once.

    `missing` are the limits that this system does not have, `device_name` is what the device calls itself.
    """

    def __init__(self, device: str) -> None:
        self.device = device
        self.missing: list[str] = []
        self.device_name = device
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="torchlint-")

    def ask(self, question: dict[str, Any], patience: float) -> dict[str, Any] | str:
        """The answer, or how the process ended; then the next question starts another one.

        `patience` are seconds of wall time, after which the process is killed and the answer is `late`. Raises
        `StartError`.
        """
        process = self.start()
        late = threading.Event()
        timer = threading.Timer(patience, lambda: (late.set(), self._kill(process)))  # type: ignore[func-returns-value]
        timer.start()
        try:
            send(cast(BinaryIO, process.stdin), question)
            answer = receive(cast(BinaryIO, process.stdout))
        except (OSError, ValueError):
            answer = None
        finally:
            timer.cancel()
        if answer is not None:
            return answer
        status = process.wait()
        self._process = None
        return "late" if late.is_set() else _ending(status)

    def close(self) -> None:
        if self._process is not None:
            self._kill(self._process)
            self._process = None
        self._folder.cleanup()

    def start(self) -> subprocess.Popen[bytes]:
        """The process, which is started if there is none. Raises `StartError`."""
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
            raise StartError("the verification worker does not start: try `python -m torchlint.verify.worker`")
        self.missing = list(hello["missing"])
        self.device_name = str(hello["device"])
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
