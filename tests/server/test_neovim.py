"""A session of Neovim, headless, with the server: what docs/neovim_session.txt shows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from checkout import ROOT
from hang_guard import HANG_GUARD

SCRIPT = Path(__file__).with_name("neovim_session.lua")
RECORDED = ROOT / "docs" / "neovim_session.txt"
PROGRAM = """\
    import torch


    def f(x: torch.Tensor) -> torch.Tensor:
        scores = torch.softmax(torch.randn(8, 10), dim=1)
        print(scores.shape)
        return torch.log(torch.softmax(x, dim=1))
    """


@pytest.mark.skipif(shutil.which("nvim") is None, reason="Neovim is not installed: `apt-get install neovim`")
def test_neovim_shows_findings_and_applies_their_fixes(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    program = tmp_path / "program.py"
    program.write_text(dedent(PROGRAM))
    result = subprocess.run(
        ["nvim", "--headless", "-u", "NONE", "-i", "NONE", "-S", str(SCRIPT)],
        cwd=tmp_path,
        env=os.environ
        | {
            "PYTHON": sys.executable,
            "PROGRAM": str(program),
            "PATIENCE": str(HANG_GUARD // 10),
            # Neovim keeps a log of its clients and other files of its own.
            **{f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CONFIG", "DATA", "STATE", "CACHE")},
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=HANG_GUARD,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    # Nothing was saved.
    assert program.read_text() == dedent(PROGRAM)
    if pytestconfig.getoption("update_goldens"):
        RECORDED.write_text(result.stdout, encoding="utf-8")
    assert result.stdout == RECORDED.read_text(encoding="utf-8")
