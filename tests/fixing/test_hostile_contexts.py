"""A few of the hostile contexts of `tools/hostile_contexts.py`: a safe fix is withheld in them, or changes nothing."""

from __future__ import annotations

import ast
from itertools import islice

import pytest

pytest.importorskip("torch")

from tools.hostile_contexts import changed, fixed, hunt
from tools.hostile_programs import INSERTED, contexts, programs
from torchlint.verify.inputs.specs import parse_all

# Rules with safe fixes for some of their own programs.
RULES = (
    *("TLT102", "TLT105", "TLT112", "TLT201", "TLT202", "TLT203", "TLT204", "TLT205", "TLT206", "TLT207", "TLT208"),
    *("TLT211", "TLT215", "TLT216", "TLT301", "TLT401", "TLT405", "TLT708", "TLT802"),
)


@pytest.mark.parametrize("code", RULES)
def test_a_safe_fix_changes_no_program(code: str) -> None:
    counts = hunt([code], most=6, seed=3)
    assert counts.offered.total() > 0
    assert [(wrong.context.kind, wrong.context.what, wrong.inputs, wrong.difference) for wrong in counts.wrong] == []


def test_programs_are_put_into_contexts_of_all_kinds() -> None:
    kinds: set[str] = set()
    for program in (*islice(programs("TLT401"), 3), *islice(programs("TLT201"), 3)):
        found = list(contexts(program))
        kinds |= {context.kind for context in found}
        assert found[0].text == program.text()
        ast.parse(found[-1].text)
    assert kinds >= {*INSERTED, "C", "D", "F", "H", "K", "M"}


HEAD = "import torch\n\n\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return x + 1", "return x + 2"),
        ("return x.sum(1)", "return x.sum(1, keepdim=True)"),
        ("return x * 1", "return x.double()"),
        ("return x * 2", "x *= 2\n    return x * 1"),
        ("return x * 2", "return (x * 2).detach()"),
        ("return x + 1", "torch.rand(1)\n    return x + 1"),
        ("return x.sum(0)", "return x[0] + x[1:].sum(0)"),
        ("return torch.log(torch.sigmoid(x))", "return torch.nn.functional.logsigmoid(x)"),
        ("return x.exp().contiguous().view(-1)", "return x.exp().view(-1)"),
    ],
)
def test_what_changes_a_program_is_seen(before: str, after: str) -> None:
    texts = [f"{HEAD}def f(x):\n    {body}\n" for body in (before, after)]
    specs = parse_all({"x": "float 3 5"})
    assert changed(texts[0], texts[1], specs) is not None
    assert changed(texts[0], texts[0], specs) is None


@pytest.mark.parametrize("low", [-100, -104])
def test_what_is_nearer_to_double_precision_is_no_change(low: int) -> None:
    before, after = (
        f"{HEAD}def f(x):\n    x = x * 0 - {-low}\n    return {body}\n"
        for body in ("torch.log(torch.exp(x).sum(1))", "torch.logsumexp(x, 1)")
    )
    specs = parse_all({"x": "float 3 5"})
    assert changed(before, after, specs) is None
    assert changed(after, before, specs) is not None


SHADOWED = """import torch
import torch.nn.functional as F
{}


def f(x):
    x = torch.nn.Linear(3, 3)(x)
    {}
    return torch.log(torch.sigmoid(x))
"""


@pytest.mark.parametrize(
    ("top", "inside"),
    [
        ("F = 3", "pass"),
        ("if torch:\n    F = 3", "pass"),
        ("def F(): pass", "pass"),
        ("print((F := 3))", "pass"),
        ("def g():\n    global F\n    F = 3", "g()"),
        ("for F in (1,): pass", "pass"),
        ("", "F = 3"),
        ("", "for F in (1,): pass"),
    ],
)
def test_a_fix_spells_what_its_names_mean_where_it_stands(top: str, inside: str) -> None:
    after = fixed("TLT203", SHADOWED.format(top, inside))
    assert after is not None
    assert "return torch.nn.functional.logsigmoid(x)" in after


@pytest.mark.parametrize("where", ["[{} for F in (1, 2)]", "(lambda F: {})(1)", "sum({} for F in (1, 2))"])
def test_a_variable_that_shadows_a_module_is_not_read_for_it(where: str) -> None:
    program = SHADOWED.format("", "pass").replace(
        "torch.log(torch.sigmoid(x))", where.format("torch.log(torch.sigmoid(x))")
    )
    after = fixed("TLT203", program)
    assert after is None or "torch.nn.functional.logsigmoid(x)" in after


@pytest.mark.parametrize(
    "top", ["torch = 3", "import numpy as torch", "torch.log = None", "setattr(torch, 'log', None)"]
)
def test_a_name_that_may_mean_something_else_is_no_end_of_a_safe_fix(top: str) -> None:
    assert fixed("TLT203", SHADOWED.format("", "pass")) is not None
    assert fixed("TLT203", SHADOWED.format(top, "pass")) is None


@pytest.mark.parametrize(
    "made",
    [
        "y = x.flip(0) if x.sum() > 0 else x",
        "y = x.sum(0) if x.sum() > 0 else x",
        "y = x\n    if x.sum() > 0:\n        y = x.flip(0)",
        "y = x\n    for _ in range(2):\n        y = y.flip(0)",
    ],
)
def test_a_condition_on_another_tensor_guards_nothing(made: str) -> None:
    program = (
        f"import torch\n\n\ndef f(x):\n    {made}\n    return torch.where(x > 0, torch.log(y), torch.zeros_like(x))\n"
    )
    assert fixed("TLT211", program) is None
    assert fixed("TLT211", program.replace("x > 0, torch", "y > 0, torch")) is not None


LEFT = """import torch
import torch.nn.functional as F


def zero(t):
    t.zero_()


def f(x):
    x = F.gelu(x)
    {}
    return t0 / t1
"""


@pytest.mark.parametrize(
    "body",
    [
        "t0 = torch.exp(x)\n    [zero(t) for t in [x]]\n    t1 = t0.sum(1, keepdim=True)",
        "t0 = torch.exp(x)\n    getattr(x, 'zero_')()\n    t1 = t0.sum(1, keepdim=True)",
        "t0 = torch.exp(x)\n    a, *b = x.split(2)\n    a.zero_()\n    t1 = t0.sum(1, keepdim=True)",
        "t0 = torch.exp(x)\n    F.threshold_(t0, 0.0, 5.0)\n    t1 = t0.sum(1, keepdim=True)",
        "if x.sum() > 0:\n        t0 = torch.exp(x)\n    t1 = t0.sum(1, keepdim=True)",
    ],
)
def test_what_is_written_in_roundabout_ways_is_seen(body: str) -> None:
    plain = "t0 = torch.exp(x)\n    t1 = t0.sum(1, keepdim=True)"
    assert fixed("TLT201", LEFT.format(plain)) is not None
    assert fixed("TLT201", LEFT.format(body)) is None
