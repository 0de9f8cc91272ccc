"""Findings whose text or fix depends on what stands around them."""

from __future__ import annotations

import pytest
from linted import found

from torchlint.finding import Applicability


@pytest.mark.parametrize(
    "guarded",
    ["torch.where(x > 20, x, torch.log(1 + torch.exp(x)))", "torch.where(x < 20, torch.log1p(torch.exp(x)), x)"],
)
def test_a_softplus_that_where_guards_has_a_bad_gradient_not_an_overflow(guarded: str) -> None:
    (finding,) = found(f"import torch\n\n\ndef f(x):\n    return {guarded}\n", "TLT205")
    assert "gradient" in finding.message
    assert "overflows for large x" not in finding.message


def test_a_softplus_without_a_guard_overflows() -> None:
    (finding,) = found("import torch\n\n\ndef f(x):\n    return torch.log(1 + torch.exp(x))\n", "TLT205")
    assert "overflows for large x" in finding.message


_EVALUATION = """\
    import torch
    from torch import nn

    class Trainer:
        def __init__(self):
            self.net = nn.Linear(4, 2)
            self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.1)

        def learn(self, x, y):
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(self.net(x), y).backward()
            self.optimizer.step()

        def run(self, loader, fit):
            self.net.eval()
            hits = 0
            for x, y in loader:
                hits += (self.net(x).argmax(1) == y).sum().item()
                {step}
            return hits
"""


@pytest.mark.parametrize("step", ["self.learn(x, y)", "fit(self.net, x, y)", "self.net.apply(fit)(self.optimizer)"])
def test_no_decorator_is_shown_for_a_function_that_trains_somewhere(step: str) -> None:
    (finding,) = found(_EVALUATION.replace("{step}", step), "TLT704")
    assert finding.fix is None


def test_a_decorator_is_shown_for_a_function_that_only_evaluates() -> None:
    (finding,) = found(_EVALUATION.replace("{step}", "print(hits)"), "TLT704")
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.DISPLAY
