"""Ways to write rows of the tables of names: what is reported without a fix, a keyword, a module."""

from __future__ import annotations

from torchlint.rule import INFO, Severity

from .api_table import TENSOR, Row


def said(
    old: str,
    new: str,
    advice: str,
    deprecated: str,
    lowest: str,
    source: str,
    severity: Severity | None = None,
) -> Row:
    """A name, the best one for it, and what has to be known to use that."""
    message = f"`{old.removeprefix(TENSOR)}` {{state}}: {advice}"
    return Row(
        old,
        new,
        fix=False,
        severity=severity,
        message=message,
        deprecated=deprecated,
        lowest=lowest,
        source=source,
    )


def keyword(old: str, keyword: str, advice: str, deprecated: str, lowest: str, source: str, place: int = -1) -> Row:
    """A keyword that means something else now, or that another function takes."""
    message = f"`{keyword}` of `{old}` {{state}}: {advice}"
    return Row(
        old,
        keyword=keyword,
        place=place,
        fix=False,
        message=message,
        deprecated=deprecated,
        lowest=lowest,
        source=source,
    )


def module(old: str, new: str, deprecated: str, lowest: str, source: str, severity: Severity | None = INFO) -> Row:
    """A module that lies elsewhere now, or nowhere."""
    return Row(
        old,
        new,
        module=True,
        fix=False,
        severity=severity,
        message=f"`{old}` {{state}}: use `{new}`",
        deprecated=deprecated,
        lowest=lowest,
        source=source,
    )
