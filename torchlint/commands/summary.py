"""What the text formats say below the findings: totals, applied fixes, counts by rule. The most serious comes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TextIO

from torchlint import registry
from torchlint.finding import Applicability, Finding, Severity
from torchlint.reporters.paint import by_severity
from torchlint.running.outcome import Run
from torchlint.terminal import printable

_ORDER = list(Severity)


def totals(run: Run) -> str:
    """How many findings there are, were fixed, could be fixed; with the final line end."""
    return "".join(f"{line}\n" for line in (_found(run), _hint(run)) if line)


def where_to_read_on(run: Run) -> str:
    """A line that names the command which explains the first finding, or nothing."""
    known = {rule.code for rule in registry.rules()}
    code = next((finding.code for finding in run.findings() if finding.code in known), "")
    return f"For more about {code}: torchlint rule {code}\n" if code else ""


def _found(run: Run) -> str:
    left = Counter(finding.severity for finding in run.findings())
    fixed = _fixed(run)
    if fixed and not left:
        return f"Fixed {_counted(fixed)}."
    if fixed:
        return f"Found {_counted(left + fixed)} ({fixed.total()} fixed, {left.total()} remaining)."
    if left:
        return f"Found {_counted(left)}."
    return "" if run.broken else "All checks passed!"


def _fixed(run: Run) -> Counter[Severity]:
    """How many findings of each severity were fixed."""
    counts: Counter[Severity] = Counter()
    for outcome in run.outcomes:
        for code, count in outcome.fixed.items():
            counts[outcome.severities.get(code) or _severity(code)] += count
    return counts


def _severity(code: str) -> Severity:
    """That of a rule; a warning for what is none."""
    return next((rule.severity for rule in registry.rules() if rule.code == code), Severity.WARNING)


def _counted(counts: Counter[Severity]) -> str:
    """`1 error, 2 warnings and 3 infos`."""
    parts = [f"{counts[word]} {word}{'s' * (counts[word] != 1)}" for word in _ORDER if counts[word]]
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:]))) or "0 errors"


def _hint(run: Run) -> str:
    fixable = sum(map(run.applies, run.findings()))
    hidden = 0 if run.unsafe else sum(map(_unsafe, run.findings()))
    more = f"{hidden} unsafe fix{'es' * (hidden != 1)} available with `--fix --unsafe-fixes`"
    if fixable:
        return f"[*] {fixable} fixable with `--fix`{f' ({more})' if hidden else ''}."
    return f"{more}." if hidden else ""


def _unsafe(finding: Finding) -> bool:
    return finding.fix is not None and finding.fix.applicability is Applicability.UNSAFE


def would_fix(run: Run) -> str:
    """What a run that only shows fixes has to show."""
    return f"Would fix {_counted(_fixed(run))}."


def fixes(run: Run) -> str:
    """The applied fixes by file and rule, or nothing."""
    return "\n".join([f"Fixed {_counted(_fixed(run))}:", *_fixed_lines(run), "", ""]) if run.fixed else ""


def _fixed_lines(run: Run) -> Iterator[str]:
    names = {rule.code: rule.name for rule in registry.rules()}
    for outcome in run.outcomes:
        if outcome.fixed:
            yield f"- {printable(outcome.path)}:"
        for code in sorted(outcome.fixed, key=lambda code: (_ORDER.index(_severity(code)), code)):
            yield f"    {outcome.fixed[code]} × {code} ({names.get(code, '')})"


def write_statistics(run: Run, out: TextIO, *, as_json: bool) -> None:
    """How many findings each rule has, the most serious rules first, of these the most frequent."""
    counts = Counter((finding.code, finding.name, finding.severity) for finding in run.findings())
    fixable = Counter((finding.code, finding.severity) for finding in run.findings() if run.applies(finding))
    order = sorted(counts.items(), key=lambda row: (_ORDER.index(row[0][2]), -row[1], row[0]))
    rows = [(code, name, severity, count, fixable[code, severity]) for (code, name, severity), count in order]
    if as_json:
        # Start-up: only this output format needs it.
        import json

        keys = ("code", "name", "severity", "count", "fixable_count")
        out.write(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=2) + "\n")
        return
    width = max((len(str(row[3])) for row in rows), default=0)
    for code, name, severity, count, fixable_count in rows:
        mark = "*" if fixable_count == count else "-" if fixable_count else " "
        painted = by_severity(severity, severity, color=run.color)
        out.write(f"{count:>{width}}\t{code}\t[{mark}] {name}\t{painted}\n")
