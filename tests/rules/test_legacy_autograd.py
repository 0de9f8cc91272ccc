"""What is offered where old code about gradients raises or does nothing."""

from __future__ import annotations

import textwrap

from torchlint import lint
from torchlint.finding import Applicability, Finding
from torchlint.source import Source


def found(program: str) -> list[Finding]:
    report = lint.check(Source("train.py", textwrap.dedent(program)), ["TLT803"])
    assert not report.error
    assert not report.failures
    return report.findings


def test_a_first_element_of_a_number_is_fixed_as_a_change() -> None:
    program = """\
        import torch.nn.functional as F


        def total(x, y):
            return F.mse_loss(x, y).data[0]
    """
    (finding,) = found(program)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE


def test_a_variable_is_a_safe_detached_view() -> None:
    program = """\
        from torch.autograd import Variable


        def wrap(x):
            return Variable(x)
    """
    (finding,) = found(program)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.SAFE


def test_volatile_calls_for_a_decision() -> None:
    program = """\
        from torch.autograd import Variable


        def wrap(x):
            return Variable(x, volatile=True)
    """
    (finding,) = found(program)
    assert "no_grad" in finding.message
    assert finding.fix is None
