"""A file that did not change is not checked again, and the output is the same to the byte."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from torchlint import cli, lint
from torchlint.finding import Report
from torchlint.reading import read
from torchlint.running import findings_cache, folder, job, recall
from torchlint.running.findings_cache import Cache
from torchlint.running.seal import sealed, unsealed
from torchlint.syntax import import_index

BAD = "import torch\n\n\ndef f(x):\n    return torch.log(torch.softmax(x, dim=1))\n"
CLEAN = "import torch\n\n\ndef f(x):\n    return torch.log_softmax(x, dim=1)\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text("[tool.torchlint]\n")
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "clean.py").write_text(CLEAN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def stored(project: Path) -> Path:
    return project / ".torchlint_cache" / "findings.json"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = cli.main(["--output-format", "concise", *arguments])
    return code, capsys.readouterr().out


class Checks:
    """The files that the engine is asked about."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.paths: list[str] = []
        original = lint.check

        def check(source, *arguments, **keywords):  # type: ignore[no-untyped-def]
            self.paths.append(os.path.basename(source.path))
            return original(source, *arguments, **keywords)

        monkeypatch.setattr(lint, "check", check)


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


SHAPES = ["", "{", "[]", "1", "null", '"text"', '{"a": 1}', '{"format": 1}', '{"files": {}}', "[" * 100_000, "\xff\xfe"]


