"""Where torchlint's own CPU time goes: `python -m benchmarks.profile TREE`.

By stage: a run under cProfile says which module each moment was spent in, scaled to the time of a run without it. The
time of the standard library and of C functions counts for the module that called them; parsing and LibCST stand alone.
The profiler slows Python code down and not C, so parsing is a larger part in truth than it looks here.
By rule (`--rules`): the tree is checked with that rule alone, so what rules share (parsing, values) counts for each.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from benchmarks.source_trees import WORK, obtain, python_files
from torchlint import lint, registry
from torchlint.source import Source, SourceError

_ROOT = Path(__file__).resolve().parent.parent

# A function as cProfile names it: file, line, name. Its row: calls, calls, own time, time with callees, callers.
Function = tuple[str, int, str]
Row = tuple[int, int, float, float, Mapping[Function, tuple[int, int, float, float]]]


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    sources = list(_sources(obtain(options.tree, Path(options.work)).path))
    codes = frozenset(rule.code for rule in registry.rules() if rule.default)
    _check(sources[:20], codes)  # imports and generated tables are start-up, not stages
    plain = _check(sources, codes)
    lines = sum(source.text.count("\n") for source in sources)
    print(f"{len(sources):,} files, {lines:,} lines, {plain:.2f} CPU s, {plain / max(lines, 1) * 1e6:.1f} us a line")
    _print_stages(_stages(sources, codes), plain)
    if options.rules:
        _print_rules(sources, codes)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__.splitlines()[0])
    parser.add_argument("tree", help="a folder, or a package that benchmarks.peers knows")
    parser.add_argument("--rules", action="store_true", help="also check with each rule alone")
    parser.add_argument("--work", default=str(WORK), metavar="DIR")
    return parser


def _sources(path: Path) -> Iterable[Source]:
    for file in python_files(path):
        data = file.read_bytes()
        if b"torch" in data:
            try:
                yield Source.from_bytes(str(file), data)
            except SourceError:
                continue


def _check(sources: Iterable[Source], codes: frozenset[str], profile: cProfile.Profile | None = None) -> float:
    """CPU seconds for all sources. A `Source` remembers its line starts, so each run gets new ones."""
    fresh = [Source(source.path, source.text, source.encoding) for source in sources]
    gc.collect()
    with profile or nullcontext():
        started = time.process_time()
        for source in fresh:
            lint.check(source, codes)
        return time.process_time() - started


def _stages(sources: Iterable[Source], codes: frozenset[str]) -> dict[str, float]:
    """Seconds under the profiler by stage."""
    profile = cProfile.Profile()
    _check(sources, codes, profile)
    table: dict[Function, Row] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    shares = _Shares(table)
    stages: dict[str, float] = defaultdict(float)
    for function, row in table.items():
        for stage, share in shares.of(function).items():
            stages[stage] += share * row[2]
    return stages


class _Shares:
    """Which stages the own time of a function counts for, as fractions."""

    def __init__(self, table: Mapping[Function, Row]) -> None:
        self._table = table
        self._known: dict[Function, dict[str, float]] = {}

    def of(self, function: Function) -> dict[str, float]:
        if function not in self._known:
            self._known[function] = {}  # a function that calls itself through others adds nothing
            stage = _stage(function)
            self._known[function] = {stage: 1.0} if stage else self._of_callers(function)
        return self._known[function]

    def _of_callers(self, function: Function) -> dict[str, float]:
        shares: dict[str, float] = defaultdict(float)
        for caller, (_, calls, own, _) in self._table[function][4].items():
            for stage, share in self.of(caller).items():
                shares[stage] += share * (own or calls * 1e-9)
        total = sum(shares.values())
        return {stage: share / total for stage, share in shares.items()} if total else {"other": 1.0}


def _stage(function: Function) -> str:
    """The stage that a function belongs to by itself; empty for what works on behalf of its caller."""
    file, _, name = function
    if name == "<built-in method builtins.compile>":
        return "parse (ast)"
    path = Path(file)
    if "libcst" in path.parts or "libcst" in name:
        return "parse (LibCST)"
    if path.is_relative_to(_ROOT / "rules"):
        return f"rules/{path.stem}"
    if path.is_relative_to(_ROOT / "torchlint"):
        return path.stem
    return "benchmark" if path.is_relative_to(_ROOT) else ""


def _print_stages(stages: Mapping[str, float], plain: float) -> None:
    total = sum(stages.values())
    for stage, seconds in sorted(stages.items(), key=lambda item: -item[1]):
        share = seconds / total
        if share >= 0.001:
            print(f"{stage:42} {share:6.1%} {share * plain:8.3f} s")


def _print_rules(sources: Sequence[Source], codes: frozenset[str]) -> None:
    print(f"\n{'no rule':43} {_check(sources, frozenset()):8.3f} s")
    for rule in registry.rules():
        if rule.code in codes:
            seconds = _check(sources, frozenset({rule.code}))
            print(f"{rule.code} {rule.name:36} {seconds:8.3f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
