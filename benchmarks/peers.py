"""Compare torchlint with other tools: `python -m benchmarks.peers --help`.

Each tool gets an environment of its own, all of them the same trees, in turn, one process each. CPU time is the figure
to trust: wall time depends on what else the machine does.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from benchmarks.measure import CommandError, Cost, Sample, run
from benchmarks.source_trees import GENERATED, PINNED, WORK, Tree, obtain, sample
from benchmarks.tools import OURS, TOOLS, WARM, Installed, install, installed_here

_HEADER = ("tool", "CPU s", "wall s", "peak MB", "CPU, times torchlint")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    work = Path(options.work)
    work.mkdir(parents=True, exist_ok=True)
    chosen = [OURS, *(name for name in options.peers if name != OURS)]
    tools = [
        installed_here(TOOLS[name]) if options.here and name in (OURS, WARM) else install(TOOLS[name], work)
        for name in chosen
    ]
    try:
        _warm_up(tools, work, options.limit)
    except CommandError as error:
        raise SystemExit(f"a tool does not work: {error}") from error
    print(_heading(tools))
    for name in options.trees:
        tree = obtain(name, work)
        if options.sample:
            tree = sample(tree, options.sample, work)
        costs = _alternate(tools, tree, options.runs, options.limit, work / "cache")
        print()
        print(f"{tree.name}: {tree.files:,} files, {tree.lines:,} lines; medians of {options.runs}")
        print()
        print(_table(tools, costs, markdown=options.markdown), flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__.splitlines()[0])
    peers = [name for name in TOOLS if name != OURS]
    parser.add_argument(
        "--trees", type=_names, default=list(PINNED), help=f"folders or {','.join([*PINNED, GENERATED])}"
    )
    parser.add_argument("--peers", type=_known, default=peers, help=f"of {','.join(peers)}; '' for none")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="N files of each tree, the same each time")
    parser.add_argument("--limit", type=float, default=900.0, metavar="S", help="give up on a run after S seconds")
    parser.add_argument("--here", action="store_true", help="measure the torchlint of this environment")
    parser.add_argument("--work", default=str(WORK), metavar="DIR")
    parser.add_argument("--markdown", action="store_true")
    return parser


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _known(text: str) -> list[str]:
    names = _names(text)
    for name in names:
        if name not in TOOLS:
            raise argparse.ArgumentTypeError(f"unknown tool {name!r}, known: {', '.join(TOOLS)}")
    return names


def _warm_up(tools: Sequence[Installed], work: Path, limit: float) -> None:
    """Run each tool once on a small file, so that byte code is written and programs are in the disk cache."""
    folder = work / "warm-up"
    folder.mkdir(exist_ok=True)
    (folder / "example.py").write_text("import torch\n\n\ndef f(x):\n    return torch.log(torch.softmax(x, dim=1))\n")
    for tool in tools:
        run(tool.command(folder, work / "cache"), cwd=work, limit=limit)


def _alternate(tools: Sequence[Installed], tree: Tree, runs: int, limit: float, cache: Path) -> dict[str, Cost | str]:
    """The cost of each tool, or why there is none. One round of all tools after the other: a slow minute hits all."""
    shutil.rmtree(cache, ignore_errors=True)
    for tool in tools:
        if tool.tool.name == WARM:
            run(tool.command(tree.path, cache), cwd=tree.path.parent, limit=limit)
    samples: dict[str, list[Sample]] = {tool.tool.name: [] for tool in tools}
    failed: dict[str, str] = {}
    for _ in range(runs):
        for tool in tools:
            name = tool.tool.name
            if name in failed:
                continue
            try:
                samples[name].append(run(tool.command(tree.path, cache), cwd=tree.path.parent, limit=limit))
            except CommandError as error:
                failed[name] = str(error)
    return {name: failed.get(name) or Cost.of(found) for name, found in samples.items()}


def _heading(tools: Sequence[Installed]) -> str:
    versions = ", ".join(f"{tool.tool.name} {tool.version} ({tool.tool.note})" for tool in tools)
    python = platform.python_version()
    return f"{date.today()}, Python {python}, {platform.system()} {platform.machine()}. {versions}."


def _table(tools: Sequence[Installed], costs: dict[str, Cost | str], *, markdown: bool) -> str:
    ours = costs[OURS]
    rows = [_HEADER]
    for tool in tools:
        cost = costs[tool.tool.name]
        if isinstance(cost, str):
            rows.append((tool.tool.name, "-", "-", "-", cost))
            continue
        ratio = f"{cost.cpu / ours.cpu:.3g}" if isinstance(ours, Cost) else ""
        rows.append((tool.tool.name, f"{cost.cpu:.2f}", f"{cost.wall:.2f}", f"{cost.peak:.0f}", ratio))
    if markdown:
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        lines.insert(1, "|---|---:|---:|---:|---:|")
        return "\n".join(lines)
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    lines = []
    for name, *cells in rows:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        lines.append("  ".join((name.ljust(widths[0]), *padded)))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
