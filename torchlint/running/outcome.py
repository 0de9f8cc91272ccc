"""What became of each file in a run, for the reporters and the exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from torchlint.finding import Applicability, Finding
from torchlint.running.cache import Stamp
from torchlint.source import Source


@dataclass(slots=True)
class Outcome:
    """One file. `source` is its text as it is after fixing, and is there if `findings` are.

    `error` is one line that says why the file could not be read, checked or written; `failures` has a line for each
    rule that crashed; `fixed` counts the applied fixes by rule code; `diff` is what they changed, if asked for.
    `stamp`, `digest` and `consulted` are what the cache needs: the state of the file that was read, its content, and
    the other files that findings depend on.
    """

    path: str
    source: Source | None = None
    findings: list[Finding] = field(default_factory=list)
    error: str = ""
    error_row: int = 0
    failures: list[str] = field(default_factory=list)
    fixed: Counter[str] = field(default_factory=Counter)
    diff: bytes = b""
    stamp: Stamp | None = None
    digest: str = ""
    consulted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Run:
    """All files of a run in order. `unsafe`: unsafe fixes were asked for. `color`: the output may be coloured."""

    outcomes: Sequence[Outcome]
    unsafe: bool = False
    color: bool = False

    def files(self) -> Iterator[tuple[Source, Sequence[Finding]]]:
        """The files with findings."""
        for outcome in self.outcomes:
            if outcome.source is not None and outcome.findings:
                yield outcome.source, outcome.findings

    def findings(self) -> Iterator[Finding]:
        for _, findings in self.files():
            yield from findings

    def applies(self, finding: Finding) -> bool:
        """Whether `--fix`, with the flags of this run, would apply the finding's fix."""
        return applies(finding, unsafe=self.unsafe)

    def without_findings(self) -> Run:
        """The same run for who asks only what was fixed."""
        return replace(self, outcomes=[replace(outcome, findings=[]) for outcome in self.outcomes])

    @property
    def fixed(self) -> int:
        return sum(outcome.fixed.total() for outcome in self.outcomes)

    @property
    def broken(self) -> bool:
        """Whether anything went wrong, so that findings may be missing."""
        return any(outcome.error or outcome.failures for outcome in self.outcomes)


def applies(finding: Finding, *, unsafe: bool) -> bool:
    """Whether a fix may be applied: a safe one always, an unsafe one if asked for, one for display never."""
    if finding.fix is None:
        return False
    return finding.fix.applicability is Applicability.SAFE or (
        unsafe and finding.fix.applicability is Applicability.UNSAFE
    )
