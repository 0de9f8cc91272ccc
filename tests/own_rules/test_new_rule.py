"""`torchlint new-rule`, and what its files are good for as they are: tests, types, certificates, demonstrations."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT
from hang_guard import HANG_GUARD
from rule_projects import Finished, concise, found, rule, run, write

from torchlint import registry
from torchlint.own_rules.scaffold import next_code
from torchlint.testing import Fixture, RuleError, fixtures

ALLOWED = "--allow-local-rules"
CONFIGURATION = '[tool.torchlint]\nlocal-rules = ["lint_rules"]\n'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a new rule of each kind."""
    folder = tmp_path_factory.mktemp("project")
    write(folder / "pyproject.toml", CONFIGURATION)
    assert run(folder, "new-rule", "old-dtype").returncode == 0
    assert run(folder, "new-rule", "root_of_squares", "--rewrite", "--code", "ACM201").returncode == 0
    return folder


def tool(folder: Path, *arguments: str) -> Finished:
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, capture_output=True, encoding="utf-8", timeout=HANG_GUARD
    )


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_files_of_both_kinds_are_written(project: Path) -> None:
    assert [name for name in files(project / "lint_rules") if "__pycache__" not in name] == [
        "fixtures/old_dtype/case.py",
        "fixtures/root_of_squares/case.fixed.diff",
        "fixtures/root_of_squares/case.py",
        "old_dtype.py",
        "root_of_squares.py",
        "tests/test_rules.py",
    ]


def test_their_test_passes_at_once(project: Path) -> None:
    done = run(project, "-q", "-p", "no:cacheprovider", "lint_rules", module="pytest")
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_they_find_what_their_fixtures_say(project: Path) -> None:
    program = (project / "lint_rules" / "fixtures" / "root_of_squares" / "case.py").read_text()
    program += (project / "lint_rules" / "fixtures" / "old_dtype" / "case.py").read_text()
    write(project / "program.py", program)
    assert found(concise(project, ALLOWED)) == [("program.py", "ACM201"), ("program.py", "LOC101")]
    done = run(project, "check", ALLOWED, "--diff", "--unsafe-fixes")
    assert "+    return torch.hypot(x, y)  # ACM201" in done.stdout


def test_they_are_clean_for_ruff_and_mypy(project: Path) -> None:
    select = "--select=E,F,W,I,UP,B,C4,SIM,RUF,N,PT,RET,TID"
    linted = tool(project, "ruff", "check", "--isolated", select, "lint_rules")
    assert linted.returncode == 0, linted.stdout
    assert tool(project, "ruff", "format", "--isolated", "--check", "lint_rules").returncode == 0
    rules = sorted(str(path) for path in (project / "lint_rules").rglob("*.py") if "__pycache__" not in path.parts)
    (project / "mypy.ini").write_text(f"[mypy]\nmypy_path = {ROOT.as_posix()}\nscripts_are_modules = true\n")
    checked = [path for path in rules if "fixtures" not in path]
    done = tool(project, "mypy", "--strict", *checked)
    assert done.returncode == 0, done.stdout


