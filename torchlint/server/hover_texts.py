"""What is shown over a finding: what to do about it, what was seen when its fix was run, and the page of its rule."""

from __future__ import annotations

import re

from torchlint import faults, links, registry
from torchlint.commands import rule_pages
from torchlint.finding import Finding

_HEADING = re.compile(r"^#+ +", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_STANDINGS = {
    "safe": "Safe fix",
    "unsafe": "Unsafe fix, which may change results",
    "unverified": "Unsafe fix, of which nothing is known by running it",
    "display": "Fix to be made by hand",
}


def of_finding(finding: Finding) -> str:
    """A finding in Markdown."""
    if finding.code in faults.KINDS:
        return f"**torchlint** {finding.message}\n\n{faults.KINDS[finding.code].summary}"
    url = links.page_url(finding.code)
    name = f"[{finding.name}]({url})" if url else finding.name
    parts = [f"**{finding.code}** {name}: {finding.message}", *_advice(finding), "---", _page(finding.code)]
    return "\n\n".join(parts)


def as_plain(markdown: str) -> str:
    """The same for a client that shows text as it is."""
    return _LINK.sub(r"\1", _HEADING.sub("", markdown)).replace("**", "")


def _advice(finding: Finding) -> list[str]:
    fix = finding.fix
    if fix is None:
        unfixed = f"No fix is offered: {finding.unfixed}." if finding.unfixed else ""
        return [part for part in (finding.help and f"{finding.help.rstrip('.')}.", unfixed) if part]
    said = [f"{_STANDINGS[fix.standing]}: {fix.title}", fix.condition, fix.verification]
    return ["; ".join(filter(None, said)) + "."]


def _page(code: str) -> str:
    info = next(info for info in registry.rules() if info.code == code)
    return rule_pages.page(info)
