"""What is said of a fix that is not applied by itself: to people, and to review services, which turn a suggestion into
a commit."""

from __future__ import annotations

from torchlint.finding import Applicability, Finding, Fix
from torchlint.source import Source

# For people, below the fix.
NOTES = {
    "unsafe": "This is an unsafe fix, which may change results; `--fix --unsafe-fixes` applies it",
    "unverified": "This is an unsafe fix, of which nothing is known by running it; `--fix --unsafe-fixes` applies it",
    "display": "This fix is only shown and never applied: check it, and make it by hand",
}
_INTRODUCTIONS = {
    "safe": "Safe fix in places that are too far apart for one suggestion (`torchlint --fix` applies it)",
    "unsafe": "Unsafe fix, which may change results (`torchlint --fix --unsafe-fixes` applies it)",
    "unverified": "Unsafe fix, of which nothing is known by running it (`torchlint --fix --unsafe-fixes` applies it)",
    "display": "Fix to be made by hand, which torchlint never applies",
}
_IN_CELLS = "Safe fix in the cell of a notebook, which is not the text of the file (`torchlint --fix` applies it)"


def is_safe(fix: Fix | None) -> bool:
    """Whether a fix may be applied without another look at it."""
    return fix is not None and fix.applicability is Applicability.SAFE


def message(finding: Finding, source: Source, *, suggested: bool) -> str:
    """The finding's message; if its fix is not suggested, or there is none, what to do on a line of its own. In a
    notebook it begins with the cell, because the place beside it is one in the JSON."""
    place = source.place(finding.location)
    said = finding.message if place.cell is None else f"cell {place.cell}, line {place.row}: {finding.message}"
    return said if suggested else "\n".join(filter(None, (said, _remark(finding, source))))


def _remark(finding: Finding, source: Source) -> str:
    fix = finding.fix
    if fix is None:
        return finding.help
    if is_safe(fix) and source.has_cells:
        return f"{_IN_CELLS}: {fix.title}"
    return "; ".join(filter(None, (f"{_INTRODUCTIONS[fix.standing]}: {fix.title}", fix.condition, fix.verification)))