def test_nothing_is_written_over(project: Path) -> None:
    before = {name: (project / name).read_bytes() for name in files(project)}
    done = run(project, "new-rule", "old_dtype")
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr == f"error: {Path('lint_rules/old_dtype.py')}: it is there already, and nothing is written over\n"
    )
    assert {name: (project / name).read_bytes() for name in files(project)} == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["load"], "'load' cannot be the name of a rule: name the pattern in two words or more"),
        (["Old-Load"], "'Old-Load' cannot be the name of a rule"),
        (["old load"], "'old load' cannot be the name of a rule"),
        (["../old-load"], "'../old-load' cannot be the name of a rule"),
        (["1-load"], "'1-load' cannot be the name of a rule"),
        (["_old_load"], "'_old_load' cannot be the name of a rule"),
        (["log-of-softmax"], "log-of-softmax is the name of a rule already"),
        (["old-load", "--code", "TLT999"], "--code: codes with TLT are torchlint's own"),
        (["old-load", "--code", "acm1"], "--code: the code 'acm1' is not two or three capital letters"),
        (["old-load", "--code", "LOC101"], "--code: LOC101 is the code of another rule"),
        (["old-load", "--folder", "pyproject.toml"], "pyproject.toml"),
    ],
)
def test_what_cannot_be_is_one_line(arguments: list[str], said: str, project: Path) -> None:
    before = files(project)
    done = run(project, "new-rule", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert files(project) == before


def test_without_a_configuration_it_says_what_to_add(tmp_path: Path) -> None:
    done = run(tmp_path, "new-rule", "old-load")
    assert 'add local-rules = ["lint_rules"] to [tool.torchlint] in pyproject.toml' in done.stdout
    done = run(tmp_path, "new-rule", "old-save", "--folder", "checks/rules")
    assert 'add local-rules = ["checks/rules"]' in done.stdout
    assert (tmp_path / "checks" / "rules" / "old_save.py").exists()


def test_codes_go_on_after_those_that_there_are() -> None:
    assert next_code([]) == "LOC101"
    assert next_code(["ACM101", "ACM107", "TLT802"]) == "ACM108"
    assert next_code(["AC099"]) == "AC100"
    assert next_code(["ACM999"]) == ""


# torchlint.testing


def fixture(folder: Path, program: str, text: str = "") -> Fixture:
    write(folder / "lint_rules" / "old_load.py", text or rule("TST101"))
    write(folder / "lint_rules" / "fixtures" / "old_load" / "case.py", program)
    (one,) = fixtures(folder / "lint_rules")
    assert str(one) == "old_load/case"
    return one


MARKED = "import acme\n\nx = acme.load(1)  # TST101\ny = acme.open(2)\n"


def test_a_fixture_holds_where_its_marks_are_what_is_found(tmp_path: Path) -> None:
    fixture(tmp_path, MARKED).check()


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (MARKED.replace("open(2)", "open(2)  # TST101"), "line 4: TST101 is marked and not reported"),
        (MARKED.replace("  # TST101", ""), "line 3: TST101 is reported and not marked: `acme.load` is slow"),
    ],
)
def test_a_mark_too_many_or_too_few_is_told(program: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"case\.py\n") as raised:
        fixture(tmp_path, program).check()
    assert said in str(raised.value)


def test_words_that_hide_findings_are_told(tmp_path: Path) -> None:
    """Without `calls`, a rule that declares a word which need not be there is not asked."""
    text = rule("TST101").replace("calls = ", 'words = (("elsewhere",),)\n    calls = ')
    with pytest.raises(AssertionError, match="TST101 is marked and not reported"):
        fixture(tmp_path, MARKED, text).check_marks()
    with pytest.raises(AssertionError, match="line 3: TST101 is missed: `ops`, `calls` or `words`"):
        fixture(tmp_path, MARKED, text).check_gates()


