"""What review services are told of a fix that they must not apply: they turn a suggestion into a commit."""

from __future__ import annotations

from torchlint.finding import Applicability, Finding, Fix

_INTRODUCTIONS = {
    "safe": "Safe fix in places that are too far apart for one suggestion (`torchlint --fix` applies it)",
    "unsafe": "Unsafe fix, which may change results (`torchlint --fix --unsafe-fixes` applies it)",
    "unverified": "Unsafe fix, of which nothing is known by running it (`torchlint --fix --unsafe-fixes` applies it)",
    "display": "Fix to be made by hand, which torchlint never applies",
}


def is_safe(fix: Fix | None) -> bool:
    """Whether a fix may be applied without another look at it."""
    return fix is not None and fix.applicability is Applicability.SAFE


def message(finding: Finding, *, suggested: bool) -> str:
    """The finding's message; if its fix is not suggested, or there is none, what to do on a line of its own."""
    return finding.message if suggested else "\n".join(filter(None, (finding.message, _remark(finding))))


def _remark(finding: Finding) -> str:
    fix = finding.fix
    if fix is None:
        return finding.help
    return "; ".join(filter(None, (f"{_INTRODUCTIONS[fix.standing]}: {fix.title}", fix.condition, fix.verification)))
