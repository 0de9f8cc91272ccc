"""A baseline: how many findings of each rule each file had when it was made, in the form of ESLint's suppressions file.

    {"src/net.py": {"TLT202": {"count": 2}}}

Which findings these are is not kept: lines move. As long as a file has no more of a rule than it had, none is reported;
if it has more, all of them are, because nobody can tell which one is new.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from torchlint import faults
from torchlint.reading import read
from torchlint.running.outcome import Outcome
from torchlint.settings.config import Settings
from torchlint.settings.config_table import ConfigError, shown
from torchlint.terminal import reason

# What a file is called where nothing else is said.
FILE = "torchlint-baseline.json"
_Counts = dict[str, dict[str, int]]


class Checked(NamedTuple):
    """A file that was checked, under which settings."""

    outcome: Outcome
    settings: Settings


class Baseline:
    """The counts in one file, by paths relative to its folder, with slashes."""

    def __init__(self, file: str, counts: _Counts) -> None:
        self.file = os.path.abspath(file)
        self._counts = counts

    @classmethod
    def read(cls, file: str) -> Baseline:
        """Raises `ConfigError` for a file that is not there or not a baseline."""
        try:
            counts = _checked(json.loads(read(file)[0]))
        except FileNotFoundError:
            message = f"{shown(file)}: no such baseline; `torchlint baseline` makes one"
            raise ConfigError(message) from None
        except OSError as error:
            raise ConfigError(f"{shown(file)}: {reason(error)}") from None
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{shown(file)}: not a baseline: {' '.join(str(error).split())}") from None
        return cls(file, counts)

    @property
    def total(self) -> int:
        return sum(sum(rules.values()) for rules in self._counts.values())

    @property
    def files(self) -> int:
        return len(self._counts)

    def hide(self, outcome: Outcome) -> None:
        """Take the findings out of an outcome that are known."""
        known = self._counts.get(self._name(outcome.path), {})
        if not known:
            return
        counts = outcome.counts if outcome.counts is not None else counted(outcome)
        outcome.findings = [
            finding
            for finding in outcome.findings
            if finding.code in faults.KINDS or counts[finding.code] > known.get(finding.code, 0)
        ]

    def stale(self, checked: Iterable[Checked]) -> int:
        """How many of the findings that were recorded are gone, of files that were checked or do not exist."""
        pruned = Baseline(self.file, {name: dict(rules) for name, rules in self._counts.items()})
        pruned.prune(checked)
        return self.total - pruned.total

    def prune(self, checked: Iterable[Checked]) -> None:
        """Take out what is gone; nothing is added."""
        for outcome, settings in checked:
            known = self._counts.get(self._name(outcome.path), {})
            found = outcome.counts if outcome.counts is not None else counted(outcome)
            for code in _judged(outcome, settings) & known.keys():
                known[code] = min(known[code], found[code])
        for name in self._counts:
            if not os.path.lexists(os.path.join(os.path.dirname(self.file), name)):
                self._counts[name] = {}
        self._tidy()

    def record(self, checked: Iterable[Checked]) -> None:
        """Put what was found in place of what was recorded for the same files and rules."""
        for outcome, settings in checked:
            found = counted(outcome)
            judged = _judged(outcome, settings)
            known = self._counts.setdefault(self._name(outcome.path), {})
            for code in judged | known.keys():
                known[code] = found[code] if code in judged else known[code]
        self._tidy()

    def text(self) -> str:
        """The file: sorted, so that it is the same for the same findings."""
        table = {
            name: {code: {"count": count} for code, count in sorted(rules.items())}
            for name, rules in sorted(self._counts.items())
        }
        return json.dumps(table, indent=2, ensure_ascii=False) + "\n"

    def _tidy(self) -> None:
        for name, rules in list(self._counts.items()):
            left = {code: count for code, count in rules.items() if count > 0}
            if left:
                self._counts[name] = left
            else:
                del self._counts[name]

    def _name(self, path: str) -> str:
        path = os.path.abspath(path)
        with suppress(ValueError):  # on another drive
            path = os.path.relpath(path, os.path.dirname(self.file))
        return path.replace(os.sep, "/")


def counted(outcome: Outcome) -> Counter[str]:
    """How many findings of each rule there are; what kept a file from being checked is none."""
    return Counter(finding.code for finding in outcome.findings if finding.code not in faults.KINDS)


def _judged(outcome: Outcome, settings: Settings) -> frozenset[str]:
    """The rules that have said all that they have to say of a file."""
    return frozenset() if outcome.broken else settings.codes_for(outcome.path)


def _checked(table: object) -> _Counts:
    """The counts in what a file holds. Raises `ValueError`."""
    if not isinstance(table, dict):
        raise ValueError("expected an object with a key for each file")
    counts: _Counts = {}
    for name, rules in table.items():
        if not isinstance(rules, dict):
            raise ValueError(f"expected an object with a key for each rule of {name!r}")
        counts[name] = {code: _count(name, code, entry) for code, entry in rules.items()}
    return counts


def _count(name: str, code: str, entry: object) -> int:
    count = entry.get("count") if isinstance(entry, dict) else None
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ValueError(f'expected {{"count": N}} for {code!r} of {name!r}')
    return count
