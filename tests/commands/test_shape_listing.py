"""`torchlint shapes FILE`."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from torchlint.cli import main

PROGRAM = dedent(
    """\
    import torch
    from torch import nn


    class Net(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3)
            self.fc = nn.Linear(width * 2, 10)
            self.width = width

        def forward(self, x, y):
            x = self.conv(x)
            y = self.fc(y.view(-1, self.width * 2))
            return x


    net = Net(4)
    out = net(torch.randn(1, 3, 32, 32), torch.randn(16))
    other = make(out)
    """
)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "net.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


def test_known_shapes_stand_at_the_ends_of_lines(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shapes", str(program)]) == 0
    lines = capsys.readouterr().out.splitlines()
    said = {line.partition("#")[0].strip(): line.partition("#")[2].strip() for line in lines if "#" in line}
    assert said == {
        "def forward(self, x, y):": ("x (3, x.shape[1], x.shape[2]) or (x.shape[0], 3, x.shape[2], x.shape[3])"),
        "x = self.conv(x)": "(1, 8, 30, 30)",
        "y = self.fc(y.view(-1, self.width * 2))": "(2, 10)",
        "return x": "(1, 8, 30, 30)",
        "out = net(torch.randn(1, 3, 32, 32), torch.randn(16))": "(1, 8, 30, 30)",
    }
    assert [line.partition("#")[0].rstrip() for line in lines] == PROGRAM.splitlines()


def test_without_a_call_sizes_are_symbols(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program.write_text(PROGRAM.partition("net = ")[0], encoding="utf-8")
    assert main(["shapes", str(program), "--output-format", "json"]) == 0
    rows = {line["row"]: line["shapes"] for line in json.loads(capsys.readouterr().out)}
    assert rows[13] == [
        "(8, x.shape[1] - 2, x.shape[2] - 2)",
        "(x.shape[0], 8, x.shape[2] - 2, x.shape[3] - 2)",
    ]
    assert rows[14] == ["(?, 10)"]


def test_a_file_that_cannot_be_parsed_is_said(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program.write_text("def f(:\n", encoding="utf-8")
    assert main(["shapes", str(program)]) == 2
    assert "cannot be parsed" in capsys.readouterr().err