def test_a_golden_is_compared_and_written_where_that_is_asked(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = (each for each in fixtures(project / "lint_rules") if "root" in str(each))
    golden = one.path.with_name("case.fixed.diff")
    kept = golden.read_bytes()
    golden.unlink()
    with pytest.raises(AssertionError, match="fixing gives something else; TORCHLINT_UPDATE_GOLDENS=1"):
        one.check()
    assert not golden.exists()
    monkeypatch.setenv("TORCHLINT_UPDATE_GOLDENS", "1")
    one.check()
    assert golden.read_bytes() == kept


def test_a_rule_that_crashes_fails_its_fixture(tmp_path: Path) -> None:
    text = rule("TST101").replace("Problem(call.node)", "Problem(call.nod)")
    with pytest.raises(AssertionError, match="AttributeError"):
        fixture(tmp_path, MARKED, text).check()


def test_rules_that_cannot_be_tested_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "lint_rules"
    with pytest.raises(RuleError, match="no such file"):
        fixtures(folder)
    folder.mkdir()
    with pytest.raises(RuleError, match="there is no rule in it"):
        fixtures(folder)
    write(folder / "old_load.py", rule("TST101"))
    with pytest.raises(RuleError, match=r"old_load\.py: the rule has no fixture: write .*case\.py"):
        fixtures(folder)
    write(folder / "no_rule.py", "")
    with pytest.raises(RuleError, match=r"no_rule\.py: it must define one rule, not 0"):
        fixtures(folder)


# verify --rules

DEMONSTRATION = '''"""A square overflows."""

import torch

HARM = "The length is {mistaken[length]}, and {mended[length]} with `hypot`."


def mistaken():
    x = torch.tensor(3e20)
    return {"length": float(torch.sqrt(x**2 + x**2))}


def mended():
    x = torch.tensor(3e20)
    return {"length": float(torch.hypot(x, x))}


def is_harm(mistaken, mended):
    return mistaken["length"] == "infinity" and mended["length"] < 1e21
'''


@pytest.fixture(scope="module")
def verified(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Finished]:
    """A project whose rewrite was verified, and what was printed."""
    pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("verified")
    write(folder / "pyproject.toml", CONFIGURATION)
    run(folder, "new-rule", "root_of_squares", "--rewrite", "--code", "ACM201")
    write(folder / "lint_rules" / "demonstrations" / "root_of_squares.py", DEMONSTRATION)
    return folder, run(folder, "verify", "--rules", "lint_rules", "--write")


def test_rules_of_a_folder_are_verified_and_shown(verified: tuple[Path, Finished]) -> None:
    folder, done = verified
    assert done.returncode == 0, done.stderr
    assert "ACM201  pair before" in done.stdout
    assert "IMPROVES" in done.stdout
    assert "The length is infinity, and 424,000,000,000,000,000,000 with `hypot`." in " ".join(done.stdout.split())
    table = json.loads((folder / "lint_rules" / "certificates.json").read_text())
    assert set(table["rules"]) == set(table["texts"]) == {"ACM201"}
    assert json.loads((folder / "lint_rules" / "demonstrations.json").read_text())["ACM201"]["torch"]
    package = ROOT / "torchlint" / "data"
    assert not any("ACM201" in (package / name).read_text() for name in ("certificates.json", "demonstrations.json"))


def test_a_finding_quotes_the_certificate_until_the_rule_changes(verified: tuple[Path, Finished]) -> None:
    folder, _ = verified
    write(folder / "program.py", (folder / "lint_rules" / "fixtures" / "root_of_squares" / "case.py").read_text())
    text = run(folder, "check", ALLOWED, "program.py").stdout
    assert "note: verified on 1" in text
    page = run(folder, "rule", "ACM201", ALLOWED).stdout
    assert "## Evidence" in page
    assert "The length is infinity" in page
    module = folder / "lint_rules" / "root_of_squares.py"
    module.write_text(module.read_text().replace("return torch.hypot(x, y)", "return torch.hypot(y, x)"))
    assert "note: not verified" in run(folder, "check", ALLOWED, "program.py").stdout


@pytest.mark.parametrize("folder", ["nowhere", "lint_rules"])
def test_verifying_what_is_no_rule_ends_with_an_error(folder: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    write(tmp_path / "lint_rules" / "no_rule.py", "x = 1\n")
    done = run(tmp_path, "verify", "--rules", folder)
    assert done.returncode == 2
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr


def test_the_rule_of_the_page_does_what_the_page_says(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "writing_a_rule.md").read_text(encoding="utf-8")
    written = re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)```\n", page, re.DOTALL)
    assert len(written) == 3
    for path, text in written:
        write(tmp_path / path, text)
    (one,) = fixtures(tmp_path / "lint_rules")
    one.check()
    assert len(one.findings()) == 2
    assert "def test_rule(" in (tmp_path / "lint_rules" / "tests" / "test_rules.py").read_text()


def test_torchlint_verifies_its_own_rules_alone() -> None:
    from torchlint.verify import suite

    codes = {task.code for task in suite.tasks([], ["cpu"], "fast")}
    assert codes <= {info.code for info in registry.built_in()}
