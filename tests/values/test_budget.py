"""Programs that only generators write: evaluation has a budget, and what is beyond it is unknown.

Steps are counted, not time: they are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from torchlint import lint, registry
from torchlint.fixing import statement_index
from torchlint.source import Source
from torchlint.values import compare
from torchlint.values.interpret import evaluator, frame

HEADER = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
CODES = {rule.code for rule in registry.rules()}
# More than any of these programs takes by itself: each has at most 25,000 expressions.
SLACK = 100_000


def checked(program: str) -> lint.Report:
    return lint.check(Source("program.py", HEADER + program), CODES, fixes=False)


def found(program: str) -> set[str]:
    report = checked(program)
    assert not report.error
    assert report.failures == []
    return {finding.code for finding in report.findings}


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> Iterator[list[int]]:
    """Count the calls of a function of a module."""
    count, function = [0], getattr(module, name)

    def counting(*arguments: Any) -> Any:
        count[0] += 1
        return function(*arguments)

    monkeypatch.setattr(module, name, counting)
    yield count
    monkeypatch.setattr(module, name, function)


def each_calls_three(count: int) -> str:
    """Functions that call each other, so that each reaches all."""
    return "".join(
        f"def f{i}(x):\n"
        f"    y = f{(i * 7 + 1) % count}(x) + f{(i * 11 + 3) % count}(x)\n"
        f"    return torch.log(torch.softmax(f{(i * 13 + 5) % count}(y), 1))\n"
        for i in range(count)
    )


def each_calls_the_one_before_twice(count: int) -> str:
    first = "def f0(x):\n    return torch.exp(x)\n"
    others = (f"def f{i}(x):\n    return f{i - 1}(x) + f{i - 1}(f{i - 1}(x))\n" for i in range(1, count))
    return first + "".join(others)


def each_property_reads_the_one_before_thrice(count: int) -> str:
    first = "class C(nn.Module):\n    @property\n    def p0(self):\n        return torch.ones(3)\n"
    body = "return torch.exp(self.p{0}) + self.p{0} + self.p{0}"
    others = (f"    @property\n    def p{i}(self):\n        {body.format(i - 1)}\n" for i in range(1, count))
    return first + "".join(others)


def each_constant_reads_the_one_before_twice(count: int) -> str:
    first = "class C(nn.Module):\n    a0 = torch.ones(3)\n"
    others = (f"    a{i} = C.a{i - 1} + C.a{i - 1}\n" for i in range(1, count))
    return f"{first}{''.join(others)}    def f(self):\n        return torch.log(torch.softmax(C.a{count - 1}, 1))\n"


def each_constant_is_a_table(count: int) -> str:
    table = ", ".join(f"'k{i}': torch.ones({i})" for i in range(count))
    reads = "".join(f"    def f{i}(self):\n        return torch.log(self.table['k{i}'])\n" for i in range(count))
    return f"class C(nn.Module):\n    table = {{{table}}}\n{reads}"


@pytest.mark.parametrize(
    "program",
    [
        each_calls_three(400),
        each_calls_the_one_before_twice(60),
        each_property_reads_the_one_before_thrice(40),
        each_constant_reads_the_one_before_twice(40),
        each_constant_is_a_table(600),
    ],
    ids=["functions", "chain", "properties", "constants", "table"],
)
def test_what_is_reached_in_many_ways_is_evaluated_within_the_budget(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = "\ndef own(x):\n    return torch.log(torch.softmax(x, 1))\n"
    with counted(monkeypatch, frame.Frame, "value") as steps:
        assert "TLT202" in found(program + own)
    assert steps[0] < evaluator.MAX_STEPS + SLACK


def test_the_budget_is_the_files_own(monkeypatch: pytest.MonkeyPatch) -> None:
    helper = "def helper(x):\n    return torch.softmax(x, 1)\n"
    users = "".join(f"def f{i}(x):\n    return torch.log(helper(x))\n" for i in range(30))
    everything = checked(helper + users).findings
    assert len(everything) == 30
    monkeypatch.setattr(evaluator, "MAX_STEPS", 40)
    some = checked(helper + users).findings
    assert 0 < len(some) < 30
    assert some == checked(helper + users).findings


@pytest.mark.parametrize("word", ["and", "or"])
@pytest.mark.parametrize("part", ["x", "x{0}", "x.sum()", "g({0})", "{0}"])
def test_a_long_condition_compares_its_parts_with_few_others(
    word: str, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 5000
    parts = f" {word} ".join(part.format(number) for number in range(count))
    with counted(monkeypatch, compare, "same") as comparisons:
        found(f"def f(x):\n    y = {parts}\n    return torch.log(torch.softmax(y, 1))\n")
    assert comparisons[0] < 20 * count


@pytest.mark.parametrize("shape", ["flat", "elif"])
def test_each_fix_looks_at_few_statements(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 300
    line = "y{0} = torch.log(torch.softmax(x, {0}))"
    if shape == "flat":
        body = "".join(f"    {line.format(number)}\n" for number in range(count))
    else:
        branches = (f"    elif x == {number}:\n        {line.format(number)}\n" for number in range(count))
        body = "    if x:\n        pass\n" + "".join(branches)
    with counted(monkeypatch, statement_index, "_end") as looks:
        report = lint.check(Source("program.py", f"{HEADER}def f(x):\n{body}"), {"TLT202"})
    assert sum(finding.fix is not None for finding in report.findings) == count
    assert looks[0] < 20 * count


TWO = """
class A(nn.Module):
    x = B.y

