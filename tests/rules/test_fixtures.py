"""Every rule's fixtures: marked lines are reported, all others are silent, and the golden is what the fixes make."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from checkout import FIXTURES

from torchlint import registry
from torchlint.testing import Fixture
from torchlint.verify import fixtures

CASES = sorted(FIXTURES.glob("*/*.py"))


def _fixture(path: Path) -> Fixture:
    """The program, looked at by the rules that are on by default and the fixture's own."""
    name = path.parent.name.replace("_", "-")
    return Fixture(path, frozenset(info.code for info in registry.built_in() if info.default or info.name == name))


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_marked_lines_are_reported_and_no_others(path: Path) -> None:
    _fixture(path).check_marks()


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_gates_change_no_finding(path: Path) -> None:
    _fixture(path).check_gates()


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_fixing_gives_the_golden(path: Path, request: pytest.FixtureRequest) -> None:
    _fixture(path).check_golden(update=request.config.getoption("--update-goldens"))


def test_every_golden_belongs_to_a_fixture() -> None:
    cases = {fixtures.golden(path) for path in CASES}
    assert {path for path in FIXTURES.glob("*/*") if path.suffix != ".py" and path.is_file()} <= cases


def test_every_rule_has_fixtures_with_findings_and_near_misses() -> None:
    for info in registry.built_in():
        cases = [path for path in CASES if path.parent.name == info.name.replace("-", "_")]
        text = "\n".join(path.read_text(encoding="utf-8") for path in cases)
        assert re.search(rf"#\s*(TLT\d+,\s*)*{info.code}", text), f"{info.name} has no fixture that it reports"
        clean = [node for path in cases for node in _clean_definitions(path)]
        assert clean, f"{info.name} has no near miss"


def _clean_definitions(path: Path) -> list[ast.stmt]:
    source = path.read_text(encoding="utf-8")
    marked = {row for row, _ in _fixture(path).marks()}
    definitions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return [node for node in definitions if not marked & set(range(node.lineno, (node.end_lineno or 0) + 1))]


def test_every_fixture_belongs_to_a_rule() -> None:
    names = {info.name.replace("-", "_") for info in registry.built_in()}
    assert {path.parent.name for path in CASES} <= names
