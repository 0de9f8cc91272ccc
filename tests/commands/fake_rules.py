"""Rules that are there for their codes and names only."""

from __future__ import annotations

from torchlint.finding import Severity
from torchlint.registry import RuleInfo


def fake(
    code: str, name: str, *, default: bool = True, severity: Severity = Severity.WARNING, said: str = ""
) -> RuleInfo:
    """What the registry would know of such a rule."""
    return RuleInfo(code, name, "", severity, default, said, ((),), (), False, True, ())
