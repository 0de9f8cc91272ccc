"""`torchlint demonstrate`: the harm of a mistake in numbers, measured here and now.

The two programs of a rule's demonstration are printed and run in an isolated process, as fixes are.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torchlint import data, registry
from torchlint.demonstrated import TABLE, Measured, table
from torchlint.registry import RuleInfo
from torchlint.selectors import advice, covered
from torchlint.settings.config_table import ConfigError
from torchlint.source import SourceError
from torchlint.terminal import complain
from torchlint.verify import demonstrations
from torchlint.verify.demonstrations import MENDED, MISTAKEN, program, spoken, text_of
from torchlint.verify.instance.own_demonstration import place_of, shown
from torchlint.verify.instance.session import NEEDED
from torchlint.verify.run.process import Process, StartError

# Seconds of wall time after which a demonstration is given up: each takes less than one on a free machine.
_PATIENCE = 120.0
_INDENT = "    "
_WIDTH = 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `torchlint demonstrate` takes."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "rule",
        nargs="?",
        metavar="RULE or FILE:LINE",
        help="a rule's code or name, or the beginning of codes; or a line of yours with a finding whose fix can be run",
    )
    which.add_argument("--all", action="store_true", help="all rules that have a demonstration")
    parser.add_argument("--write", action="store_true", help="keep the numbers, for the pages of the rules")


def run(arguments: argparse.Namespace) -> int:
    """Print and run. Returns 1 if one shows no harm or fails; raises `ConfigError` where none can be run."""
    place = place_of(arguments.rule) if arguments.rule else None
    rules = _asked_for(arguments) if place is None else ()
    if importlib.util.find_spec("torch") is None:
        raise ConfigError("`torchlint demonstrate` needs torch: pip install 'torchlint[verify]'")
    process = Process("cpu")
    try:
        if place is not None:
            return _show_line(*place, process)
        seen = {rule.code: _shown(rule, path, process) for rule, path in rules}
    except (SourceError, StartError) as error:
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


def _show_line(path: str, line: int, process: Process) -> int:
    """Print what the findings on a line come to. Returns 1 if there is one of which nothing could be shown."""
    if not Path(path).is_file():
        raise ConfigError(f"{path}: there is no such file")
    missing = next((name for name in NEEDED if importlib.util.find_spec(name) is None), "")
    if missing:
        raise ConfigError(f"`torchlint demonstrate {path}:{line}` needs {missing}: pip install 'torchlint[verify]'")
    seen = list(shown(path, line, process))
    if not seen:
        raise ConfigError(f"{path}:{line}: no rule has a finding there")
    for finding, answer, names in seen:
        print(f"# {finding.name} ({finding.code}) in {path}:{line}\n\n{finding.message}.\n")
        if "reason" in answer:
            print(f"It cannot be shown on your code: {answer['reason']}.\n{_instead(finding.code)}")
        else:
            print(_of_line(answer, names))
    return int(any("reason" in answer for _, answer, _ in seen))


def _instead(code: str) -> str:
    return f"`torchlint demonstrate {code}` runs a program of the rule's own.\n" if code in table() else ""


def _of_line(answer: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Both versions, the arguments for which they differ most, and what they give."""
    given = [f"{name} = {value}  # {names.get(name, name)}" for name, value in answer["inputs"].items()]
    before, after = answer["gives"]
    rows = [(name, before.get(name, "-"), after.get(name, "-")) for name in {**before, **after}]
    where = f"Measured with torch {answer['torch']} on cpu; of {answer['tried']} inputs both differ most on these"
    return "\n\n".join(
        [
            f"Your code, with names for what it is given:\n\n{_indented(answer['before'])}",
            f"Mended:\n\n{_indented(answer['after'])}",
            f"{where}:\n\n{_indented(chr(10).join(given))}",
            _columns([("", "before", "after"), *rows]) + "\n",
        ]
    )


def _indented(text: str) -> str:
    return "\n".join(_INDENT + line if line else "" for line in text.rstrip().splitlines())


def _told(found: Measured) -> str:
    """A table of what was measured, then the sentence."""
    rows = [("", MISTAKEN, MENDED)]
    rows += [(name.replace("_", " "), *_both(found, name)) for name in {**found.mistaken, **found.mended}]
    where = f"Measured with torch {found.torch} on {found.device}:"
    return "\n".join([where, "", _columns(rows), "", textwrap.fill(found.harm, _WIDTH), ""])


def _columns(rows: Sequence[tuple[str, str, str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return "\n".join(f"{_INDENT}{row[0]:{widths[0]}}  {row[1]:{widths[1]}}  {row[2]}".rstrip() for row in rows)


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
