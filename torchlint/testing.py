"""Tests of your own rules by their fixtures, as torchlint's are tested.

    import pytest
    from torchlint.testing import Fixture, fixtures

    @pytest.mark.parametrize("fixture", fixtures("lint_rules"), ids=str)
    def test_rule(fixture: Fixture) -> None:
        fixture.check()

A fixture is a program `fixtures/NAME_OF_THE_RULE/*.py` beside the rules. Lines that must be reported end with the code,
`# ACM101`, all others must stay silent. `case.fixed.diff` is what all fixes make of `case.py`; run the tests with
`TORCHLINT_UPDATE_GOLDENS=1` to write it. `# target-torch: >=1.13` and `# renames: acme.old = acme.new`, on lines of
their own, set these keys of the configuration.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from torchlint import lint, registry
from torchlint.finding import Applicability, Finding
from torchlint.fixing import edits
from torchlint.golden_diffs import difference, fixed, write_golden
from torchlint.own_rules.rule_folder import FIXTURES, RuleFolder
from torchlint.renames import renames_of
from torchlint.source import Source
from torchlint.syntax.import_index import of_process
from torchlint.terminal import reason
from torchlint.torch_range import CURRENT, parse_range

__all__ = ["Fixture", "RuleError", "fixtures"]

_UPDATE = "TORCHLINT_UPDATE_GOLDENS"
_CODE = r"[A-Z]{2,3}\d{3}"
_MARK = re.compile(rf"#\s*({_CODE}(?:\s*,\s*{_CODE})*)\s*$")
_TARGET = re.compile(r"^# target-torch: (.+)$", re.MULTILINE)
_RENAMES = re.compile(r"^# renames: ([\w.]+) = ([\w.]+)$", re.MULTILINE)


class RuleError(Exception):
    """A rule cannot be used, or has no fixture. The message names its file."""


class Fixture(NamedTuple):
    """A program, the codes of the rules that look at it, and the folder of those that are not torchlint's own."""

    path: Path
    codes: frozenset[str]
    rules: RuleFolder | None = None

    def __str__(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    def check(self, *, update: bool | None = None) -> None:
        """All of it. Raises `AssertionError` with a line for each thing that is not as it should be.

        Args:
            update: Write what fixing makes of the program, instead of comparing it. By default if the environment has
                `TORCHLINT_UPDATE_GOLDENS`.
        """
        self.check_marks()
        self.check_gates()
        self.check_golden(update=bool(os.environ.get(_UPDATE)) if update is None else update)

    def check_marks(self) -> None:
        """Raises `AssertionError` unless the lines that are marked are reported and no others."""
        found = {(finding.location.row, finding.code): finding.message for finding in self.findings()}
        marked = set(self.marks())
        more = ((*place, text) for place, text in found.items() if place not in marked)
        wrong = [f"line {row}: {code} is reported and not marked: {text}" for row, code, text in more]
        wrong += [f"line {row}: {code} is marked and not reported" for row, code in marked if (row, code) not in found]
        if wrong:
            raise AssertionError("\n".join([str(self.path), *sorted(wrong)]))

    def check_gates(self) -> None:
        """Raises `AssertionError` where what the rule declares (`ops`, `calls`, `words`) hides some of its findings."""
        found, everything = self.findings(), self.findings(gates=False)
        missing = [each for each in everything if each not in found]
        why = "is missed: `ops`, `calls` or `words` asks for more than it needs"
        lines = [f"line {each.location.row}: {each.code} {why}" for each in missing]
        if found != everything:
            raise AssertionError("\n".join([str(self.path), *lines]))

    def check_golden(self, *, update: bool = False) -> None:
        """Raises `AssertionError` unless fixing makes of the program what its golden says."""
        after = self.fixed()
        ast.parse(after)
        if update:
            write_golden(self.path, after)
        expected = fixed(self.path)
        if after != expected:
            text = difference(expected, after, self.path.name)
            raise AssertionError(f"{self.path}: fixing gives something else; {_UPDATE}=1 writes it anew\n{text}")

    def marks(self) -> list[tuple[int, str]]:
        """The rows that must be reported, and the code of each."""
        marks = [(row, _MARK.search(line)) for row, line in enumerate(self._program().text.splitlines(), 1)]
        return sorted((row, code.strip()) for row, mark in marks if mark for code in mark[1].split(","))

    def findings(self, *, gates: bool = True) -> list[Finding]:
        """What the rules find; without `gates` everything is looked at, which must find the same."""
        return self._findings(self._program(), gates)

    def fixed(self) -> str:
        """The program after all fixes, unsafe ones too."""
        result = edits.fix(self._program(), lambda source: self._findings(source, True), _is_applied)
        if result.error:
            raise AssertionError(f"{self.path}: {result.error}")
        return result.text

    def _findings(self, source: Source, gates: bool) -> list[Finding]:
        target = _TARGET.search(source.text)
        with registry.asking([self.rules] if self.rules else []):
            report = lint.check(
                source,
                self.codes,
                gates=gates,
                target=parse_range(target[1]) if target else CURRENT,
                renames=renames_of(dict(_RENAMES.findall(source.text))),
                indexes=of_process,
            )
        wrong = [*filter(None, [report.error]), *report.failures, *report.tracebacks]
        if wrong:
            raise AssertionError("\n".join([str(self.path), *wrong]))
        return report.findings

    def _program(self) -> Source:
        return Source.from_bytes(str(self.path), self.path.read_bytes())


def fixtures(folder: str | os.PathLike[str]) -> list[Fixture]:
    """The fixtures of all rules in a folder, which are imported for it.

    A program is looked at by its own rule and by those of the folder that are on by default.

    Raises:
        RuleError: A rule cannot be used, or there is none, or one has no fixture.
    """
    path = os.path.realpath(folder)
    try:
        read = registry.read_folder(path)
    except OSError as error:
        raise RuleError(f"{folder}: {reason(error)}") from None
    with registry.asking([read]):
        faults = [f"{file}: {text}" for file, text in registry.faults()]
        rules = registry.in_folder(path)
    if faults:
        raise RuleError("\n".join(faults))
    if not rules:
        raise RuleError(f"{folder}: there is no rule in it")
    default = {info.code for info in rules if info.default}
    return [each._replace(rules=read) for info in rules for each in _of_rule(info, default | {info.code})]


def _of_rule(info: registry.RuleInfo, codes: Collection[str]) -> list[Fixture]:
    folder = Path(info.file).parent / FIXTURES / info.name.replace("-", "_")
    found = [Fixture(path, frozenset(codes)) for path in sorted(folder.glob("*.py"))]
    if not found:
        raise RuleError(f"{info.file}: the rule has no fixture: write {folder / 'case.py'}")
    return found


def _is_applied(finding: Finding) -> bool:
    return finding.fix is not None and finding.fix.applicability is not Applicability.DISPLAY
