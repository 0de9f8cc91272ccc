"""The files of a new rule: the rule, a fixture that it reports, and the test of the folder."""

from __future__ import annotations

import keyword
import os
import re
from collections.abc import Collection
from typing import NamedTuple

from torchlint.golden_diffs import difference
from torchlint.own_rules.codes import code_problem
from torchlint.own_rules.rule_folder import FIXTURES, TESTS

_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
# The letters of the first rule of a project, and the number that it has.
_LETTERS, _FIRST = "LOC", 101
_MOST = 999


class NewRule(NamedTuple):
    """A rule that is to be written: `stem` is the name of its module. With `rewrite` it is a pair of functions."""

    stem: str
    code: str
    rewrite: bool = False

    @property
    def class_name(self) -> str:
        """`OldLoad` for `old_load`."""
        return "".join(part.capitalize() for part in self.stem.split("_"))

    def text(self) -> str:
        """The module of the rule."""
        return self._filled(_REWRITE if self.rewrite else _CHECK)

    def fixtures(self) -> dict[str, str]:
        """Its fixtures by the names of their files."""
        if not self.rewrite:
            return {"case.py": self._filled(_CASE_OF_CHECK)}
        case = self._filled(_CASE_OF_REWRITE)
        before, after = (case.replace("%FOUND%", text) for text in ("torch.sqrt(x**2 + y**2)", "torch.hypot(x, y)"))
        return {"case.py": before, "case.fixed.diff": difference(before, after)}

    def files(self, folder: str) -> dict[str, str]:
        """Its files in a folder of rules, by their paths; the test is that of all rules in the folder."""
        below = os.path.join(folder, FIXTURES, self.stem)
        written = {os.path.join(below, name): text for name, text in self.fixtures().items()}
        return {
            os.path.join(folder, f"{self.stem}.py"): self.text(),
            **written,
            os.path.join(folder, TESTS, "test_rules.py"): _TEST,
        }

    def _filled(self, text: str) -> str:
        title = self.stem.replace("_", " ").capitalize()
        return text.replace("%CODE%", self.code).replace("%CLASS%", self.class_name).replace("%TITLE%", title)


def stem_of(name: str) -> str:
    """The name of a rule as that of its module."""
    return name.removesuffix(".py").replace("-", "_")


def name_problem(name: str) -> str:
    """What is wrong with the name of a new rule; empty if nothing is."""
    stem = stem_of(name)
    if _NAME.fullmatch(stem) is None:
        advice = "name the pattern in two words or more of small letters, as in old-load"
        return f"{name!r} cannot be the name of a rule: {advice}"
    return f"{name!r} is a word of Python" if keyword.iskeyword(stem) else ""


def next_code(taken: Collection[str]) -> str:
    """A free code after those that the rules of a project have; empty if there is none."""
    largest = max((code for code in taken if not code_problem(code)), key=lambda code: code[-3:], default="")
    letters, number = largest[:-3] or _LETTERS, int(largest[-3:] or _FIRST - 1) + 1
    return f"{letters}{number:03}" if number <= _MOST else ""


_PAGE = '''"""%TITLE%: say what is wrong in one line.

## What it does
Finds {finds}

## Why is this bad?
{why}

## Example
```python
{example}
```

Use instead:
```python
{instead}
```

## When not to use it
Say for which code the rule is not meant.
"""
'''

_CHECK = (
    _PAGE.format(
        finds="calls of `torch.set_default_dtype`. This is an example: say what yours finds.",
        why="All tensors that are made afterwards have another dtype, in other files too.",
        example="torch.set_default_dtype(torch.float64)",
        instead="weights = torch.zeros(3, dtype=torch.float64)",
    )
    + '''
from __future__ import annotations

from collections.abc import Iterator

from torchlint.rule import WARNING, BoundCall, Check, Frame, Problem


class %CLASS%(Check):
    code = "%CODE%"
    severity = WARNING
    message = "`set_default_dtype` changes what all other code makes"
    help = "Give `dtype=` where a tensor is made"
    # What must be called for the rule to be asked: by the full name, also of your
    # own packages ("acme.load"), or ".step" for any method of that name.
    calls = ("torch.set_default_dtype",)
    # Files without torch are left out; about_torch = False looks at them, too.

    def check_call(self, call: BoundCall, frame: Frame) -> Iterator[Problem]:
        """Report the call."""
        yield Problem(call.node)
'''
)

_CASE_OF_CHECK = """import torch


def changes_all_that_follows() -> torch.Tensor:
    torch.set_default_dtype(torch.float64)  # %CODE%
    return torch.zeros(3)


def near_miss_one_tensor() -> torch.Tensor:
    return torch.zeros(3, dtype=torch.float64)
"""

_REWRITE = (
    _PAGE.format(
        finds="`sqrt(x**2 + y**2)`. This is an example: say what yours finds.",
        why="The squares are infinite from 1.8e19 on in float32, where the root is not.",
        example="length = torch.sqrt(x**2 + y**2)",
        instead="length = torch.hypot(x, y)",
    )
    + '''
from __future__ import annotations

from torchlint.rule import WARNING, Floats, Pair, Rewrite, Stabilises, torch


def before(x: Floats, y: Floats) -> Floats:
    """What is found, in all its spellings."""
    return torch.sqrt(x**2 + y**2)


def after(x: Floats, y: Floats) -> Floats:
    """What the fix writes."""
    return torch.hypot(x, y)


class %CLASS%(Rewrite):
    code = "%CODE%"
    severity = WARNING
    message = "`sqrt(x**2 + y**2)` is infinite where a square overflows"
    title = "Use `hypot`"
    help = "Use `torch.hypot(x, y)`"
    # Same(), Stabilises() or Changes("what"): what you claim, and verify tests.
    pairs = (Pair(before, after, Stabilises()),)
'''
)

_CASE_OF_REWRITE = """import torch
from torch import Tensor


def length(x: Tensor, y: Tensor) -> Tensor:
    return %FOUND%  # %CODE%


def near_miss_three_terms(x: Tensor, y: Tensor) -> Tensor:
    return torch.sqrt(x**2 + y**2 + 1e-6)
"""

_TEST = '''"""The rules of this folder find what their fixtures say, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from torchlint.testing import Fixture, fixtures

RULES = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("fixture", fixtures(RULES), ids=str)
def test_rule(fixture: Fixture) -> None:
    """TORCHLINT_UPDATE_GOLDENS=1 writes what fixing makes of the fixtures."""
    fixture.check()
'''
