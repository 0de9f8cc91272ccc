"""What was seen when a rule's rewrites were run, for its page: a sentence first, then figures, then the words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from torchlint import certificates, verdicts
from torchlint.certificates import times

_Row = dict[str, Any]
# Decimal digits that a number of a dtype has; of several dtypes the first is told, in which people compute.
_DIGITS = {"float32": 7, "float64": 15, "float16": 3, "bfloat16": 2}
# Kinds of inputs that have no size, as `torchlint.verify.inputs.recipes` names them.
_KINDS = {
    "zeros": "zeros",
    "zero row": "rows of zeros",
    "constant": "equal numbers",
    "ties": "small whole numbers",
    "near ties": "nearly equal numbers",
    "grid": "numbers between -60 and 60",
    "offset": "numbers far from 0 and close to each other",
    "spread": "one number far above the others",
    "log-uniform": "numbers of very different size",
    "ordinals": "numbers of any size",
    "half ordinals": "numbers of any size",
    "polished": "numbers that a search found",
}


def section(code: str) -> str:
    """The lines below the heading: one for each pair, one for all programs of the fixtures with the same verdict."""
    rows = certificates.evidence(code)
    programs: dict[tuple[str, str, str], list[_Row]] = {}
    for row in rows:
        if row["kind"] == "program":
            programs.setdefault((row["verdict"], row["device"], row["torch"]), []).append(row)
    lines = [_of_pair(row) for row in rows if row["kind"] == "pair"]
    lines += [_of_programs(group) for _, group in sorted(programs.items())]
    return "\n".join([*lines, "", *_glossary(rows)]) if rows else ""


def _of_pair(row: _Row) -> str:
    dtypes = f"{len(row['dtypes'])} dtypes" if row.get("dtypes") else ""
    figures = [dtypes, _where(row), *_errors(row), *_speed(row)]
    return _entry(f"`{row['label']}`", [row], figures)


def _of_programs(rows: Sequence[_Row]) -> str:
    count = f"{len(rows)} program{'s' if len(rows) > 1 else ''} of its fixtures"
    ratios = [row["speed"][0] for row in rows if row.get("speed")]
    spans = dict.fromkeys(times(ratio) for ratio in (min(ratios), max(ratios))) if ratios else ()
    speed = [f"forward {' to '.join(spans)} the speed"] if ratios else []
    return _entry(count, rows, [_where(rows[0]), *speed])


def _entry(name: str, rows: Sequence[_Row], figures: Sequence[str]) -> str:
    """A list item: what was run and what came out, then the figures."""
    verdict, inputs = rows[0]["verdict"], sum(map(certificates.inputs, rows))
    said = verdicts.meaning(verdict, condition=rows[0].get("condition", ""), intended=_intended(rows))
    if verdict in verdicts.SILENT:
        conditions = dict.fromkeys(row.get("condition", "").removeprefix("not runnable: ") for row in rows)
        return f"- {name}: {said} ({'; '.join(filter(None, conditions))})."
    changed = rows[0].get("claim", "").removeprefix("changes: ") if verdict == "CHANGES" and _intended(rows) else ""
    lead = f"{name}: run before and after on {inputs:,} inputs: {said}{f' ({changed})' if changed else ''}."
    sentences = " ".join([lead, *map(_better, _summed(rows))])
    return f"- {sentences}\n  Figures: {'; '.join(filter(None, (verdicts.word(verdict), *figures)))}."


def _intended(rows: Sequence[_Row]) -> bool:
    return all(row.get("intended_change", False) for row in rows)


def _where(row: _Row) -> str:
    return f"{row['device']}, torch {row['torch']}"


def _summed(rows: Sequence[_Row]) -> Iterator[_Row]:
    """The gains of several certificates as one of values and one of gradients."""
    gains = [gain for row in rows for gain in row.get("gains", ())]
    for quantity in ("value", "gradient"):
        some = [gain for gain in gains if gain["quantity"] == quantity]
        if not some:
            continue
        dtype = next(name for name in _DIGITS if any(gain["dtype"] == name for gain in some))
        some = [gain for gain in some if gain["dtype"] == dtype]
        yield {
            "dtype": dtype,
            "quantity": quantity,
            "rescued": sum(gain["rescued"] for gain in some),
            "relative_before": max(gain.get("relative_before", 0.0) for gain in some),
            "relative_after": max(gain.get("relative_after", 0.0) for gain in some),
            **{name: sorted({entry for gain in some for entry in gain[name]}) for name in ("sizes", "tried", "kinds")},
        }


def _better(gain: _Row) -> str:
    """From which size of the inputs on the new code is better, and by what."""
    what, dtype = f"{gain['quantity']}s", gain["dtype"]
    parts = []
    if gain["rescued"]:
        parts.append(
            f"the old code gives NaN or infinity ({gain['rescued']:,} {dtype} {what}), the new code right numbers"
        )
    before, after = (_digits(gain[name], dtype) for name in ("relative_before", "relative_after"))
    if gain["relative_before"] and before < after:
        finite = "where it is finite, it" if parts else "the old code"
        parts.append(f"{finite} has {before or 'none'} of {_DIGITS[dtype]} digits right at worst, the new code {after}")
    said = "; ".join(parts) or "the old code is wrong there, the new code right"
    return f"{what.capitalize()} are better {_from(gain)}: {said}."


def _digits(relative: float, dtype: str) -> int:
    """How many decimal digits are right at a relative error."""
    return _DIGITS[dtype] if relative <= 0 else max(0, min(_DIGITS[dtype], round(-math.log10(relative))))


def _from(gain: _Row) -> str:
    """For which inputs, by their size if that is what matters."""
    sizes, tried = gain["sizes"], gain["tried"]
    if not sizes:
        kinds = dict.fromkeys(_KINDS.get(kind, kind) for kind in gain["kinds"])
        return f"on {' or '.join(kinds)}"
    if len(sizes) == len(tried):
        return "for inputs of every size"
    small, large = ([size for size in sizes if (size < 1) is below] for below in (True, False))
    parts = [f"of size {max(small):g} and less"] if small else []
    parts += [f"of size {min(large):g} and more"] if large else []
    return f"for inputs {' and '.join(parts)}"


def _errors(row: _Row) -> Iterator[str]:
    """The worst errors in float32, where both versions should be right: what is better was told before."""
    worst = row.get("errors", {}).get("float32 value")
    if not worst or row.get("gains") or row["verdict"] == "CHANGES":
        return
    yield f"worst float32 error {worst['ulps_before']:.3g} ulp before, {worst['ulps_after']:.3g} after"
    if worst["nonfinite_before"] or worst["nonfinite_after"]:
        yield f"NaN or infinity {worst['nonfinite_before']:g} times before, {worst['nonfinite_after']:g} after"


def _speed(row: _Row) -> Iterator[str]:
    if not any(row.get("speed", ())):
        return
    forward, both = row["speed"]
    with_backward = f", {times(both)} with backward" if both else ""
    yield f"forward {times(forward)} the speed{with_backward} ({row['speed_shape']} on {row['machine']})"


def _glossary(rows: Sequence[_Row]) -> Iterator[str]:
    """The verdicts that occur, in plain words."""
    found = {row["verdict"] for row in rows}
    yield "The words, of what came out on all inputs together:"
    yield ""
    for verdict, said in verdicts.MEANINGS.items():
        if verdict in found:
            yield f"- {verdicts.word(verdict)}: {said}."
    if any(" ulp " in line for row in rows for line in _errors(row)):
        yield "- ulp: a unit in the last place, the distance to the next number of the dtype."
