"""Every rule's fixtures: marked lines are reported, all others are silent, and the golden is what the fixes make."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from checkout import FIXTURES
from linted import indexes

from torchlint import lint, registry
from torchlint.finding import Applicability, Finding
from torchlint.fixing import edits
from torchlint.source import Source
from torchlint.torch_range import CURRENT, parse_range
from torchlint.verify import fixtures

_MARK = re.compile(r"#\s*(TLT\d{3}(?:\s*,\s*TLT\d{3})*)\s*$")
# The versions of torch that a fixture is for, where it is not for the current one.
_TARGET = re.compile(r"^# target-torch: (.+)$", re.MULTILINE)
CASES = sorted(FIXTURES.glob("*/*.py"))


def _codes(path: Path) -> frozenset[str]:
    """The rules that are on by default, and the fixture's own."""
    name = path.parent.name.replace("_", "-")
    return frozenset(info.code for info in registry.rules() if info.default or info.name == name)


def _expected(text: str) -> list[tuple[int, str]]:
    found = []
    for row, line in enumerate(text.splitlines(), 1):
        mark = _MARK.search(line)
        if mark:
            found.extend((row, code.strip()) for code in mark[1].split(","))
    return sorted(found)


def _findings(source: Source, path: Path, *, gates: bool = True) -> list[Finding]:
    target = _TARGET.search(source.text)
    versions = parse_range(target[1]) if target else CURRENT
    report = lint.check(source, _codes(path), gates=gates, target=versions, indexes=indexes)
    assert not report.error
    assert not report.failures
    return report.findings


def _fixed(path: Path) -> str:
    source = Source.from_bytes(str(path), path.read_bytes())
    result = edits.fix(
        source,
        lambda current: _findings(current, path),
        lambda finding: finding.fix is not None and finding.fix.applicability is not Applicability.DISPLAY,
    )
    assert not result.error
    return result.text


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_marked_lines_are_reported_and_no_others(path: Path) -> None:
    source = Source.from_bytes(str(path), path.read_bytes())
    found = {(finding.location.row, finding.code) for finding in _findings(source, path)}
    expected = set(_expected(source.text))
    missing = [f"line {row}: {code} is marked, and not reported" for row, code in sorted(expected - found)]
    unwanted = [f"line {row}: {code} is reported, and not marked" for row, code in sorted(found - expected)]
    assert not [*missing, *unwanted]


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_gates_change_no_finding(path: Path) -> None:
    source = Source.from_bytes(str(path), path.read_bytes())
    assert _findings(source, path) == _findings(source, path, gates=False)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_fixing_gives_the_golden(path: Path, request: pytest.FixtureRequest) -> None:
    after = _fixed(path)
    ast.parse(after)
    if request.config.getoption("--update-goldens"):
        fixtures.write_golden(path, after)
    assert after == fixtures.fixed(path)


def test_every_golden_belongs_to_a_fixture() -> None:
    cases = {fixtures.golden(path) for path in CASES}
    assert {path for path in FIXTURES.glob("*/*") if path.suffix != ".py" and path.is_file()} <= cases


def test_every_rule_has_fixtures_with_findings_and_near_misses() -> None:
    for info in registry.rules():
        cases = [path for path in CASES if path.parent.name == info.name.replace("-", "_")]
        text = "\n".join(path.read_text(encoding="utf-8") for path in cases)
        assert re.search(rf"#\s*(TLT\d+,\s*)*{info.code}", text), f"{info.name} has no fixture that it reports"
        clean = [node for path in cases for node in _clean_definitions(path)]
        assert clean, f"{info.name} has no near miss"


def _clean_definitions(path: Path) -> list[ast.stmt]:
    source = path.read_text(encoding="utf-8")
    marked = {row for row, _ in _expected(source)}
    definitions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return [node for node in definitions if not marked & set(range(node.lineno, (node.end_lineno or 0) + 1))]


def test_every_fixture_belongs_to_a_rule() -> None:
    names = {info.name.replace("-", "_") for info in registry.rules()}
    assert {path.parent.name for path in CASES} <= names
