"""The mistakes that the project set out to find, each in several spellings, and the right forms beside them.

They are in `seeds/`: a file for each mistake, whose first line is the code of the rule, and one for what is right. The
programs of a file are separated by `# %%` lines; they have all the imports below.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from torchlint import lint, registry
from torchlint.source import Source

SEEDS = Path(__file__).with_name("seeds")
HEADER = """
import random
import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from torch.nn import CrossEntropyLoss as CE, Softmax
from torch.utils.data import DataLoader, Dataset, IterableDataset
import torch.utils.data as data
"""
CASES = sorted(path for path in SEEDS.glob("*.py") if path.stem != "silent")


def programs(path: Path) -> dict[str, str]:
    """The programs of a file by what stands in the line above them, or by their number."""
    parts = re.split(r"^# %%(.*)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    titles = [title.strip() or str(place) for place, title in enumerate(parts[::2])]
    return dict(zip(titles, parts[1::2], strict=True))


def codes(program: str) -> set[str]:
    """The rules that report something; those that are off by default are run too."""
    report = lint.check(Source("program.py", HEADER + program), {info.code for info in registry.rules()})
    assert not report.error
    assert not report.failures
    return {finding.code for finding in report.findings}


@pytest.mark.parametrize(
    ("path", "program"),
    [
        pytest.param(path, program, id=f"{path.stem}-{title}")
        for path in CASES
        for title, program in programs(path).items()
    ],
)
def test_the_mistake_is_found(path: Path, program: str) -> None:
    code = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
    assert code in codes(program)


@pytest.mark.parametrize(
    "program", [pytest.param(program, id=title) for title, program in programs(SEEDS / "silent.py").items()]
)
def test_the_right_form_stays_silent(program: str) -> None:
    default = {info.code for info in registry.rules() if info.default}
    assert not codes(program) & default
