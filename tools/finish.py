"""Bring everything that is generated for a rule up to date: `python -m tools.finish NAME_OR_CODE`. `--free` for codes.

In this order: the index of the rules, the goldens of the rule's fixtures, the certificate of its fixes (needs torch),
the numbers of its demonstration, the table in README.md, and at last ruff on the rule's files and all tests that are
about this rule alone. What was written is to be read as a diff.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from torchlint import registry
from torchlint.finding import Severity
from torchlint.registry import SUBJECTS
from torchlint.verify import demonstrations

ROOT = Path(__file__).resolve().parent.parent
# The tests that have cases for each rule: its fixtures, its page, its messages, its demonstration, its needs.
_TESTS = (
    *("tests/rules/test_fixtures.py", "tests/rules/test_messages.py", "tests/rules/test_pages.py"),
    *("tests/verify/test_demonstrations.py", "tests/verify/test_pair_needs.py"),
)


def finish(rule: registry.RuleInfo) -> int:
    """Run all steps for a rule. The exit code of the first that fails, else 0."""
    folder = rule.name.replace("-", "_")
    if not (ROOT / "fixtures" / folder).is_dir():
        print(f"{rule.name} has no fixtures: write fixtures/{folder}/case.py first", file=sys.stderr)
        return 2
    if _must_be_shown(rule) and not _is_shown(rule):
        print(f"{rule.name} is on by default: show its harm in rules/demonstrations/{folder}.py", file=sys.stderr)
        return 2
    fixtures = ("pytest", "-q", "--no-header", "tests/rules/test_fixtures.py", "-k", f"{folder}/")
    steps: list[tuple[str, Sequence[str]]] = [
        ("goldens", (*fixtures, "--update-goldens")),
        *([("certificate", ("torchlint", "verify", rule.code, "--write"))] if _has_fixes(rule) else []),
        *([("demonstration", ("torchlint", "demonstrate", rule.code, "--write"))] if _is_shown(rule) else []),
        ("table in README.md", ("tools.make_readme",)),
        ("ruff", ("ruff", "check", f"rules/{folder}.py")),
        ("ruff format", ("ruff", "format", "--check", f"rules/{folder}.py")),
        ("tests of the rule", ("pytest", "-q", "--no-header", *_TESTS, "-k", _cases_of(rule, folder))),
    ]
    for title, arguments in steps:
        print(f"== {title}", flush=True)
        code = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT).returncode
        if code:
            print(f"the step '{title}' of {rule.code} {rule.name} ended with {code}", file=sys.stderr)
            return code
    print(f"== {rule.code} {rule.name} is finished; what has changed:", flush=True)
    subprocess.run(["git", "status", "--short"], cwd=ROOT)
    print("Left to do by hand: a line in CHANGELOG.md, `mypy`, and reading what the rule finds in real code.")
    return 0


def _cases_of(rule: registry.RuleInfo, folder: str) -> str:
    """What selects the cases of a rule: they are called by its code, its name, or the folder of its fixtures."""
    return f"[{rule.code} or [{rule.name}] or {folder}/"


def _must_be_shown(rule: registry.RuleInfo) -> bool:
    """Whether the rule says that something goes wrong, without being asked: then it has to show it."""
    return rule.default and rule.severity is not Severity.INFO


def _is_shown(rule: registry.RuleInfo) -> bool:
    """Whether the rule has a demonstration."""
    return demonstrations.file_of(rule) is not None


def _has_fixes(rule: registry.RuleInfo) -> bool:
    """Whether there is something to certify: `title` says what a fix does."""
    return bool(registry.load(rule.code).title)


def _find(text: str) -> registry.RuleInfo:
    """The rule with a code, a name, or the file name of its module. Ends the program where there is none."""
    wanted = Path(text).stem.replace("_", "-").lower()
    for info in registry.rules():
        if wanted in (info.name, info.code.lower()):
            return info
    raise SystemExit(f"no rule is called {text}: there is no rule in rules/{wanted.replace('-', '_')}.py")


def free_codes() -> dict[str, str]:
    """The next code of each hundred, after all that are taken, and what rules of it are about."""
    taken = {int(info.code.removeprefix("TLT")) for info in registry.built_in()}
    largest = {hundred: max((code for code in taken if code // 100 == hundred), default=0) for hundred in SUBJECTS}
    return {f"TLT{max(largest[hundred], hundred * 100) + 1}": subject for hundred, subject in SUBJECTS.items()}


def _is_shared(rule: registry.RuleInfo) -> bool:
    """Whether another rule has the same code; says so."""
    others = [info.name for info in registry.rules() if info.code == rule.code and info.name != rule.name]
    if others:
        print(
            f"{rule.code} is taken by {others[0]}: `python -m tools.finish --free` prints free codes", file=sys.stderr
        )
    return bool(others)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.finish", description=(__doc__ or "").partition("\n\n")[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("rule", metavar="NAME_OR_CODE", nargs="?", help="such as log-of-softmax or TLT202")
    what.add_argument("--free", action="store_true", help="print the next free code of each hundred")
    options = parser.parse_args(arguments)
    if options.free:
        print("\n".join(f"{code}  {subject}" for code, subject in free_codes().items()))
        return 0
    print("== index of the rules", flush=True)
    registry.write_index()
    importlib.invalidate_caches()
    rule = _find(options.rule)
    return 2 if _is_shared(rule) else finish(rule)


if __name__ == "__main__":
    sys.exit(main())
