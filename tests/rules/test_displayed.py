"""Fixes that are only displayed: the programs that they would give run, and give what they gave before."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from checkout import FIXTURES

from torchlint import lint
from torchlint.finding import Applicability
from torchlint.fixing import edits
from torchlint.source import Source


def displayed(text: str, code: str) -> str:
    """The text with all displayed fixes of a rule applied."""
    source = Source("program.py", text)
    result = edits.fix(
        source,
        lambda current: lint.check(current, {code}).findings,
        lambda finding: finding.fix is not None and finding.fix.applicability is Applicability.DISPLAY,
    )
    assert not result.error
    return result.text


def names(text: str) -> dict[str, Any]:
    scope: dict[str, Any] = {}
    exec(compile(text, "program.py", "exec"), scope)
    return scope


@pytest.mark.parametrize(
    "function",
    ["over_rows", "over_len", "over_columns", "over_time", "two_tensors", "number_read_too", "name_is_taken", "Net"],
)
def test_iterating_over_unbind_is_the_same(function: str) -> None:
    text = (FIXTURES / "loop_indexes_rows" / "case.py").read_text(encoding="utf-8")
    fixed = displayed(text, "TLT402")
    results = []
    for program in (text, fixed):
        torch.manual_seed(0)
        x = torch.randn(*((5, 4, 7) if function == "over_time" else (5, 7)), requires_grad=True)
        called = names(program)[function]
        y = called()(x) if function == "Net" else called(x)
        grad = torch.autograd.grad(y.sum(), x)[0] if isinstance(y, torch.Tensor) else y
        results.append((y, grad))
    torch.testing.assert_close(results[0], results[1])
    assert "for i in range(x.size(0)):  # TLT402" not in fixed


def test_a_loop_that_is_one_operation_is_not_told_to_iterate_over_unbind() -> None:
    text = """import torch

def total(x: torch.Tensor):
    z = torch.zeros(7)
    for i in range(x.size(0)):
        z += x[i]
    return z
"""
    found = lint.check(Source("program.py", text), {"TLT401", "TLT402"}).findings
    assert [finding.code for finding in found] == ["TLT401"]


def test_a_registered_tensor_is_moved_and_saved_and_computes_the_same() -> None:
    text = (FIXTURES / "unregistered_tensor" / "case.py").read_text(encoding="utf-8")
    before, after = names(text), names(displayed(text, "TLT603"))
    x = torch.randn(2, 3)
    assert torch.equal(before["Normalise"]()(x), after["Normalise"]()(x))
    assert not before["Normalise"]().state_dict()
    assert after["Normalise"]().double().mean.dtype == torch.float64
    assert set(after["Normalise"]().state_dict()) == {"mean", "std"}
    assert [name for name, _ in after["Trained"](3).named_parameters()] == ["weight"]


def test_a_detached_state_can_be_trained_in_every_turn() -> None:
    text = (FIXTURES / "hidden_state_keeps_graph" / "case.py").read_text(encoding="utf-8")
    program = names(displayed(text, "TLT719"))
    loader = [(torch.randn(5, 8, 3), torch.randint(0, 2, (8,))) for _ in range(3)]

    class Optimizer:
        zero_grad = step = staticmethod(lambda: None)

    program["language_model"](loader, Optimizer)
    with pytest.raises(RuntimeError, match="second time"):
        names(text)["language_model"](loader, Optimizer)
    expected = "hidden = tuple(part.detach() for part in hidden)"
    assert expected in displayed(text, "TLT719")
