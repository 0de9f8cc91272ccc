"""How the cost of a line grows: `python -m benchmarks.growth --out DIR`.

Measured is the CPU time of this process, user and system, in microseconds per line of generated programs
(`benchmarks/programs.py`), with the interpreter warm and all rules that are on by default loaded. Five questions:

- `size`: files of 100 to 20,000 lines of models and training loops that have nothing to do with each other, or where
  each function leads to the next;
- `depth`: about 1,000 lines whose statements, calls, chains of calls or functions lie deeper and deeper, the same
  amount on each line;
- `rules`: one file, with ever more rules, drawn at random but the same each time;
- `files`: packages of ever more files which import each other, read from the disk;
- `hard`: what only generators write, each checked once by the command line in a process of its own; in CPU seconds
  with start-up, in MB, and whether it ended as it should.

A figure is the median of `--runs` rounds over all points of a question, so that a slow minute hits all of them. The
last column is the cost at the largest point over that at the smallest: 1.0 is linear growth of the whole. The start of
the process is measured apart and is in none of the others but `hard`.
"""

from __future__ import annotations

import argparse
import gc
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median

from benchmarks import programs
from benchmarks.curve_plots import draw
from benchmarks.curves import Curve, Point
from benchmarks.measure import environment, run
from benchmarks.source_trees import SEED, WORK
from torchlint import lint, registry
from torchlint.running.job import Job, Mode
from torchlint.running.pool import run_files
from torchlint.settings.config import Configuration, Overrides
from torchlint.source import Source

_SIZES = (100, 300, 1_000, 3_000, 10_000, 20_000)
_DEPTHS = (1, 2, 4, 8, 16, 32, 64)
_FILES = (1, 3, 10, 30, 100, 300)
_LINES = 1_000
# A point that takes less is measured over several checks: the clock and a stray collection must not decide it.
_LEAST_SECONDS = 0.05


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    _print_start_up(options.runs)
    curves = [curve for question in options.only if question != "hard" for curve in _curves(question, options, out)]
    _warm_up()
    for question in dict.fromkeys(curve.question for curve in curves):
        _measure([curve for curve in curves if curve.question == question], options.runs)
    _print_curves(curves)
    if curves:
        print(f"\n{draw(curves, out / 'growth.png')}")
    return _print_hard(out, options.scale, options.limit) if "hard" in options.only else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__.splitlines()[0])
    parser.add_argument("--only", type=_questions, default=list(_QUESTIONS), help=f"of {','.join(_QUESTIONS)}")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--largest", type=int, default=_SIZES[-1], metavar="N", help="no program of more lines")
    parser.add_argument("--scale", type=float, default=1.0, metavar="X", help="make what is hard X times as large")
    parser.add_argument("--limit", type=float, default=120.0, metavar="S", help="give up on what is hard after S s")
    parser.add_argument(
        "--out", default=str(WORK / "growth"), metavar="DIR", help="for plots and programs [%(default)s]"
    )
    return parser


