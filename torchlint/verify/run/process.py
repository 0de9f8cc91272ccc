"""A warm process that has imported torch and answers one question after another. This side does not import torch."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import torchlint
from torchlint.verify.run.pipe import receive, send

# What its environment keeps: without these CUDA and Windows do not start.
KEPT = ("SYSTEMROOT", "PATH", "TORCHLINT_CACHE_DIR")
KEPT_PREFIXES = ("CUDA_", "CUBLAS_", "NVIDIA_", "LD_")
# Isolated from the environment and the current folder, in which any `torch.py` may lie, but with the same torchlint as
# here. What this Python has not itself comes from where it was installed, such as a folder of unpacked wheels.
_BOOT = """
import sys
sys.path.insert(0, {root!r})
import torchlint
del sys.path[0]
from importlib.util import find_spec
for name, folder in {installed!r}:
    if find_spec(name) is None:
        sys.path.append(folder)
from torchlint.verify.worker import main
sys.exit(main())
"""
# What the worker may import and this Python may have from elsewhere.
_PACKAGES = ("torch", "numpy", "gmpy2", "mpmath", "matplotlib", "libcst")


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
            if answer.pop("poisoned", False):
                # It ends by itself, but not before the next question could reach it.
                self._kill(process)
                self._process = None
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
        environment = {
            name: value for name, value in os.environ.items() if name in KEPT or name.startswith(KEPT_PREFIXES)
        }
        environment |= {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "PYTHONDONTWRITEBYTECODE": "1"}
        environment |= dict.fromkeys(("TMPDIR", "TEMP", "TMP", "HOME"), self._folder.name)
        errors = Path(self._folder.name, "errors.txt")
        with errors.open("wb") as stream:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-W", "ignore", "-c", _boot(), self.device],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                cwd=self._folder.name,
                env=environment,
                start_new_session=True,
            )
        hello = receive(cast(BinaryIO, self._process.stdout))
        if hello is None:
            lines = errors.read_text(encoding="utf-8", errors="replace").split("\n")
            reason = next((line for line in reversed(lines) if line.strip()), _ending(self._process.wait()))
            raise StartError(f"the verification worker does not start: {reason.strip()}")
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


def _boot() -> str:
    root = str(Path(torchlint.__file__).resolve().parent.parent)
    return _BOOT.format(root=root, installed=list(_installed()))


def _installed() -> Iterator[tuple[str, str]]:
    """Packages and the folders that they were installed into, which is more than that a file has their name."""
    for name in _PACKAGES:
        for distribution in importlib.metadata.distributions(name=name):
            yield name, str(Path(str(distribution.locate_file(""))).resolve())
            break


def _ending(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
