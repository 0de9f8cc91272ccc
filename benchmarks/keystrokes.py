"""What a change costs the language server in a file that is open: `python -m benchmarks.keystrokes timm`.

One file after the other is opened and typed into, at places all over it. Printed is the CPU time until the findings
around the change are known, in milliseconds and as a multiple of what Python takes to parse the file: milliseconds
differ from machine to machine. All of the file is checked again when nobody types any more; that is the last column.
"""

from __future__ import annotations

import argparse
import ast
import gc
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

from benchmarks.source_trees import WORK, obtain, python_files
from torchlint.server.analysis import Analysis
from torchlint.server.client_settings import ClientSettings
from torchlint.server.open_files import OpenFile
from torchlint.server.positions import Columns
from torchlint.server.program import Program, file_program

_COLUMNS = Columns("utf-16")
_RECURSION_LIMIT = 30_000


class _Cost(NamedTuple):
    """Seconds of CPU for one file: to parse it, for each change, for all of it."""

    name: str
    lines: int
    parse: float
    changes: list[float]
    whole: float


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    sys.setrecursionlimit(_RECURSION_LIMIT)
    # As in the server, see `torchlint.cli`.
    gc.set_threshold(200_000, 30, 30)
    random.seed(0)
    files = [*_files(options)]
    costs = [_typed_into(path, options.changes) for path in random.sample(files, min(options.files, len(files)))]
    if not costs:
        print("no file is of that length")
        return 1
    print(f"{'change':>9} {'of parsing':>10} {'all':>9}   lines  file")
    for cost in costs:
        change = median(cost.changes)
        ratio = change / cost.parse
        print(f"{change * 1000:6.1f} ms {ratio:9.1f}x {cost.whole * 1000:6.0f} ms {cost.lines:7,}  {cost.name}")
    print(_summary(costs))
    return 0


def _summary(costs: Sequence[_Cost]) -> str:
    changes = [change for cost in costs for change in cost.changes]
    ratios = [change / cost.parse for cost in costs for change in cost.changes]
    most = quantiles(changes, n=10)[-1] if len(changes) > 1 else changes[0]
    return (
        f"{len(changes)} changes: {median(changes) * 1000:.0f} ms, nine of ten below {most * 1000:.0f} ms, "
        f"{median(ratios):.1f} times as long as parsing"
    )


def _files(options: argparse.Namespace) -> Iterator[Path]:
    for path in python_files(obtain(options.tree, Path(options.work)).path):
        data = path.read_bytes()
        if options.least <= data.count(b"\n") <= options.most and b"import torch" in data:
            yield path


def _typed_into(path: Path, count: int) -> _Cost:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    analysis = Analysis(ClientSettings(), [str(path.parent)])
    analysis.whole(_program(path, text, 0))
    start = time.process_time()
    analysis.closed(path.as_uri())
    analysis.whole(_program(path, text, 0))
    whole = time.process_time() - start
    places = [number for number, line in enumerate(lines) if line.startswith("    ") and line.rstrip().endswith(")")]
    changes: list[float] = []
    for stamp, place in enumerate(random.choices(places or [0], k=count), 1):
        lines[place] = lines[place].rstrip("\n") + "  #\n"
        program = _program(path, "".join(lines), stamp)
        start = time.process_time()
        analysis.quick(program)
        changes.append(time.process_time() - start)
    return _Cost(path.name, len(lines), _parse(text), changes, whole)


def _program(path: Path, text: str, stamp: int) -> Program:
    return file_program(OpenFile(path.as_uri(), text, stamp, "python"), str(path.parent), _COLUMNS)


def _parse(text: str) -> float:
    taken = []
    for _ in range(5):
        start = time.process_time()
        ast.parse(text)
        taken.append(time.process_time() - start)
    return median(taken)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keystrokes", description=__doc__.splitlines()[0])
    parser.add_argument("tree", help="a folder, or a package that benchmarks.peers knows")
    parser.add_argument("--files", type=int, default=10, help="how many files")
    parser.add_argument("--changes", type=int, default=8, help="how many changes in each")
    parser.add_argument("--least", type=int, default=900, metavar="LINES", help="lines of the shortest file")
    parser.add_argument("--most", type=int, default=1100, metavar="LINES", help="lines of the longest one")
    parser.add_argument("--work", default=str(WORK), metavar="DIR")
    return parser


if __name__ == "__main__":
    sys.exit(main())
