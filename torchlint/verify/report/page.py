"""The report: one HTML page that needs nothing else, with a plot for each rewrite."""

from __future__ import annotations

import html
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path

from torchlint.certificates import times
from torchlint.verify.report.figures import curves, speeds
from torchlint.verify.report.row import Row
from torchlint.verify.report.strip import BETTER, NOTED, REFUSES, SAME
from torchlint.verify.report.terminal_table import poor, summary, worst_errors

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 1300px; margin: 2em auto; padding: 0 1em; color: #222; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; }
th, td { text-align: left; padding: 3px 8px; border-bottom: 1px solid #ddd; vertical-align: top; }
th { position: sticky; top: 0; background: #fff; } td.number { white-space: nowrap; }
td.remarks { min-width: 18em; overflow-wrap: anywhere; }
.good { color: #1a6b32; } .bad { color: #a1260d; } .unsure { color: #7a5b00; }
pre { background: #f6f6f4; padding: 10px; overflow-x: auto; font-size: 12px; }
figure { margin: 0.5em 0 1em; overflow-x: auto; } svg { height: auto; max-width: 100%; min-width: 720px; }
h2 { margin-top: 2em; border-top: 1px solid #ccc; padding-top: 0.8em; font-size: 19px; }
h3 { margin: 1.6em 0 0.4em; font-size: 16px; }
.strip { display: flex; flex-wrap: wrap; gap: 3px; margin: 0.4em 0; padding: 0; list-style: none; font-size: 12px; }
.strip li { padding: 1px 6px; border-radius: 3px; background: #e9e9e6; }
.strip .better { background: #cfe6d5; } .strip .note { background: #f3e6b8; }
.strip .refuses { background: #a1260d; color: #fff; }
.detail { overflow-wrap: anywhere; }
"""
_GOOD = {"IDENTICAL", "EQUAL", "IMPROVES", "EXTENDS"}
_UNSURE = {"CONDITIONAL", "TRADEOFF", "UNSUPPORTED", "TIMEOUT", "VACUOUS", "REPAIRS"}
# A mark beside the colour, for those who do not see it.
_MARKS = {SAME: "", BETTER: "+ ", NOTED: "~ ", REFUSES: "x "}
_HEADS = (
    *("rule", "rewrite", "verdict", "dtypes", "ranks", "inputs"),
    *("value error", "gradient error", "forward", "with backward", "remarks"),
)
_SHORT = {"float64": "f64", "float32": "f32", "float16": "f16", "bfloat16": "bf16"}


def write_report(rows: Sequence[Row], path: Path) -> None:
    """Write the page. Raises OSError."""
    path.write_text(render(rows), encoding="utf-8")


def render(rows: Sequence[Row]) -> str:
    """The page as text; it loads nothing from anywhere."""
    body = [
        "<h1>What the fixes do</h1>",
        f"<p>{html.escape(summary(rows))}</p>",
        f"<p>{html.escape(_where(rows))}</p>",
        "<p>Each rewrite was run before and after on generated inputs. Nothing here is a proof: it is what was seen on "
        "these inputs.</p>",
        _approximations(rows),
        *_speed(rows),
        "<h2>All rewrites</h2>",
        _table(rows),
        "<h2>One by one</h2>",
        "<p>Curves: the error of the float results against the size of the inputs, in units in the last place, to "
        "which rounding of the inputs is added where it weighs more. Coloured words: kinds of inputs; "
        "<b>+</b> after is better, <b>~</b> a difference worth a note, <b>x</b> a difference that refuses.</p>",
        *(_section(place, row) for place, row in enumerate(rows) if row.curves or row.reproducer),
    ]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>torchlint verify</title><style>{_STYLE}</style>"
    )
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(body)}</body></html>\n'


def _where(rows: Sequence[Row]) -> str:
    """Devices, versions and settings."""
    machines = {row.device: row.machine for row in rows if row.machine}
    devices = ", ".join(dict.fromkeys(machines.get(row.device, row.device) for row in rows))
    versions = ", ".join(f"torch {version}" for version in dict.fromkeys(row.torch for row in rows if row.torch))
    tiers = " and ".join(dict.fromkeys(row.tier for row in rows))
    flags = "; ".join(dict.fromkeys(row.flags for row in rows if row.flags))
    return f"{devices}; {versions}; tier {tiers}{'; ' if flags else ''}{flags}."


def _approximations(rows: Sequence[Row]) -> str:
    references: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for row in rows:
        for kind, count in row.references.items():
            references[kind] = references.get(kind, 0) + count
        for note in row.notes:
            if note.startswith("no multi-precision reference"):
                reasons[note] = reasons.get(note, 0) + 1
    items = [
        "The true value is <em>before</em> itself at a precision that no longer matters "
        f"({references.get('mp', 0):,} points); where that is impossible, <em>before</em> in float64 "
        f"({references.get('float64', 0):,} points); where that says nothing, only whether results are finite "
        f"({references.get('none', 0):,} points).",
        *(f"{html.escape(reason)} ({count} rewrites)." for reason, count in sorted(reasons.items())),
        "Gradients are those of one fixed weighted sum of the results.",
        "Inputs are small (ranks 0 to 4, up to a few thousand elements), so what shows only in large ones is not seen.",
        "Timings are medians of runs that take turns, in float32: CPU time of one thread on a CPU, time between events "
        "on a GPU. They depend on the machine; programs that name their sizes are timed at larger ones where they run.",
    ]
    return "<h2>Approximations</h2><ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def _speed(rows: Sequence[Row]) -> Iterable[str]:
    """A figure for each device and kind of rewrite with timings."""
    timed = [row for row in rows if any(row.speed)]
    if not timed:
        return
    yield "<h2>Speed</h2>"
    for device in dict.fromkeys(row.device for row in timed):
        for kind in ("pair", "program"):
            chosen = [row for row in timed if row.device == device and row.kind == kind]
            if not chosen:
                continue
            title = (
                f"{'Rewrites of rules' if kind == 'pair' else 'Programs of fixtures'} on {chosen[0].machine or device}"
            )
            figures = "".join(f"<figure>{speeds(list(part))}</figure>" for part in _parts(chosen))
            opened = " open" if kind == "pair" else ""
            yield f"<details{opened}><summary>{html.escape(title)} ({len(chosen)})</summary>{figures}</details>"


def _parts(rows: list[Row], length: int = 40) -> Iterable[Iterable[Row]]:
    return (itertools.islice(rows, start, start + length) for start in range(0, len(rows), length))


def _class(verdict: str) -> str:
    return "good" if verdict in _GOOD else "unsure" if verdict in _UNSURE else "bad"


def _table(rows: Sequence[Row]) -> str:
    lines = ["<tr>" + "".join(f"<th>{head}</th>" for head in _HEADS) + "</tr>"]
    several = len({row.device for row in rows}) > 1
    for place, row in enumerate(rows):
        label = html.escape(f"{row.kind} {row.label}" + (f" on {row.device}" if several else ""))
        linked = f'<a href="#r{place}">{label}</a>' if row.curves or row.reproducer else label
        remarks = "; ".join(text for text in (row.condition, row.contradiction, *poor(row)) if text)
        cells = (
            f"<td>{row.code}</td><td>{linked}</td>",
            f'<td><b class="{_class(row.verdict)}">{row.verdict}</b></td>',
            f"<td>{' '.join(_SHORT.get(name, name) for name in row.dtypes)}</td>",
            f'<td class="number">{_range(row.ranks)}</td><td class="number">{row.points:,}</td>',
            *(f'<td class="number">{_errors(row, what)}</td>' for what in ("value", "gradient")),
            *(f'<td class="number">{times(ratio) if ratio else ""}</td>' for ratio in row.speed),
            f'<td class="remarks">{html.escape(remarks)}</td>',
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    note = (
        "<p>Errors are the worst in float32, before &rarr; after: in units in the last place, relative to the largest "
        "result, and how many results are not finite.</p>"
    )
    return f'{note}<div class="wide"><table>{"".join(lines)}</table></div>'


def _range(ranks: Sequence[int]) -> str:
    return f"{ranks[0]}&ndash;{ranks[-1]}" if len(ranks) > 1 else "".join(map(str, ranks))


def _errors(row: Row, what: str) -> str:
    found = worst_errors(row, what)
    if not found:
        return ""
    ulps, *others = found
    return "<br>".join([f"{ulps} ulp", *others]).replace("->", "&rarr;")


def _section(place: int, row: Row) -> str:
    title = html.escape(f"{row.code} {row.label}")
    verdict = f'<span class="{_class(row.verdict)}">{row.verdict}</span>'
    parts = [f'<h3 id="r{place}">{title} {verdict}</h3>']
    facts = [f"verified on {row.points:,} inputs on {row.device}"]
    if row.claim:
        facts.append(f"the rule claims: {row.claim}")
    parts.append(f"<p>{html.escape('; '.join(facts))}.</p>")
    if row.detail or row.condition:
        where = f"only where {row.condition}" if row.verdict == "CONDITIONAL" else row.condition
        text = "; ".join(text for text in (where, row.detail) if text)
        parts.append(f'<p class="detail">{html.escape(text)}</p>')
    if row.strip:
        words = (f'<li class="{state}">{_MARKS[state]}{html.escape(kind)}</li>' for kind, state in row.strip.items())
        parts.append(f'<ul class="strip">{"".join(words)}</ul>')
    if row.curves:
        parts.append(f"<figure>{curves(row)}</figure>")
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
    text = f"{row.speed_shape} float32 on {row.machine}: forward {before:.3g} ms before, {after:.3g} ms after"
    if both_after:
        text += f"; with backward {both_before:.3g} ms before, {both_after:.3g} ms after"
    if any(row.memory):
        old, new = (size / 2**20 for size in row.memory)
        what = "largest tensor" if row.machine.endswith(("thread", "threads")) else "peak memory"
        text += f"; {what} {old:.3g} MiB before, {new:.3g} MiB after"
    return f"<p>{html.escape(text)}.</p>"
