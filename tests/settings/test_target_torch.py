"""Which torch the code is for: what the configuration says, else what the project's own metadata state."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from torchlint.cli import main
from torchlint.settings.config import Configuration, Overrides, find_settings
from torchlint.settings.config_table import ConfigError
from torchlint.torch_range import CURRENT

OLD = "import torch\n\nresult = torch.lu_solve(b, lu, pivots)\n"  # what replaces it came with 1.13


@pytest.fixture(autouse=True)
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(textwrap.dedent(text))


def target(path: str = "a.py", **overrides: object) -> str:
    table = {key.replace("_", "-"): value for key, value in overrides.items()}
    return find_settings(path, Overrides(table=table)).target_torch.text


PYPROJECT = '[project]\nname = "x"\ndependencies = ["numpy", "torch>=1.13"]\n'


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("pyproject.toml", PYPROJECT, ">=1.13"),
        ("pyproject.toml", '[project.optional-dependencies]\ntrain = ["torch[opt] (>=2.0,<2.6) ; x"]\n', ">=2.0,<2.6"),
        ("pyproject.toml", '[project]\ndependencies = ["torchvision>=0.13", "torch-geometric>=2.0"]\n', ""),
        ("pyproject.toml", '[project]\ndependencies = ["torch @ https://example.org/torch>=2.whl"]\n', ""),
        ("pyproject.toml", '[project]\ndependencies = ["torch>=1.8", "torch<2.0 ; extra"]\n', ""),
        ("pyproject.toml", "[project\ndependencies = torch>=1.8", ""),
        ("pyproject.toml", "project = 'torch>=1.8'", ""),
        ("setup.cfg", "[options]\ninstall_requires =\n    numpy\n    torch>=1.8\n", ">=1.8"),
        ("setup.cfg", "[options.extras_require]\nall =\n    torch==1.12.*\n", "==1.12.*"),
        ("setup.cfg", "install_requires = torch>=1.8\n", ""),
        ("setup.py", 'from setuptools import setup\n\nsetup(install_requires=["torch>=1.9"])\n', ">=1.9"),
        ("setup.py", 'import setuptools\n\nsetuptools.setup(extras_require={"all": ["torch~=2.1"]})\n', "~=2.1"),
        ("setup.py", 'setup(install_requires=read("torch>=1.9"))\n', ""),
        ("setup.py", 'raise SystemExit("torch>=1.9")\n', ""),
        ("setup.py", "setup(install_requires=['torch>=1.9'\n", ""),
    ],
)
def test_the_metadata_of_the_project_state_it(file: str, text: str, expected: str) -> None:
    write(file, text)
    write("package/inner/a.py", OLD)
    assert target("package/inner/a.py") == expected


def test_requirement_files_count_beside_the_metadata() -> None:
    write("requirements.txt", "torch>=1.10  # old\n")
    assert target() == ""
    write("pyproject.toml", '[project]\nname = "x"\n')
    assert target() == ">=1.10"
    write("requirements-dev.txt", "-r requirements.txt\ntorch==2.3.0+cpu\n--extra-index-url https://example.org\n")
    assert target() == ">=1.10"
    write("setup.cfg", "[options]\ninstall_requires = torch>=1.7\n")
    assert target() == ">=1.7", "they are asked last"


def test_the_configuration_wins_and_the_command_line_over_it() -> None:
    write("pyproject.toml", PYPROJECT)
    assert target() == ">=1.13"
    write("pyproject.toml", PYPROJECT + '[tool.torchlint]\ntarget-torch = ">=2.0"\n')
    assert target() == ">=2.0"
    assert target(target_torch=">=2.3") == ">=2.3"


def test_nothing_is_read_from_outside_the_repository() -> None:
    write("pyproject.toml", PYPROJECT)
    Path("other/.git").mkdir(parents=True)
    write("other/package/a.py", OLD)
    assert target("other/package/a.py") == ""


def test_an_isolated_run_reads_no_metadata() -> None:
    write("pyproject.toml", PYPROJECT)
    assert find_settings("a.py", Overrides(isolated=True)).target_torch == CURRENT
    assert find_settings("a.py", Overrides({"target-torch": ">=1.9"}, isolated=True)).target_torch.text == ">=1.9"


def test_folders_of_a_project_share_their_settings() -> None:
    write("pyproject.toml", PYPROJECT)
    write("a/b.py", OLD)
    write("c/d.py", OLD)
    configuration = Configuration()
    assert configuration.settings_for("a/b.py") is configuration.settings_for("c/d.py")


@pytest.mark.parametrize("value", ['"2.3"', '">=2.6,<2.3"', "2.3", '["torch"]'])
def test_a_range_that_is_none_is_a_mistake_in_the_configuration(value: str) -> None:
    write("pyproject.toml", f"[tool.torchlint]\ntarget-torch = {value}\n")
    with pytest.raises(ConfigError, match=r"^pyproject\.toml:2: target-torch: [^\n]+$"):
        target()


def test_a_bad_option_is_one_line_and_exit_status_two(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.py", OLD)
    assert main(["check", "--target-torch", "2.3", "a.py"]) == 2
    assert capsys.readouterr().err.strip().splitlines()[-1].endswith("did you mean '>=2.3'?")


def test_what_holds_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    write("pyproject.toml", PYPROJECT)
    write("a.py", OLD)
    main(["check", "--show-settings", "a.py"])
    assert "target-torch: >=1.13" in capsys.readouterr().out


def test_the_cache_does_not_mix_up_targets(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.py", OLD)
    assert main(["check", "--target-torch", ">=1.13", "a.py"]) == 1
    assert main(["check", "--target-torch", ">=1.12", "a.py"]) == 0
    assert main(["check", "--target-torch", ">=1.13", "a.py"]) == 1
    capsys.readouterr()
