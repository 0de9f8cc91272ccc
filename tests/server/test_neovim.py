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


def environment(folder: Path) -> dict[str, str]:
    """Neovim keeps a log of its clients, and other files of its own."""
    homes = {f"XDG_{name}_HOME": str(folder / name) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    return os.environ | {"PATIENCE": str(HANG_GUARD // 10), **homes}


@pytest.mark.skipif(shutil.which("nvim") is None, reason="Neovim is not installed: `apt-get install neovim`")
def test_neovim_shows_findings_and_applies_their_fixes(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    program = tmp_path / "program.py"
    program.write_text(dedent(PROGRAM))
    result = subprocess.run(
        ["nvim", "--headless", "-u", "NONE", "-i", "NONE", "-S", str(SCRIPT)],
        cwd=tmp_path,
        env=environment(tmp_path) | {"PYTHON": sys.executable, "PROGRAM": str(program)},
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


SHOWN = """\
vim.cmd("edit program.py")
vim.bo.filetype = "python"
vim.wait(tonumber(vim.env.PATIENCE) * 1000, function() return #vim.diagnostic.get(0) > 0 end, 20)
for _, each in ipairs(vim.diagnostic.get(0)) do io.stdout:write(each.message, "\\n") end
vim.cmd("qall!")
"""


@pytest.mark.skipif(shutil.which("nvim") is None, reason="Neovim is not installed: `apt-get install neovim`")
def test_the_settings_for_neovim_in_the_documentation_work(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
    block = page.partition("<!-- tried: neovim -->\n```lua\n")[2].partition("```")[0]
    assert "torchlint" in block
    (tmp_path / "init.lua").write_text(block)
    (tmp_path / "shown.lua").write_text(SHOWN)
    (tmp_path / "program.py").write_text(dedent(PROGRAM))
    result = subprocess.run(
        ["nvim", "--headless", "-u", "init.lua", "-i", "NONE", "-S", "shown.lua"],
        cwd=tmp_path,
        env=environment(tmp_path) | {"PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])},
        capture_output=True,
        text=True,
        timeout=HANG_GUARD,
    )
    assert "`log(softmax(x))` is -inf" in result.stdout, result.stderr
