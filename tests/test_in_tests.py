"""What is silent in tests: which files are such is seen below the project's root."""

from __future__ import annotations

from pathlib import Path

import pytest

from torchlint import engine
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
    report = engine.check(Source(str(tmp_path / file), PROGRAM), ["TLT201"], fixes=False)
    assert [finding.code for finding in report.findings] == (["TLT201"] if found else [])


SCRIPTED = """\
import torch


def f(model):
    return torch.jit.script(model)
"""


@pytest.mark.parametrize(("file", "found"), [("src/export.py", True), ("tests/test_export.py", False)])
def test_notes_of_torchscript_are_not_for_tests_of_it(file: str, found: bool, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    report = engine.check(Source(str(tmp_path / file), SCRIPTED), ["TLT802"], fixes=False)
    assert [finding.code for finding in report.findings] == (["TLT802"] if found else [])
