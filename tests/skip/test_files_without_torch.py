"""A file whose code does not speak of torch is left alone, whatever its comments say."""

from __future__ import annotations

from textwrap import dedent

import pytest

from torchlint import lint
from torchlint.source import Source

PROGRAM = dedent(
    """\
    {header}


    class Sigmoid:
        def __call__(self, x):
            \"\"\"As torch.nn.Sigmoid does.\"\"\"
            return 1 / (1 + (-x).exp())  # see torch.sigmoid
    """
)


def codes(header: str) -> list[str]:
    report = lint.check(Source("layers.py", PROGRAM.replace("{header}", header)), ["TLT208"])
    assert not report.failures
    return [finding.code for finding in report.findings]


@pytest.mark.parametrize("header", ["from .tensor import Tensor", "import numpy as np", 'HOME = "torch.nn"'])
def test_methods_of_what_is_not_of_torch_are_another_frameworks(header: str) -> None:
    assert codes(header) == []


@pytest.mark.parametrize(
    "header",
    [
        "import torch",
        "if True:\n    from torch import nn",
        "import numpy, torch",
        "import numpy, \\\n    torch",
        "import torchvision.models",
        "from .common import *",
        "import common\n\nLAYER = common.torch.nn",
        'torch = __import__("torch")',
    ],
)
def test_what_speaks_of_torch_is_checked(header: str) -> None:
    assert codes(header) == ["TLT208"]
