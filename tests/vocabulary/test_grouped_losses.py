"""Losses of one model and one criterion: one finding, which names the others."""

from __future__ import annotations

import textwrap

from linted import found

from torchlint.finding import Finding

PROGRAM = textwrap.dedent(
    """\
    import torch
    from torch import nn


    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.out = nn.Linear(8, 1)

        def forward(self, x):
            return torch.sigmoid(self.out(x))


    def evaluate(net, criterion, test):
        with torch.no_grad():
            for x, y in test:
                print(criterion(net(x), y).item())


    def run(train, test):
        net, criterion = Net(), nn.BCELoss()
        optimizer = torch.optim.Adam(net.parameters())
        for x, y in train:
            optimizer.zero_grad()
            criterion(net(x), y).backward()
            criterion(net(x + 1), y).backward()
            optimizer.step()
            evaluate(net, criterion, test)
    """
)


def _findings(program: str) -> list[Finding]:
    return found(program, "TLT107")


def test_the_first_loss_that_is_trained_with_is_reported_and_names_the_others() -> None:
    (finding,) = _findings(PROGRAM)
    assert finding.location.row == 25
    assert [(place.location.row, place.message) for place in finding.related] == [
        (11, "the sigmoid is taken here"),
        (17, "this loss, which is only measured, gets it, too"),
        (26, "this loss gets it, too"),
    ]


def test_a_fix_of_one_loss_is_not_offered_where_another_uses_the_same_model() -> None:
    (finding,) = _findings(PROGRAM)
    assert finding.fix is None


def test_what_is_only_measured_is_not_reported() -> None:
    measured = PROGRAM.replace("    for x, y in train:", "    for x, y in train:\n      with torch.no_grad():")
    assert _findings(measured) == []
