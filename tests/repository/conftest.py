from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT
from hang_guard import HANG_GUARD


@pytest.fixture(scope="session")
def built_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel made of a source distribution, which is made of a copy: a build folder in the tree would leak into it.

    Tests that use it are of the group `packaging`, so that it is built once."""
    work = tmp_path_factory.mktemp("packaging")
    tree = work / "tree"
    ignored = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")
    shutil.copytree(ROOT, tree, ignore=ignored)
    result = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(work / "dist"), str(tree)],
        capture_output=True,
        text=True,
        timeout=HANG_GUARD,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    (path,) = (work / "dist").glob("*.whl")
    return path
