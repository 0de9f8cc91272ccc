"""`torchlint verify`: run every rewrite before and after, and say what came out."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from torchlint.commands.terminal import complain
from torchlint.verify.certify import write
from torchlint.verify.row import Row
from torchlint.verify.suite import Task, UnknownRuleError, execute, tasks
from torchlint.verify.table import curves, span, summary, table
from torchlint.verify.workers import run_all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rule", action="append", default=[], metavar="CODE", help="only this rule (repeatable)")
    parser.add_argument("--tier", choices=("fast", "full"), default="fast", help="how many inputs (default: fast)")
    parser.add_argument(
        "--device",
        action="append",
        choices=("cpu", "cuda", "mps", "auto"),
        help="where to run (repeatable; auto: the CPU and each accelerator that there is; default: cpu)",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=1,
        metavar="N",
        help="worker processes on the CPU; 0 runs everything in this process, without limits (default: 1)",
    )
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--write", action="store_true", help="write certificates for the rules that were verified")
    parser.add_argument("--report", metavar="FILE", help="write a page with curves (HTML)")
    parser.add_argument("--reproduce", action="store_true", help="print a program for each refusal")


def run(arguments: argparse.Namespace) -> int:
    """Verify. Returns 1 if a verdict contradicts its rule's claim, 2 if a rule or device does not exist."""
    torch.set_num_threads(1)
    try:
        work = list(tasks(arguments.rule, _devices(arguments.device or ["cpu"]), arguments.tier))
    except UnknownRuleError as error:
        complain(f"error: no rule {error}")
        return 2
    except NoDeviceError as error:
        complain(f"error: {error}")
        return 2
    rows = _execute(work, arguments.jobs)
    if arguments.json:
        print(json.dumps([row.as_json() for row in rows], indent=1))
    else:
        _print(rows, arguments.reproduce)
    if arguments.write:
        stayed = write(rows, complete=not arguments.rule)
        if stayed:
            complain(f"{stayed} certificates of the full tier stay: the fast tier says the same of the same text")
    if arguments.report:
        from torchlint.verify.report import write_report

        write_report(rows, Path(arguments.report))
    return int(any(row.contradiction for row in rows))


class NoDeviceError(Exception):
    """The device that was asked for is not here."""


def _devices(names: Sequence[str]) -> list[str]:
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    wanted: list[str] = []
    for name in names:
        wanted += [device for device, there in present.items() if there] if name == "auto" else [name]
    for device in wanted:
        if not present[device]:
            raise NoDeviceError(f"there is no {device} device here")
    return list(dict.fromkeys(wanted))


def _execute(work: Sequence[Task], jobs: int) -> list[Row]:
    progress = _Progress(len(work))
    if jobs > 0:
        return run_all(work, jobs, progress.step)
    rows: list[Row] = []
    for task in work:
        rows += execute(task)
        progress.step(task)
    return rows


class _Progress:
    """A bar on standard error, where that is a terminal."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.done = 0
        self.started = time.monotonic()

    def step(self, task: Task) -> None:
        self.done += 1
        if not sys.stderr.isatty():
            return
        filled = 30 * self.done // self.count
        seconds = time.monotonic() - self.started
        line = f"[{'#' * filled}{'.' * (30 - filled)}] {self.done}/{self.count} {seconds:.0f} s {task.label}"
        end = "\n" if self.done == self.count else ""
        print(f"\r\033[K{line[:100]}", end=end, file=sys.stderr, flush=True)


def _print(rows: Sequence[Row], reproduce: bool) -> None:
    print(table(rows))
    for row in rows:
        lines = curves(row)
        if lines:
            print(f"\n{row.code} {row.label}: float32 error for inputs of size {span(row)}")
            print("\n".join(lines))
    if reproduce:
        for row in rows:
            if row.reproducer:
                print(f"\n# {row.code} {row.label}: {row.verdict}\n{row.reproducer}")
    print(f"\n{summary(rows)}")
