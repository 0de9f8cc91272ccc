"""What the harness found, read at lint time: who may apply a fix.

The table `data/certificates.json` is written by `torchlint verify --write`. A certificate counts only as long as the
text that it was made for is unchanged, see `torchlint.digests`.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from torchlint import data
from torchlint.finding import Applicability

# Raised whenever the harness changes so that old certificates say less than new ones.
HARNESS = "2"

TABLE = "certificates.json"
_SAFE = ("IDENTICAL", "EQUAL", "IMPROVES", "EXTENDS")


class Grant(NamedTuple):
    """What a certificate allows. `text` is one line for people: what was seen, or why there is nothing."""

    verdict: str
    applicability: Applicability
    text: str


NOT_VERIFIED = Grant("", Applicability.UNSAFE, "not verified")


def grant(code: str, pair_index: int, digest: str) -> Grant:
    """What may be done with a fix of pair number `pair_index` of rule `code`, whose `pair_digest` is `digest`."""
    rows = [row for row in _rows(code) if row.get("kind") == "pair" and row.get("index") == pair_index]
    return _strictest([row for row in rows if row.get("digest") == digest])


def grant_program(code: str, digest: str | None = None) -> Grant:
    """What may be done with a fix of a rule that is proven by its fixtures: all of its programs must agree.

    With `digest` (see `program_digest`) a certificate made for other fixtures does not count.
    """
    rows = [row for row in _rows(code) if row.get("kind") == "program"]
    # A program that cannot be run by itself says nothing; the others do.
    rows = [row for row in rows if row["verdict"] != "UNSUPPORTED"] or rows
    if digest is not None:
        rows = [row for row in rows if row.get("digest") == digest]
    return _strictest(rows)


def evidence(code: str) -> list[dict[str, Any]]:
    """All certificate rows of a rule, as they are stored."""
    return list(_rows(code))


def times(ratio: float) -> str:
    """A speed-up as people write it: `0.83x`, `2.1x`, `4,404x`."""
    return f"{ratio:,.0f}x" if ratio >= 100 else f"{ratio:.2g}x"


def _strictest(rows: list[dict[str, Any]]) -> Grant:
    """CPU and GPU rows of one thing: the one that allows least decides."""
    if not rows:
        return NOT_VERIFIED
    grants = [_of_row(row) for row in rows]
    order = (Applicability.DISPLAY, Applicability.UNSAFE, Applicability.SAFE)
    return min(grants, key=lambda granted: order.index(granted.applicability))


def _of_row(row: dict[str, Any]) -> Grant:
    verdict = str(row["verdict"])
    where = f"{row['device']}, torch {row['torch']}"
    seen = f"verified on {row['points']:,} inputs ({where}): {verdict.lower().replace('_', ' ')}"
    if not row.get("agrees", True):
        return Grant(verdict, Applicability.UNSAFE, f"{seen}, which contradicts the rule")
    if verdict in _SAFE and not row.get("intended_change", False):
        return Grant(verdict, Applicability.SAFE, seen)
    if verdict == "CONDITIONAL":
        text = f"verified on {row['points']:,} inputs ({where}), only where {row['condition']}"
        return Grant(verdict, Applicability.DISPLAY, text)
    return Grant(verdict, Applicability.UNSAFE, seen)


@functools.cache
def _table() -> dict[str, list[dict[str, Any]]]:
    try:
        content = data.read(TABLE)
    except FileNotFoundError:
        return {}
    return content["rules"] if content.get("harness") == HARNESS else {}


def _rows(code: str) -> list[dict[str, Any]]:
    return _table().get(code, [])
