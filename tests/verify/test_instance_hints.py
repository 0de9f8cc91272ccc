"""What an input is likely to be, by the parameter that it is given for: the table of operations says it."""

from __future__ import annotations

import ast

import pytest

from torchlint.verify.instance.hints import of_call
from torchlint.verify.instance.holes import Hole


def uses(expression: str) -> list[str]:
    hole = Hole("h0", "x", opaque=False)
    call = ast.parse(expression, mode="eval").body
    assert isinstance(call, ast.Call)
    of_call(call, {"h0": hole})
    return hole.uses


@pytest.mark.parametrize(
    ("expression", "kinds"),
    [
        ("torch.nn.functional.cross_entropy(v0, h0)", ["labels", "prob"]),
        ("torch.nn.CrossEntropyLoss()(v0, h0)", ["labels", "prob"]),
        ("torch.nn.functional.binary_cross_entropy(h0, v0)", ["unit"]),
        ("v0.scatter_add_(1, h0, v1)", ["labels"]),
        ("torch.nn.functional.embedding(h0, v0)", ["labels"]),
        ("v0.masked_fill(h0, 0.0)", ["bool"]),
        ("v0.transpose(0, h0)", ["dim"]),
        ("torch.amax(v0, h0)", ["dim"]),
        ("v0.expand(2, h0)", ["size"]),
        ("v0.unfold(0, h0, 1)", ["size"]),
        ("torch.arange(h0)", ["size"]),
    ],
)
def test_a_parameter_says_what_it_takes(expression: str, kinds: list[str]) -> None:
    assert uses(expression) == kinds


@pytest.mark.parametrize(
    "expression",
    ["max(v0, h0)", "torch.maximum(v0, h0)", "torch.nn.functional.linear(v0, h0)", "torch.where(v0, h0, 1)"],
)
def test_what_may_be_anything_is_not_guessed(expression: str) -> None:
    assert uses(expression) == []
