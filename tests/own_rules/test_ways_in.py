"""Rules of a project's own from Python, on other people's workers, and in an editor."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import warnings
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from threading import Timer

import pytest
from hang_guard import HANG_GUARD
from rule_projects import CONFIGURATION, PROGRAM, project, rule, write

from torchlint import registry
from torchlint.api import Checked, lint_paths
from torchlint.running.job import Job, Mode, run_file
from torchlint.server.client_settings import ClientSettings
from torchlint.server.configurations import Configurations
from torchlint.settings.config import Configuration, Overrides


@pytest.fixture(autouse=True)
def without_a_user_s_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no configuration"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return project(tmp_path / "acme", rules={"old_load.py": rule("API101")})


def codes(found: list[Checked]) -> list[str]:
    return sorted(finding.code for one in found for finding in one.findings)


def spawning(count: int) -> Executor:
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))


@pytest.mark.parametrize("kind", [None, ThreadPoolExecutor, spawning])
def test_workers_of_all_kinds_know_them(kind: type[Executor] | None, folder: Path) -> None:
    if kind is None:
        assert codes(list(lint_paths([folder], allow_local_rules=True))) == ["API101", "TLT202"]
        return
    with kind(2) as executor:  # type: ignore[call-arg]
        assert codes(list(lint_paths([folder], executor=executor, allow_local_rules=True))) == ["API101", "TLT202"]


def test_python_says_what_was_not_run(folder: Path) -> None:
    with pytest.warns(UserWarning, match="were not run, because a repository may not decide"):
        assert codes(list(lint_paths([folder]))) == ["TLT202"]


def test_python_gets_the_file_of_a_rule_that_cannot_run(folder: Path) -> None:
    write(folder / "lint_rules" / "no_rule.py", "x = 1\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = list(lint_paths([folder / "program.py"], allow_local_rules=True))
    assert [(Path(one.path).name, one.error) for one in found if one.error] == [
        ("no_rule.py", "it must define one rule, not 0")
    ]
    assert codes(found) == ["API101"]


def test_a_rule_that_changes_in_one_process_is_another_one(folder: Path) -> None:
    write(folder / "lint_rules" / "old_load.py", rule("CHG101"))
    program = str(folder / "program.py")

    def found() -> list[str]:
        settings = Configuration(Overrides(allow_local_rules=True)).settings_for(program)
        return [finding.code for finding in run_file(Job(program, settings, Mode())).findings]

    assert found() == ["CHG101"]
    write(folder / "lint_rules" / "old_load.py", rule("CHG102"))
    assert found() == ["CHG102"]
    assert registry.info_of("CHG101") is None


def test_an_editor_runs_them_only_where_the_user_allows_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "lint_rules" / "old_load.py", rule("EDI101"))
    program = str(folder / "program.py")
    configurations = Configurations(ClientSettings(), [str(folder)])
    settings = configurations.settings_for(program)
    assert settings is not None
    assert settings.local_rules == ()
    assert [notice for notice in configurations.take_notices() if "were not run" in notice.text and not notice.is_error]
    assert registry.info_of("EDI101") is None
    home = tmp_path / "home"
    write(home / "torchlint" / "config.toml", "allow-local-rules = true\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    configurations.forget()
    settings = configurations.settings_for(program)
    assert settings is not None
    assert "EDI101" in settings.codes
    assert registry.is_in_folder(str(folder / "lint_rules" / "old_load.py"))
    assert not registry.is_in_folder(program)


def test_an_editor_is_told_of_a_rule_that_cannot_run(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "lint_rules" / "no_rule.py", "x = 1\n")
    write(tmp_path / "home" / "torchlint" / "config.toml", "allow-local-rules = true\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    configurations = Configurations(ClientSettings(), [str(folder)])
    configurations.settings_for(str(folder / "program.py"))
    (notice,) = configurations.take_notices()
    assert notice.is_error
    assert notice.text.endswith("no_rule.py: it must define one rule, not 0")


def test_the_settings_of_a_client_allow_nothing(folder: Path) -> None:
    from torchlint.server.client_settings import read_settings

    settings = read_settings({"allow-local-rules": True, "local-rules": ["lint_rules"]})
    assert len(settings.mistakes) == 2
    assert dict(settings.table) == {}


def test_only_a_file_says_which_folders(folder: Path) -> None:
    assert CONFIGURATION in (folder / "pyproject.toml").read_text()
    assert (folder / "program.py").read_text() == PROGRAM
    isolated = Configuration(Overrides(isolated=True, allow_local_rules=True)).settings_for(str(folder / "program.py"))
    assert isolated.local_rules == ()
    assert not any(code.startswith("API") for code in isolated.codes)


def test_watching_checks_again_when_a_rule_changes_that_lies_elsewhere(tmp_path: Path) -> None:
    folder = project(tmp_path / "acme")
    write(folder / "src" / "program.py", PROGRAM)
    command = [sys.executable, "-u", "-m", "torchlint", "check", "--watch", "--output-format=concise"]
    with subprocess.Popen(
        [*command, "--allow-local-rules", "src"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        giving_up = Timer(HANG_GUARD, run.kill)
        giving_up.start()
        try:
            assert "ACM101" in run.stdout.readline()
            write(folder / "lint_rules" / "old_load.py", rule("ACM105"))
            assert any("ACM105" in line for line in iter(run.stdout.readline, ""))
        finally:
            giving_up.cancel()
            run.kill()
