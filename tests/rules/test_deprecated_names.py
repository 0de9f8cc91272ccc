"""What is said of deprecated names, and where a fix is offered for them."""

from __future__ import annotations

import pytest
from linted import found

from torchlint import lint
from torchlint.finding import Applicability, Finding
from torchlint.source import Source
from torchlint.torch_range import CURRENT, parse_range


def _findings(program: str) -> list[Finding]:
    return found(program, "TLT802")


def test_a_name_in_a_table_has_no_fix() -> None:
    program = """\
        from torch import nn

        BY_NAME = {"normal": nn.init.normal}
        nn.init.normal(nn.Linear(2, 2).weight)
    """
    in_table, called = _findings(program)
    assert in_table.fix is None
    assert called.fix is not None
    assert called.fix.applicability is Applicability.SAFE


def test_weight_norm_is_said_to_change_names() -> None:
    (finding,) = _findings("from torch import nn\n\nlayer = nn.utils.weight_norm(nn.Linear(2, 2))\n")
    assert all(name in finding.message for name in ("weight_g", "weight_v", "state dict", "remove_weight_norm"))
    assert finding.fix is None


def test_an_annotation_for_the_compiler_becomes_one_of_python() -> None:
    (finding,) = _findings("import torch\n\nrows = torch.jit.annotate(list[torch.Tensor], [])\n")
    assert "returns its second argument" in finding.message
    assert "`x: list[Tensor] = []`" in finding.message


def test_activations_whose_deprecation_torch_took_back_are_no_findings() -> None:
    program = """\
        import torch.nn.functional as F


        def forward(x):
            return F.sigmoid(x) * F.tanh(x), F.sigmoid
    """
    assert _findings(program) == []


def test_the_last_rate_is_another_number_than_the_next_one() -> None:
    program = """\
        import torch

        optimizer = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.1)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
        scheduler.step()
        print(scheduler.get_lr())
    """
    (finding,) = _findings(program)
    assert "get_last_lr" in finding.message
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE


@pytest.mark.parametrize(
    ("program", "target", "rows"),
    [
        ("from torch import gels, set_deterministic, stack\n", "", [1, 1]),
        ("from torch.onnx import (\n    export,\n    dynamo_export as exporter,\n)\n", "", [3]),
        ("import torch\n\n\ndef f():\n    from torch.onnx import ExportOptions\n", "", [5]),
        ("from torch import gels\n\nx = gels(a, b)\n", "", [1, 3]),
        # The name is there, and raises where it is called.
        ("from torch import solve, symeig\n", "", []),
        # Each torch of the range has the name.
        ("from torch.onnx import dynamo_export\n", ">=2.1,<2.9", []),
        ("try:\n    from torch import gels\nexcept ImportError:\n    gels = None\n", "", []),
        ("from .onnx import dynamo_export\n", "", []),
    ],
)
def test_an_import_of_a_name_that_is_gone_is_reported_where_it_fails(
    program: str, target: str, rows: list[int]
) -> None:
    report = lint.check(Source("program.py", program), ["TLT801"], target=parse_range(target) if target else CURRENT)
    assert [finding.location.row for finding in report.findings] == rows


def test_a_base_class_is_a_use_and_its_fix_is_not_safe() -> None:
    program = """\
        from torch import nn
        from torch.optim import lr_scheduler


        class Halved(lr_scheduler._LRScheduler):
            pass


        class Larger(nn.UpsamplingNearest2d):
            def __init__(self):
                super().__init__(scale_factor=2)


        class Blurred(nn.UpsamplingBilinear2d):
            pass
    """
    scheduler, same_arguments, other_arguments = _findings(program)
    for finding in (scheduler, same_arguments):
        assert finding.fix is not None
        assert finding.fix.applicability is Applicability.UNSAFE
    assert other_arguments.fix is None
