"""`torchlint demonstrate`: the harm of a mistake in numbers, measured here and now.

The two programs of a rule's demonstration are printed and run in an isolated process, as fixes are.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torchlint import demonstrated, registry
from torchlint.registry import RuleInfo
from torchlint.selectors import advice, covered
from torchlint.settings.config_table import ConfigError
from torchlint.settings.rules_here import use_rules_here
from torchlint.source import SourceError
from torchlint.verify import demonstrations
from torchlint.verify.instance.own_demonstration import place_of, shown
from torchlint.verify.instance.session import NEEDED
from torchlint.verify.run.process import Process, StartError
from torchlint.verify.shown_demonstrations import columns, indented, show, write


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
    parser.add_argument(
        "--allow-local-rules",
        action="store_true",
        help="know the rules in the folders that the configuration names under local-rules: they are code",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print and run. Returns 1 if one shows no harm or fails; raises `ConfigError` where none can be run."""
    place = place_of(arguments.rule) if arguments.rule else None
    if place is None:
        use_rules_here(allowed=arguments.allow_local_rules)
    rules = _asked_for(arguments) if place is None else ()
    if importlib.util.find_spec("torch") is None:
        raise ConfigError("`torchlint demonstrate` needs torch: pip install 'torchlint[verify]'")
    process = Process("cpu")
    try:
        if place is not None:
            return _show_line(*place, process)
        seen = {rule.code: show(rule, path, process) for rule, path in rules}
    except (SourceError, StartError) as error:
        raise ConfigError(str(error)) from None
    finally:
        process.close()
    measured = {code: found for code, found in seen.items() if found is not None}
    if arguments.write:
        write(measured)
    return int(len(measured) < len(seen))


def _asked_for(arguments: argparse.Namespace) -> Sequence[tuple[RuleInfo, Path]]:
    """The rules and their demonstrations. Raises `ConfigError` where there is none."""
    rules = registry.built_in() if arguments.all else covered(arguments.rule)
    if not rules:
        raise ConfigError(f"unknown rule {arguments.rule!r}{advice(arguments.rule)}")
    found = [(rule, path) for rule in rules if (path := demonstrations.file_of(rule)) is not None]
    if found:
        return found
    raise ConfigError(f"{rules[0].code} {rules[0].name} has no demonstration")


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
    return f"`torchlint demonstrate {code}` runs a program of the rule's own.\n" if demonstrated.kept(code) else ""


def _of_line(answer: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Both versions, the arguments for which they differ most, and what they give."""
    given = [f"{name} = {value}  # {names.get(name, name)}" for name, value in answer["inputs"].items()]
    before, after = answer["gives"]
    rows = [(name, before.get(name, "-"), after.get(name, "-")) for name in {**before, **after}]
    where = f"Measured with torch {answer['torch']} on cpu; of {answer['tried']} inputs both differ most on these"
    return "\n\n".join(
        [
            f"Your code, with names for what it is given:\n\n{indented(answer['before'])}",
            f"Mended:\n\n{indented(answer['after'])}",
            f"{where}:\n\n{indented(chr(10).join(given))}",
            columns([("", "before", "after"), *rows]) + "\n",
        ]
    )
