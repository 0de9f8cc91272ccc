"""Shapes of what is taken from a tensor by places, masks and lists."""

from __future__ import annotations

import ast
import textwrap

import pytest

from torchlint.commands.shape_listing import known_lines
from torchlint.source import Source


def _shape_of(expression: str) -> str:
    text = textwrap.dedent(
        f"""\
        import torch
        x = torch.zeros(2, 3, 4, 5)
        i = torch.tensor([0, 1, 1])
        m = torch.zeros(2, 3) > 0
        found = {expression}
        """
    )
    lines = {line.row: line.shapes for line in known_lines(Source("a.py", text), ast.parse(text))}
    return " or ".join(lines.get(5, ()))


@pytest.mark.parametrize(
    ("expression", "shape"),
    [
        ("x[i]", "(3, 3, 4, 5)"),
        ("x[:, i]", "(2, 3, 4, 5)"),
        ("x[..., i]", "(2, 3, 4, 3)"),
        ("x[i, i]", "(3, 4, 5)"),
        ("x[:, i, :, i]", "(3, 2, 4)"),
        ("x[0, i]", "(3, 4, 5)"),
        ("x[i, None, i]", "(3, 1, 4, 5)"),
        ("x[[0, 1]]", "(2, 3, 4, 5)"),
        ("x[m]", "(?, 4, 5)"),
        ("x[m.nonzero()]", "(?, 2, 3, 4, 5)"),
        ("torch.where(m)[0]", "(?,)"),
        ("torch.meshgrid(i, torch.arange(4), indexing='xy')[0]", "(4, 3)"),
        ("torch.fft.rfft(x)", "(2, 3, 4, 3)"),
        ("torch.vstack([i, i])", "(2, 3)"),
        ("torch.einsum('bchw,cd->bdhw', x, torch.zeros(3, 7))", "(2, 7, 4, 5)"),
        ("x.repeat_interleave(2, dim=1)", "(2, 6, 4, 5)"),
    ],
)
def test_what_is_taken_has_a_shape(expression: str, shape: str) -> None:
    assert _shape_of(expression) == shape
