"""`--timing`: what is said, not how much it is, which depends on the machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hang_guard import HANG_GUARD

PROGRAM = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(3, 3), nn.Linear(3, 3)]

    def forward(self, x):
        return torch.log(torch.softmax(self.layers[0](x), dim=1))


def logs(x):
    return torch.log(torch.softmax(x, dim=0))
"""
STAGES = [
    *("start-up", "parsing", "words and gates", "other files of the project", "loading of rules", "evaluation"),
    *("asking the rules", "fixes", "other"),
]


def torchlint(*arguments: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "torchlint", "check", "--isolated", "--output-format=concise", *arguments]
    return subprocess.run(program, cwd=cwd, input=stdin, capture_output=True, text=True, timeout=HANG_GUARD)


def rows(table: str) -> dict[str, list[str]]:
    """The cells of each row by the first word of its name, or its whole name if it is no rule."""
    heading, _, *lines = table.splitlines()
    assert heading == "CPU time in one process, without the cache:"
    found = {}
    for line in lines:
        name = line[:44].strip()
        found[name.split()[0] if name.startswith("TLT") else name] = line[44:].replace(" %", "").split()
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        (tmp_path / f"net{number}.py").write_text(PROGRAM)
    return tmp_path


def test_findings_and_exit_code_are_those_of_any_run(folder: Path) -> None:
    plain = torchlint("--no-cache", cwd=folder)
    timed = torchlint("--timing", cwd=folder)
    assert plain.returncode == timed.returncode == 1
    assert timed.stdout == plain.stdout
    assert plain.stderr == ""


def test_each_rule_is_listed_with_what_it_looked_at_and_found(folder: Path) -> None:
    table = rows(torchlint("--timing", cwd=folder).stderr)
    assert table["TLT202"][2:] == ["6", "6"]  # two functions in each file, one finding in each
    assert table["TLT602"][2:] == ["3", "3"]
    assert "TLT701" not in table  # nothing trains: it was never asked


def test_the_shares_of_stages_and_rules_are_the_whole(folder: Path) -> None:
    table = rows(torchlint("--timing", cwd=folder).stderr)
    assert list(table)[: len(STAGES)] == STAGES
    assert table["evaluation"] != ["0.0", "0.0"]
    total = float(table.pop("total")[0])
    assert total > 0
    assert sum(float(cells[0]) for cells in table.values()) == pytest.approx(total, abs=0.05 * len(table) + 0.1)


def test_the_dearest_rule_comes_first(folder: Path) -> None:
    table = rows(torchlint("--timing", cwd=folder).stderr)
    spent = [float(cells[0]) for name, cells in table.items() if name.startswith("TLT")]
    assert spent == sorted(spent, reverse=True)


def test_nothing_is_remembered_and_nothing_recalled(folder: Path) -> None:
    torchlint("--timing", cwd=folder)
    assert not (folder / ".torchlint_cache").exists()
    torchlint(cwd=folder)
    assert (folder / ".torchlint_cache").exists()
    assert rows(torchlint("--timing", cwd=folder).stderr)["TLT202"][2:] == ["6", "6"]


def test_it_is_one_process_whatever_was_asked_for(folder: Path) -> None:
    assert rows(torchlint("--timing", "-j4", cwd=folder).stderr)["TLT202"][2:] == ["6", "6"]


def test_standard_input_and_fixes_are_timed_too(folder: Path) -> None:
    table = rows(torchlint("--timing", "-", cwd=folder, stdin=PROGRAM).stderr)
    assert table["TLT202"][2:] == ["2", "2"]
    table = rows(torchlint("--timing", "--diff", "net0.py", cwd=folder).stderr.partition("\n")[2])
    assert float(table["fixes"][0]) > 0


def test_a_tree_without_torch_has_no_rules(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import os\n")
    result = torchlint("--timing", cwd=tmp_path)
    assert result.returncode == 0
    assert not any(name.startswith("TLT") for name in rows(result.stderr))


def test_a_rule_that_crashes_is_said_before_the_table(folder: Path) -> None:
    driver = folder / "driver.py"
    driver.write_text(
        "import sys\n"
        "from torchlint import registry\n"
        "from torchlint.cli import main\n"
        "def crash(*arguments):\n"
        "    raise ZeroDivisionError('a mistake of ours')\n"
        "registry.load('TLT602').check_class = crash\n"
        "sys.exit(main(['check', '--isolated', '--timing', 'net0.py']))\n"
    )
    result = subprocess.run(
        [sys.executable, str(driver)], cwd=folder, capture_output=True, text=True, timeout=HANG_GUARD
    )
    said, note, table = result.stderr.split("\n", 2)
    assert said == "net0.py: rule TLT602 crashed: ZeroDivisionError: a mistake of ours"
    assert "--debug" in note
    assert rows(table)["TLT602"][2:] == ["1", "0"]


def test_a_run_without_it_does_not_load_it(folder: Path) -> None:
    code = (
        "import sys\nfrom torchlint.cli import main\nmain(['check', '--isolated', 'net0.py'])\n"
        "sys.exit('torchlint.timing' in sys.modules)\n"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, timeout=HANG_GUARD).returncode
        == 0
    )
