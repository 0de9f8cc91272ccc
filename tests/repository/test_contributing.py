"""CONTRIBUTING's examples are rules: a stranger who copies them and runs the one command has two rules that work."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT
from hang_guard import HANG_GUARD

pytest.importorskip("torch")

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FILES = {
    name: code for name, _, code in re.findall(r"<!-- file: (\S+) -->\n(```+)python\n(.*?\n)\2\n", TEXT, re.DOTALL)
}
NAMES = sorted(Path(name).stem for name in FILES if re.fullmatch(r"rules/\w+\.py", name))


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(folder), "XDG_STATE_HOME": str(folder / "state")}
    return subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", timeout=HANG_GUARD, env=environment
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with the files of all examples, as if it were installed."""
    folder = tmp_path_factory.mktemp("contributing") / "tree"
    ignored = shutil.ignore_patterns(".*", "*.egg-info", "__pycache__", "build", "dist", "wheels")
    shutil.copytree(ROOT, folder, ignore=ignored)
    (folder / "torchlint" / "rules").symlink_to(folder / "rules", target_is_directory=True)
    for name, code in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(code, encoding="utf-8")
    return folder


def test_there_is_an_example_of_both_kinds_with_its_fixture() -> None:
    assert len(NAMES) == 2
    by_hand = {path for name in NAMES for path in (f"rules/{name}.py", f"fixtures/{name}/case.py")}
    on_by_default = {name for name in NAMES if "default = False" not in FILES[f"rules/{name}.py"]}
    assert set(FILES) == by_hand | {f"rules/demonstrations/{name}.py" for name in on_by_default}
    assert [kind for kind in ("Rewrite", "Check") if f"({kind}):" in "".join(FILES.values())] == ["Rewrite", "Check"]


@pytest.mark.xdist_group("contributing")
@pytest.mark.parametrize("name", NAMES)
def test_the_one_command_finishes_an_example(name: str, tree: Path) -> None:
    done = run(tree, "tools.finish", name)
    assert done.returncode == 0, done.stdout + done.stderr
    code = re.search(r"TLT\d{3}", FILES[f"rules/{name}.py"])
    assert code is not None
    marked = sorted(
        row for row, line in enumerate(FILES[f"fixtures/{name}/case.py"].splitlines(), 1) if line.endswith(code[0])
    )
    found = run(
        tree, "torchlint", "check", "--isolated", "--no-cache", "--select", code[0], "--output-format=json",
        f"fixtures/{name}/case.py",
    )  # fmt: skip
    assert sorted({finding["location"]["row"] for finding in json.loads(found.stdout)}) == marked
    assert f"| {code[0]} | {name.replace('_', '-')} |" in (tree / "README.md").read_text(encoding="utf-8")
    stored = json.loads((tree / "torchlint" / "data" / "certificates.json").read_text(encoding="utf-8"))
    is_rewrite = "(Rewrite)" in FILES[f"rules/{name}.py"]
    assert (tree / "fixtures" / name / "case.fixed.diff").exists() == is_rewrite
    assert (code[0] in json.dumps(stored)) == is_rewrite
    shown = json.loads((tree / "torchlint" / "data" / "demonstrations.json").read_text(encoding="utf-8"))
    assert (code[0] in shown) == (f"rules/demonstrations/{name}.py" in FILES)


def test_a_code_that_is_taken_is_refused_and_a_free_one_is_offered() -> None:
    from tools import finish
    from torchlint import registry

    taken = {info.code for info in registry.rules()}
    free = finish.free_codes()
    assert not taken & free.keys()
    assert set(free.values()) == set(finish.SUBJECTS.values())
    assert all(subject in " ".join(TEXT.split()) for subject in finish.SUBJECTS.values())
    rule = registry.rules()[0]
    assert not finish._is_shared(rule)
    assert finish._is_shared(rule._replace(name="another"))


def test_a_rule_that_warns_by_default_is_not_finished_without_a_demonstration(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tools import finish
    from torchlint import registry
    from torchlint.finding import Severity
    from torchlint.verify import demonstrations

    monkeypatch.setattr(demonstrations, "file_of", lambda rule: None)
    rules = registry.rules()
    rule = next(info for info in rules if info.default and info.severity is Severity.WARNING)
    assert finish.finish(rule) == 2
    assert f"show its harm in rules/demonstrations/{rule.name.replace('-', '_')}.py" in capsys.readouterr().err
    others = [info for info in rules if not info.default or info.severity is Severity.INFO]
    assert others
    assert not any(map(finish._must_be_shown, others))


def test_the_page_of_what_a_check_can_ask_is_up_to_date() -> None:
    done = run(ROOT, "tools.make_checks_page", "--print")
    assert done.returncode == 0, done.stderr
    page = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    assert done.stdout == page, "run `python -m tools.make_checks_page`"
    assert not re.findall(r"^- `[^`]*`$", page, re.MULTILINE), "without a word of what it is"
