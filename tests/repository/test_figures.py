"""Figures in README and docs that nothing generates: each is held against what it is a figure of."""

from __future__ import annotations

import re
import tomllib

import pytest
from checkout import ROOT

from torchlint import certificates, registry
from torchlint.commands import progress
from torchlint.server import client_settings

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def page(name: str) -> str:
    """A text without its line breaks."""
    return " ".join((ROOT / name).read_text(encoding="utf-8").split())


README = page("README.md")
TORCHFIX = (ROOT / "docs" / "coming_from_torchfix.md").read_text(encoding="utf-8")


def test_the_version_of_python_is_that_of_the_metadata() -> None:
    lowest = PROJECT["requires-python"].removeprefix(">=")
    assert re.findall(r"Python (\d+\.\d+) or newer", README) == [lowest]
    tried = [line.split(" :: ")[-1] for line in PROJECT["classifiers"] if "Python :: 3." in line]
    assert tried[0] == lowest


def test_a_run_says_how_far_it_is_when_readme_says() -> None:
    assert "a run that takes longer than two seconds says how far it is" in README
    assert progress._PATIENCE == 2


def test_every_rewrite_was_run_where_readme_says() -> None:
    (gpu,) = re.findall(r"Every rewrite was run on the CPU, and the pairs on an (NVIDIA \w+) as well", README)
    rows = [row for rule in registry.rules() for row in certificates.evidence(rule.code)]
    pairs = {
        place: {row["digest"] for row in rows if row["kind"] == "pair" and row["device"] == place}
        for place in ("cpu", gpu)
    }
    assert pairs["cpu"] == pairs[gpu]
    assert {row["device"] for row in rows if row["kind"] == "program"} == {"cpu"}


def test_the_ratios_of_the_speed_table_are_those_of_its_seconds() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("| tool | CPU s |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    assert len(rows) > 5
    ours = float(rows[0][1])
    for tool, seconds, _, ratio in rows:
        assert float(ratio) == pytest.approx(float(seconds) / ours, rel=0.03), tool


def test_the_tools_of_the_speed_table_are_those_that_are_compared() -> None:
    from benchmarks.tools import TOOLS

    named = {
        line.split("|")[1].split()[0]
        for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
        if re.match(r"\| [\w-]+ \d+\.\d+\.\d+\b", line)
    }
    assert named == {name.partition("+")[0].removesuffix("-warm") for name in TOOLS}


def test_the_server_waits_as_long_as_the_page_says() -> None:
    # Importing the server needs its extra.
    pytest.importorskip("pygls")
    from torchlint.server import language_server

    text = page("docs/editors.md")
    waits = re.search(r"(\d+) ms after a change, .* typed for ([\d.]+) s more", text)
    assert waits is not None
    assert (int(waits[1]), float(waits[2])) == (client_settings._DELAY, language_server._PAUSE)
    assert f"for another change after one, {client_settings._DELAY} if not set" in text


def test_the_lines_of_torchfixs_tests_add_up() -> None:
    total, found, others = map(
        int, re.findall(r"Of the (\d+) lines.*?checkers, (\d+) have.*?other (\d+) are", TORCHFIX, re.DOTALL)[0]
    )
    reasons = [int(number) for number in re.findall(r"^\| (\d+) \| TOR", TORCHFIX, re.MULTILINE)]
    assert total == found + others
    assert others == sum(reasons)


@pytest.mark.parametrize("name", ["docs/verification.md", "CONTRIBUTING.md"])
def test_the_programs_of_a_demonstration_are_as_short_as_is_said(name: str) -> None:
    test = (ROOT / "tests" / "verify" / "test_demonstrations.py").read_text(encoding="utf-8")
    (longest,) = re.findall(r"^LONGEST = (\d+)", test, re.MULTILINE)
    assert re.findall(r"at most (\d+) lines each", page(name)) == [longest]
