"""Start runs in several processes, stop some of them at random moments, and count what returns and what is left.

    python -m tools.stop_runs                # 50 undisturbed runs, and 50 for each of SIGINT, SIGTERM and SIGKILL

Each run writes into pipes. It has returned when they are at their end, which a worker that is left would prevent. The
signal goes to the first process alone: Ctrl-C in a terminal, which reaches all of them, is the easier case. The exit
code is 1 if a run did not return or a process was left.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PROGRAM = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, {number}))

    def forward(self, x):
        return torch.log(torch.softmax(self.layers(x), dim=1))


def train(net, batches, optimizer):
    for x, y in batches:
        loss = nn.functional.nll_loss(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""
SIGNALS = ("none", "SIGINT", "SIGTERM", "SIGKILL")


@dataclass(slots=True)
class Count:
    """What became of the runs of one kind."""

    returned: int = 0
    hung: int = 0
    left: int = 0
    codes: Counter[int] = field(default_factory=Counter)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    options = _parser().parse_args(arguments)
    # Whoever starts this in the background may have it ignore interrupts, and the runs would do so, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chance = random.Random(options.seed)
    counts = {name: Count() for name in SIGNALS}
    with tempfile.TemporaryDirectory(prefix="torchlint-stop-") as folder:
        _plant(Path(folder), options.files)
        length = _stop_one(options, folder, "none", 0.0, Count())
        # In turns, so that all kinds see the same load of the machine.
        for _ in range(options.runs):
            for name in SIGNALS:
                _stop_one(options, folder, name, chance.uniform(0, 1.1 * length), counts[name])
    print(f"{'signal':8} {'runs':>5} {'returned':>9} {'left':>5}  exit codes")
    for name, count in counts.items():
        codes = ", ".join(f"{code}: {times}" for code, times in sorted(count.codes.items()))
        print(f"{name:8} {options.runs:5} {count.returned:9} {count.left:5}  {codes}")
    return int(any(count.hung or count.left for count in counts.values()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Stop runs at random moments, and count what is left of them.")
    parser.add_argument("--runs", type=int, default=50, help="runs for each signal, and undisturbed ones [50]")
    parser.add_argument("--files", type=int, default=40, help="files of a run [40]")
    parser.add_argument("--jobs", default="2", help="processes of a run [2]")
    parser.add_argument("--seed", type=int, default=0, help="of the moments [0]")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds after which a run counts as hung [60]")
    return parser


def _plant(folder: Path, count: int) -> None:
    for number in range(count):
        (folder / f"net{number}.py").write_text(PROGRAM.replace("{number}", str(number + 1)))


def _stop_one(options: argparse.Namespace, folder: str, name: str, after: float, count: Count) -> float:
    """One run, with a signal after so many seconds. Returns the seconds that it took."""
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "torchlint", "--isolated", "-j", options.jobs, "--output-format=concise", folder],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # a group by which its processes are found
    )
    with contextlib.suppress(subprocess.TimeoutExpired):
        if name != "none":
            process.wait(after)
    if name != "none" and process.poll() is None:
        process.send_signal(getattr(signal, name))
    try:
        process.communicate(timeout=options.patience)
    except subprocess.TimeoutExpired:
        count.hung += 1
    else:
        count.returned += 1
        count.codes[process.returncode] += 1
    count.left += left(process.pid)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    (Path(folder) / ".torchlint_cache" / "findings.json").unlink(missing_ok=True)
    return time.monotonic() - start


def left(group: int, looks: int = 500) -> int:
    """How many processes of a group are there still. One that has closed its files may take a moment to be gone."""
    for _ in range(looks):
        count = sum(1 for found in _groups() if found == group)
        if not count:
            break
        time.sleep(0.02)
    return count


def _groups() -> Iterator[int]:
    """The groups of all processes that have not ended."""
    listed = subprocess.run(["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        group, state = line.split()
        if not state.startswith("Z"):  # ended, and its new parent has not looked
            yield int(group)


if __name__ == "__main__":
    sys.exit(main())
