"""What a line of one tree costs beside a line of another: `python -m benchmarks.line_costs timm DIR`.

Both are checked by the command line with one process and no cache, in turns, so that a slow minute hits both. Printed
are ratios alone: seconds differ from machine to machine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.measure import run
from benchmarks.source_trees import WORK, Tree, obtain, python_files

_COMMAND = ("check", "-j1", "--no-cache", "--isolated", "--output-format=concise")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    trees = [_every(obtain(name, Path(options.work)), options.every) for name in (options.tree, options.other)]
    for tree in trees:
        print(f"{tree.name}: {len(tree.files):,} files, {tree.lines:,} lines")
    rounds = [[_cost(tree, options.limit) for tree in trees] for _ in range(options.runs)]
    ratios = [second / first for first, second in rounds]
    print(f"a line of {trees[1].name} costs {median(ratios):.2f} times one of {trees[0].name}", end=" ")
    print(f"(CPU; {', '.join(f'{ratio:.2f}' for ratio in ratios)})")
    return 0


class _Files(NamedTuple):
    """Files of a tree, where they are: what they import from each other is part of their cost."""

    name: str
    files: list[str]
    lines: int


def _every(tree: Tree, step: int) -> _Files:
    files = python_files(tree.path)[::step]
    return _Files(tree.name, [str(file) for file in files], sum(file.read_bytes().count(b"\n") for file in files))


def _cost(files: _Files, limit: float) -> float:
    """CPU seconds per line."""
    done = run([sys.executable, "-m", "torchlint", *_COMMAND, *files.files], cwd=Path.cwd(), limit=limit)
    return done.cpu / max(files.lines, 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.line_costs", description=__doc__.splitlines()[0])
    parser.add_argument("tree", help="a folder, or a package that benchmarks.peers knows")
    parser.add_argument("other", help="the tree whose lines are compared with those of the first")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth file of each tree")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=float, default=600.0, metavar="S", help="give up on a run after S s")
    parser.add_argument("--work", default=str(WORK), metavar="DIR")
    return parser


if __name__ == "__main__":
    sys.exit(main())
