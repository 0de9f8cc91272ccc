"""`torchlint demonstrate FILE:LINE` runs the user's own expression beside the mended one where they differ most."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from torchlint.cli import main
from torchlint.verify import demonstrate
from torchlint.verify.run.process import Process

pytest.importorskip("torch")
pytest.importorskip("gmpy2")
pytestmark = pytest.mark.xdist_group("own demonstrations")

PROGRAM = dedent(
    """\
    import torch
    import torch.nn.functional as F
    from torch import nn


    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 3)

        def entropy(self, x):
            p = torch.softmax(self.fc(x), dim=-1)
            return torch.log(p)  # underflows


    def loss(x, y):
        return F.cross_entropy(torch.softmax(x, dim=1), y)  # twice


    def masked(x):
        return torch.where(x > 0, x * torch.log(x), 0.0)  # gradient


    def integers(x):
        labels = torch.randint(0, 2, (8,))
        return F.binary_cross_entropy_with_logits(x, labels)  # raises


    def redundant(x, y):
        return F.cross_entropy(F.log_softmax(x, dim=1), y)  # same


    def train(loader):
        model = nn.Linear(4, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x, y in loader:  # no fix
            F.mse_loss(model(x), y).backward()
            optimizer.step()
    """
)


class Kept(Process):
    """A process that is not ended by those who use it: to start one takes longer than what it does here."""

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    kept = Kept("cpu")
    yield kept
    Process.close(kept)


@pytest.fixture
def path(tmp_path: Path, process: Process, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(demonstrate, "Process", lambda device: process)
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


def line_of(comment: str) -> int:
    return next(row for row, line in enumerate(PROGRAM.splitlines(), 1) if line.endswith(f"# {comment}"))


def row(out: str, name: str) -> list[str]:
    """What both versions give under a name: the columns are at least two spaces apart."""
    line = next(line for line in out.splitlines() if line.startswith(f"    {name}  "))
    return re.split(r"  +", line.strip())[1:]


def shown(path: Path, comment: str, capsys: pytest.CaptureFixture[str], status: int = 0) -> str:
    assert main(["demonstrate", f"{path}:{line_of(comment)}"]) == status
    return capsys.readouterr().out


def test_inputs_are_looked_for_on_which_only_the_old_code_is_infinite(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = shown(path, "underflows", capsys)
    assert "log-of-softmax (TLT202)" in out.splitlines()[0]
    before, after = row(out, "result")
    assert "-inf" in before
    assert "inf" not in after
    before, after = row(out, "gradient for h0")
    assert "nan" in before
    assert "nan" not in after


def test_the_inputs_stand_there_with_the_words_of_the_user(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(path, "underflows", capsys)
    assert re.search(r"^    h0 = torch\.tensor\(\[\[.*\]\]\)  # self\.fc\(x\)$", out, re.MULTILINE)
    assert "    def before(h0):\n        v0 = torch.softmax(h0, dim=-1)\n" in out
    assert "    def after(h0):\n        return torch.log_softmax(h0, dim=-1)\n" in out


def test_a_loss_that_changes_is_shown_in_numbers(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = (float(number) for number in row(shown(path, "twice", capsys), "result"))
    assert before < 3 < after


def test_a_gradient_that_is_nan_is_shown_though_the_result_is_right(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = shown(path, "gradient", capsys)
    before, after = row(out, "result")
    assert before == after
    assert ["nan" in gradient for gradient in row(out, "gradient for h0")] == [True, False]


def test_code_that_always_raises_is_run_on_inputs_of_the_mended_code(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = shown(path, "raises", capsys)
    before, after = row(out, "raises")
    assert before.startswith("RuntimeError: ")
    assert after == "-"
    assert row(out, "result")[0] == "-"


@pytest.mark.parametrize(
    ("comment", "reason"),
    [("same", r"on \d+ inputs that were tried both versions give the same"), ("no fix", "there is no fix for it")],
)
def test_what_cannot_be_shown_is_said_with_what_can(
    comment: str, reason: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = shown(path, comment, capsys, status=1)
    assert re.search(f"It cannot be shown on your code: {reason}", out)
    assert re.search(r"`torchlint demonstrate TLT\d+` runs a program of the rule's own", out)
    assert "Measured" not in out


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("program.py:1", "program.py:1: no rule has a finding there"),
        ("missing.py:1", "missing.py: there is no such file"),
        ("broken.py:1", "broken.py:2: "),
    ],
)
def test_a_place_without_a_finding_is_an_error(
    place: str, said: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.with_name("broken.py").write_text("import torch\ndef f(:\n", encoding="utf-8")
    assert main(["demonstrate", str(path.with_name(place))]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
