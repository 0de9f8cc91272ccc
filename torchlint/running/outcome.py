"""What became of each file in a run, for the reporters and the exit code."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from torchlint import faults
from torchlint.finding import Applicability, Finding, Severity
from torchlint.running.stamp import Stamp
from torchlint.source import Source

if TYPE_CHECKING:
    from torchlint.running.changed_rows import Scope


class Outcome:
    """One file. `source` is its text as it is after fixing, and is there if `findings` are.

    `error` is one line that says why the file could not be read, checked or written; `failures` has a line for each
    rule that crashed, `tracebacks` says where; `fixed` counts the applied fixes by rule code; `diff` is what they
    changed, if asked for, `content` the fixed file where it is not written.
    `scope` are the rows that are looked at after fixing, where that is not the whole file; `counts` are the findings of
    each rule before those elsewhere were left out. `severities` are those of rules that the configuration changes.
    `recalled`: all of it was known from an earlier run.
    `stamp`, `digest`, `consulted`, `asked` and `answered` are what the cache needs: the state of the file that was
    read, its content, the other files that findings depend on, the names for which it was asked who imports them, and
    the digest of what was the answer.
    """

    def __init__(
        self,
        path: str,
        source: Source | None = None,
        findings: Iterable[Finding] = (),
        error: str = "",
        error_row: int = 0,
    ) -> None:
        self.path = path
        self.source = source
        self.findings = list(findings)
        self.error = error
        self.error_row = error_row
        self.failures: list[str] = []
        self.tracebacks: list[str] = []
        self.fixed: Counter[str] = Counter()
        self.diff = b""
        self.content: bytes | None = None
        self.scope: Scope | None = None
        self.counts: Counter[str] | None = None
        self.severities: Mapping[str, Severity] = {}
        self.recalled = False
        self.stamp: Stamp | None = None
        self.digest = ""
        self.consulted: frozenset[str] = frozenset()
        self.asked: frozenset[str] = frozenset()
        self.answered = ""

    def without_findings(self) -> Outcome:
        """The same, but for what was found and not fixed; that the file does not parse is still said."""
        left = copy.copy(self)
        left.findings = [finding for finding in self.findings if finding.code == faults.INVALID_SYNTAX]
        return left

    def narrow(self, scope: Scope | None) -> None:
        """Leave out what was found elsewhere than in these rows, or in those that they are after fixing."""
        scope = self.scope or scope
        if scope is None or self.source is None:
            return
        if self.counts is None:
            self.counts = Counter(finding.code for finding in self.findings)
        self.findings = [finding for finding in self.findings if scope.has(self.source, finding)]

    @property
    def broken(self) -> bool:
        """Whether anything went wrong, so that findings may be missing."""
        invalid = any(finding.code == faults.INVALID_SYNTAX for finding in self.findings)
        return invalid or bool(self.error or self.failures)


class Run(NamedTuple):
    """All files of a run in order. `unsafe`: unsafe fixes were asked for. `color`: the output may be coloured, and with
    `links` names of rules lead to their pages.
    `stopped`: a signal ended it before all files were checked.
    `complete`: what kept files from being checked is among the findings, which are all that their reader sees."""

    outcomes: Sequence[Outcome]
    unsafe: bool = False
    color: bool = False
    links: bool = False
    stopped: bool = False
    complete: bool = False

    def files(self) -> Iterator[tuple[Source, Sequence[Finding]]]:
        """The files with findings."""
        for outcome in self.outcomes:
            found = outcome.findings if outcome.source is not None else []
            if self.complete and (outcome.error or outcome.failures):
                found = [*faults.findings(outcome.error, outcome.error_row, outcome.failures), *found]
            if found:
                yield outcome.source or Source(outcome.path, ""), found

    def findings(self) -> Iterator[Finding]:
        for _, findings in self.files():
            yield from findings

    def applies(self, finding: Finding) -> bool:
        """Whether `--fix`, with the flags of this run, would apply the finding's fix."""
        return applies(finding, unsafe=self.unsafe)

    def without_findings(self) -> Run:
        """The same run for who asks only what was fixed."""
        return self._replace(outcomes=[outcome.without_findings() for outcome in self.outcomes])

    @property
    def fixed(self) -> int:
        return sum(outcome.fixed.total() for outcome in self.outcomes)

    @property
    def broken(self) -> bool:
        """Whether anything went wrong, so that findings may be missing."""
        return self.stopped or any(outcome.broken for outcome in self.outcomes)


def applies(finding: Finding, *, unsafe: bool) -> bool:
    """Whether a fix may be applied: a safe one always, an unsafe one if asked for, one for display never."""
    if finding.fix is None:
        return False
    return finding.fix.applicability is Applicability.SAFE or (
        unsafe and finding.fix.applicability is Applicability.UNSAFE
    )
