"""`torchlint verify`: run every rewrite before and after, and say what came out."""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from torchlint import registry
from torchlint.own_rules.rule_folder import text_digest
from torchlint.selectors import covered
from torchlint.terminal import complain, reason
from torchlint.verify.certify import write, write_beside
from torchlint.verify.demonstrations import file_of
from torchlint.verify.report.row import Row, torch_version
from torchlint.verify.report.terminal_table import curves, span, summary, table
from torchlint.verify.run.process import Process, StartError
from torchlint.verify.shape_proofs.prove_shapes import prove_shapes
from torchlint.verify.shown_demonstrations import show
from torchlint.verify.shown_demonstrations import write as write_demonstrations
from torchlint.verify.suite import Task, UnknownRuleError, execute, tasks
from torchlint.verify.workers import run_all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "rules", nargs="*", metavar="RULE", help="codes, prefixes of codes or names; without any, all rules"
    )
    parser.add_argument("--rule", action="append", default=[], metavar="RULE", help="the same (repeatable)")
    parser.add_argument(
        "--tier",
        choices=("fast", "full"),
        default="fast",
        help="how much: full has more inputs, a search for worse ones, second derivatives and timings [fast]",
    )
    parser.add_argument(
        "--device",
        action="append",
        choices=("cpu", "cuda", "mps", "auto"),
        help="where to run (repeatable; auto: the CPU and each accelerator that there is) [cpu]",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=1,
        metavar="N",
        help="worker processes on the CPU; 0 runs everything in this process, without limits [1]",
    )
    parser.add_argument("--budget", type=float, metavar="SECONDS", help="begin nothing more after this time")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--from", dest="source", metavar="FILE", help="run nothing: show rows that --json printed")
    parser.add_argument("--write", action="store_true", help="write certificates for the rules that were verified")
    parser.add_argument(
        "--rules",
        dest="folder",
        metavar="DIR",
        help="verify the rules in this folder, which are run for it, and show their demonstrations; certificates are "
        "written there",
    )
    parser.add_argument("--report", metavar="FILE", help="write a page with curves and timings (HTML)")
    parser.add_argument(
        "--shapes",
        action="store_true",
        help="verify the shape functions of operations instead; RULE is a name such as cat or conv*",
    )
    parser.add_argument("--calls", type=int, default=10_000, metavar="N", help="with --shapes: calls of each [10000]")
    parser.add_argument("--reproduce", action="store_true", help="print a program for each refusal")


class UsageError(Exception):
    """What was asked for cannot be done; the message is one line."""


def run(arguments: argparse.Namespace) -> int:
    """Verify. Returns 1 if a verdict contradicts its rule's claim, 2 if what was asked for cannot be done."""
    torch.set_num_threads(1)
    if arguments.shapes:
        return prove_shapes(arguments.rules, arguments.calls, arguments.write, arguments.budget)
    try:
        _check(arguments)
        folder = _used(arguments.folder)
        rows, skipped = _rows(arguments, folder)
        if arguments.json:
            print(json.dumps([row.as_json() for row in rows], indent=1))
        else:
            _print(rows, arguments.reproduce)
        if arguments.write:
            # Rules that were not reached keep what they have.
            _write(rows, not _chosen(arguments) and not skipped, folder)
        shown = not folder or _demonstrate(folder, _chosen(arguments), arguments)
        if arguments.report:
            # Start-up: it imports matplotlib, which may be missing.
            from torchlint.verify.report.page import write_report

            write_report(rows, Path(arguments.report))
    except UnknownRuleError as error:
        complain(f"error: {error}")
        return 2
    except UsageError as error:
        complain(f"error: {error}")
        return 2
    except OSError as error:
        complain(f"error: {error.filename or ''}: {reason(error)}")
        return 2
    if skipped:
        codes = " ".join(dict.fromkeys(task.code for task in skipped))
        complain(f"{len(skipped)} tasks were not begun within {arguments.budget:g} s, of {codes}")
    if folder and registry.faults():
        return 2
    return int(not shown or any(row.contradiction for row in rows))


def _used(folder: str | None) -> str:
    """The folder of rules that are verified, which are run from now on; empty for torchlint's own. Raises
    `UsageError`."""
    if folder is None:
        return ""
    path = str(Path(folder).resolve())
    try:
        registry.ask_folders([registry.read_folder(path)])
    except OSError as error:
        raise UsageError(f"--rules {folder}: {reason(error)}") from None
    for file, text in registry.faults():
        complain(f"{file}: error: {text}")
    return path


