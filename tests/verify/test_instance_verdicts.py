"""What comes out for pairs that are right, wrong, right under a condition, or cannot be run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hang_guard import HANG_GUARD

pytest.importorskip("torch")
pytest.importorskip("gmpy2")

from torchlint.finding import Applicability
from torchlint.verify.instance import policy
from torchlint.verify.instance.validate import validate


def hole(name: str = "h0", *kinds: str, **facts: Any) -> dict[str, Any]:
    return {
        "name": name,
        "kinds": kinds or ("float", "number", "long"),
        "rank": None,
        "sizes": None,
        "sure": False,
    } | facts


def verdict(before: str, after: str, *holes: dict[str, Any], tier: str = "fast", **more: bool) -> dict[str, Any]:
    """The answer for two expressions, or for statements that end in `return`."""
    holes = holes or (hole(),)
    parameters = ", ".join(str(entry["name"]) for entry in holes)
    texts = {}
    for name, text in (("before", before), ("after", after)):
        lines = text if "return" in text else f"return {text}"
        body = "\n".join(f"    {line}" for line in lines.splitlines())
        texts[name] = f"def {name}({parameters}):\n{body}\n"
    return validate({**texts, "holes": list(holes), "tier": tier, "device": "cpu", **more})


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("torch.log(torch.softmax(h0, dim=1))", "torch.log_softmax(h0, dim=1)", "IMPROVES"),
        ("1.0 - torch.exp(-2 * h0)", "-torch.expm1(-2 * h0)", "IMPROVES"),
        ("h0.softmax(1).argmax(1)", "h0.argmax(1)", "IMPROVES"),
        ("h0.pow(2).sum(-1)", "(h0 * h0).sum(-1)", "EQUAL"),
        ("torch.add(h0, 1)", "h0 + 1", "IDENTICAL"),
    ],
)
def test_a_right_rewrite(before: str, after: str, expected: str) -> None:
    answer = verdict(before, after)
    assert answer["verdict"] in ("IDENTICAL", "EQUAL") if expected == "EQUAL" else answer["verdict"] == expected
    assert answer["points"] > 10
    assert len(answer["ranks"]) > 2
    assert answer["reproducer"] == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("torch.log(torch.softmax(h0, dim=1))", "torch.log_softmax(h0, dim=0)"),
        ("torch.exp(h0) - 1", "torch.expm1(-h0)"),
        ("torch.exp(h0) - 1", "torch.exp(h0)"),
        ("h0.sum(-1)", "h0.sum(-1, keepdim=True)"),
        ("h0.argmax(1)", "h0.argmin(1)"),
        ("h0.abs()", "torch.where(h0 > 0, h0, -h0.data)"),
        ("h0 * 1", "h0"),
        ("torch.rand_like(h0) + h0", "torch.rand_like(h0) + torch.rand_like(h0) * 0 + h0"),
        ("h0.clone().add_(1)", "h0.add_(1)"),
    ],
)
def test_a_wrong_rewrite_is_refused_with_a_program(before: str, after: str) -> None:
    answer = verdict(before, after)
    assert answer["verdict"] not in policy.GOOD | policy.SILENT | {"CONDITIONAL"}, answer
    assert answer["detail"]
    assert "show(before)" in answer["reproducer"]


def test_the_reproducer_runs_and_shows_the_difference(tmp_path: Path) -> None:
    program = tmp_path / "reproducer.py"
    program.write_text(verdict("torch.exp(h0) - 1", "torch.exp(h0) - 2")["reproducer"])
    shown = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, timeout=HANG_GUARD, check=True
    ).stdout
    before, after = (line for line in shown.splitlines() if " gives " in line)
    assert before.partition(" gives ")[2] != after.partition(" gives ")[2]


def test_a_rank_at_which_it_differs_is_a_condition() -> None:
    # A loop over the classes of a matrix; with more dims they are somewhere else.
    answer = verdict("torch.log_softmax(h0, 1)", "torch.log_softmax(h0, -1)")
    assert answer["verdict"] == "CONDITIONAL"
    assert answer["condition"] == "rank in {2}"
    assert answer["reproducer"]


def test_a_rank_at_which_the_shape_differs_is_a_condition() -> None:
    answer = verdict("h0.sum(1)", "h0.sum(-1)")
    assert (answer["verdict"], answer["condition"]) == ("CONDITIONAL", "rank in {2}")


def test_kinds_on_which_the_new_code_raises_are_excluded_by_a_condition() -> None:
    before = "-(h1 * h0.log_softmax(1)).sum(1)"
    after = "torch.nn.functional.cross_entropy(h0, h1, reduction='none')"
    answer = verdict(before, after, hole(), hole("h1", "labels", "prob", "float"))
    assert answer["verdict"] == "CONDITIONAL"
    assert answer["condition"].startswith("{h1} is a softmax")
    assert "expected floating point type" in answer["detail"].lower()
    assert answer["reproducer"]


def test_a_rank_that_the_code_excludes_is_none() -> None:
    answer = verdict("torch.log_softmax(h0, 1)", "torch.log_softmax(h0, -1)", hole(rank=2))
    assert answer["verdict"] == "IDENTICAL"
    assert answer["ranks"] == [2]


def test_sizes_that_are_known_are_used() -> None:
    answer = verdict("h0.view(-1, 12).sum(1)", "h0.sum(1)", hole(rank=2, sizes=[None, 12]))
    assert answer["verdict"] in policy.GOOD
    assert "12" in verdict("h0.sum(1)", "h0.sum(1) + 1", hole(rank=2, sizes=[None, 12]))["detail"]


def test_a_domain_that_is_assumed_is_said() -> None:
    answer = verdict("torch.log(h0).mean() * 2", "2 * h0.log().mean()")
    assert answer["verdict"] in policy.GOOD
    assert answer["domain"] == "{h0} > 0"


def test_a_domain_that_is_needed_is_a_condition() -> None:
    answer = verdict("torch.sqrt(h0 ** 2).log().sum() + 0 * h0.log().sum()", "h0.log().sum()")
    assert answer["verdict"] in policy.GOOD
    masked = verdict(
        "torch.log(h0) * (h0 > 0) * 1 + 0 * (h0 - 5).sqrt().sum()", "torch.log(h0.abs()) + 0 * (h0 - 5).sqrt().sum()"
    )
    assert masked["verdict"] not in policy.GOOD or masked["domain"]


LOOP = "v0 = torch.zeros(1)\nfor v1 in range(h0):\n    v0 = v0 + torch.ones(3)\nreturn v0"
SUM = "return torch.zeros(1) + torch.ones(h0, 3).sum(0)"
STACK = "torch.stack([torch.exp(h0[v0]) for v0 in range(len(h0))])"
WRITE = "h1.mul_(0)\nreturn h1 + h0"
WRITTEN = "v0 = h0 + 0\nh1.mul_(0)\nreturn h1 + v0"


@pytest.mark.parametrize(
    ("before", "after", "facts", "need"),
    [
        ("torch.log(torch.sigmoid(h0))", "torch.nn.functional.logsigmoid(h0)", {"dtypes": ["int"]}, "floating-point"),
        ("torch.log(torch.sigmoid(h0))", "torch.nn.functional.logsigmoid(h0)", {"dtypes": ["bool"]}, "floating-point"),
        ("h0.var(0)", "((h0 - h0.mean(0)) ** 2).sum(0) / (len(h0) - 1)", {"dtypes": ["complex"]}, "floating-point"),
        (STACK, "torch.exp(h0)", {"several": True}, "is a tensor"),
        ("h0.exp().contiguous()", "h0.exp()", {"layout": True}, "lies in memory"),
    ],
)
def test_the_opposite_of_what_a_fix_needs_is_a_condition(
    before: str, after: str, facts: dict[str, Any], need: str
) -> None:
    assert verdict(before, after)["verdict"] in policy.GOOD
    answer = verdict(before, after, hole(**facts), **{key: facts[key] for key in facts if key == "layout"})
    assert answer["verdict"] == "CONDITIONAL"
    assert need in answer["condition"]
    assert answer["detail"]


@pytest.mark.parametrize("facts", [{}, {"negative": True}])
def test_counts_are_tried_where_a_fix_needs_something(facts: dict[str, Any]) -> None:
    assert verdict(LOOP, SUM, hole("h0", "size", **facts))["verdict"] in policy.GOOD
    answer = verdict(LOOP, SUM, hole("h0", "size", **facts), unproven=True)
    assert (answer["verdict"], answer["condition"]) == (
        "CONDITIONAL",
        f"{{h0}} is not {'negative' if facts else '0'}",
    )


def test_inputs_that_share_memory_are_tried() -> None:
    apart = hole("h0", "float"), hole("h1", "float")
    assert verdict(WRITE, WRITTEN, *apart)["verdict"] in policy.GOOD
    answer = verdict(WRITE, WRITTEN, hole("h0", "float", shared=["h1"]), hole("h1", "float", shared=["h0"]))
    assert answer["verdict"] == "CONDITIONAL"
    assert "share no memory" in answer["condition"]


def test_what_was_tried_is_said() -> None:
    answer = verdict("torch.add(h0, 1)", "h0 + 1", hole(dtypes=["int", "complex"], several=True))
    assert answer["verdict"] == "IDENTICAL"
    assert answer["tried"] == ["int tensors", "complex tensors", "transposed tensors", "expanded tensors"]


def test_where_no_gradient_is_asked_for() -> None:
    answer = verdict("h0 * 2", "(h0 * 2).detach()")
    assert answer["verdict"] == "CONDITIONAL"
    assert answer["condition"] == "no gradient is asked for"


def test_labels_masks_and_numbers_are_found() -> None:
    labels = hole("h1", "labels", "prob", "float")
    answer = verdict(
        "torch.nn.functional.nll_loss(h0.log_softmax(1), h1)",
        "torch.nn.functional.cross_entropy(h0, h1)",
        hole(),
        labels,
    )
    assert answer["verdict"] in policy.GOOD
    assert answer["inputs"] == {"h0": "float", "h1": "labels"}
    mask = verdict("torch.where(h1, h0, 0.0)", "h0.masked_fill(~h1, 0.0)", hole(), hole("h1", "bool", "float"))
    assert mask["verdict"] in policy.GOOD
    number = verdict("h0.pow(h1) * 1.0", "h0 ** h1", hole("h0", "positive"), hole("h1", "number"))
    assert number["verdict"] in policy.GOOD
    dim = verdict("h0.softmax(h1).log()", "h0.log_softmax(h1)", hole(), hole("h1", "dim"))
    assert dim["verdict"] in policy.GOOD


def test_a_loop_and_what_replaces_it() -> None:
    loop = "v0 = 0\nfor v1 in range(len(h0)):\n    v0 = v0 + h0[v1]\nreturn v0"
    assert verdict(loop, "h0.sum(0)")["verdict"] in (*policy.GOOD, "CONDITIONAL")
    assert verdict(loop, "h0.sum(-1)")["verdict"] not in policy.GOOD


def test_what_cannot_be_run_says_why() -> None:
    answer = verdict("h0.view(3, 17, 5, 2)", "h0.view(3, 17, 5, 2)", hole(rank=2))
    assert answer["verdict"] == "UNSUPPORTED"
    assert "no inputs were found on which the old code runs" in answer["condition"]
    assert "RuntimeError" in answer["condition"]
    assert "torch.load is not run" in verdict("torch.load('x')", "h0")["condition"]


def test_the_full_tier_tries_more() -> None:
    pair = "torch.exp(h0) - 1", "torch.expm1(h0)"
    fast, full = (verdict(*pair, tier=tier) for tier in ("fast", "full"))
    assert full["verdict"] == fast["verdict"] == "IMPROVES"
    assert full["points"] > 2 * fast["points"]


@pytest.mark.parametrize(
    ("verdict", "applicability", "status"),
    [
        ("IDENTICAL", Applicability.SAFE, "validated"),
        ("REPAIRS", Applicability.UNSAFE, "validated"),
        ("CONDITIONAL", Applicability.SAFE, "conditional"),
        ("CHANGES", Applicability.SAFE, "refused"),
        ("CHANGES", Applicability.UNSAFE, "changes"),
        ("EXCEPTION", Applicability.UNSAFE, "refused"),
        ("MASKS_NONFINITE", Applicability.UNSAFE, "refused"),
        ("UNSUPPORTED", Applicability.SAFE, "unverifiable"),
        ("TIMEOUT", Applicability.UNSAFE, "unverifiable"),
    ],
)
def test_the_policy(verdict: str, applicability: Applicability, status: str) -> None:
    assert policy.status(verdict, applicability) == status


def test_every_verdict_has_a_status() -> None:
    from torchlint.verify.judge.verdict import Verdict

    for found in Verdict:
        for applicability in Applicability:
            assert policy.status(str(found), applicability) in policy._CEILING
