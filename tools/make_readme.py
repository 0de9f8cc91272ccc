"""Write the generated parts of README.md: `python -m tools.make_readme`.

The first finding is what torchlint prints for docs/example.py, the rules are those that are installed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.generated_parts import with_part
from torchlint import registry, verdicts

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
# The rule whose finding in docs/example.py opens the README, and where it is found.
_SHOWN = "TLT202"


def render(text: str) -> str:
    """README's text with its generated parts as they should be."""
    for name, part in (("example", example()), ("rules", rules()), ("verdicts", words())):
        text = with_part(text, name, part)
    return text


def rules() -> str:
    """The table of the rules."""
    rows = ["| code | name | what it reports | on by default |", "|---|---|---|---|"]
    for rule in registry.rules():
        summary = rule.summary.rstrip(".").replace("|", "\\|")
        rows.append(f"| {rule.code} | {rule.name} | {summary} | {'yes' if rule.default else 'no'} |")
    return "\n".join(rows)


def words() -> str:
    """The glossary of verdicts."""
    rows = ["| word | what came out |", "|---|---|"]
    return "\n".join(
        [*rows, *(f"| {verdicts.word(verdict)} | {said} |" for verdict, said in verdicts.MEANINGS.items())]
    )


def example() -> str:
    """What torchlint says of one mistake in docs/example.py, and how it mends it."""
    return f"```console\n$ torchlint --select {_SHOWN} docs/example.py\n{_printed('--select', _SHOWN)}\n```"


def _printed(*options: str) -> str:
    command = [sys.executable, "-m", "torchlint", "check", "--isolated", "--no-cache", "--color=never", *options]
    result = subprocess.run([*command, "docs/example.py"], cwd=ROOT, capture_output=True, encoding="utf-8")
    if result.returncode != 1:
        raise SystemExit(f"torchlint ended with {result.returncode}: {result.stderr or 'no finding'}")
    return "\n".join(line.rstrip() for line in result.stdout.strip("\n").splitlines())


if __name__ == "__main__":
    README.write_text(render(README.read_text(encoding="utf-8")), encoding="utf-8")
