"""Colour for formats of one line a finding, without rich, which costs more than such a run."""

from __future__ import annotations

from torchlint.finding import Finding, Severity
from torchlint.links import page_url
from torchlint.running.outcome import Run
from torchlint.terminal import linked

_CODES = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;34"}
_MARK = "36"


def by_severity(text: str, severity: Severity, *, color: bool) -> str:
    """The text in the colour of a severity: red, yellow or blue."""
    return _painted(text, _CODES[severity]) if color else text


def code(finding: Finding, run: Run) -> str:
    """The code of a finding as a link to its page, where the terminal has links."""
    return linked(finding.code, page_url(finding.code)) if run.links else finding.code


def fixable(*, applies: bool, color: bool) -> str:
    """The mark of a finding whose fix would be applied, with the space after it; nothing for others."""
    if not applies:
        return ""
    return f"{_painted('[*]', _MARK) if color else '[*]'} "


def _painted(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"