class B(nn.Module):
    y = A.x

    def f(self):
        return torch.log(self.y)
"""
ONE = """
class A(nn.Module):
    x = A.x

    def f(self):
        return torch.log(torch.softmax(self.x, 1))
"""
BASES = """
class A(B):
    x = 1

class B(A):
    def f(self):
        return torch.log(torch.softmax(self.x, 1))
"""
LINK = """
class C{0}(C{1}):
    a = C{1}.a

    def f(self):
        return torch.log(torch.softmax(self.a, 1))
"""
RING = "".join(LINK.format(number, (number + 1) % 300) for number in range(300))


@pytest.mark.parametrize("program", [TWO, ONE, BASES, RING], ids=["two", "one", "bases", "ring"])
def test_constants_that_lead_back_to_themselves_are_unknown(program: str) -> None:
    found(program)


def nested(opening: str, closing: str, depth: int) -> Callable[[str], str]:
    return lambda inner: opening * depth + inner + closing * depth


@pytest.mark.parametrize(
    "around",
    [
        nested("(", ")", 150),
        nested("-", "", 2000),
        nested("not ", "", 2000),
        nested("", ".a", 5000),
        nested("", ".relu()", 1500),
        nested("", "[0]", 3000),
        nested("lambda: ", "", 800),
        nested("[", " for x in x]", 60),
        nested("0 if x else ", "", 900),
        nested("x + ", "", 150),
        nested("", " + x", 3000),
    ],
)
def test_deep_expressions_are_no_failure(around: Callable[[str], str]) -> None:
    found(f"def f(x):\n    y = {around('torch.log(torch.softmax(x, 1))')}\n    return y\n")
    found(f"def f(x):\n    return torch.log(torch.softmax({around('x')}, 1))\n")


@pytest.mark.parametrize(
    "text",
    [
        f"T = {{{', '.join(f'{i}: torch.zeros({i})' for i in range(5000))}}}\ndef f(x):\n    return torch.log(T[x])\n",
        "@torch.no_grad()\n" * 3000 + "def f(x):\n    return torch.log(torch.softmax(x, 1))\n",
        "def f(x, m):\n    if m == 0:\n        y = 0\n"
        + "".join(f"    elif m == {i}:\n        y = torch.exp(x)\n" for i in range(800))
        + "    return y\n",
        "def f(x):\n    x = " + " = ".join(f"a{i}" for i in range(2000)) + " = torch.exp(x)\n    a0.add_(1)\n",
        f"N = 2**60**2\nM = 10**63**63\nS = 'a' * 10**9\nK = {'9' * 4000}\ndef f(x):\n    return torch.exp(x * N)\n",
        "N = 1 << 10**9\nM = -(2**63)\nL = 1e308 * 10\ndef f(x):\n    return torch.log(x + N) / (M - M)\n",
    ],
    ids=["dict", "decorators", "elif", "targets", "powers", "shifts"],
)
def test_huge_statements_are_no_failure(text: str) -> None:
    found(text)


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("\x0cimport torch\n\x0cdef f(x):\n\x0c    return torch.log(torch.softmax(x, 1))\n", 3),
        ("import torch\rdef f(x):\r    return torch.log(torch.softmax(x, 1))\r", 3),
        ("import torch\r\ndef f(x):\r    return torch.log(torch.softmax(x, 1))\n", 3),
        (
            "import torch\ns = '\u2028\x85'\ndef f(ｘ):\n    s = '\U0001f600'; return torch.log(torch.softmax(x, 1))\n",
            4,
        ),
    ],
    ids=["form feeds", "carriage returns", "mixed", "separators"],
)
def test_unusual_characters_do_not_move_findings(text: str, row: int) -> None:
    report = lint.check(Source("program.py", text), {"TLT202"})
    assert report.failures == []
    (finding,) = report.findings
    assert finding.location.row == row
