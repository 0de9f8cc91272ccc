"""The hook, run by the real pre-commit from a repository that has it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT
from hang_guard import HANG_GUARD
from notebook_files import notebook

pytestmark = pytest.mark.xdist_group("pre-commit")

README = (ROOT / "README.md").read_text(encoding="utf-8")
REPOSITORY = "https://github.com/torchlint/torchlint"
MISTAKE = "import torch\n\n\ndef f(x):\n    return torch.log(torch.softmax(x, dim=1))\n"
FIXED = "import torch\n\n\ndef f(x):\n    return torch.log_softmax(x, dim=1)\n"
CLEAN = "import torch\n\n\ndef f(x):\n    return torch.relu(x)\n"


def git(*arguments: str, cwd: Path) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True, timeout=HANG_GUARD)


def repository(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    git("init", "--quiet", "--initial-branch=main", ".", cwd=folder)
    return folder


def commit(folder: Path) -> None:
    git("add", "--all", ".", cwd=folder)
    git("commit", "--quiet", "--no-verify", "--message=state", cwd=folder)


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with what stands in the tree now, committed or not."""
    folder = tmp_path_factory.mktemp("hooks") / "torchlint"
    ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", "build", "dist", "*.egg-info", ".*_cache")
    shutil.copytree(ROOT, folder, ignore=ignored)
    repository(folder)
    commit(folder)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pre-commit-home")


@pytest.fixture
def project(tmp_path: Path, hooks: Path) -> Path:
    """A project with the configuration that README shows, for the hook that is in the tree now."""
    folder = repository(tmp_path / "project")
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=hooks, check=True, capture_output=True, text=True)
    shown = re.search(r"^```yaml\n(repos:\n.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert shown is not None
    recipe = shown[1].replace(REPOSITORY, f"file://{hooks}").replace("<a tag or commit>", head.stdout.strip())
    (folder / ".pre-commit-config.yaml").write_text(recipe)
    return folder


@pytest.fixture
def reporting(project: Path) -> Path:
    """The same without `args`, so that the hook changes nothing."""
    path = project / ".pre-commit-config.yaml"
    path.write_text("".join(line for line in path.open() if "args:" not in line))
    return project


def pre_commit(home: Path, project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    git("add", "--all", ".", cwd=project)
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments, "--all-files", "--verbose"],
        cwd=project,
        env={**os.environ, "PRE_COMMIT_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=HANG_GUARD,
    )


def test_a_mistake_fails_the_commit_and_stays_as_it_is_without_arguments(home: Path, reporting: Path) -> None:
    (reporting / "program.py").write_text(MISTAKE)
    (reporting / "notes.txt").write_text(MISTAKE)
    (reporting / "n.ipynb").write_bytes(notebook("import torch", MISTAKE))
    result = pre_commit(home, reporting, "run", "torchlint")
    assert result.returncode == 1, result.stdout + result.stderr
    assert "program.py:5:12" in result.stdout
    assert "n.ipynb:cell 2:5:12" in result.stdout
    assert "notes.txt" not in result.stdout
    assert (reporting / "program.py").read_text() == MISTAKE


def test_excluded_files_are_left_alone_although_pre_commit_names_them(home: Path, project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.torchlint]\nextend-exclude = ["generated"]\n')
    (project / "generated").mkdir()
    (project / "generated" / "program.py").write_text(MISTAKE)
    result = pre_commit(home, project, "run")
    assert result.returncode == 0, result.stdout + result.stderr
    assert (project / "generated" / "program.py").read_text() == MISTAKE


def test_a_fix_fails_the_commit_and_what_is_fixed_passes(home: Path, project: Path) -> None:
    (project / "program.py").write_text(MISTAKE)
    result = pre_commit(home, project, "run")
    assert result.returncode == 1, result.stdout + result.stderr
    assert "files were modified by this hook" in result.stdout
    assert (project / "program.py").read_text() == FIXED
    again = pre_commit(home, project, "run")
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.count("Passed") == 1


def test_the_environment_of_the_hooks_has_no_torch(home: Path, project: Path) -> None:
    (project / "program.py").write_text(CLEAN)
    assert pre_commit(home, project, "run").returncode == 0
    installed = {path.name.partition("-")[0] for path in home.rglob("site-packages/*.dist-info")}
    assert {"torchlint", "libcst"} <= installed
    assert not installed & {"torch", "numpy", "flake8"}
