"""Each rule that is on by default shows its harm in numbers, and what is kept of that is what running it gives."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from linted import findings_in

from torchlint import demonstrated, registry
from torchlint.demonstrated import Measured
from torchlint.finding import Severity
from torchlint.registry import RuleInfo
from torchlint.source import Source
from torchlint.suppress import Suppressions
from torchlint.verify import demonstrations
from torchlint.verify.demonstrations import MENDED, MISTAKEN, program, text_of
from torchlint.verify.run.process import Process

pytestmark = pytest.mark.xdist_group("demonstrations")
# Rules that are on by default and whose harm cannot be measured, and why. They only inform.
EXCUSED = {
    "load-without-weights-only": "torch has a safe default since 2.6, and these programs run on no older one",
    "renamed-api": "which names are old, and what becomes of them, is for each project to say",
    "non-public-api": "a name that is not public may go with any release of torch, and works in this one",
}
# Lines of a program without blank ones.
LONGEST = 25

RULES = {info.name: info for info in registry.rules()}
SHOWN = {info.name: path for info in registry.rules() if (path := demonstrations.file_of(info)) is not None}


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    pytest.importorskip("torch")
    started = Process("cpu")
    yield started
    started.close()


def lines_of_code(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())


def codes_in(text: str, rule: RuleInfo) -> set[str]:
    """What the rule and those that are on by default report in a program."""
    wanted = {rule.code, *(info.code for info in registry.rules() if info.default)}
    source = Source("program.py", text)
    silenced = Suppressions(source)
    return {finding.code for finding in findings_in(source, wanted) if not silenced.hides(finding)}


def test_every_rule_that_is_on_by_default_has_a_demonstration() -> None:
    wanted = {info.name for info in registry.rules() if info.default} - EXCUSED.keys()
    assert sorted(wanted - SHOWN.keys()) == []


def test_only_rules_without_a_demonstration_are_excused() -> None:
    assert EXCUSED.keys() <= RULES.keys() - SHOWN.keys()
    assert all(EXCUSED.values())
    assert all(RULES[name].severity is Severity.INFO for name in EXCUSED)


def test_every_demonstration_is_that_of_a_rule() -> None:
    files = {path.stem.replace("_", "-") for path in demonstrations.folder().glob("[!_]*.py")}
    assert files == SHOWN.keys()


@pytest.mark.parametrize("name", SHOWN)
def test_the_rule_reports_the_mistaken_program_and_no_rule_the_mended_one(name: str) -> None:
    text, rule = text_of(SHOWN[name]), RULES[name]
    assert rule.code in codes_in(program(text, MISTAKEN), rule)
    assert codes_in(program(text, MENDED), rule) == set()


@pytest.mark.parametrize("name", SHOWN)
def test_a_demonstration_is_small_and_says_what_it_shows(name: str) -> None:
    text = text_of(SHOWN[name])
    assert all(lines_of_code(program(text, entry)) <= LONGEST for entry in (MISTAKEN, MENDED))
    documentation = ast.get_docstring(ast.parse(text)) or ""
    assert documentation.endswith(".")
    assert "\n" not in documentation


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_kept_is_what_running_it_gives(name: str, process: Process) -> None:
    rule, path = RULES[name], SHOWN[name]
    answer = process.ask({"kind": "demonstration", "path": str(path), "device": "cpu"}, patience=120.0)
    assert isinstance(answer, dict), answer
    assert "mistaken" in answer, answer
    seen, kept = Measured(**answer), demonstrated.kept(rule.code)
    again = f"run `torchlint demonstrate {rule.code} --write`"
    assert kept is not None, again
    assert kept.digest == seen.digest, again
    assert demonstrations.agree(kept.mistaken, seen.mistaken), (kept.mistaken, seen.mistaken, again)
    assert demonstrations.agree(kept.mended, seen.mended), (kept.mended, seen.mended, again)
    assert seen.harm[0].isupper() or seen.harm.startswith("`")
    assert seen.harm.endswith(".")


def test_nothing_is_kept_of_rules_without_a_demonstration() -> None:
    assert demonstrated.table().keys() == {RULES[name].code for name in SHOWN}


HARMLESS = '''\
"""Nothing."""

import math

import torch
from torch import nn

HARM = "One is {mistaken[one]}."
SIZE = 3


class Net(nn.Module):
    pass


def helper(x):
    return math.sqrt(x) + SIZE


@torch.no_grad()
def mistaken():
    return {"one": helper(1.0)}


def mended():
    return {"one": len(Net().state_dict()) + 4.0}


def is_harm(mistaken, mended):
    return mistaken["one"] > mended["one"]
'''


def test_a_program_is_what_its_function_reaches() -> None:
    mistaken, mended = (program(HARMLESS, entry) for entry in (MISTAKEN, MENDED))
    assert mistaken == (
        "import math\nimport torch\n\n\nSIZE = 3\n\n\ndef helper(x):\n    return math.sqrt(x) + SIZE\n\n\n"
        '@torch.no_grad()\ndef mistaken():\n    return {"one": helper(1.0)}\n'
    )
    assert mended.startswith("from torch import nn\n\n\nclass Net(nn.Module):\n    pass\n\n\ndef mended():\n")


def test_a_demonstration_without_harm_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    path = tmp_path / "harmless.py"
    path.write_text(HARMLESS, encoding="utf-8")
    with pytest.raises(demonstrations.NoHarmError, match="the mistaken program gives"):
        demonstrations.measure(path)
    path.write_text(HARMLESS.replace("+ 4.0", '+ float("nan")').replace('["one"] >', '["one"] !='), encoding="utf-8")
    seen = demonstrations.measure(path)
    assert (seen.mistaken, seen.mended, seen.harm) == ({"one": 4.0}, {"one": "NaN"}, "One is 4.")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"loss": 1.0}, {"loss": 1.001}, True),
        ({"loss": 1.0}, {"loss": 1.1}, False),
        ({"loss": 1.0}, {"lost": 1.0}, False),
        ({"steps": 4}, {"steps": 5}, False),
        ({"loss": "NaN"}, {"loss": "NaN"}, True),
        ({"raises": True}, {"raises": False}, False),
    ],
)
def test_numbers_agree_up_to_what_processors_differ_in(one: dict, other: dict, same: bool) -> None:
    assert demonstrations.agree(one, other) is same
