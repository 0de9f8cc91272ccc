"""Where the pages of the documentation are."""

from __future__ import annotations

from torchlint import DOCUMENTATION, registry


def page_url(code: str) -> str:
    """The address of a rule's page; empty for a code that is not one of torchlint's own rules."""
    name = next((rule.name for rule in registry.rules() if rule.code == code and not rule.file), "")
    return f"{DOCUMENTATION}rules/{name}/" if name else ""
