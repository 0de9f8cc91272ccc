"""The report: one HTML page that needs nothing else, with a plot for each rewrite."""

from __future__ import annotations

import html
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

from torchlint.verify.row import Row
from torchlint.verify.table import summary

# Colours that stay apart for colour-blind readers.
BEFORE, AFTER = "#c44e12", "#1f6fb2"
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 1100px; margin: 2em auto; padding: 0 1em; color: #222; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: left; padding: 3px 8px; border-bottom: 1px solid #ddd; vertical-align: top; }
.good { color: #1a6b32; } .bad { color: #a1260d; } .unsure { color: #7a5b00; }
pre { background: #f6f6f4; padding: 10px; overflow-x: auto; font-size: 12px; }
figure { margin: 0.5em 0 1em; } svg { max-width: 100%; height: auto; }
h2 { margin-top: 2em; border-top: 1px solid #ccc; padding-top: 0.8em; font-size: 18px; } code { font-size: 95%; }
"""
_GOOD = {"IDENTICAL", "EQUAL", "IMPROVES", "EXTENDS"}
_UNSURE = {"CONDITIONAL", "TRADEOFF", "UNSUPPORTED", "TIMEOUT", "VACUOUS", "REPAIRS"}
_DTYPES = ("float64", "float32", "float16", "bfloat16")


def write_report(rows: Sequence[Row], path: Path) -> None:
    """Write the page. Raises OSError."""
    path.write_text(render(rows), encoding="utf-8")


def render(rows: Sequence[Row]) -> str:
    """The page as text; it loads nothing from anywhere."""
    body = [
        "<h1>What the fixes do</h1>",
        f"<p>{html.escape(summary(rows))}</p>",
        "<p>Each rewrite was run before and after on generated inputs. Errors are in units in the last place of the "
        "result, to which rounding of the inputs is added where it weighs more. The true value is <em>before</em> "
        "itself at a precision that no longer matters; where that is impossible, <em>before</em> in float64. "
        "Nothing here is a proof.</p>",
        _table(rows),
        *(_section(place, row) for place, row in enumerate(rows) if row.curves or row.reproducer),
    ]
    head = f'<meta charset="utf-8"><title>torchlint verify</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(body)}</body></html>\n'


def _class(verdict: str) -> str:
    return "good" if verdict in _GOOD else "unsure" if verdict in _UNSURE else "bad"


def _table(rows: Sequence[Row]) -> str:
    heads = ("rule", "rewrite", "device", "verdict", "inputs", "ranks", "reference", "speed", "remarks")
    lines = ["<tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr>"]
    for place, row in enumerate(rows):
        label = html.escape(f"{row.kind} {row.label}")
        linked = f'<a href="#r{place}">{label}</a>' if row.curves or row.reproducer else label
        reference = ", ".join(f"{count} {kind}" for kind, count in row.references.items())
        speed = f"{row.speed[0]:.2g}x, {row.speed[1]:.2g}x" if any(row.speed) else ""
        remarks = "; ".join(text for text in (row.condition, row.contradiction) if text)
        cells = (row.code, linked, html.escape(row.device), f'<b class="{_class(row.verdict)}">{row.verdict}</b>')
        rest = (f"{row.points:,}", " ".join(map(str, row.ranks)), reference, speed, html.escape(remarks))
        lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in (*cells, *rest)) + "</tr>")
    return f"<table>{''.join(lines)}</table>"


def _section(place: int, row: Row) -> str:
    title = html.escape(f"{row.code} {row.label}")
    parts = [f'<h2 id="r{place}">{title} <span class="{_class(row.verdict)}">{row.verdict}</span></h2>']
    if row.claim:
        parts.append(f"<p>The rule claims: {html.escape(row.claim)}.</p>")
    if row.detail:
        parts.append(f"<p>{html.escape(row.detail)}</p>")
    if row.curves:
        parts.append(f"<figure>{_plot(row)}</figure>")
    if row.milliseconds:
        parts.append(_timing(row))
    if row.notes:
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in row.notes)
        parts.append(f"<details><summary>Approximations and notes</summary><ul>{notes}</ul></details>")
    if row.reproducer:
        code = html.escape(row.reproducer)
        parts.append(f"<details><summary>Program that shows the difference</summary><pre>{code}</pre></details>")
    return "".join(parts)


def _timing(row: Row) -> str:
    before, after, both_before, both_after = row.milliseconds
    text = f"{row.speed_shape} float32 on {row.device}: forward {before:.3g} ms before, {after:.3g} ms after"
    if both_after:
        text += f"; with backward {both_before:.3g} ms before, {both_after:.3g} ms after"
    return f"<p>{html.escape(text)}.</p>"


def _plot(row: Row) -> str:
    """Error against magnitude: a row of panels for values, one for gradients, a panel per dtype."""
    from matplotlib.figure import Figure

    keys = [key.split(" ") for key in row.curves]
    dtypes = [name for name in _DTYPES if any(key[0] == name for key in keys)]
    what = [name for name in ("value", "gradient") if any(key[1] == name for key in keys)]
    figure = Figure(figsize=(3.0 * len(dtypes) + 0.6, 2.3 * len(what) + 0.3), layout="constrained")
    axes = figure.subplots(len(what), len(dtypes), sharex=True, squeeze=False)
    for line, quantity in enumerate(what):
        for column, dtype in enumerate(dtypes):
            _panel(axes[line][column], row, dtype, quantity)
    axes[0][0].legend(fontsize=7, frameon=False)
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "torchlint", "font.size": 8}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _panel(axes: Any, row: Row, dtype: str, quantity: str) -> None:
    prefix = f"{dtype} {quantity} "
    points = {float(key.removeprefix(prefix)): worst for key, worst in row.curves.items() if key.startswith(prefix)}
    magnitudes = sorted({float(key.split(" ")[2]) for key in row.curves})
    places = [place for place, magnitude in enumerate(magnitudes) if magnitude in points]
    top = 1e8 if dtype in ("float64", "float32") else 1e4
    axes.set_title(f"{dtype}, {quantity}", fontsize=8)
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(0, top)
    axes.set_xticks(range(len(magnitudes)), [f"{magnitude:g}" for magnitude in magnitudes], rotation=60, ha="right")
    axes.set_xlabel("size of the inputs" if quantity == "gradient" else "", fontsize=7)
    axes.set_ylabel("error, ulp" if dtype == _first(row) else "", fontsize=7)
    axes.tick_params(labelsize=6)
    for side, colour, width, height in (("before", BEFORE, 2.4, 0.5), ("after", AFTER, 1.2, 0.1)):
        worst = [points[magnitudes[place]] for place in places]
        lines = [min(found[f"ulps_{side}"], top) for found in worst]
        lost = [place for place, found in zip(places, worst, strict=True) if found[f"nonfinite_{side}"]]
        axes.plot(places, lines, color=colour, linewidth=width, marker="o", markersize=2.5, label=side)
        label = f"{side}: nan or inf" if lost else None
        axes.plot(lost, [top * height] * len(lost), "x", color=colour, markersize=5, label=label)


def _first(row: Row) -> str:
    """The dtype of the leftmost panels."""
    return next(name for name in _DTYPES if any(key.startswith(f"{name} ") for key in row.curves))
