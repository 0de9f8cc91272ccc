"""`torchlint demonstrate`: the harm of a mistake in numbers, measured here and now.

The two programs of a rule's demonstration are printed and run in an isolated process, as fixes are.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

from torchlint import data, registry
from torchlint.demonstrated import TABLE, Measured, table
from torchlint.registry import RuleInfo
from torchlint.selectors import advice, covered
from torchlint.settings.config_table import ConfigError
from torchlint.terminal import complain
from torchlint.verify import demonstrations
from torchlint.verify.demonstrations import MENDED, MISTAKEN, program, spoken, text_of
from torchlint.verify.run.process import Process, StartError

# Seconds of wall time after which a demonstration is given up: each takes less than one on a free machine.
_PATIENCE = 120.0
_INDENT = "    "
_WIDTH = 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `torchlint demonstrate` takes."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("rule", nargs="?", metavar="RULE", help="its code or its name, or the beginning of codes")
    which.add_argument("--all", action="store_true", help="all rules that have a demonstration")
    parser.add_argument("--write", action="store_true", help="keep the numbers, for the pages of the rules")


def run(arguments: argparse.Namespace) -> int:
    """Print and run. Returns 1 if one shows no harm or fails; raises `ConfigError` where none can be run."""
    rules = _asked_for(arguments)
    if importlib.util.find_spec("torch") is None:
        raise ConfigError("`torchlint demonstrate` needs torch: pip install 'torchlint[verify]'")
    process = Process("cpu")
    try:
        seen = {rule.code: _shown(rule, path, process) for rule, path in rules}
    except StartError as error:
        raise ConfigError(str(error)) from None
    finally:
        process.close()
    measured = {code: found for code, found in seen.items() if found is not None}
    if arguments.write:
        _write(measured)
    return int(len(measured) < len(seen))


def _asked_for(arguments: argparse.Namespace) -> Sequence[tuple[RuleInfo, Path]]:
    """The rules and their demonstrations. Raises `ConfigError` where there is none."""
    rules = registry.rules() if arguments.all else covered(arguments.rule)
    if not rules:
        raise ConfigError(f"unknown rule {arguments.rule!r}{advice(arguments.rule)}")
    found = [(rule, path) for rule in rules if (path := demonstrations.file_of(rule)) is not None]
    if found:
        return found
    raise ConfigError(f"{rules[0].code} {rules[0].name} has no demonstration")


def _shown(rule: RuleInfo, path: Path, process: Process) -> Measured | None:
    """Print the programs of a rule, run them and print what they came to. None where they show no harm."""
    text = text_of(path)
    print(f"# {rule.name} ({rule.code})\n")
    for title, entry in (("The mistake:", MISTAKEN), ("Mended:", MENDED)):
        print(f"{title}\n\n{_indented(program(text, entry))}\n")
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


def _indented(text: str) -> str:
    return "\n".join(_INDENT + line if line else "" for line in text.rstrip().splitlines())


def _told(found: Measured) -> str:
    """A table of what was measured, then the sentence."""
    rows = [("", MISTAKEN, MENDED)]
    rows += [(name.replace("_", " "), *_both(found, name)) for name in {**found.mistaken, **found.mended}]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    lines = [f"{_INDENT}{row[0]:{widths[0]}}  {row[1]:{widths[1]}}  {row[2]}".rstrip() for row in rows]
    return "\n".join(
        [f"Measured with torch {found.torch} on {found.device}:", "", *lines, "", textwrap.fill(found.harm, _WIDTH), ""]
    )


def _both(found: Measured, name: str) -> tuple[str, str]:
    """A quantity of both programs; a dash where one was not reached."""
    mistaken, mended = (side.get(name, "-") for side in (found.mistaken, found.mended))
    return spoken(mistaken), spoken(mended)


def _write(measured: dict[str, Measured]) -> None:
    """Keep what was measured, one rule a line, beside what is kept of other rules that have a demonstration."""
    there = {rule.code for rule in registry.rules() if demonstrations.file_of(rule) is not None}
    entries = {code: entry for code, entry in table().items() if code in there}
    entries |= {code: found._asdict() for code, found in measured.items()}
    lines = ",\n".join(f" {json.dumps(code)}: {json.dumps(entries[code])}" for code in sorted(entries))
    Path(data.path(TABLE)).write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    table.cache_clear()