def _demonstrate(folder: str, chosen: Sequence[str], arguments: argparse.Namespace) -> bool:
    """Show the demonstrations of rules of a folder. False if one shows no harm."""
    wanted = {info.code for code in chosen for info in covered(code)}
    rules = [info for info in registry.in_folder(folder) if not chosen or info.code in wanted]
    paths = [(info, path) for info in rules if (path := file_of(info)) is not None]
    if not paths or arguments.json or arguments.source:
        return True
    process = Process("cpu")
    try:
        measured = {info.code: show(info, path, process) for info, path in paths}
    except StartError as error:
        raise UsageError(str(error)) from None
    finally:
        process.close()
    if arguments.write:
        write_demonstrations({code: found for code, found in measured.items() if found is not None}, folder)
    return None not in measured.values()


def _check(arguments: argparse.Namespace) -> None:
    """Refuse before the work what would fail after it."""
    if arguments.jobs < 0:
        raise UsageError("--jobs must not be negative")
    if arguments.source and arguments.write:
        raise UsageError("--from runs nothing, so there is nothing to --write")
    if arguments.report:
        if importlib.util.find_spec("matplotlib") is None:
            raise UsageError("--report needs matplotlib: pip install 'torchlint[verify]'")
        folder = Path(arguments.report).resolve().parent
        if not folder.is_dir():
            raise UsageError(f"there is no folder {folder} for the report")


def _chosen(arguments: argparse.Namespace) -> list[str]:
    return [*arguments.rules, *arguments.rule]


def _rows(arguments: argparse.Namespace, folder: str) -> tuple[list[Row], Sequence[Task]]:
    """The rows, and the tasks that there was no time for."""
    if arguments.source:
        return _read(Path(arguments.source), _chosen(arguments)), []
    work = list(tasks(_chosen(arguments), _devices(arguments.device or ["cpu"]), arguments.tier, folder))
    progress = _Progress(len(work))
    try:
        return _execute(work, arguments.jobs, arguments.budget, progress)
    finally:
        progress.end()


def _read(path: Path, chosen: Sequence[str]) -> list[Row]:
    try:
        rows = [Row(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise UsageError(f"{path} does not hold what --json prints: {error}") from None
    return [row for row in rows if not chosen or row.code in chosen or row.name in chosen]


def _devices(names: Sequence[str]) -> list[str]:
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    wanted: list[str] = []
    for name in names:
        wanted += [device for device, there in present.items() if there] if name == "auto" else [name]
    for device in wanted:
        if not present[device]:
            raise UsageError(
                f"torch {torch.__version__} finds no {device} device here; --device auto takes what there is"
            )
    return list(dict.fromkeys(wanted))


def _execute(
    work: Sequence[Task], jobs: int, budget: float | None, progress: _Progress
) -> tuple[list[Row], Sequence[Task]]:
    if jobs > 0:
        found = run_all(work, jobs, progress.step, budget)
        if found.missing:
            complain(f"note: this system has no limit on {', '.join(found.missing)} of a process: workers run without")
        return found.rows, found.skipped
    rows: list[Row] = []
    for place, task in enumerate(work):
        if budget is not None and time.monotonic() - progress.started > budget:
            return rows, work[place:]
        rows += execute(task)
        progress.step(task)
    return rows, []


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
        # A line that wraps cannot be written over.
        print(f"\r\033[K{line[: shutil.get_terminal_size().columns - 1]}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self.done and sys.stderr.isatty():
            print(file=sys.stderr)


def _write(rows: Sequence[Row], complete: bool, folder: str) -> None:
    if not rows:
        return
    if folder:
        texts = {info.code: text_digest(info.file) for info in registry.in_folder(folder)}
        written = {row.code for row in rows}
        stayed = write_beside(rows, Path(folder), {code: text for code, text in texts.items() if code in written})
    else:
        stayed = write(rows, complete)
    if stayed:
        complain(f"{stayed} certificates of the full tier stay: the fast tier says the same of the same text")


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
    devices = ", ".join(dict.fromkeys(row.device for row in rows))
    print(f"\n{summary(rows)}\n{devices or 'nothing was run'}, torch {torch_version()}")
