"""Rows as a table for a terminal, and an error curve in one line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from torchlint.certificates import times
from torchlint.verify.report.row import Row

_SHORT = {"float64": "f64", "float32": "f32", "float16": "f16", "bfloat16": "bf16"}
_HEADS = (
    *("rule", "what", "verdict", "dtypes", "ranks", "points"),
    *("value error, ulp (relative)", "gradient error, ulp (relative)", "forward, and with backward"),
)
# Whoever applies a fix that makes nothing more accurate wants at least this speed-up, for no more than this memory.
GAIN, MEMORY = 1.1, 2.0
# From no error to all bits wrong; then not finite.
_SHADES = " .:-=+*#%@"


def table(rows: Sequence[Row]) -> str:
    """The table, with a line below each row that was refused."""
    cells = [_HEADS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEADS))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    out = [lines[0], "-" * min(len(lines[0]) + 8, 160)]
    for row, line in zip(rows, lines[1:], strict=True):
        out += [line, *_remarks(row)]
    return "\n".join(out)


def _cells(row: Row) -> tuple[str, ...]:
    label = f"{row.kind} {row.label}" + ("" if row.device == "cpu" else f" [{row.device}]")
    ranks = f"{row.ranks[0]}-{row.ranks[-1]}" if len(row.ranks) > 1 else "".join(map(str, row.ranks))
    dtypes = " ".join(_SHORT.get(name, name) for name in row.dtypes)
    numbers = (f"{row.points:,}", _errors(row, "value"), _errors(row, "gradient"), _speed(row))
    return (row.code, label, row.verdict, dtypes, ranks, *numbers)


def _errors(row: Row, what: str) -> str:
    found = worst_errors(row, what)
    if not found:
        return "-"
    ulps, relative, *bad = found
    return ", ".join([f"{ulps} ({relative})", *bad])


def worst_errors(row: Row, what: str) -> list[str]:
    """Float32 before and after: worst error in ulp, relative error, and, if any, how many results were not finite."""
    worst = row.errors.get(f"float32 {what}")
    if worst is None:
        return []
    ulps = f"{worst['ulps_before']:.3g} -> {worst['ulps_after']:.3g}"
    relative = f"{worst['relative_before']:.1e} -> {worst['relative_after']:.1e}"
    bad = worst["nonfinite_before"], worst["nonfinite_after"]
    return [ulps, relative, *([f"nan/inf {bad[0]:g} -> {bad[1]:g}"] if any(bad) else [])]


def _speed(row: Row) -> str:
    if not any(row.speed):
        return "-"
    return ", ".join([*(times(ratio) if ratio else "-" for ratio in row.speed), *poor(row)])


def poor(row: Row) -> list[str]:
    """What speaks against a fix that is there for speed: too small a gain, too much memory."""
    found = []
    if row.verdict in ("IDENTICAL", "EQUAL") and any(row.speed) and max(row.speed) < GAIN:
        found.append(f"below {GAIN}x")
    if row.memory and row.memory[1] > MEMORY * row.memory[0] > 0:
        found.append(f"{times(row.memory[1] / row.memory[0])} the memory")
    return found


def _remarks(row: Row) -> Iterable[str]:
    if row.condition:
        yield f"        only where {row.condition}" if row.verdict == "CONDITIONAL" else f"        {row.condition}"
    if row.detail:
        yield f"        {row.detail}"
    if row.contradiction:
        yield f"        CONTRADICTION: {row.contradiction}"


def curve(row: Row, dtype: str, what: str, side: str) -> str:
    """One character per magnitude, small to large: how many bits of the result are wrong, X where it is not finite."""
    prefix = f"{dtype} {what} "
    points = {float(key.removeprefix(prefix)): worst for key, worst in row.curves.items() if key.startswith(prefix)}
    return "".join(_shade(points[magnitude], side) for magnitude in sorted(points))


def _shade(worst: dict[str, float], side: str) -> str:
    if worst[f"nonfinite_{side}"]:
        return "X"
    bits = math.log2(max(worst[f"ulps_{side}"], 1.0))
    return _SHADES[min(int(bits / 24 * len(_SHADES)), len(_SHADES) - 1)]


def curves(row: Row) -> list[str]:
    """The float32 curves before and after, where a pair has any."""
    lines = []
    for what in ("value", "gradient"):
        before, after = (curve(row, "float32", what, side) for side in ("before", "after"))
        if before.strip() or after.strip():
            lines.append(f"        {what:8} before |{before}|  after |{after}|")
    return lines


def span(row: Row) -> str:
    """The magnitudes of a row's curves, as `1e-30 1e-08 1 20`."""
    magnitudes = sorted({float(key.split(" ")[2]) for key in row.curves if key.startswith("float32 ")})
    return " ".join(f"{magnitude:g}" for magnitude in magnitudes)


def summary(rows: Sequence[Row]) -> str:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.verdict] = counts.get(row.verdict, 0) + 1
    listing = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    against = sum(bool(row.contradiction) for row in rows)
    points = sum(row.points for row in rows)
    return f"{len(rows)} verified on {points:,} inputs: {listing}; {against} contradict what their rule claims."
