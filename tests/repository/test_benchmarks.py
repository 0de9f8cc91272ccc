"""The benchmarks run. What they measure is not tested: a figure depends on the machine."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT
from hang_guard import HANG_GUARD

PROGRAM = "import torch\n\n\ndef f(x):\n    return torch.log(torch.softmax(x, dim=1))\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    for number in range(4):
        (folder / f"program{number}.py").write_text(PROGRAM)
    return folder


def benchmark(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=HANG_GUARD,
    )


def test_our_cost_is_measured(tree: Path, tmp_path: Path) -> None:
    result = benchmark(
        "peers", "--here", "--peers=", f"--trees={tree}", "--runs=1", f"--work={tmp_path / 'work'}", "--markdown"
    )
    assert result.returncode == 0, result.stderr
    assert "tree: 4 files, 20 lines; medians of 1" in result.stdout
    assert re.search(r"^\| torchlint \| \d+\.\d\d \| \d+\.\d\d \| \d+ \| 1 \|$", result.stdout, re.MULTILINE)


def test_the_findings_cache_is_measured_too(tree: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    result = benchmark("peers", "--here", "--peers=torchlint-warm", f"--trees={tree}", "--runs=1", f"--work={work}")
    assert result.returncode == 0, result.stderr
    assert re.search(r"^torchlint-warm +\d+\.\d\d ", result.stdout, re.MULTILINE)
    assert any((work / "cache").rglob("*"))


def test_a_sample_is_a_part_of_the_tree_and_the_same_each_time(tree: Path, tmp_path: Path) -> None:
    samples = []
    for work in (tmp_path / "one", tmp_path / "two"):
        result = benchmark("peers", "--here", "--peers=", f"--trees={tree}", "--runs=1", "--sample=2", f"--work={work}")
        assert "tree, 2 files: 2 files, 10 lines" in result.stdout
        samples.append(sorted(path.name for path in (work / "samples").rglob("*.py")))
    assert len(samples[0]) == 2
    assert samples[0] == samples[1]


def test_a_run_past_the_limit_is_given_up_and_said(tree: Path, tmp_path: Path) -> None:
    result = benchmark(
        "peers", "--here", "--peers=", f"--trees={tree}", "--runs=1", "--limit=0.001", f"--work={tmp_path / 'work'}"
    )
    assert result.returncode != 0
    assert "did not finish in" in result.stderr


def test_our_time_is_divided_into_stages(tree: Path) -> None:
    result = benchmark("profile", str(tree), "--rules")
    assert result.returncode == 0, result.stderr
    assert re.search(r"^4 files, 20 lines, \d", result.stdout)
    assert re.search(r"^parse \(ast\) +\d+\.\d%", result.stdout, re.MULTILINE)
    assert re.search(r"^TLT202 log-of-softmax +\d", result.stdout, re.MULTILINE)


def test_the_cost_of_verdicts_is_measured() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("gmpy2")
    result = benchmark("verdict_times", "--runs=1")
    assert result.returncode == 0, result.stderr
    assert re.search(r"^more accurate +IMPROVES +\d+\.\d +\d+\.\d$", result.stdout, re.MULTILINE)
    assert re.search(r"^refused +[A-Z_]+ +\d+\.\d +\d+\.\d$", result.stdout, re.MULTILINE)


def test_growth_is_tabled_and_drawn(tmp_path: Path) -> None:
    result = benchmark("growth", "--only=size,depth,rules,files", "--runs=1", "--largest=100", f"--out={tmp_path}")
    assert result.returncode == 0, result.stderr
    assert re.search(r"^start of torchlint --version: \d+ ms CPU$", result.stdout, re.MULTILINE)
    for row in ("size, linked", "depth, statements", "rules, default rules", "files, importing each other"):
        assert re.search(rf"^{row}\n.*\nCPU us per line [ \d.]+ x\d+\.\d\d$", result.stdout, re.MULTILINE)
    picture = tmp_path / "growth.png"
    assert result.stdout.splitlines()[-1] == str(picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_what_is_hard_is_checked_and_none_of_it_crashes(tmp_path: Path) -> None:
    result = benchmark("growth", "--only=hard", "--runs=1", "--scale=0.02", f"--out={tmp_path}")
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"^chain of 32 calls +\d+ +\d+\.\d\d  All checks passed!$", result.stdout, re.MULTILINE)
    assert "crash" not in result.stdout
    assert not (tmp_path / "growth.png").exists()


def test_a_line_of_one_tree_is_compared_with_a_line_of_another(tree: Path, tmp_path: Path) -> None:
    result = benchmark("line_costs", str(tree), str(tree), "--every=2", "--runs=1", f"--work={tmp_path / 'work'}")
    assert result.returncode == 0, result.stderr
    assert "tree: 2 files, 10 lines" in result.stdout
    assert re.search(r"a line of tree costs \d+\.\d\d times one of tree \(CPU; \d+\.\d\d\)", result.stdout)


def test_the_cost_of_a_change_in_an_editor_is_measured(tree: Path) -> None:
    result = benchmark("keystrokes", str(tree), "--least=1", "--files=2", "--changes=3")
    assert result.returncode == 0, result.stderr
    assert re.search(
        r"^6 changes: \d+ ms, nine of ten below \d+ ms, \d+\.\d times as long as parsing$", result.stdout, re.M
    )
