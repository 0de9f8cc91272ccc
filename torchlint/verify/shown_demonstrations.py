"""A demonstration printed and run, and what it came to kept."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from torchlint import data, registry
from torchlint.demonstrated import TABLE, Measured, table
from torchlint.registry import RuleInfo
from torchlint.terminal import complain
from torchlint.verify import demonstrations
from torchlint.verify.demonstrations import MENDED, MISTAKEN, program, spoken, text_of
from torchlint.verify.run.process import Process

# Seconds of wall time after which a demonstration is given up: each takes less than one on a free machine.
_PATIENCE = 120.0
_INDENT = "    "
_WIDTH = 120


def show(rule: RuleInfo, path: Path, process: Process) -> Measured | None:
    """Print the programs of a rule, run them and print what they came to. None where they show no harm."""
    text = text_of(path)
    print(f"# {rule.name} ({rule.code})\n")
    for title, entry in (("The mistake:", MISTAKEN), ("Mended:", MENDED)):
        print(f"{title}\n\n{indented(program(text, entry))}\n")
    sys.stdout.flush()
    answer = process.ask({"kind": "demonstration", "path": str(path), "device": "cpu"}, _PATIENCE)
    if isinstance(answer, str):
        complain(f"error: {rule.code}: the demonstration's process ended with {answer}")
        return None
    if "error" in answer:
        complain(f"error: {rule.code}: the demonstration fails here: {answer['error']}")
        return None
    if "harmless" in answer:
        complain(f"{rule.code}: the harm does not show here: {answer['harmless']}")
        return None
    answer.pop("poisoned", None)
    found = Measured(**answer)
    print(_told(found))
    return found


def indented(text: str) -> str:
    return "\n".join(_INDENT + line if line else "" for line in text.rstrip().splitlines())


def _told(found: Measured) -> str:
    """A table of what was measured, then the sentence."""
    rows = [("", MISTAKEN, MENDED)]
    rows += [(name.replace("_", " "), *_both(found, name)) for name in {**found.mistaken, **found.mended}]
    where = f"Measured with torch {found.torch} on {found.device}:"
    return "\n".join([where, "", columns(rows), "", textwrap.fill(found.harm, _WIDTH), ""])


def columns(rows: Sequence[tuple[str, str, str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return "\n".join(f"{_INDENT}{row[0]:{widths[0]}}  {row[1]:{widths[1]}}  {row[2]}".rstrip() for row in rows)


def _both(found: Measured, name: str) -> tuple[str, str]:
    """A quantity of both programs; a dash where one was not reached."""
    mistaken, mended = (side.get(name, "-") for side in (found.mistaken, found.mended))
    return spoken(mistaken), spoken(mended)


def write(measured: Mapping[str, Measured], folder: str = "") -> None:
    """Keep what was measured, one rule a line, beside what is kept of other rules that have a demonstration: in a
    folder of rules, or of torchlint's own."""
    rules = registry.in_folder(folder) if folder else registry.built_in()
    there = {rule.code for rule in rules if demonstrations.file_of(rule) is not None}
    entries = {code: entry for code, entry in table(folder).items() if code in there}
    entries |= {code: found._asdict() for code, found in measured.items() if code in there}
    lines = ",\n".join(f" {json.dumps(code)}: {json.dumps(entries[code])}" for code in sorted(entries))
    path = Path(folder, TABLE) if folder else Path(data.path(TABLE))
    path.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    table.cache_clear()
