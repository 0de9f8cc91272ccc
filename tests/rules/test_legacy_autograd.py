"""What is offered where old code about gradients raises or does nothing."""

from __future__ import annotations

from linted import found

from torchlint.finding import Applicability


def test_a_first_element_of_a_number_is_fixed_as_a_change() -> None:
    program = """\
        import torch.nn.functional as F


        def total(x, y):
            return F.mse_loss(x, y).data[0]
    """
    (finding,) = found(program, "TLT803")
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE


def test_a_variable_is_a_safe_detached_view() -> None:
    program = """\
        from torch.autograd import Variable


        def wrap(x):
            return Variable(x)
    """
    (finding,) = found(program, "TLT803")
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.SAFE


def test_volatile_calls_for_a_decision() -> None:
    program = """\
        from torch.autograd import Variable


        def wrap(x):
            return Variable(x, volatile=True)
    """
    (finding,) = found(program, "TLT803")
    assert "no_grad" in finding.message
    assert finding.fix is None
