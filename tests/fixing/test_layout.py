"""Expressions of several lines that a fix writes anew: they stay laid out as they were."""

from __future__ import annotations

import textwrap

import pytest

from torchlint import lint
from torchlint.finding import Applicability, Finding
from torchlint.fixing.edits import fix
from torchlint.source import Source

HEAD = "import torch\nfrom torch.autograd import Variable\n\n\n"


def fixed(code: str, program: str) -> str:
    """A program after the safe fixes of a rule, without its head."""
    text = HEAD + textwrap.dedent(program).lstrip("\n")
    result = fix(Source("a.py", text), lambda source: lint.check(source, {code}).findings, _is_safe)
    assert result.applied
    return "\n" + result.text.partition("\n\n\n")[2]


def _is_safe(finding: Finding) -> bool:
    return finding.fix is not None and finding.fix.applicability is Applicability.SAFE


CASES = [
    (
        "TLT802",
        """
        def f(a, b):
            return torch.norm(
                a / torch.norm(a, dim=-1, keepdim=True) -
                b, dim=-1)
        """,
        """
        def f(a, b):
            return torch.linalg.vector_norm(
                a / torch.linalg.vector_norm(a, dim=-1, keepdim=True) -
                b, dim=-1)
        """,
    ),
    (
        "TLT802",
        """
        def f(a, b):
            return torch.norm(
                a - b,
                dim=-1,
            )
        """,
        """
        def f(a, b):
            return torch.linalg.vector_norm(
                a - b,
                dim=-1,
            )
        """,
    ),
    (
        "TLT802",
        """
        def f(a):
            return torch.norm(a.view(a.size(0), -1),
                              p=1, dim=1, keepdim=True).unsqueeze(1)
        """,
        """
        def f(a):
            return torch.linalg.vector_norm(a.view(a.size(0), -1),
                              1, dim=1, keepdim=True).unsqueeze(1)
        """,
    ),
    (
        "TLT410",
        """
        def f(n, device: torch.device):
            return torch.zeros(n, dtype = torch.float).to(device)
        """,
        """
        def f(n, device: torch.device):
            return torch.zeros(n, dtype = torch.float, device = device)
        """,
    ),
    (
        "TLT803",
        """
        def f(a, b):
            joined = Variable(
                torch.cat([a, b], dim=1).permute(
                    1, 0
                ),
                requires_grad=False,
            )
            return joined
        """,
        """
        def f(a, b):
            joined = torch.cat([a, b], dim=1).permute(
                1, 0
            ).detach()
            return joined
        """,
    ),
    (
        "TLT410",
        """
        def f(embedded, lengths: torch.Tensor):
            return torch.zeros(embedded.size(0), lengths.size(-1), embedded.size(-1)).to(
                lengths.device
            )
        """,
        """
        def f(embedded, lengths: torch.Tensor):
            return torch.zeros(
                embedded.size(0), lengths.size(-1), embedded.size(-1), device=lengths.device
            )
        """,
    ),
    (
        "TLT410",
        """
        def f(lengths: torch.Tensor):
            return torch.zeros(3).to(
                lengths.device
            )
        """,
        """
        def f(lengths: torch.Tensor):
            return torch.zeros(3, device=lengths.device)
        """,
    ),
]


@pytest.mark.parametrize(("code", "before", "after"), CASES)
def test_what_had_lines_of_its_own_keeps_them(code: str, before: str, after: str) -> None:
    assert fixed(code, before) == textwrap.dedent(after)
