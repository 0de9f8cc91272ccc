"""What a fix needs: a program in which it would change something is not fixed as safe, its harmless twin is."""

from __future__ import annotations

import textwrap

import pytest

from torchlint import lint
from torchlint.finding import Applicability, Fix
from torchlint.source import Source

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\n\n"


def fix_of(code: str, program: str) -> Fix | None:
    """The fix of the one finding of a rule in a program; None where there is no finding, or no fix."""
    report = lint.check(Source("program.py", HEAD + textwrap.dedent(program)), {code})
    assert report.failures == []
    assert len(report.findings) <= 1
    return report.findings[0].fix if report.findings else None


def is_safe(code: str, program: str) -> bool:
    fix = fix_of(code, program)
    return fix is not None and fix.applicability is Applicability.SAFE


WRITES = {
    "in place": "x[0] = 0",
    "augmented": "x += 1",
    "a method": "x.relu_()",
    "a function": "F.relu_(x)",
    "inplace": "F.relu(x, inplace=True)",
    "out": "torch.exp(x, out=x)",
    "its data": "x.data.zero_()",
    "a view": "v = x[0]\n    v.zero_()",
    "an initialiser": "nn.init.zeros_(x)",
    "an unknown call": "log(x)",
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_what_is_written_between_the_two_ends_is_not_moved_over(write: str) -> None:
    program = """
        def f(y: torch.Tensor, log):
            x = torch.randn(4, 3)
            lp = F.log_softmax(x, 1)
            {}
            return F.cross_entropy(lp, y)
        """
    assert not is_safe("TLT102", textwrap.dedent(program).format(write))


def test_where_nothing_is_written_a_fix_is_safe() -> None:
    program = """
        def f(y: torch.Tensor):
            x = torch.randn(4, 3)
            lp = F.log_softmax(x, 1)
            print("a step")
            return F.cross_entropy(lp, y)
        """
    assert is_safe("TLT102", program)


SUM = """
    def f({parameters}):
        {made}
        total = torch.zeros(3)
        for i in range({count}):
            total = total + x[i]
        return total
    """


@pytest.mark.parametrize(
    ("parameters", "made", "count"),
    [
        ("n", "x = torch.randn(5, 3)", "n"),
        ("", "x = torch.randn(5, 3)", "7"),
        ("", "x = torch.unique(torch.randn(9), return_counts=True)", "2"),
        ("", "x = torch.var_mean(torch.randn(9, 3), 0)", "2"),
        ("", "x = torch.where(torch.ones(3) > 0)", "1"),
        ("x", "pass", "len(x)"),
    ],
    ids=["any count", "beyond the size", "unique", "var_mean", "where", "perhaps a list"],
)
def test_a_sum_over_slices_is_not_safe_where_they_may_be_others(parameters: str, made: str, count: str) -> None:
    assert not is_safe("TLT401", SUM.format(parameters=parameters, made=made, count=count))


def test_a_sum_over_all_slices_is_safe() -> None:
    assert is_safe("TLT401", SUM.format(parameters="", made="x = torch.randn(5, 3)", count="5"))


DTYPES = {
    "TLT203": "def f(w: torch.Tensor):\n    x = {}\n    return torch.log(torch.sigmoid(x))\n",
    "TLT201": "def f(w: torch.Tensor):\n    x = {}\n    e = torch.exp(x)\n    return e / e.sum(1, keepdim=True)\n",
    "TLT208": "def f(w: torch.Tensor):\n    x = {}\n    return 1 / (1 + torch.exp(-x))\n",
}


@pytest.mark.parametrize("code", ["TLT203", "TLT201"])
@pytest.mark.parametrize(
    "made", ["torch.ones(2, 3, dtype=torch.long)", "torch.ones(2, 3) > 0", "torch.arange(3)[None]"]
)
def test_integers_and_bools_are_not_given_to_what_refuses_them(code: str, made: str) -> None:
    assert not is_safe(code, DTYPES[code].format(made))


@pytest.mark.parametrize("code", DTYPES)
def test_floats_are(code: str) -> None:
    assert is_safe(code, DTYPES[code].format("nn.Linear(3, 3)(w)"))


@pytest.mark.parametrize("dim", ["(0, 1)", "[0, 1]", "None", "dim"])
def test_several_dims_at_once_are_not_given_to_what_takes_one(dim: str) -> None:
    program = f"""
        def f(w, dim=(0, 1)):
            x = nn.Linear(3, 3)(w)
            e = torch.exp(x)
            return e / e.sum({dim}, keepdim=True)
        """
    assert not is_safe("TLT201", program)


@pytest.mark.parametrize("labels", ["torch.randint(-2, 3, (4,))", "y", "torch.randn(4, 3).argsort(1)"])
def test_indices_that_may_be_negative_or_of_another_rank_are_not_scattered(labels: str) -> None:
    program = f"""
        def f(y):
            t = {labels}
            out = torch.zeros(4, 3)
            for i in range(4):
                out[i, t[i]] = 1
            return out
        """
    assert not is_safe("TLT406", program)


def test_labels_from_zero_on_are() -> None:
    program = """
        def f():
            t = torch.randint(3, (4,))
            out = torch.zeros(4, 3)
            for i in range(4):
                out[i, t[i]] = 1
            return out
        """
    assert is_safe("TLT406", program)


def test_a_forward_that_a_hook_calls_is_not_made_a_call() -> None:
    program = """
        def f(x):
            model = nn.Linear(3, 3)
            model.register_forward_hook(lambda module, args, out: module.forward(args[0]))
            return model.forward(x)
        """
    report = lint.check(Source("program.py", HEAD + textwrap.dedent(program)), {"TLT605"})
    assert all(
        finding.fix is None or finding.fix.applicability is not Applicability.SAFE for finding in report.findings
    )


def test_a_need_that_is_not_proven_is_said() -> None:
    fix = fix_of("TLT203", "def f(x):\n    return torch.log(torch.sigmoid(x))\n")
    assert fix is not None
    assert fix.applicability is Applicability.UNSAFE
    assert fix.condition.startswith("safe if ")
    assert "float" in fix.condition
