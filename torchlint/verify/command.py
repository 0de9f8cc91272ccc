"""`torchlint verify`: run every rewrite before and after, and say what came out."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence

import torch

from torchlint.terminal import complain
from torchlint.verify.certify import write
from torchlint.verify.row import Row
from torchlint.verify.suite import Task, UnknownRuleError, execute, tasks
from torchlint.verify.table import curves, summary, table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rule", action="append", default=[], metavar="CODE", help="only this rule (repeatable)")
    parser.add_argument("--tier", choices=("fast", "full"), default="fast", help="how many inputs (default: fast)")
    parser.add_argument(
        "--device",
        action="append",
        choices=("cpu", "cuda", "mps", "auto"),
        help="where to run (repeatable; auto: the CPU and each accelerator that there is; default: cpu)",
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
    rows = _execute(work)
    if arguments.json:
        print(json.dumps([row.as_json() for row in rows], indent=1))
    else:
        _print(rows, arguments.reproduce)
    if arguments.write:
        write(rows, complete=not arguments.rule)
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


def _execute(work: Sequence[Task]) -> list[Row]:
    rows: list[Row] = []
    started = time.monotonic()
    for place, task in enumerate(work):
        _progress(place, len(work), task.label, started)
        rows += execute(task)
    _progress(len(work), len(work), "", started)
    return rows


def _progress(done: int, count: int, label: str, started: float) -> None:
    """A bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty() or not count:
        return
    filled = 30 * done // count
    line = f"[{'#' * filled}{'.' * (30 - filled)}] {done}/{count} {time.monotonic() - started:.0f} s {label}"
    print(f"\r\033[K{line[:100]}", end="\n" if done == count else "", file=sys.stderr, flush=True)


def _print(rows: Sequence[Row], reproduce: bool) -> None:
    print(table(rows))
    for row in rows:
        lines = curves(row)
        if lines:
            print(f"\n{row.code} {row.label}: float32 error by magnitude of the inputs, small to large")
            print("\n".join(lines))
    if reproduce:
        for row in rows:
            if row.reproducer:
                print(f"\n# {row.code} {row.label}: {row.verdict}\n{row.reproducer}")
    print(f"\n{summary(rows)}")
