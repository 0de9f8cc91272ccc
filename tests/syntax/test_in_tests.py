"""What is silent in tests: which files are such is seen below the project's root."""

from __future__ import annotations

from pathlib import Path

import pytest

from torchlint import lint
from torchlint.source import Source

PROGRAM = """\
import torch


def f(x):
    return torch.exp(x) / torch.exp(x).sum(dim=1, keepdim=True)
"""


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ("testing/project/train.py", True),
        ("testing/project/src/train.py", True),
        ("testing/project/tests/train.py", False),
        ("testing/project/src/test/deep/train.py", False),
        ("testing/project/test_train.py", False),
        ("elsewhere/tests/train.py", False),  # no root in sight: the folder itself tells
        ("tests/elsewhere/train.py", True),
    ],
)
def test_folders_above_the_project_say_nothing(file: str, found: bool, tmp_path: Path) -> None:
    (tmp_path / "testing" / "project").mkdir(parents=True)
    (tmp_path / "testing" / "project" / "pyproject.toml").touch()
    report = lint.check(Source(str(tmp_path / file), PROGRAM), ["TLT201"], fixes=False)
    assert [finding.code for finding in report.findings] == (["TLT201"] if found else [])


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("TLT103", "return F.nll_loss(nn.Linear(4, 3)(x), y)"),
        ("TLT106", "return F.binary_cross_entropy_with_logits(torch.sigmoid(x), y)"),
        ("TLT107", "return F.binary_cross_entropy(torch.sigmoid(x), y)"),
        ("TLT202", "return y, torch.rand(3, 4).softmax(dim=-1).log()"),
        ("TLT802", "return y, torch.jit.script(x)"),
    ],
)
def test_toy_models_and_numbers_of_a_test_are_no_mistakes(code: str, body: str, tmp_path: Path) -> None:
    program = f"import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\ndef f(x, y):\n    {body}\n"
    for file, expected in (("model.py", [code]), ("test_model.py", [])):
        report = lint.check(Source(str(tmp_path / file), program), [code], fixes=False)
        assert [finding.code for finding in report.findings] == expected


MOCK = """\
from torch import nn


class Mock(nn.Module):
    def __init__(self):
        self.config = {}
"""
KEPT = """\
import torch


def f(model, optimizer, x):
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = model(x).loss
        loss.backward()
        optimizer.step()
        losses.append(loss)
    assert losses[0] > losses[-1]
"""
COMPUTES = f"{MOCK}\n    def forward(self, x):\n        return x\n"


@pytest.mark.parametrize(
    ("code", "program", "in_test"),
    [("TLT601", MOCK, []), ("TLT601", COMPUTES, ["TLT601"]), ("TLT703", KEPT, [])],
    ids=["mock", "computes", "kept"],
)
def test_what_costs_nothing_in_a_test_is_no_mistake_there(
    code: str, program: str, in_test: list[str], tmp_path: Path
) -> None:
    for file, expected in (("model.py", [code]), ("test_model.py", in_test)):
        report = lint.check(Source(str(tmp_path / file), program), [code], fixes=False)
        assert [finding.code for finding in report.findings] == expected
