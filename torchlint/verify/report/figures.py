"""Plots for the report, as SVG."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from torchlint.certificates import times
from torchlint.verify.report.row import Row

# Colours that stay apart for colour-blind readers.
BEFORE, AFTER = "#c44e12", "#1f6fb2"
FORWARD, BOTH = "#1f6fb2", "#e0a100"
_DTYPES = ("float64", "float32", "float16", "bfloat16")
# Text as text: smaller files, and readers can search it. Fixed seeds: the same rows give the same bytes.
_SETTINGS: Any = {"svg.hashsalt": "torchlint", "svg.fonttype": "none", "font.size": 9, "font.family": "sans-serif"}


def curves(row: Row) -> str:
    """Error against magnitude: a line of panels for values, one for gradients, a panel per dtype."""
    keys = [key.split(" ") for key in row.curves]
    dtypes = [name for name in _DTYPES if any(key[0] == name for key in keys)]
    what = [name for name in ("value", "gradient") if any(key[1] == name for key in keys)]
    with mpl.rc_context(_SETTINGS):
        width, height = 2.7 * len(dtypes) + 0.7, 2.2 * len(what) + 0.9
        figure = Figure(figsize=(width, height))
        # A layout that matplotlib finds by itself takes half a second for each of some fifty figures.
        figure.subplots_adjust(0.75 / width, 0.72 / height, 1 - 0.1 / width, 1 - 0.62 / height, 0.3, 0.25)
        axes = figure.subplots(len(what), len(dtypes), sharex=True, sharey="col", squeeze=False)
        for line, quantity in enumerate(what):
            for column, dtype in enumerate(dtypes):
                _panel(axes[line][column], row, dtype, quantity, line == len(what) - 1, column == 0)
        handles = _legend()
        figure.legend(handles=handles, loc="upper left", ncols=len(handles), fontsize=8, frameon=False)
        return _svg(figure)


def _legend() -> list[Any]:
    lines = [
        Line2D([], [], color=color, marker="o", markersize=3, linewidth=width, label=side)
        for side, color, width in (("before", BEFORE, 2.6), ("after", AFTER, 1.3))
    ]
    crosses = [
        Line2D([], [], color=color, marker="x", linestyle="", label=f"{side}: nan or inf")
        for side, color in (("before", BEFORE), ("after", AFTER))
    ]
    return [*lines, *crosses]


def _panel(axes: Any, row: Row, dtype: str, quantity: str, lowest: bool, leftmost: bool) -> None:
    prefix = f"{dtype} {quantity} "
    points = {float(key.removeprefix(prefix)): worst for key, worst in row.curves.items() if key.startswith(prefix)}
    magnitudes = sorted({float(key.split(" ")[2]) for key in row.curves})
    places = [place for place, magnitude in enumerate(magnitudes) if magnitude in points]
    top = 1e8 if dtype in ("float64", "float32") else 1e4
    axes.set_title(f"{dtype}, {quantity}", fontsize=9)
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(-0.2, top * 30)
    axes.set_yticks([0, 1, top**0.25, top**0.5, top**0.75, top])
    axes.minorticks_off()
    axes.grid(axis="y", color="#eee")
    axes.set_xlim(-0.5, len(magnitudes) - 0.5)
    axes.set_xticks(range(len(magnitudes)), [f"{magnitude:g}" for magnitude in magnitudes], rotation=90)
    axes.set_xlabel("size of the inputs" if lowest else "")
    axes.set_ylabel("error, ulp" if leftmost else "")
    axes.tick_params(labelsize=7)
    # Numbers that are not finite have a lane of their own above the largest error.
    for side, color, width, lane in (("before", BEFORE, 2.6, 12.0), ("after", AFTER, 1.3, 3.0)):
        worst = [points[magnitudes[place]] for place in places]
        lines = [min(found[f"ulps_{side}"], top) for found in worst]
        lost = [place for place, found in zip(places, worst, strict=True) if found[f"nonfinite_{side}"]]
        axes.plot(places, lines, color=color, linewidth=width, marker="o", markersize=3)
        axes.plot(lost, [top * lane] * len(lost), "x", color=color, markersize=5)


def speeds(rows: Sequence[Row]) -> str:
    """Bars of time before over time after, forward and with backward, on a log axis around 1."""
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=(11, 0.42 * len(rows) + 1.1), layout="constrained")
        axes = figure.subplots()
        ratios = [ratio for row in rows for ratio in row.speed if ratio]
        axes.set_xscale("log")
        low, high = min(0.5, *ratios), max(2.0, *ratios)
        axes.set_xlim(low / 1.3, high * (high / low) ** 0.55)
        for place, row in enumerate(rows):
            _bar(axes, place - 0.2, row.speed[0], row.milliseconds[:2], row.speed_shape, FORWARD)
            _bar(axes, place + 0.2, row.speed[1], row.milliseconds[2:], "", BOTH)
        axes.axvline(1, color="#444", linewidth=1)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_yticks(range(len(rows)), [f"{row.code} {row.label.removeprefix('case.')}" for row in rows], fontsize=8)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}x")
        axes.xaxis.set_minor_formatter(lambda value, _: "")
        axes.set_xlabel("time before / time after (to the right of 1 the fix is faster)")
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        handles = [axes.barh([0], [0], color=color, label=text) for color, text in _KINDS]
        figure.legend(handles=handles, loc="outside upper left", ncols=2, fontsize=9, frameon=False)
        return _svg(figure)


_KINDS = ((FORWARD, "forward"), (BOTH, "forward and backward"))


def _bar(axes: Any, place: float, ratio: float, milliseconds: Sequence[float], shape: str, color: str) -> None:
    """One bar from 1, with the ratio, the absolute times and the size."""
    if not ratio:
        return
    axes.barh(place, ratio - 1, height=0.36, left=1, color=color)
    before, after = milliseconds
    text = f"{times(ratio)}, {before:.3g} to {after:.3g} ms" + (f", {shape}" if shape else "")
    axes.text(max(ratio, 1.0) * 1.03, place, text, va="center", fontsize=7)


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    return re.sub(r"\n\s*", "\n", text)
