"""`torchlint demonstrate` prints both programs of a rule and what they measure; a page quotes it without torch."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hang_guard import HANG_GUARD

from torchlint import data, demonstrated
from torchlint.cli import main
from torchlint.verify import demonstrations


@pytest.fixture(scope="module")
def shown() -> str:
    pytest.importorskip("torch")
    code = (
        "import sys\nfrom torchlint.cli import main\n"
        "assert main(['demonstrate', 'missing-zero-grad']) == 0\n"
        "assert 'torch' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=HANG_GUARD)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_both_programs_are_printed_with_all_that_they_need(shown: str) -> None:
    mistake, mended = shown.partition("Mended:")[::2]
    assert mistake.startswith("# missing-zero-grad (TLT701)\n\nThe mistake:\n\n    import torch\n")
    assert "    def mistaken():" in mistake
    assert "zero_grad()" not in mistake
    assert "        optimizer.zero_grad()" in mended
    assert "is_harm" not in shown


def test_what_was_measured_is_a_table_and_a_sentence(shown: str) -> None:
    kept = demonstrated.kept("TLT701")
    assert kept is not None
    _, _, measured = shown.partition("Measured with torch ")
    assert measured.splitlines()[2].split() == ["mistaken", "mended"]
    assert measured.splitlines()[3].split() == [
        "loss",
        *map(demonstrations.spoken, (*kept.mistaken.values(), *kept.mended.values())),
    ]
    assert kept.harm in " ".join(measured.split())


def test_what_was_raised_is_shown_beside_what_the_mended_program_measures(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    assert main(["demonstrate", "TLT307"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["raises", "RuntimeError", "-"] in rows
    assert ["numbers", "inside", "-", "5"] in rows


def test_without_torch_it_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "torch" else find(name, *rest))
    assert main(["demonstrate", "TLT101"]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", "error: `torchlint demonstrate` needs torch: pip install 'torchlint[verify]'\n")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("sofmax-before-cross-entropy", "did you mean 'softmax-before-cross-entropy'?"),
        ("TLT105", "TLT105 log-softmax-then-nll-loss has no demonstration"),
    ],
)
def test_what_cannot_be_demonstrated_is_an_error_that_says_why(
    word: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demonstrate", word]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


def test_harm_that_does_not_show_here_is_said_and_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    text = (demonstrations.folder() / "discarded_result.py").read_text(encoding="utf-8")
    (tmp_path / "discarded_result.py").write_text(text.replace("y.clamp(", "y.clamp_("), encoding="utf-8")
    monkeypatch.setattr(demonstrations, "folder", lambda: tmp_path)
    assert main(["demonstrate", "TLT308"]) == 1
    assert "TLT308: the harm does not show here: the mistaken program gives {'largest': 1.0}" in capsys.readouterr().err


def test_write_keeps_the_numbers_of_the_rules_that_were_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    before = demonstrated.table()
    monkeypatch.setattr(data, "path", lambda name: str(tmp_path / name))
    assert main(["demonstrate", "TLT308", "--write"]) == 0
    written = json.loads((tmp_path / "demonstrations.json").read_text(encoding="utf-8"))
    assert written == before
    demonstrated.table.cache_clear()


def test_the_page_of_a_rule_quotes_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "TLT308"]) == 0
    page = capsys.readouterr().out
    _, _, section = page.partition("\n## Demonstration\n")
    told = " ".join(section.partition("\n## ")[0].split())
    kept = demonstrated.kept("TLT308")
    assert kept is not None
    assert told == (
        f"{kept.harm} Measured with torch {kept.torch} on cpu; `torchlint demonstrate TLT308` prints both programs and "
        "runs them."
    )
    assert main(["rule", "TLT308", "--output-format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["demonstration"]["mistaken"] == {"largest": 4.0}


def test_the_page_of_a_rule_without_a_demonstration_has_no_such_section(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "TLT105"]) == 0
    assert "## Demonstration" not in capsys.readouterr().out
