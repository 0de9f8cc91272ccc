"""The curves of `benchmarks.growth` as a picture; the only part of the benchmarks that imports matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.curves import Curve

_TITLES = {
    "size": "Size of a file",
    "depth": "Nesting, some 1,000 lines",
    "rules": "Number of rules, some 1,000 lines",
    "files": "Number of files, some 40 lines each",
}


def draw(curves: Sequence[Curve], path: Path) -> Path:
    """A panel for each question: CPU microseconds per line over the axis of the question, from zero."""
    # Optional: matplotlib may be missing.
    import matplotlib as mpl

    mpl.use("Agg")
    # Optional, and only after the backend is chosen.
    from matplotlib import pyplot as plt
    from matplotlib.ticker import FuncFormatter

    questions = list(dict.fromkeys(curve.question for curve in curves))
    columns = min(len(questions), 2)
    rows = -(-len(questions) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(6 * columns, 4 * rows), squeeze=False, layout="constrained")
    for panel in axes.flat[len(questions) :]:
        panel.set_visible(False)
    for panel, question in zip(axes.flat, questions, strict=False):
        chosen = [curve for curve in curves if curve.question == question]
        for curve in chosen:
            panel.plot([point.at for point in curve.points], curve.costs, marker="o", label=curve.name)
        panel.set_xscale("log")
        panel.set_xticks([point.at for point in chosen[0].points], minor=False)
        panel.minorticks_off()
        panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        panel.set_ylim(0, 1.3 * max(cost for curve in chosen for cost in curve.costs))  # room for the legend
        panel.set_xlabel(chosen[0].axis)
        panel.set_ylabel("CPU time per line (µs)")
        panel.set_title(_TITLES[question])
        panel.grid(alpha=0.3)
        panel.legend(loc="upper left", ncols=len(chosen), fontsize="small")
    figure.savefig(path, dpi=120)
    plt.close(figure)
    return path
