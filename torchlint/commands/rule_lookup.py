"""Which rules the argument of `torchlint rule` is about, and how a list of rules is shown."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence

from torchlint.registry import RuleInfo
from torchlint.selectors import advice, covered, named
from torchlint.settings.config import Configuration, Overrides
from torchlint.settings.config_table import ConfigError, shown
from torchlint.terminal import complain, printable


def use_own_rules(arguments: argparse.Namespace) -> None:
    """Have the rules among all others that the configuration of the working directory names, as far as they may run,
    and say where there are others. Raises `ConfigError`."""
    configuration = Configuration(Overrides(allow_local_rules=arguments.allow_local_rules))
    configuration.settings_in(os.getcwd())
    for file, text in configuration.faults:
        complain(f"{printable(shown(file))}: error: {text}")
    for line in configuration.notes:
        complain(f"note: {line}")


def is_one(word: str) -> bool:
    """Whether the word is the code or the name of one rule, rather than the beginning of codes."""
    return named(word) is not None


def found(word: str) -> Sequence[RuleInfo]:
    """The rules that a code, a name or the beginning of codes stands for. Raises `ConfigError` where it names none."""
    rules = covered(word)
    if rules:
        return rules
    raise ConfigError(f"unknown rule {word!r}{advice(word)}")


def listed(rules: Iterable[RuleInfo], *, markdown: bool) -> str:
    """A line, or a row of a table, for each rule."""
    rules = list(rules)
    if markdown:
        rows = [
            f"| {rule.code} | {rule.name} | {_on(rule)} | {rule.summary.replace('|', chr(92) + '|')} |"
            for rule in rules
        ]
        return "\n".join(["| code | name | by default | what it reports |", "|---|---|---|---|", *rows, ""])
    width = max(len(rule.name) for rule in rules)
    lines = [f"{rule.code}  {rule.name:{width}}  {_on(rule):3}  {rule.summary}" for rule in rules]
    return "\n".join([*lines, "", "on, off: by default. `torchlint rule CODE` explains a rule.", ""])


def _on(rule: RuleInfo) -> str:
    return "on" if rule.default else "off"
