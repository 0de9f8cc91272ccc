"""Text edits by span: applied together or not at all, pass by pass, until nothing is left to fix."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from torchlint.finding import Edit, Finding
from torchlint.fixing import leftovers
from torchlint.fixing.logical_lines import parse
from torchlint.source import Source

# Fixes that make room for others (a nested call, a block that empties) settle in two or three.
PASSES = 10


@dataclass(slots=True)
class FixResult:
    """A file after fixing, how many fixes of each code went in, and the findings that remain.

    `error` is one line that names the rules at fault where fixing had to stop; the file is that of the last good pass.
    """

    source: Source
    applied: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    error: str = ""

    @property
    def text(self) -> str:
        return self.source.text


def fix(source: Source, lint: Callable[[Source], list[Finding]], accepts: Callable[[Finding], bool]) -> FixResult:
    """Apply the accepted fixes of the findings of `lint`, and lint again, until there are no more.

    Outer and earlier findings come first, a fix that does not fit beside those taken waits for the next pass. A pass
    whose text does not parse, or that was there before, is undone and ends the fixing. Imports that are left without a
    use go at the end.
    """
    result = FixResult(source, findings=lint(source))
    _run_passes(result, lint, accepts)
    if not result.applied:
        return result
    after = result.source.edited(leftovers.edits(source.text, result.source))
    if after.text != result.text and _holds(after, result.source):
        result.source = after
        result.findings = lint(after)
    return result


def _run_passes(result: FixResult, lint: Callable[[Source], list[Finding]], accepts: Callable[[Finding], bool]) -> None:
    seen = {result.source.display}
    for _ in range(PASSES):
        taken = _select(result.findings, accepts)
        if not taken:
            return
        taken, after = _settle(result.source, taken)
        codes = ", ".join(sorted({finding.code for finding in taken}))
        if after is None:
            result.error = f"the fix of {codes} leaves a file that does not parse"
            return
        if after.display in seen:
            result.error = f"the fixes of {codes} undo each other or nothing"
            return
        seen.add(after.display)
        result.source = after
        result.applied.update(finding.code for finding in taken)
        result.findings = lint(after)
    left = ", ".join(sorted({finding.code for finding in _select(result.findings, accepts)}))
    result.error = f"the fixes of {left} do not settle in {PASSES} passes" if left else ""


def _select(findings: Iterable[Finding], accepts: Callable[[Finding], bool]) -> list[Finding]:
    """The findings whose fixes fit together."""
    offered = [finding for finding in findings if finding.fix and finding.fix.edits and accepts(finding)]
    taken: list[Finding] = []
    edits: list[Edit] = []
    for finding in sorted(offered, key=lambda finding: (finding.location, finding.end_location, finding.code)):
        assert finding.fix is not None
        together = _joined(edits, finding.fix.edits)
        if together is not None:
            edits = together
            taken.append(finding)
    return taken


def _joined(edits: list[Edit], more: Iterable[Edit]) -> list[Edit] | None:
    """Sorted edits and those of one more fix, None if they do not fit together."""
    together = list(edits)
    for edit in more:
        if _shared(edit, edits):
            continue
        if _conflicts(edit, together):
            return None
        insort(together, edit)
    return together


def _settle(source: Source, taken: list[Finding]) -> tuple[list[Finding], Source | None]:
    """The first fixes that parse together, and the new file; None if not even the first one does alone.

    Two fixes can each be right and wrong together: both delete one of the two statements of a block.
    """
    while True:
        after = source.edited(dict.fromkeys(edit for finding in taken if finding.fix for edit in finding.fix.edits))
        if _holds(after, source):
            return taken, after
        if len(taken) == 1:
            return taken, None
        taken = taken[: len(taken) // 2]


def _holds(after: Source, before: Source) -> bool:
    """Whether a file still parses, and so does each of its parts that did before."""
    return len(after.broken) <= len(before.broken) and parse(after.text) is not None


def _shared(edit: Edit, edits: list[Edit]) -> bool:
    """Whether another fix makes the same edit: an import line that both need, a statement that both delete.

    A piece of a line that two fixes insert at one place is not shared: both parentheses of `f(f(x))` are needed.
    """
    at = bisect_left(edits, edit)
    whole_line = edit.content.endswith(("\n", "\r"))
    return at < len(edits) and edits[at] == edit and (edit.start < edit.end or whole_line)


def _conflicts(edit: Edit, edits: list[Edit]) -> bool:
    """Whether an edit overlaps one of the others, which are sorted, or inserts at the place of another insertion."""
    at = bisect_left(edits, edit)
    return any(
        edit[:2] == other[:2] or (edit.start < other.end and other.start < edit.end)
        for other in edits[max(at - 1, 0) : at + 1]
    )
