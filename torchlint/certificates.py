"""What the harness found, read at lint time: who may apply a fix.

The table `data/certificates.json` is written by `torchlint verify --write`. A certificate counts only as long as the
text that it was made for is unchanged, see `torchlint.digests`.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from torchlint import data, verdicts
from torchlint.active_folders import ACTIVE
from torchlint.finding import Applicability

# Raised whenever the harness changes so that old certificates say less than new ones.
HARNESS = "2"

TABLE = "certificates.json"
# The digests of the texts of rules whose certificates lie in a folder of their own, by folder and code.
_beside: dict[str, Mapping[str, str]] = {}
_SAFE = ("IDENTICAL", "EQUAL", "IMPROVES", "EXTENDS")


class Grant(NamedTuple):
    """What a certificate allows. `text` is one line for people: what was seen, or why there is nothing.

    `verified` is false where nothing was run, so that nothing speaks for or against the fix.
    """

    verdict: str
    applicability: Applicability
    text: str
    verified: bool = True


NOT_VERIFIED = Grant("", Applicability.UNSAFE, "not verified", verified=False)


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


def inputs(row: dict[str, Any]) -> int:
    """The generated inputs that a certificate rests on: those on which both versions ran, or only the new one did."""
    return int(row["points"]) + int(row.get("repaired", 0))


def _strictest(rows: list[dict[str, Any]]) -> Grant:
    """The programs of a rule, or the devices of a pair: what allows least decides, with all that allow no more."""
    if not rows:
        return NOT_VERIFIED
    order = (Applicability.DISPLAY, Applicability.UNSAFE, Applicability.SAFE)
    rights = [_right(row) for row in rows]
    least = min(rights, key=order.index)
    device = next(row["device"] for row, right in zip(rows, rights, strict=True) if right is least)
    deciding = [row for row, right in zip(rows, rights, strict=True) if right is least and row["device"] == device]
    return _summed(deciding, least)


def _right(row: dict[str, Any]) -> Applicability:
    """Who may apply a fix of which this is the only certificate."""
    if row["verdict"] == "CONDITIONAL" and row.get("agrees", True):
        return Applicability.DISPLAY
    kept = row["verdict"] in _SAFE and row.get("agrees", True) and not row.get("intended_change", False)
    return Applicability.SAFE if kept else Applicability.UNSAFE


def _summed(rows: list[dict[str, Any]], applicability: Applicability) -> Grant:
    """What certificates of one device, all of which give the same right, say together."""
    verdict = verdicts.worst([row["verdict"] for row in rows])
    first = next(row for row in rows if row["verdict"] == verdict)
    if verdict in verdicts.SILENT:
        return Grant(verdict, applicability, f"not verified: {verdicts.meaning(verdict)}", verified=False)
    intended = all(row.get("intended_change", False) for row in rows)
    said = verdicts.meaning(verdict, condition=first.get("condition", ""), intended=intended)
    where = f"{first['device']}, torch {first['torch']}"
    text = f"verified on {sum(map(inputs, rows)):,} inputs ({where}): {said}"
    if not all(row.get("agrees", True) for row in rows):
        text += "; the rule claims something else"
    return Grant(verdict, applicability, text)


@functools.cache
def _table() -> dict[str, list[dict[str, Any]]]:
    try:
        content = data.read(TABLE)
    except FileNotFoundError:
        return {}
    return content["rules"] if content.get("harness") == HARNESS else {}


def read_beside(folder: str, texts: Mapping[str, str]) -> None:
    """Believe the table in a folder of rules, of these rules only, whose texts have these digests.

    What programs showed of a check holds for the text that it had then; a pair has a digest of its own.
    """
    _beside[folder] = texts
    _table_in.cache_clear()


def folder_of(code: str) -> str:
    """The folder with the certificates of a rule that is not torchlint's own; empty for all others."""
    active = ACTIVE.get()
    folders = _beside if active is None else active
    return next((folder for folder in folders if code in _beside.get(folder, ())), "")


@functools.cache
def _table_in(folder: str) -> dict[str, Any]:
    try:
        with open(os.path.join(folder, TABLE), "rb") as stream:
            content: dict[str, Any] = json.load(stream)
        return content if content["harness"] == HARNESS else {}
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def _rows(code: str) -> list[dict[str, Any]]:
    folder = folder_of(code)
    if not folder:
        return _table().get(code, [])
    digest = _beside[folder][code]
    content = _table_in(folder)
    rows: list[dict[str, Any]] = content.get("rules", {}).get(code, [])
    is_current = content.get("texts", {}).get(code) == digest
    return [row for row in rows if is_current or row["kind"] == "pair"]
