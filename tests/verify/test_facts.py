"""Facts about rewrites that the harness must show by itself."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hang_guard import HANG_GUARD

torch = pytest.importorskip("torch")
pytest.importorskip("gmpy2")

from reproducing import printed  # noqa: E402

from torchlint.verify.judge.observation import Effect  # noqa: E402
from torchlint.verify.judge.unit_verdict import Result, verify_unit  # noqa: E402
from torchlint.verify.judge.verdict import GOOD, Verdict  # noqa: E402
from torchlint.verify.report.reproducer import reproducer  # noqa: E402
from torchlint.verify.run.units import from_text  # noqa: E402

CLASSES = {"x": "float N C", "y": "labels N < C"}


def verify(before: str, after: str, tier: str = "fast", **inputs: str) -> Result:
    return verify_unit(from_text(before, after, inputs or {"x": "float"}), tier=tier)


def program_output(text: str) -> str:
    """What a program prints in a process of its own."""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=HANG_GUARD)
    assert done.returncode == 0, done.stderr
    return done.stdout


def reproduced(result: Result) -> str:
    assert result.unit is not None
    assert result.decision.witness is not None
    return reproducer(result.unit, result.decision.witness)


def test_log_softmax_before_cross_entropy_is_equal() -> None:
    result = verify("F.cross_entropy(torch.log_softmax(x, 1), y)", "F.cross_entropy(x, y)", **CLASSES)
    assert result.decision.verdict in (Verdict.IDENTICAL, Verdict.EQUAL)


def test_softmax_before_cross_entropy_changes_by_a_stated_size() -> None:
    result = verify("F.cross_entropy(torch.softmax(x, 1), y)", "F.cross_entropy(x, y)", **CLASSES)
    assert result.decision.verdict is Verdict.CHANGES
    assert result.decision.witness is not None
    old, new = re.findall(r"-?\d+\.\d+", result.decision.witness.text)[:2]
    assert abs(float(old) - float(new)) > 0.01
    assert "before gives" in program_output(reproduced(result))


def test_sigmoid_and_bce_read_100_for_17_and_lose_the_gradient() -> None:
    unit = from_text(
        "F.binary_cross_entropy(torch.sigmoid(x), t)",
        "F.binary_cross_entropy_with_logits(x, t)",
        {"x": "float", "t": "binary"},
    )
    x = torch.tensor(17.0, requires_grad=True)
    loss = unit.before(x, torch.tensor(0.0))
    assert loss.item() == 100
    assert torch.autograd.grad(loss, x)[0].item() == 0
    result = verify_unit(unit)
    improved = [seen.text for seen in result.record.observations if seen.effect is Effect.IMPROVES]
    assert any("gradient" in text and " 0 becomes" in text for text in improved)
    # ... and it shows why the fix is not for everyone: with_logits of -inf is NaN where the loss was finite.
    assert result.decision.verdict is Verdict.CONDITIONAL
    assert result.decision.condition == "finite inputs"


def test_handwritten_sigmoid_has_a_right_forward_and_a_nan_gradient() -> None:
    result = verify("1 / (1 + torch.exp(-x))", "torch.sigmoid(x)")
    assert result.decision.verdict is Verdict.IMPROVES
    value, gradient = (result.record.worst["float32", what] for what in ("value", "gradient"))
    assert (value.nonfinite_before, value.nonfinite_after) == (0, 0)
    assert gradient.nonfinite_before > 0
    assert gradient.nonfinite_after == 0


def test_where_does_not_shield_the_gradient_of_softplus() -> None:
    result = verify("torch.where(x > 20, x, torch.log(1 + torch.exp(x)))", "F.softplus(x)")
    assert result.decision.verdict in GOOD
    value, gradient = (result.record.worst["float32", what] for what in ("value", "gradient"))
    assert value.nonfinite_before == 0
    assert gradient.nonfinite_before > 0
    assert gradient.nonfinite_after == 0


def test_softplus_is_a_tradeoff_in_float64_and_logaddexp_is_none() -> None:
    before = "torch.log(1 + torch.exp(x))"
    assert verify(before, "F.softplus(x)").decision.verdict is Verdict.TRADEOFF
    assert verify(before, "torch.logaddexp(x, torch.zeros_like(x))").decision.verdict is Verdict.IMPROVES


def test_a_rewrite_that_holds_for_some_ranks_is_conditional() -> None:
    result = verify("e = torch.exp(x - x.max()); return e / e.sum()", "torch.softmax(x, -1)")
    assert result.decision.verdict is Verdict.CONDITIONAL
    assert result.decision.condition.startswith("rank in {0, 1}")
    assert "before gives" in printed(reproduced(result))


def test_the_same_on_vectors_is_granted() -> None:
    result = verify("e = torch.exp(x - x.max()); return e / e.sum()", "torch.softmax(x, -1)", x="float N")
    assert result.decision.verdict in GOOD


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ("x.sin()", "x.sin().float()", Verdict.CONDITIONAL),
        ("x * 2", "x.mul_(2)", Verdict.MUTATION),
        ("x + 0", "x", Verdict.ALIAS),
        ("x + 0 * torch.rand(3).sum()", "x + 0", Verdict.RNG),
        ("x.sin()", "x.detach().sin()", Verdict.CHANGES),
        ("x.sin()", "x.sine()", Verdict.EXCEPTION),
        ("x.sine()", "x.sin()", Verdict.REPAIRS),
        ("x / 0 * 0", "x * 0 / 0", Verdict.VACUOUS),
        ("x.sin()", "x.sin()", Verdict.IDENTICAL),
        ("x.sin() * torch.tensor(2.0)", "x.sin() * 2.0", Verdict.IDENTICAL),
    ],
)
def test_verdicts(before: str, after: str, verdict: Verdict) -> None:
    assert verify(before, after).decision.verdict is verdict


def test_a_subgradient_at_a_kink_is_not_a_regression() -> None:
    result = verify("torch.max(x, torch.zeros_like(x))", "F.relu(x)")
    assert result.decision.verdict in GOOD
    assert result.record.has(Effect.KINK)


def test_unknown_inputs_are_unsupported() -> None:
    from torchlint.claims import Pair, Same
    from torchlint.verify.judge.unit_verdict import verify_pair

    def before(x):  # type: ignore[no-untyped-def]
        return x

    result = verify_pair(Pair(before, before, Same()))
    assert result.decision.verdict is Verdict.UNSUPPORTED
    assert "parameter x" in result.decision.condition
