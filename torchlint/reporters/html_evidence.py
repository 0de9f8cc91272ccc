"""What was seen when the fixes of rules were run, as tables of an HTML page: one table for all findings of a rule."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torchlint import certificates, demonstrated, verdicts
from torchlint.certificates import times

_FIGURES = ("Inputs", "Worst float32 error", "NaN or infinity", "Speed")
_HEADS = ("What was run", "What came out", *_FIGURES, "Better at", "Where")
_STEP, _RADIUS = 10, 3
_SIDES = ("before", "after")
_LEGEND = (
    "What came out when the old and the new code were run on the same generated inputs, before &rarr; after the fix. "
    "Errors are the worst of values in float32: relative ones where the new code is better, else units in the last "
    "place (ulp). Speed is that of the new code, forward, with the old code as 1x. The dots are the sizes of the "
    "inputs, full where the new code is better."
)
_Row = dict[str, Any]


def known(code: str) -> bool:
    """Whether anything was run for a rule."""
    return bool(certificates.evidence(code) or demonstrated.kept(code))


def sections(names: Mapping[str, str]) -> Iterator[str]:
    """A section for each of these rules for which something was run. `names` are their names by their codes."""
    codes = [code for code in names if known(code)]
    if not codes:
        return
    yield '<section class="evidence" id="evidence">\n<h2>Evidence</h2>\n'
    yield f"<p>{_LEGEND}</p>\n"
    for code in codes:
        yield f'<h3 id="evidence-{html.escape(code)}">{html.escape(code)} {html.escape(names[code])}</h3>\n'
        seen = demonstrated.kept(code)
        if seen is not None:
            where = f"Measured with torch {seen.torch} on {seen.device}."
            yield f"<p>{html.escape(seen.harm)} {html.escape(where)}</p>\n"
        yield _table(certificates.evidence(code))
    yield "</section>\n"


def _table(rows: Sequence[_Row]) -> str:
    if not rows:
        return ""
    groups: dict[tuple[str, str, str], list[_Row]] = {}
    for row in rows:
        if row["kind"] == "program":
            groups.setdefault((row["verdict"], row["device"], row["torch"]), []).append(row)
    lines = [_line(row["label"].replace("_", " "), [row]) for row in rows if row["kind"] == "pair"]
    for _, group in sorted(groups.items()):
        count = len(group)
        lines.append(_line(f"{count} program{'s' * (count > 1)} of the rule's fixtures", group))
    heads = "".join(f"<th{_class('number') if head in _FIGURES else ''}>{head}</th>" for head in _HEADS)
    return f'<div class="wide"><table>\n<tr>{heads}</tr>\n{"".join(lines)}</table></div>\n'


def _line(name: str, rows: Sequence[_Row]) -> str:
    """A line for a rewrite, or for programs that came out the same."""
    first = rows[0]
    intended = all(row.get("intended_change", False) for row in rows)
    said = verdicts.meaning(first["verdict"], condition=first.get("condition", ""), intended=intended)
    gains = [gain for row in rows for gain in row.get("gains", ()) if _of_float32_values(gain)]
    inputs = sum(map(certificates.inputs, rows))
    numbers = (f"{inputs:,}" if inputs else "", _error(rows, gains), _not_finite(rows), _speed(rows))
    cells = "".join(f'<td class="number">{number}</td>' for number in numbers)
    where = f"{first['device']}, torch {first['torch']}"
    cells += f'<td class="sizes">{_sizes(gains)}</td><td>{html.escape(where)}</td>'
    return f"<tr><td>{html.escape(name)}</td><td>{html.escape(said)}</td>{cells}</tr>\n"


def _class(name: str) -> str:
    return f' class="{name}"'


def _of_float32_values(gain: _Row) -> bool:
    return bool(gain["dtype"] == "float32" and gain["quantity"] == "value")


def _error(rows: Sequence[_Row], gains: Sequence[_Row]) -> str:
    """The worst error of both versions. Where results are meant to change, the old ones measure nothing."""
    before, after = (max((gain.get(f"relative_{side}", 0.0) for gain in gains), default=0.0) for side in _SIDES)
    if before:
        return f"{before:.2g} &rarr; {after:.2g}"
    worst = _worst(rows)
    if gains or not any(worst.get(f"ulps_{side}") for side in _SIDES):
        return ""
    return f"{worst['ulps_before']:.3g} &rarr; {worst['ulps_after']:.3g} ulp"


def _not_finite(rows: Sequence[_Row]) -> str:
    """How many results of both versions are not finite; nothing where all are."""
    before, after = (_worst(rows).get(f"nonfinite_{side}", 0) for side in _SIDES)
    return f"{before:,g} &rarr; {after:,g}" if before or after else ""


def _worst(rows: Sequence[_Row]) -> _Row:
    """The worst errors of a rewrite; those of several programs cannot be told together."""
    if len(rows) > 1 or rows[0]["verdict"] == "CHANGES":
        return {}
    worst: _Row = rows[0].get("errors", {}).get("float32 value", {})
    return worst


def _sizes(gains: Sequence[_Row]) -> str:
    """A dot for each size of the inputs that was tried, full where the new code is better."""
    tried = sorted({size for gain in gains for size in gain["tried"]})
    better = {size for gain in gains for size in gain["sizes"]}
    if not better:
        return ""
    dots = "".join(
        f'<circle cx="{(place + 0.5) * _STEP:g}" cy="6" r="{_RADIUS}"{_class("better") if size in better else ""}/>'
        for place, size in enumerate(tried)
    )
    said = f"better at sizes {', '.join(f'{size:g}' for size in tried if size in better)}"
    start = f'<svg role="img" width="{len(tried) * _STEP}" height="12" aria-label="{said}">'
    return f"{tried[0]:g} {start}<title>{said}</title>{dots}</svg> {tried[-1]:g}"


def _speed(rows: Sequence[_Row]) -> str:
    ratios = [row["speed"][0] for row in rows if any(row.get("speed", ()))]
    return " to ".join(dict.fromkeys(times(ratio) for ratio in (min(ratios), max(ratios)))) if ratios else ""
