"""Writing certificates: the table that `torchlint.certificates` reads at lint time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torchlint import certificates, data
from torchlint.certificates import HARNESS
from torchlint.verify.report.row import Row

TABLE = Path(data.path(certificates.TABLE))


def certificate(row: Row) -> dict[str, Any]:
    """What is kept of a row."""
    kept: dict[str, Any] = {
        "kind": row.kind,
        "digest": row.digest,
        "label": row.label,
        "claim": row.claim,
        "verdict": row.verdict,
        "agrees": not row.contradiction,
        "points": row.points,
        "device": row.device,
        "torch": row.torch,
        "tier": row.tier,
    }
    if row.kind == "pair":
        kept |= {"index": row.index, "dtypes": row.dtypes, "ranks": row.ranks}
        kept |= {"references": row.references, "errors": row.errors}
    if row.needs is not None:
        kept["needs"] = row.needs
    if row.repaired:
        kept["repaired"] = row.repaired
    if row.gains:
        kept["gains"] = row.gains
    if row.intended_change:
        kept["intended_change"] = True
    for name in ("condition", "detail", "contradiction", "notes", "flags"):
        value = getattr(row, name)
        if value:
            kept[name] = value
    if any(row.speed):
        kept["speed"] = [float(f"{ratio:.3g}") for ratio in row.speed]
        kept |= {"milliseconds": row.milliseconds, "memory": row.memory}
        kept |= {"speed_shape": row.speed_shape, "machine": row.machine}
    return kept


def write_beside(rows: Sequence[Row], folder: Path, texts: Mapping[str, str]) -> int:
    """The same in a folder of rules, beside them. `texts` are the digests of those that the rows are about."""
    path = folder / certificates.TABLE
    try:
        known: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["texts"]
    except (OSError, ValueError, LookupError, TypeError):
        known = {}
    return write(rows, False, path, {**known, **texts})


def write(rows: Sequence[Row], complete: bool, path: Path = TABLE, texts: Mapping[str, str] | None = None) -> int:
    """Replace the certificates of the rows' rules and devices; with `complete`, drop all other rules of theirs.

    Certificates of other devices stay: a GPU is not always at hand. So does one of the full tier where the fast tier
    says the same of the same text under the same torch: it rests on more inputs and has figures of speed. Returns how
    many of these there are.
    """
    table = _existing(path)
    devices = {row.device for row in rows}
    codes = {row.code for row in rows}
    replaced: dict[tuple[Any, ...], dict[str, Any]] = {}
    for code in list(table):
        if complete or code in codes:
            gone = [kept for kept in table[code] if kept["device"] in devices]
            table[code] = [kept for kept in table[code] if kept["device"] not in devices]
            replaced |= {_same(code, kept): kept for kept in gone if kept["tier"] == "full"}
    stayed = 0
    for row in rows:
        new = certificate(row)
        fuller = replaced.get(_same(row.code, new)) if row.tier == "fast" else None
        stayed += fuller is not None
        if fuller is not None and "needs" in new:
            fuller["needs"] = new["needs"]
        table.setdefault(row.code, []).append(fuller or new)
    kept = {code: table[code] for code in sorted(table) if table[code]}
    path.write_text(_render(kept, {code: text for code, text in (texts or {}).items() if code in kept}), "utf-8")
    return stayed


def put_needs(found: Mapping[tuple[str, int], list[str]], path: Path = TABLE) -> None:
    """Put the needs of pairs, by code and index, into the certificates that they have on the CPU."""
    table = _existing(path)
    for code, rows in table.items():
        for kept in rows:
            if kept["kind"] == "pair" and kept["device"] == "cpu" and (code, kept["index"]) in found:
                kept["needs"] = found[code, kept["index"]]
    path.write_text(_render(table), encoding="utf-8")


def _same(code: str, kept: dict[str, Any]) -> tuple[Any, ...]:
    """What two certificates must have in common to say the same of the same thing."""
    names = ("kind", "index", "label", "digest", "device", "torch", "verdict", "condition", "agrees")
    return (code, *(kept.get(name) for name in names))


def _existing(path: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content["rules"] if content.get("harness") == HARNESS else {}


def _render(table: dict[str, list[dict[str, Any]]], texts: Mapping[str, str] | None = None) -> str:
    """One certificate a line, the CPU's first, whichever were renewed: so that differences can be read."""
    blocks = []
    for code, unsorted in table.items():
        rows = sorted(unsorted, key=lambda row: (row["device"] != "cpu", row["device"]))
        lines = ",\n".join(f"   {json.dumps(row, sort_keys=True)}" for row in rows)
        blocks.append(f'  "{code}": [\n{lines}\n  ]')
    head = f' "texts": {json.dumps(texts, sort_keys=True)},\n' if texts else ""
    return f'{{\n "harness": "{HARNESS}",\n{head} "rules": {{\n' + ",\n".join(blocks) + "\n }\n}\n"
