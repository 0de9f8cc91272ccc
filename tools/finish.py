"""Bring everything that is generated for a rule up to date: `python -m tools.finish NAME_OR_CODE`.

In this order: the index of the rules, the goldens of the rule's fixtures, the certificate of its fixes (needs torch),
the table in README.md, and at last the tests of the rule's fixtures. What was written is to be read as a diff.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from torchlint import registry

ROOT = Path(__file__).resolve().parent.parent


def finish(rule: registry.RuleInfo) -> int:
    """Run all steps for a rule. The exit code of the first that fails, else 0."""
    folder = rule.name.replace("-", "_")
    if not (ROOT / "fixtures" / folder).is_dir():
        print(f"{rule.name} has no fixtures: write fixtures/{folder}/case.py first", file=sys.stderr)
        return 2
    fixtures = ("pytest", "-q", "--no-header", "tests/rules/test_fixtures.py", "-k", f"{folder}/")
    steps: list[tuple[str, Sequence[str]]] = [
        ("goldens", (*fixtures, "--update-goldens")),
        ("certificate", ("torchlint", "verify", rule.code, "--write")),
        ("table in README.md", ("tools.make_readme",)),
        ("tests of the fixtures", fixtures),
    ]
    for title, arguments in steps:
        print(f"== {title}", flush=True)
        code = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT).returncode
        if code:
            print(f"the step '{title}' of {rule.code} {rule.name} ended with {code}", file=sys.stderr)
            return code
    subprocess.run(["git", "status", "--short"], cwd=ROOT)
    return 0


def _find(text: str) -> registry.RuleInfo:
    """The rule with a code, a name, or the file name of its module. Ends the program where there is none."""
    wanted = Path(text).stem.replace("_", "-").lower()
    for info in registry.rules():
        if wanted in (info.name, info.code.lower()):
            return info
    raise SystemExit(f"no rule is called {text}: there is no rule in rules/{wanted.replace('-', '_')}.py")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.finish", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("rule", metavar="NAME_OR_CODE", help="such as log-of-softmax or TLT202")
    wanted = parser.parse_args(arguments).rule
    print("== index of the rules", flush=True)
    registry.write_index()
    importlib.invalidate_caches()
    return finish(_find(wanted))


if __name__ == "__main__":
    sys.exit(main())
