"""Files that do not parse, cannot be read or crash a rule: they are in every format, and nothing silences them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cli_rig
import pytest

from torchlint import cli, faults, lint, registry
from torchlint.formats import FORMATS
from torchlint.source import Source
from torchlint.syntax.parsing import parse

BROKEN = "import torch\nx = f(1,\n"
CRASHING = "import torch\ntorch.bad(1)\ntorch.boom(1)\n"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for module, replacement in ((registry, cli_rig.rules), (registry, cli_rig.load), (lint, cli_rig.check)):
        monkeypatch.setattr(module, replacement.__name__, replacement)
    return tmp_path


class Said:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def torchlint(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str) -> Said:
        code = cli.main([*arguments, "--no-cache", "-j1"])
        return Said(code, *capsys.readouterr())

    return run


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("text", [BROKEN, "x = f(1,\n"], ids=["torch", "other"])
def test_a_file_that_does_not_parse_is_in_every_format(torchlint: Any, name: str, text: str) -> None:
    Path("a.py").write_text(text)
    said = torchlint("a.py", "--output-format", name, "--select", "TLT101")
    assert "invalid-syntax" in said.out
    assert "'(' was never closed" in said.out
    assert (said.code, said.err) == (2, "")
    assert "passed" not in said.out


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_wrong_besides_is_in_every_report_that_a_machine_or_a_file_gets(torchlint: Any, name: str) -> None:
    Path("a.py").write_text(CRASHING)
    torchlint("a.py", "no.py", "--output-format", name, "-o", "report")
    report = Path("report").read_text()
    assert "TLT101" in report
    assert "TLT000" in report
    assert "rule TLT201 crashed: ZeroDivisionError: division by zero" in report
    assert "no such file or directory" in report


def test_people_read_it_once(torchlint: Any) -> None:
    Path("a.py").write_text(CRASHING)
    said = torchlint("a.py", "no.py")
    assert "crashed" not in said.out
    assert said.err.count("rule TLT201 crashed") == 1
    assert "\nFound 1 error.\n[*] 1 fixable with `--fix`.\n" in said.out


def test_the_finding_stands_where_python_found_the_mistake(torchlint: Any) -> None:
    Path("a.py").write_text(BROKEN)
    (entry,) = json.loads(torchlint("a.py", "--output-format=json").out)
    assert entry["code"] == entry["name"] == "invalid-syntax"
    assert entry["severity"] == "error"
    assert entry["noqa_row"] is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("x = f(1,\n", (1, 6)),
        ("ü = 'ß', (\n", (1, 10)),
        ("if x:\n", (1, 6)),
        ("def f():\n\tx\n        y\n", (3, 1)),
        ("x = 1\n\0", (1, 1)),
        ("(" * 10_000, (1, 201)),
    ],
)
def test_the_place_lies_within_the_file(text: str, place: tuple[int, int]) -> None:
    parsed = parse(text)
    assert parsed.error
    finding = faults.invalid_syntax(Source("a.py", text), parsed.error, parsed.row, parsed.column)
    assert finding.location == place
    assert "\n" not in finding.message


def test_comments_and_selections_do_not_silence_it(torchlint: Any) -> None:
    Path("a.py").write_text("# flake8: noqa\n# torchlint: file-ignore[ALL]\nimport torch\nx = f(1,  # noqa\n")
    Path("b.py").write_text("# flake8: noqa\n" + CRASHING)
    said = torchlint("a.py", "b.py", "--ignore=ALL", "--output-format=json", "--exit-zero")
    assert [entry["code"] for entry in json.loads(said.out)] == ["invalid-syntax", "TLT000"]
    assert said.code == 2


@pytest.mark.parametrize("option", ["--fix-only", "--statistics", "--diff"])
def test_other_reports_say_it_too(torchlint: Any, option: str) -> None:
    Path("a.py").write_text(BROKEN)
    said = torchlint("a.py", option)
    assert "invalid-syntax" in said.out or "cannot be parsed" in said.err
    assert said.code == 2


def test_sarif_says_that_the_run_was_not_complete(torchlint: Any) -> None:
    Path("a.py").write_text(BROKEN)
    Path("b.py").write_text(CRASHING)
    (run,) = json.loads(torchlint(".", "--output-format=sarif").out)["runs"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    said = {note["descriptor"]["id"]: note for note in invocation["toolExecutionNotifications"]}
    assert set(said) == {"invalid-syntax", "TLT000"}
    assert said["invalid-syntax"]["locations"][0]["physicalLocation"]["region"]["startLine"] == 2
    assert {"invalid-syntax", "TLT000"} < {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    Path("a.py").unlink()
    Path("b.py").write_text("import torch\ntorch.bad(1)\n")
    (clean,) = json.loads(torchlint(".", "--output-format=sarif").out)["runs"]
    assert clean["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_junit_counts_it(torchlint: Any) -> None:
    Path("a.py").write_text(BROKEN)
    root = ElementTree.fromstring(torchlint("a.py", "--output-format=junit").out)
    assert (root.get("tests"), root.get("failures")) == ("1", "1")


def test_the_cache_keeps_it(torchlint: Any, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.py").write_text(BROKEN)
    first, second = [(cli.main(["a.py", "--output-format=json"]), capsys.readouterr().out) for _ in range(2)]
    assert first == second
    assert first[0] == 2
    assert "invalid-syntax" in first[1]


def test_debug_prints_where_a_rule_crashed(
    torchlint: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("import torch\n\n\ndef f(x):\n    return torch.nn.functional.softmax(x)\n")
    rule = registry.load("TLT301")

    def mistaken(*arguments: object) -> None:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(rule, "check_op", mistaken)
    path = "a.py"
    quiet = torchlint(path, "--isolated")
    assert "Traceback" not in quiet.err
    assert quiet.err.count("\n") == 2
    assert "--debug" in quiet.err
    loud = torchlint(path, "--isolated", "--debug")
    assert 'raise ZeroDivisionError("a mistake of ours")' in loud.err
    assert (quiet.code, loud.code) == (2, 2)


def test_a_crash_of_the_whole_check_is_a_fault_of_one_file(torchlint: Any) -> None:
    Path("a.py").write_text("import torch\ntorch.panic()\n")
    Path("b.py").write_text("import torch\ntorch.bad(1)\n")
    said = torchlint(".", "--output-format=json", "--debug")
    assert [entry["code"] for entry in json.loads(said.out)] == ["TLT000", "TLT101"]
    assert "RecursionError: too deep" in said.err
    assert "Traceback" in said.err
