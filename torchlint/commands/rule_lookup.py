"""Which rules the argument of `torchlint rule` is about, and how a list of rules is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torchlint import registry
from torchlint.registry import RuleInfo
from torchlint.selectors import advice, covered, named
from torchlint.settings.config_table import ConfigError


def is_one(word: str) -> bool:
    """Whether the word is the code or the name of one rule, rather than the beginning of codes."""
    return named(word) is not None


def found(word: str) -> Sequence[RuleInfo]:
    """The rules that a code, a name or the beginning of codes stands for. Raises `ConfigError` where it names none."""
    rules = covered(word)
    if rules:
        return rules
    if registry.is_absent(word):
        raise ConfigError(f"{word} is a rule in a folder of this project that was not read")
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
