"""Patterns match operations, not spellings: a square and a root may be written in several ways."""

from __future__ import annotations

import ast

import pytest
import torch

from torchlint.match import Pattern
from torchlint.rule import Floats
from torchlint.source import Source
from torchlint.syntax.module import Module
from torchlint.values.interpret.evaluator import Evaluator
from torchlint.values.value import Op


def root_of_squares(x: Floats) -> torch.Tensor:
    return torch.sqrt((x**2).sum())


def product_with_itself(x: Floats) -> torch.Tensor:
    return (x * x).mean()


def square(x: Floats) -> torch.Tensor:
    return x * x


def occurrences(pattern: Pattern, expression: str) -> list[str]:
    """What `x` stands for in each occurrence of a pattern that an expression has."""
    text = f"import torch\n\n\ndef f(a: torch.Tensor, b: torch.Tensor):\n    return {expression}\n"
    module = Module(Source("program.py", text), ast.parse(text))
    frame = Evaluator(module).frame(module.functions["f"])
    ops = [op for op in frame.ops if op.name in pattern.root_names]
    found = [pattern.match(op, frame) for op in ops if isinstance(op, Op)]
    return [ast.unparse(match.nodes["x"]) for match in found if match is not None]


@pytest.mark.parametrize(
    "expression",
    [
        "torch.sqrt((a ** 2).sum())",
        "torch.sqrt((a * a).sum())",
        "a.square().sum() ** 0.5",
        "(a * a).sum().pow(0.5)",
        "torch.pow(torch.sum(a.pow(2)), 0.5)",
    ],
)
def test_a_root_of_squares_is_one_pattern(expression: str) -> None:
    assert occurrences(Pattern(root_of_squares), expression) == ["a"]


@pytest.mark.parametrize("expression", ["(a * a).mean()", "(a ** 2).mean()", "torch.mean(a.square())"])
def test_a_pattern_with_a_product_is_found_in_powers(expression: str) -> None:
    assert occurrences(Pattern(product_with_itself), expression) == ["a"]


@pytest.mark.parametrize("expression", ["(a + b) * (a + b)", "(a + b) ** 2", "torch.square(a + b)"])
def test_a_square_is_found_at_the_root_of_a_pattern(expression: str) -> None:
    assert occurrences(Pattern(square), expression) == ["a + b"]


@pytest.mark.parametrize(
    "expression",
    [
        "(a * b).sum() ** 0.5",
        "(a ** 3).sum() ** 0.5",
        "(a * a).sum() ** 0.25",
        "(a * a).sum() ** 2",
        "(torch.rand_like(a) * torch.rand_like(a)).sum() ** 0.5",
    ],
)
def test_other_products_and_powers_are_not_an_occurrence(expression: str) -> None:
    assert occurrences(Pattern(root_of_squares), expression) == []


def test_what_may_be_written_as_an_operator_needs_no_word() -> None:
    assert Pattern(root_of_squares).groups() == [frozenset({"sum"})]