@pytest.mark.parametrize("content", SHAPES)
def test_a_foreign_or_broken_cache_is_ignored(project: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    first = run(capsys)
    stored(project).write_text(content)
    assert run(capsys) == first


@pytest.mark.parametrize("key", ["stamp", "findings", "consulted", "error", "content", "settings"])
@pytest.mark.parametrize("value", [None, 7, [[1]], {"a": 1}])
def test_a_half_understood_entry_is_ignored(
    project: Path, capsys: pytest.CaptureFixture[str], key: str, value: object
) -> None:
    first = run(capsys)
    values = unsealed(stored(project).read_bytes())
    for entry in values["files"].values():
        entry[key] = value
        entry["stamp"] = entry["stamp"] if key == "stamp" else [1, entry["stamp"][1]]
    stored(project).write_bytes(sealed(values))
    assert run(capsys) == first


@pytest.mark.parametrize("files", [None, 7, [], {}, [["a"]], "text"])
@pytest.mark.parametrize("everywhere", [True, False])
def test_entries_of_another_shape_are_ignored(
    project: Path, capsys: pytest.CaptureFixture[str], files: object, everywhere: bool
) -> None:
    first = run(capsys)
    values = unsealed(stored(project).read_bytes())
    values["files"] = files if everywhere else dict.fromkeys(values["files"], files)
    stored(project).write_bytes(sealed(values))
    assert run(capsys) == first


def test_a_byte_that_changed_changes_no_output(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = run(capsys)
    content = stored(project).read_bytes()
    chance = random.Random(0)
    places = {0, 1, len(content) - 1, *chance.sample(range(len(content)), 24)}
    for place in sorted(places):
        changed = bytearray(content)
        changed[place] ^= 1 << chance.randrange(8)
        stored(project).write_bytes(changed)
        assert run(capsys) == first, place
        stored(project).write_bytes(content[:place])
        assert run(capsys) == first, place


def test_a_file_that_cannot_be_read_any_more_costs_only_itself(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without permissions, which do not stop the superuser."""
    (project / "other.py").write_text(BAD)
    assert run(capsys)[1].count("TLT202") == 2

    def refuse(path: str) -> tuple[bytes, os.stat_result]:
        if os.path.basename(path) == "bad.py":
            raise PermissionError(13, "Permission denied", path)
        return read(path)

    monkeypatch.setattr(job, "read", refuse)
    monkeypatch.setattr(recall, "read", refuse)
    assert cli.main(["--output-format", "concise"]) == 2
    shown = capsys.readouterr()
    assert shown.err == "bad.py: error: permission denied\n"
    assert [line.split(":")[0] for line in shown.out.splitlines() if "TLT202" in line] == ["other.py"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser reads everything")
def test_a_clean_file_that_cannot_be_read_any_more_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys)
    (project / "clean.py").chmod(0)
    assert run(capsys)[0] == 2


def test_a_file_that_is_written_meanwhile_is_checked(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys)
    get = Cache.get

    def late(self: Cache, path: str, settings: str) -> object:
        known = get(self, path, settings)
        Path(path).write_text(CLEAN)
        return known

    monkeypatch.setattr(Cache, "get", late)
    assert run(capsys)[0] == 0


def test_a_crash_of_a_rule_is_not_remembered(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lint, "check", lambda source, codes, **keywords: Report(failures=["rule TLT202 crashed: Oops"]))
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
    assert len(json.loads(stored(project).read_text())["files"]) == 32


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the repository's links lead to."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "findings.json").write_text("mine")
    return folder


def content_of(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_cache_folder_that_is_a_link_is_not_written_to(
    project: Path, outside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / ".torchlint_cache").symlink_to(outside)
    before = run(capsys, "--no-cache")
    assert run(capsys) == run(capsys) == before
    assert content_of(outside) == {"findings.json": "mine"}
    assert cli.main(["clean"]) == 0
    assert content_of(outside) == {"findings.json": "mine"}


@pytest.mark.parametrize("name", ["findings.json", ".gitignore"])
def test_a_file_of_the_cache_that_is_a_link_is_not_written_through(
    project: Path, outside: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (project / ".torchlint_cache").mkdir()
    for target in ("findings.json", "new"):
        (project / ".torchlint_cache" / name).unlink(missing_ok=True)
        (project / ".torchlint_cache" / name).symlink_to(outside / target)
        assert run(capsys) == run(capsys)
    assert content_of(outside) == {"findings.json": "mine"}


def test_a_folder_of_verdicts_that_is_a_link_is_not_written_to(project: Path, outside: Path) -> None:
    own = project / ".torchlint_cache"
    own.mkdir()
    (own / "verdicts").symlink_to(outside)
    with pytest.raises(OSError):  # noqa: PT011
        findings_cache.write(own, b"{}", "verdicts", f"{'0' * 64}.json")
    (outside / f"{'0' * 64}.json").write_text("mine")
    findings_cache.clean(own)
    assert sorted(content_of(outside)) == [f"{'0' * 64}.json", "findings.json"]


def test_a_link_that_the_user_names_is_followed(
    project: Path, outside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (outside / "there").mkdir()
    (project / "link").symlink_to(outside / "there")
    run(capsys, "--cache-dir", "link")
    assert (outside / "there" / "findings.json").exists()
    assert cli.main(["clean", "--cache-dir", "link"]) == 0
    assert not (outside / "there").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_in_the_place_of_the_cache_is_not_waited_for(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = run(capsys)
    stored(project).unlink()
    os.mkfifo(stored(project))
    assert run(capsys) == first


def test_what_a_killed_run_left_is_cleaned(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys)
    (project / ".torchlint_cache" / f".tmp-{'0' * 16}").write_text("")
    assert cli.main(["clean"]) == 0
    assert not (project / ".torchlint_cache").exists()


def test_systems_without_anchored_files_keep_to_the_same(
    project: Path, outside: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(folder, "_ANCHORED", False)
    first = run(capsys)
    assert run(capsys) == first
    assert stored(project).exists()
    assert cli.main(["clean"]) == 0
    capsys.readouterr()
    (project / ".torchlint_cache").symlink_to(outside)
    assert run(capsys) == first
    assert content_of(outside) == {"findings.json": "mine"}


ENGINE = """
import torch


def fit(model, criterion, x, y):
    loss = criterion(torch.softmax(model(x), 1), y)
    loss.backward()
"""
MAIN = """
import torch.nn as nn
from engine import fit


def main(model, x, y):
    fit(model, nn.{loss}(), x, y)
"""


@pytest.fixture
def importing(project: Path) -> Path:
    (project / "bad.py").unlink()
    (project / "engine.py").write_text(ENGINE)
    (project / "main.py").write_text(MAIN.format(loss="CrossEntropyLoss"))
    return project


@pytest.mark.parametrize("arguments", [["."], ["engine.py"], ["-j1", "."], ["-j2", "."]])
def test_a_changed_caller_has_what_it_calls_checked_again(
    importing: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    first = run(capsys, *arguments)
    assert "TLT101" in first[1]
    assert run(capsys, *arguments) == first
    (importing / "main.py").write_text(MAIN.format(loss="MSELoss"))
    assert "TLT101" not in run(capsys, *arguments)[1]
    (importing / "main.py").write_text(MAIN.format(loss="CrossEntropyLoss"))
    assert run(capsys, *arguments) == first


def test_the_text_of_an_editor_has_the_callers_of_its_file(
    importing: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ENGINE.encode())))
    assert "TLT101" in run(capsys, "--stdin-filename", "engine.py")[1]


def test_a_new_and_a_deleted_caller_have_what_they_call_checked_again(
    importing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = run(capsys)
    (importing / "other.py").write_text(MAIN.format(loss="MSELoss"))
    assert "TLT101" not in run(capsys)[1]
    (importing / "other.py").unlink()
    assert run(capsys) == first
    (importing / "main.py").unlink()
    assert "TLT101" not in run(capsys)[1]


def test_what_files_import_is_read_once(importing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_files: list[str] = []
    original = import_index.imported_names

    def imported_names(text: bytes) -> set[str]:
        read_files.append(text.decode())
        return original(text)

    monkeypatch.setattr(import_index, "imported_names", imported_names)
    cli.main([])
    assert len(read_files) == 3
    (importing / "engine.py").write_text(ENGINE + "\n")
    cli.main([])
    assert len(read_files) == 4


def test_a_broken_index_of_imports_is_made_anew(importing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = run(capsys)
    for content in (b"", b"{", (importing / ".torchlint_cache" / "imports.json").read_bytes().replace(b"fit", b"fat")):
        (importing / ".torchlint_cache" / "imports.json").write_bytes(content)
        (importing / ".torchlint_cache" / "findings.json").unlink()
        assert run(capsys) == first
