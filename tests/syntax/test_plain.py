"""What is a plain value of Python's by the looks of it, and what may be a tensor."""

from __future__ import annotations

import ast

import pytest

from torchlint.source import Source
from torchlint.syntax.module import Module


def flags(program: str) -> set[str]:
    """The names that the first function of a program holds plain values in, as far as it binds or takes them."""
    module = Module(Source("program.py", program), ast.parse(program))
    return set(next(iter(module.functions.values())).flags)


@pytest.mark.parametrize(
    "binding",
    [
        "x = 3",
        "x = None",
        "x = f'{y}'",
        "x = len(y)",
        "x = y.shape[0] // 2",
        "a, x = y.shape",
        "a, x = 1, 2",
        "x = [y, y]",
        "x = setting if setting else 1",
        "x = self.width * 2",
        "x = y is None",
        "for x in range(3): pass",
        "for x, row in enumerate(y): pass",
        "x = 1\n    x += 2",
        "z = 1\n    x = z",
        "x = setting or 4",
    ],
)
def test_what_is_made_of_plain_values_is_plain(binding: str) -> None:
    assert "x" in flags(f"def f(self, y, setting=None):\n    y = g(y)\n    {binding}\n")


@pytest.mark.parametrize(
    "binding",
    [
        "x = y > 0",
        "x = y",
        "x = g(3)",
        "x = self.a & self.b",
        "x = y[0]",
        "x = -y",
        "a, x = g(3)",
        "x = 1\n    x = y",
        "x = 1\n    x += y",
        "z = y\n    x = z",
        "for x in y: pass",
        "for i, x in enumerate(y): pass",
        "with g() as x: pass",
        "if x is None:\n        x = g(3)",
    ],
)
def test_what_may_be_a_tensor_is_not(binding: str) -> None:
    assert "x" not in flags(f"def f(self, y, setting=None):\n    y = g(y)\n    {binding}\n")


@pytest.mark.parametrize(
    ("parameter", "body", "plain"),
    [
        ("x", "pass", True),
        ("x: int", "pass", True),
        ("x: torch.Tensor", "pass", False),
        ("x: 'Optional[Tensor]' = None", "x = 1", False),
        ("x=None", "x = x or 64", True),
        ("x=None", "if not x: x = g(3)", True),
        ("x=None", "x = g(3)", False),
        ("*x", "pass", True),
    ],
)
def test_a_parameter_is_a_setting_until_it_is_rebound(parameter: str, body: str, plain: bool) -> None:
    assert ("x" in flags(f"def f({parameter}):\n    {body}\n")) is plain
