"""Faults that other linters shipped as fixes, written as rewrites: each is refused with a program that shows it.

A fix that leaves out an argument (T5), a name that the template leaked (T1), a call with the wrong keyword (T6).
"""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("gmpy2")

from reproducing import printed  # noqa: E402

from torchlint.verify.judge.unit_verdict import verify_unit  # noqa: E402
from torchlint.verify.judge.verdict import GOOD, SILENT  # noqa: E402
from torchlint.verify.report.reproducer import reproducer  # noqa: E402
from torchlint.verify.run.units import from_text  # noqa: E402

SPD = {"a": "spd N N"}
LOSS = {"x": "float N C", "y": "labels N < C"}

FAULTS = {
    "T1 the template's placeholder leaks": (
        "torch.linalg.cholesky(a, upper=True)",
        "torch.linalg.cholesky(A).mH",
        SPD,
    ),
    "T2 the step is ignored in the end": (
        "torch.range(0, 1, step=2) * x.sum()",
        "torch.arange(0, 3, step=2) * x.sum()",
        {"x": "float N"},
    ),
    "T2 a fractional end": (
        "torch.range(0, 2.5) * x.sum()",
        "torch.arange(0, 3.5) * x.sum()",
        {"x": "float N"},
    ),
    "T3 range was floating-point": ("torch.range(1, n)", "torch.arange(1, n + 1)", {"n": "size"}),
    "T4 upper is dropped": (
        "torch.linalg.cholesky(a, upper=u)",
        "torch.linalg.cholesky(a)",
        SPD | {"u": "flag"},
    ),
    "T5 out is dropped": (
        "b = torch.zeros_like(a.detach()); torch.linalg.cholesky(a.detach(), out=b); return b",
        "b = torch.zeros_like(a.detach()); torch.linalg.cholesky(a.detach()); return b",
        SPD,
    ),
    "T6 a keyword of the old function": (
        "tuple(torch.qr(input=a))",
        "tuple(torch.linalg.qr(input=a))",
        {"a": "regular N N"},
    ),
    "T7 arithmetic on unpacked arguments": (
        "args = (0, n); return torch.range(*args)",
        "args = (0, n); return torch.arange(*args + 1)",
        {"n": "size"},
    ),
    "a reduction is dropped": (
        "F.cross_entropy(x, y, reduction='sum')",
        "F.cross_entropy(x, y)",
        LOSS,
    ),
    "P4 the dim becomes the logits": ("F.cross_entropy(x.softmax(1), y)", "F.cross_entropy(1, y)", LOSS),
    "P5 the module becomes the logits": (
        "F.binary_cross_entropy_with_logits(torch.sigmoid(input=x), t)",
        "F.binary_cross_entropy_with_logits(torch, t)",
        {"x": "float", "t": "binary"},
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_refused_with_a_program_that_runs(name: str) -> None:
    before, after, inputs = FAULTS[name]
    result = verify_unit(from_text(before, after, inputs))
    assert result.decision.verdict not in GOOD
    assert result.decision.verdict not in SILENT
    assert result.unit is not None
    assert result.decision.witness is not None
    text = reproducer(result.unit, result.decision.witness)
    shown = printed(text)
    before_text, _, after_text = shown.partition("after ")
    assert before_text.startswith("before gives")
    assert before_text.removeprefix("before ").strip() != after_text.strip()
