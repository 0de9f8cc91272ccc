"""What was seen when the fixes of rules were run, as tables of an HTML page: one table for all findings of a rule."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torchlint import certificates, demonstrated, verdicts
from torchlint.certificates import times

_FIGURES = ("Inputs", "Worst float32 error", "NaN or infinity", "Speed")
_HEADS = ("What was run", "What came out", *_FIGURES, "Where")
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
    yield (
        "<p>What came out when the old and the new code were run on the same generated inputs. Errors are in units in "
        "the last place (ulp) of float32 values, before &rarr; after the fix; speed is that of the new code, "
        "forward.</p>\n"
    )
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
    heads = "".join(f"<th{' class=number' if head in _FIGURES else ''}>{head}</th>" for head in _HEADS)
    return f'<div class="wide"><table>\n<tr>{heads}</tr>\n{"".join(lines)}</table></div>\n'


def _line(name: str, rows: Sequence[_Row]) -> str:
    """A line for a rewrite, or for programs that came out the same."""
    first = rows[0]
    intended = all(row.get("intended_change", False) for row in rows)
    said = verdicts.meaning(first["verdict"], condition=first.get("condition", ""), intended=intended)
    errors = first.get("errors", {}).get("float32 value", {}) if len(rows) == 1 else {}
    inputs = sum(map(certificates.inputs, rows))
    numbers = (f"{inputs:,}" if inputs else "", _change(errors, "ulps"), _change(errors, "nonfinite"), _speed(rows))
    cells = "".join(f'<td class="number">{number}</td>' for number in numbers)
    where = f"{first['device']}, torch {first['torch']}"
    return f"<tr><td>{html.escape(name)}</td><td>{html.escape(said)}</td>{cells}<td>{html.escape(where)}</td></tr>\n"


def _change(errors: _Row, what: str) -> str:
    """A figure of both versions; nothing where both are 0 or none was measured."""
    before, after = errors.get(f"{what}_before", 0), errors.get(f"{what}_after", 0)
    return f"{before:.3g} &rarr; {after:.3g}" if before or after else ""


def _speed(rows: Sequence[_Row]) -> str:
    ratios = [row["speed"][0] for row in rows if any(row.get("speed", ()))]
    return " to ".join(dict.fromkeys(times(ratio) for ratio in (min(ratios), max(ratios)))) if ratios else ""
