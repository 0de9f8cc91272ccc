"""The other end of a pipe: one warm process that has imported torch and runs one task after another.

Started by `torchlint.verify.run.process`. Requests and answers are JSON objects, each after its length in 4 bytes.
Whatever a task prints goes nowhere; what keeps the worker from starting goes to standard error.
"""

from __future__ import annotations

import os
import sys
from queue import SimpleQueue
from threading import Thread
from typing import Any, BinaryIO

from torchlint.verify.run.pipe import receive, send

# Bytes of a file, bytes of address space (CPU only: CUDA reserves far more than it uses), number of processes, CPU
# seconds for one task.
FILE_SIZE = 2**24  # torch.optim makes a temporary file when it is imported
MEMORY = 12 * 2**30
PROCESSES = 1_024
CPU_SECONDS = {"fast": 120, "full": 600}
INSTANCE_CPU_SECONDS = {"fast": 20, "full": 120}
# After a CUDA error the process is of no use; the client starts another.
POISONED = 3


def _limit(on_cpu: bool) -> list[str]:
    """Set the limits that this system has; the names of those that it has not.

    CUDA reserves far more address space than it uses, its driver starts threads and its compilers fill caches.
    """
    try:
        # Optional: Windows has none.
        import resource
    except ImportError:
        return ["RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NPROC"]
    wanted = {"RLIMIT_CORE": 0}
    if on_cpu:
        wanted |= {"RLIMIT_FSIZE": FILE_SIZE, "RLIMIT_NPROC": PROCESSES, "RLIMIT_AS": MEMORY}
    missing = []
    for name, value in wanted.items():
        try:
            kind = getattr(resource, name)
            hard = resource.getrlimit(kind)[1]
            resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
        except (AttributeError, ValueError, OSError):
            missing.append(name)
    return missing


def _limit_cpu(seconds: int) -> None:
    """Allow this much more CPU time; past it the system ends the process."""
    try:
        # Optional: Windows has none.
        import resource

        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        resource.setrlimit(resource.RLIMIT_CPU, (int(used) + seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    except (ImportError, ValueError, OSError):
        pass


def _poisoned(device: str) -> bool:
    # Start-up: the limits and the pipe come before torch.
    import torch

    if not device.startswith("cuda"):
        return False
    try:
        torch.cuda.synchronize()
    except RuntimeError:
        return True
    return False


def main() -> int:
    """Serve until the pipe closes."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # Start-up, as above.
    import torch

    torch.set_num_threads(1)
    name = _device_name(sys.argv[1:])
    send(answers, {"missing": _limit(on_cpu="cpu" in sys.argv[1:]), "device": name})
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    messages: SimpleQueue[dict[str, Any]] = SimpleQueue()
    Thread(target=_listen, args=(requests, messages), daemon=True).start()
    while True:
        message = messages.get()
        try:
            answer = _answer(message)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        poisoned = _poisoned(message["device"])
        send(answers, answer | {"poisoned": poisoned})
        if poisoned:
            return POISONED


def _listen(requests: BinaryIO, messages: SimpleQueue[dict[str, Any]]) -> None:
    """Take requests until the pipe closes: nobody waits for the answer that is being worked on."""
    try:
        while (message := receive(requests)) is not None:
            messages.put(message)
    finally:
        os._exit(0)


def _answer(message: dict[str, Any]) -> dict[str, Any]:
    """What a task, a demonstration or a rewrite of the user's comes to."""
    if message["kind"] == "instance":
        # Start-up: a worker does one kind of work.
        from torchlint.verify.instance.validate import validate, warm_up

        warm_up()
        _limit_cpu(INSTANCE_CPU_SECONDS[message["tier"]])
        return validate(message)
    if message["kind"] == "worst input":
        # Start-up, as above.
        from torchlint.verify.instance.worst_input import worst

        _limit_cpu(INSTANCE_CPU_SECONDS["fast"])
        return worst(message)
    if message["kind"] == "demonstration":
        # Start-up, as above.
        from torchlint.verify import demonstrations

        _limit_cpu(CPU_SECONDS["fast"])
        return demonstrations.answer(message)
    # Start-up, as above.
    from torchlint.verify.suite import Task, execute

    task = Task(**message)
    _limit_cpu(CPU_SECONDS[task.tier])
    return {"rows": [row.as_json() for row in execute(task)]}


def _device_name(arguments: list[str]) -> str:
    """What the device calls itself; empty if there is no such device here."""
    # Start-up, as above.
    import torch

    device = " ".join(arguments)
    if device.startswith("cuda"):
        return str(torch.cuda.get_device_name(device)) if torch.cuda.is_available() else ""
    return "" if device == "mps" and not torch.backends.mps.is_available() else device


if __name__ == "__main__":
    sys.exit(main())
