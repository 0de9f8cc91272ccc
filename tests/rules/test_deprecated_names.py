"""What is said of deprecated names, and where a fix is offered for them."""

from __future__ import annotations

from linted import found

from torchlint.finding import Applicability, Finding


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
