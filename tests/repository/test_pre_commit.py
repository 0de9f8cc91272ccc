"""The hooks, run by the real pre-commit as `pre-commit try-repo` does for a user who thinks about them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT
from hang_guard import HANG_GUARD
from notebook_files import notebook

pytestmark = pytest.mark.xdist_group("pre-commit")

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
    """A project whose configuration names both hooks, as README says it should."""
    folder = repository(tmp_path / "project")
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=hooks, check=True, capture_output=True, text=True)
    (folder / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: file://{hooks}\n    rev: {head.stdout.strip()}\n"
        "    hooks:\n      - id: torchlint-fix\n      - id: torchlint\n"
    )
    return folder


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


def test_the_hooks_can_be_tried_without_a_configuration(hooks: Path, home: Path, tmp_path: Path) -> None:
    project = repository(tmp_path / "project")
    (project / "program.py").write_text(MISTAKE)
    result = pre_commit(home, project, "try-repo", str(hooks), "torchlint")
    assert result.returncode == 1, result.stdout + result.stderr
    assert "program.py:5:12" in result.stdout
    assert "TLT202" in result.stdout


def test_a_mistake_fails_the_commit_and_stays_as_it_is(home: Path, project: Path) -> None:
    (project / "program.py").write_text(MISTAKE)
    (project / "notes.txt").write_text(MISTAKE)
    (project / "n.ipynb").write_bytes(notebook("import torch", MISTAKE))
    result = pre_commit(home, project, "run", "torchlint")
    assert result.returncode == 1, result.stdout + result.stderr
    assert "program.py:5:12" in result.stdout
    assert "n.ipynb:cell 2:5:12" in result.stdout
    assert "notes.txt" not in result.stdout
    assert (project / "program.py").read_text() == MISTAKE


def test_clean_code_passes(home: Path, project: Path) -> None:
    (project / "program.py").write_text(CLEAN)
    result = pre_commit(home, project, "run")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("Passed") == 2


def test_excluded_files_are_left_alone_although_pre_commit_names_them(home: Path, project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.torchlint]\nextend-exclude = ["generated"]\n')
    (project / "generated").mkdir()
    (project / "generated" / "program.py").write_text(MISTAKE)
    result = pre_commit(home, project, "run")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_fixing_hook_fixes_and_fails(home: Path, project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.torchlint]\nextend-safe-fixes = ["TLT202"]\n')
    (project / "program.py").write_text(MISTAKE)
    result = pre_commit(home, project, "run", "torchlint-fix")
    assert result.returncode == 1, result.stdout + result.stderr
    assert "exit code: 1" in result.stdout
    assert (project / "program.py").read_text() == FIXED
    again = pre_commit(home, project, "run")
    assert again.returncode == 0, again.stdout + again.stderr


def test_the_environment_of_the_hooks_has_no_torch(home: Path, project: Path) -> None:
    (project / "program.py").write_text(CLEAN)
    assert pre_commit(home, project, "run").returncode == 0
    installed = {path.name.partition("-")[0] for path in home.rglob("site-packages/*.dist-info")}
    assert {"torchlint", "libcst"} <= installed
    assert not installed & {"torch", "numpy", "flake8"}
