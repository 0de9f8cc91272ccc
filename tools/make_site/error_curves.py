"""Error against the size of the inputs, before and after a fix, as pictures of a page.

`error_curves.json` has what was measured; `python -m tools.make_site.measure_curves` writes it.
"""

from __future__ import annotations

import functools
import html
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from torchlint import certificates

TABLE = Path(__file__).with_name("error_curves.json")
DTYPE = "float32"
QUANTITIES = ("value", "gradient")
LEGEND = (
    "Error of float32 results against the size of the inputs, in units in the last place; a cross is NaN or infinity. "
    '<span class="before">before</span> <span class="after">after</span>'
)
# Pixels of a picture on a telephone, which is as wide as the picture; elsewhere it grows.
_WIDTH, _HEIGHT = 340, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 10, 34, 34
_LANES = {"before": 12, "after": 22}  # of what is not finite, above all errors
_TOP_POWER = 8  # errors from 1 ulp to 1e8, at which no digit of a float32 is right
_SIDES = ("before", "after")
# The points of each quantity, see `Point`.
Measured = dict[str, list[list[float]]]


class Point(NamedTuple):
    """What came out at one size of the inputs: the worst error of both versions in ulp, and how often each gave NaN or
    infinity."""

    size: float
    ulps_before: float
    ulps_after: float
    lost_before: float
    lost_after: float


@functools.cache
def table() -> dict[str, Measured]:
    """All that was measured, by the digest of the rewrite that was run."""
    found: dict[str, Measured] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found


def wanted(code: str) -> list[dict[str, Any]]:
    """The certificates of a rule's rewrites that have something to draw: float32 results are better at some sizes."""
    rows = [row for row in certificates.evidence(code) if row["kind"] == "pair" and row["device"] == "cpu"]
    return [row for row in rows if any(gain["dtype"] == DTYPE and gain["sizes"] for gain in row.get("gains", ()))]


def figures(code: str) -> list[tuple[str, str]]:
    """The names of a rule's rewrites, each with its pictures; of those only that are as they were measured."""
    rows = [(row["label"], table().get(row["digest"])) for row in wanted(code)]
    return [(label, _figure(label, measured)) for label, measured in rows if measured]


def _figure(label: str, measured: Measured) -> str:
    pictures = [
        _picture(f"{label}, {quantity}s", [Point(*point) for point in measured[quantity]])
        for quantity in QUANTITIES
        if measured.get(quantity)
    ]
    return f'<figure class="curves">{"".join(pictures)}<figcaption>{LEGEND}</figcaption></figure>'


def _picture(title: str, points: Sequence[Point]) -> str:
    """An error curve of both versions as SVG, whose colours are those of the page."""
    parts = [*_axes(points), *(part for side in _SIDES for part in _curve(points, side))]
    shown = f'<text class="title" x="{_LEFT}" y="{_HEIGHT - 3}">{html.escape(title)}</text>'
    return (
        f'<svg role="img" viewBox="0 0 {_WIDTH} {_HEIGHT}"><title>{html.escape(_said(title, points))}</title>'
        f"{''.join(parts)}{shown}</svg>"
    )


def _said(title: str, points: Sequence[Point]) -> str:
    """The picture in words."""
    sides = []
    for side in _SIDES:
        worst = max(getattr(point, f"ulps_{side}") for point in points)
        lost = [f"{point.size:g}" for point in points if getattr(point, f"lost_{side}")]
        sides.append(f"{side} up to {worst:.2g} ulp" + f" and NaN or infinity at {', '.join(lost)}" * bool(lost))
    return f"{title}: {'; '.join(sides)}"


def _axes(points: Sequence[Point]) -> Iterator[str]:
    for power in range(0, _TOP_POWER + 1, 2):
        y = _height(10.0**power)
        yield f'<path class="grid" d="M{_LEFT} {y:g}H{_WIDTH - _RIGHT}"/>'
        yield f'<text class="left" x="{_LEFT - 4}" y="{y + 3:g}">{f"1e{power}" if power else 1}</text>'
    every = 1 if len(points) < 8 else 2  # there is no room for all
    for place, point in enumerate(points):
        if place % every == 0:
            yield f'<text class="below" x="{_across(place, points):g}" y="{_HEIGHT - 19}">{point.size:g}</text>'


def _curve(points: Sequence[Point], side: str) -> Iterator[str]:
    places = [(_across(place, points), _height(getattr(point, f"ulps_{side}"))) for place, point in enumerate(points)]
    yield f'<polyline class="{side}" points="{" ".join(f"{x:g},{y:g}" for x, y in places)}"/>'
    y = _LANES[side]
    for (x, _), point in zip(places, points, strict=True):
        if getattr(point, f"lost_{side}"):
            yield f'<path class="{side}" d="M{x - 3:g} {y - 3}l6 6m0-6l-6 6"/>'


def _across(place: int, points: Sequence[Point]) -> float:
    return round(_LEFT + 8 + place * (_WIDTH - _LEFT - _RIGHT - 16) / max(len(points) - 1, 1), 1)


def _height(ulps: float) -> float:
    power = min(math.log10(max(ulps, 1.0)), _TOP_POWER)
    return round(_HEIGHT - _BOTTOM - power / _TOP_POWER * (_HEIGHT - _TOP - _BOTTOM), 1)
