"""A file that did not change is not checked again, and the output is the same to the byte."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from torchlint import cli, engine
from torchlint.finding import Report

BAD = "import torch\n\n\ndef f(x):\n    return torch.log(torch.softmax(x, dim=1))\n"
CLEAN = "import torch\n\n\ndef f(x):\n    return torch.log_softmax(x, dim=1)\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text("[tool.torchlint]\n")
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "clean.py").write_text(CLEAN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = cli.main(["--output-format", "concise", *arguments])
    return code, capsys.readouterr().out


class Checks:
    """The files that the engine is asked about."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.paths: list[str] = []
        original = engine.check

        def check(source, *arguments, **keywords):  # type: ignore[no-untyped-def]
            self.paths.append(os.path.basename(source.path))
            return original(source, *arguments, **keywords)

        monkeypatch.setattr(engine, "check", check)


def test_nothing_is_checked_twice(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = Checks(monkeypatch)
    first = run(capsys)
    assert checks.paths == ["bad.py", "clean.py"]
    assert run(capsys) == first
    assert checks.paths.count("clean.py") == 1


@pytest.mark.parametrize("output_format", ["full", "concise", "json", "sarif", "github"])
def test_the_output_of_a_warm_run_is_identical(
    project: Path, capsys: pytest.CaptureFixture[str], output_format: str
) -> None:
    outputs = []
    for flags in (["--no-cache"], [], []):
        assert cli.main(["--output-format", output_format, *flags]) == 1
        outputs.append(capsys.readouterr())
    assert outputs[0] == outputs[1] == outputs[2]


def test_a_changed_file_is_checked_again(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys)
    checks = Checks(monkeypatch)
    (project / "clean.py").write_text(BAD.replace("def f", "def g"))
    code, out = run(capsys)
    assert (code, out.count("TLT202")) == (1, 2)
    assert checks.paths == ["clean.py"]


def test_a_touched_file_is_told_by_its_content(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys)
    checks = Checks(monkeypatch)
    os.utime(project / "bad.py", ns=(1, 1))
    assert run(capsys)[0] == 1
    assert checks.paths == []


def test_the_same_size_with_other_content_is_noticed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys)
    (project / "bad.py").write_text(BAD.replace("torch.log(", "torch.abs("))
    os.utime(project / "bad.py", ns=(1, 1))
    assert run(capsys)[0] == 0


def test_other_settings_are_other_findings(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys)[0] == 1
    assert run(capsys, "--ignore", "TLT202")[0] == 0
    (project / "pyproject.toml").write_text('[tool.torchlint]\nper-file-ignores = {"bad.py" = ["TLT2"]}\n')
    assert run(capsys)[0] == 0


def test_findings_depend_on_the_files_that_were_consulted(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = project / "net.py"
    net.write_text(
        "import torch.nn as nn\nclass Net(nn.Module):\n    def forward(self, x):\n        return x.softmax(1)\n"
    )
    (project / "bad.py").write_text(
        "import torch\nimport torch.nn.functional as F\nfrom net import Net\n\n"
        "def f(x, y):\n    return torch.log(Net()(x)), F.cross_entropy(x, y)\n"
    )
    assert "TLT202" in run(capsys)[1]
    net.write_text(net.read_text().replace("softmax", "sigmoid"))
    assert "TLT202" not in run(capsys)[1]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format": 1}', b"\xff\xfe", b'{"format":1,"tool":"x","files":{}}']
)
def test_a_foreign_or_broken_cache_is_ignored(
    project: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    first = run(capsys)
    (project / ".torchlint_cache" / "findings.json").write_bytes(content)
    assert run(capsys) == first


@pytest.mark.parametrize("key", ["stamp", "findings", "consulted", "error", "content"])
@pytest.mark.parametrize("value", [None, 7, [[1]], {"a": 1}])
def test_a_half_understood_entry_is_ignored(
    project: Path, capsys: pytest.CaptureFixture[str], key: str, value: object
) -> None:
    first = run(capsys)
    path = project / ".torchlint_cache" / "findings.json"
    stored = json.loads(path.read_text())
    for entry in stored["files"].values():
        entry[key] = value
        entry["stamp"] = entry["stamp"] if key == "stamp" else [1, entry["stamp"][1]]
    path.write_text(json.dumps(stored))
    assert run(capsys) == first


def test_a_crash_of_a_rule_is_not_remembered(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engine, "check", lambda source, codes: Report(failures=["rule TLT202 crashed: Oops"]))
    assert run(capsys)[0] == 2
    monkeypatch.undo()
    monkeypatch.chdir(project)
    assert run(capsys)[0] == 1


def test_no_cache_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "--no-cache")
    assert not (project / ".torchlint_cache").exists()


def test_the_cache_hides_itself_from_git_and_can_be_cleaned(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys)
    folder = project / ".torchlint_cache"
    assert (folder / ".gitignore").read_text() == "*\n"
    (folder / "mine").write_text("")
    assert cli.main(["clean"]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["mine"]


def test_a_folder_that_cannot_be_written_is_no_error(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "file").write_text("")
    assert run(capsys, "--cache-dir", str(project / "file" / "below"))[0] == 1


def test_concurrent_runs_leave_a_whole_cache(project: Path) -> None:
    for index in range(30):
        (project / f"m{index}.py").write_text(BAD)
    command = [sys.executable, "-m", "torchlint", "--output-format", "concise", "."]
    runs = [subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE) for _ in range(3)]
    outputs = {process.communicate()[0] for process in runs}
    assert len(outputs) == 1
    stored = json.loads((project / ".torchlint_cache" / "findings.json").read_text())
    assert len(stored["files"]) == 32