def _questions(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in _QUESTIONS:
            raise argparse.ArgumentTypeError(f"unknown question {name!r}, known: {', '.join(_QUESTIONS)}")
    return names


def _defaults() -> frozenset[str]:
    return frozenset(rule.code for rule in registry.rules() if rule.default)


def _curves(question: str, options: argparse.Namespace, out: Path) -> Iterator[Curve]:
    yield from _QUESTIONS[question](options.largest, out)


def _sizes(largest: int, out: Path) -> Iterator[Curve]:
    for name, linked in (("unrelated", False), ("linked", True)):
        texts = [programs.models(size, linked=linked) for size in _SIZES if size <= largest]
        points = [_point(programs.count_lines(text), text, out) for text in texts]
        yield Curve("size", name, "lines in the file", points)


def _depths(largest: int, out: Path) -> Iterator[Curve]:
    kinds = {
        "statements": programs.nested_statements,
        "calls": programs.nested_calls,
        "chains": programs.chained_calls,
        "functions": programs.nested_functions,
    }
    lines = min(_LINES, largest)
    for name, make in kinds.items():
        points = [_point(depth, make(depth, lines), out) for depth in _DEPTHS if depth <= largest]
        yield Curve("depth", name, "nesting depth", points)


def _rules(largest: int, out: Path) -> Iterator[Curve]:
    codes = sorted(_defaults())
    random.Random(SEED).shuffle(codes)
    counts = [count for count in (1, 2, 4, 8, 16, 32) if count < len(codes)]
    text = programs.models(min(_LINES, largest))
    points = [_point(count, text, out, frozenset(codes[:count])) for count in (*counts, len(codes))]
    yield Curve("rules", "default rules", "rules on", points)


def _files(largest: int, out: Path) -> Iterator[Curve]:
    points = []
    for count in _FILES:
        folder = out / "packages" / str(count)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").write_text("")
        lines = 0
        for name, text in programs.package(count):
            (folder / name).write_text(text)
            lines += programs.count_lines(text)
        if lines > largest:
            break
        settings = Configuration(Overrides(isolated=True)).settings_in(str(folder))
        jobs = [Job(str(path), settings, Mode()) for path in sorted(folder.glob("net*.py"))[:count]]
        points.append(Point(count, lines, partial(_run, jobs)))
    yield Curve("files", "importing each other", "files", points)


def _run(jobs: list[Job]) -> None:
    for _ in run_files(jobs, 1):
        pass


_QUESTIONS: dict[str, Callable[[int, Path], Iterator[Curve]]] = {
    "size": _sizes,
    "depth": _depths,
    "rules": _rules,
    "files": _files,
    "hard": lambda largest, out: iter(()),
}


def _point(at: int, text: str, out: Path, codes: frozenset[str] | None = None) -> Point:
    codes = codes or _defaults()
    # No other file lies beside it: what a project's own imports cost is measured with the files.
    path = str(out / "alone" / "generated.py")
    return Point(at, programs.count_lines(text), lambda: lint.check(Source(path, text), codes, fixes=False))


def _warm_up() -> None:
    """Load all rules, and make the tables and patterns that they share."""
    for text in (programs.models(300, linked=True), programs.nested_statements(4, 50), programs.chained_calls(4, 50)):
        lint.check(Source("generated.py", text), _defaults(), fixes=False)


def _measure(curves: Sequence[Curve], runs: int) -> None:
    points = [point for curve in curves for point in curve.points]
    for point in points:
        point.check()
    repeats = {point: max(1, round(_LEAST_SECONDS / max(_seconds(point, 1), 1e-6))) for point in points}
    samples: dict[Point, list[float]] = {point: [] for point in points}
    for _ in range(runs):
        for point in points:
            samples[point].append(_seconds(point, repeats[point]))
    for curve in curves:
        curve.costs = [median(samples[point]) / max(point.lines, 1) * 1e6 for point in curve.points]


def _seconds(point: Point, repeats: int) -> float:
    gc.collect()
    if repeats > 1:
        point.check()  # a short check after a long one finds nothing of what it needs in the processor's caches
    started = time.process_time()
    for _ in range(repeats):
        point.check()
    return (time.process_time() - started) / repeats


def _print_start_up(runs: int) -> None:
    for name, options in (("python", ("-c", "pass")), ("torchlint --version", ("-m", "torchlint", "--version"))):
        costs = [run([sys.executable, *options], cwd=Path.cwd(), limit=60).cpu for _ in range(max(runs, 3))]
        print(f"start of {name}: {median(costs) * 1000:.0f} ms CPU")


def _print_curves(curves: Sequence[Curve]) -> None:
    for curve in curves:
        points = " ".join(f"{point.at:>8,}" for point in curve.points)
        costs = " ".join(f"{cost:8.1f}" for cost in curve.costs)
        print(f"\n{curve.question}, {curve.name}")
        print(f"{curve.axis:18} {points}")
        print(f"{'CPU us per line':18} {costs}   x{curve.growth:.2f}")


def _print_hard(out: Path, scale: float, limit: float) -> int:
    """Check each hard program. Returns 1 if one of them crashed or did not end in time."""
    folder = out / "hard"
    folder.mkdir(exist_ok=True)
    print(f"\n{'hard program':36} {'lines':>8} {'CPU s':>7}  outcome")
    crashed = False
    for title, text in programs.hard(scale):
        path = folder / "generated.py"
        path.write_text(text)
        seconds, outcome = _alone(path, limit)
        crashed = crashed or outcome.startswith("crash")
        print(f"{title:36} {programs.count_lines(text):8,} {seconds:7.2f}  {outcome}", flush=True)
    return int(crashed)


def _alone(path: Path, limit: float) -> tuple[float, str]:
    """CPU seconds of a process that checks one file, and how it ended."""
    command = [sys.executable, "-m", "torchlint", "check", "--isolated", "--no-cache", "--output-format=concise"]
    before = getrusage(RUSAGE_CHILDREN)
    try:
        done = subprocess.run(
            [*command, str(path)], capture_output=True, text=True, timeout=limit, cwd=path.parent, env=environment()
        )
    except subprocess.TimeoutExpired:
        return limit, f"crash: not done after {limit:g} s"
    after = getrusage(RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if done.returncode in (0, 1) and not done.stderr:
        return seconds, next(line for line in done.stdout.splitlines() if line.startswith(("All checks", "Found ")))
    said = done.stderr.strip().splitlines() or [""]
    known = done.returncode in (0, 1, 2) and "internal error" not in said[-1] and "Traceback" not in done.stderr
    return seconds, f"{'' if known else 'crash: '}{said[-1].removeprefix(str(path))[:70]} (exit {done.returncode})"


if __name__ == "__main__":
    sys.exit(main())
