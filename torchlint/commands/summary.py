"""What the text formats say below the findings: totals, applied fixes, counts by rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TextIO

from torchlint import registry
from torchlint.commands.terminal import printable
from torchlint.finding import Applicability, Finding
from torchlint.running.outcome import Run


def totals(run: Run) -> str:
    """How many findings there are, were fixed, could be fixed; with the final line end."""
    left = sum(1 for _ in run.findings())
    return "".join(f"{line}\n" for line in (_found(run, left), _hint(run)) if line)


def _found(run: Run, left: int) -> str:
    fixed = run.fixed
    if fixed and not left:
        return f"Fixed {errors(fixed)}."
    if fixed:
        return f"Found {errors(left + fixed)} ({fixed} fixed, {left} remaining)."
    if left:
        return f"Found {errors(left)}."
    return "" if run.broken else "All checks passed!"


def _hint(run: Run) -> str:
    fixable = sum(map(run.applies, run.findings()))
    hidden = 0 if run.unsafe else sum(map(_unsafe, run.findings()))
    more = f"{hidden} unsafe fix{'es' * (hidden != 1)} available with `--fix --unsafe-fixes`"
    if fixable:
        return f"[*] {fixable} fixable with `--fix`{f' ({more})' if hidden else ''}."
    return f"{more}." if hidden else ""


def _unsafe(finding: Finding) -> bool:
    return finding.fix is not None and finding.fix.applicability is Applicability.UNSAFE


def errors(count: int) -> str:
    """`1 error`, `2 errors`."""
    return f"{count} error{'s' * (count != 1)}"


def fixes(run: Run) -> str:
    """The applied fixes by file and rule, or nothing."""
    return "\n".join([f"Fixed {errors(run.fixed)}:", *_fixed_lines(run), "", ""]) if run.fixed else ""


def _fixed_lines(run: Run) -> Iterator[str]:
    names = {rule.code: rule.name for rule in registry.rules()}
    for outcome in run.outcomes:
        if outcome.fixed:
            yield f"- {printable(outcome.path)}:"
        for code, count in sorted(outcome.fixed.items()):
            yield f"    {count} × {code} ({names.get(code, '')})"


def write_statistics(run: Run, out: TextIO, *, as_json: bool) -> None:
    """How many findings each rule has, the most frequent rule first."""
    counts = Counter((finding.code, finding.name) for finding in run.findings())
    fixable = Counter(finding.code for finding in run.findings() if run.applies(finding))
    rows = [
        (*rule, count, fixable[rule[0]]) for rule, count in sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    ]
    if as_json:
        # Start-up: only this output format needs it.
        import json

        keys = ("code", "name", "count", "fixable_count")
        out.write(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=2) + "\n")
        return
    width = max((len(str(row[2])) for row in rows), default=0)
    for code, name, count, fixable_count in rows:
        mark = "*" if fixable_count == count else "-" if fixable_count else " "
        out.write(f"{count:>{width}}\t{code}\t[{mark}] {name}\n")
