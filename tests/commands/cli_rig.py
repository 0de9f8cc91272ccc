"""The real command line over rules that are easy to trigger: run as a script by the tests, or with `patched` in theirs.

`torch.bad(` has a safe fix, `torch.risky(` an unsafe one, `torch.plain(` none, `torch.boom(` crashes a rule,
`torch.panic(` the engine, `torch.die(` the process, `torch.die_once(` the first process that comes by; `torch.wait(`
takes until there is a file `go`, and leaves a file `waiting-` with its name.
"""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from fake_rules import fake

from torchlint import lint, registry
from torchlint.cli import script
from torchlint.finding import Applicability, Edit, Finding, Fix, Related, Report, Severity
from torchlint.registry import RuleInfo
from torchlint.source import Source
from torchlint.syntax.parsing import parse

RULES = {
    "bad": ("TLT101", "bad-call", Severity.ERROR, Applicability.SAFE),
    "risky": ("TLT102", "risky-call", Severity.WARNING, Applicability.UNSAFE),
    "plain": ("TLT201", "plain-call", Severity.INFO, None),
    "rare": ("TLT301", "rare-call", Severity.WARNING, Applicability.DISPLAY),
}


def rules() -> list[RuleInfo]:
    return [
        fake(code, name, default=code != "TLT301", severity=severity, said=f"A {word} call.")
        for word, (code, name, severity, _) in RULES.items()
    ]


def load(code: str) -> SimpleNamespace:
    (rule,) = (rule for rule in rules() if rule.code == code)
    docs = f"{rule.summary}\n\n## What it does\nReports [bold]calls[/bold].\n"
    return SimpleNamespace(since="0.1", tags=(), title="Use `torch.good`", help="Call `torch.good`", docs=lambda: docs)


DEAD = Path("dead")


def wait(mark: Path) -> None:
    mark.touch()
    for _ in range(60_000):  # so that a test that fails leaves nothing for ever
        if os.path.exists("go"):
            return
        time.sleep(0.01)


def check(source: Source, codes: frozenset[str], **keywords: object) -> Report:
    if "torch.panic(" in source.text:
        raise RecursionError("too deep")
    if "torch.wait(" in source.text:
        wait(Path(f"waiting-{os.path.basename(source.path)}"))
    if "torch.die(" in source.text or ("torch.die_once(" in source.text and not DEAD.exists()):
        DEAD.touch()
        os._exit(7)
    tree, *failure = parse(source.text)
    if tree is None:
        return Report(*failure)
    report = Report()
    if "torch.boom(" in source.text:
        report.failures.append("rule TLT201 crashed: ZeroDivisionError: division by zero")
    for match in re.finditer(r"torch\.(bad|risky|plain|rare)\(", source.text):
        if RULES[match[1]][0] in codes:
            report.findings.append(_finding(source, match))
    return report


def _finding(source: Source, match: re.Match[str]) -> Finding:
    code, name, severity, applicability = RULES[match[1]]
    start, end = source.location(match.start()), source.location(match.end() - 1)
    fix = None
    if applicability is not None:
        edits = (Edit(match.start(1), match.end(1), "good"),)
        fix = Fix("Use `torch.good`", applicability, edits, "verified on 12 inputs on cpu")
    related = (Related(source.path, start, end, "it starts here"),) if match[1] == "rare" else ()
    return Finding(code, name, f"`torch.{match[1]}` is [red]{match[1]}[/red]", severity, start, end, fix, related)


def patched(replace: Callable[[object, str, object], object] = setattr) -> None:
    """Put the rules of this module in the place of the real ones."""
    for module, replacement in ((registry, rules), (registry, load), (lint, check)):
        replace(module, replacement.__name__, replacement)


if __name__ == "__main__":
    patched()
    script()
