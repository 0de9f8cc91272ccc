"""What is checked first after a change says the same as a check of everything, where the change means nothing."""

from __future__ import annotations

import re
from textwrap import dedent

import pytest
from checkout import FIXTURES, ROOT

from torchlint.finding import Finding
from torchlint.server import checking, client_settings
from torchlint.server.analysis import AbandonedError, Analysis
from torchlint.server.checking import Checked
from torchlint.server.client_settings import ClientSettings, read_settings, section_of
from torchlint.server.open_files import OpenFile
from torchlint.server.positions import Columns
from torchlint.server.program import Program, file_program

COLUMNS = Columns("utf-16")
URI = "file:///project/program.py"
SEVERAL = [
    *("misplaced_zero_grad", "softmax_before_cross_entropy", "method_name_typo", "missing_super_init"),
    *("discarded_result", "module_built_in_forward", "dataset_missing_method", "log_of_softmax"),
]


def program(text: str) -> Program:
    return file_program(OpenFile(URI, text, 1, "python"), "/project", COLUMNS)


@pytest.fixture(autouse=True)
def _long_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file counts as one that takes long, so that not all of it is checked at once."""
    monkeypatch.setattr(checking, "_QUICK", -1.0)


def analysed(text: str) -> tuple[Analysis, Checked]:
    analysis = Analysis(ClientSettings(), ["/project"])
    return analysis, analysis.quick(program(text))


def told(findings: list[Finding]) -> list[tuple[str, int, int, str]]:
    return [(finding.code, *finding.location, finding.message) for finding in findings]


@pytest.mark.parametrize("name", SEVERAL)
def test_a_comment_moves_findings_and_changes_none(name: str) -> None:
    text = (FIXTURES / name / "case.py").read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    analysis, first = analysed(text)
    assert first.whole
    assert first.findings
    for row in range(5, len(lines), max(len(lines) // 6, 1)):
        indent = lines[row][: len(lines[row]) - len(lines[row].lstrip())]
        changed = "".join([*lines[:row], f"{indent}# a comment\n" if lines[row].strip() else "\n", *lines[row:]])
        quick = analysis.quick(program(changed))
        assert not quick.whole
        everything = Analysis(ClientSettings(), ["/project"]).quick(program(changed))
        assert told(quick.findings) == told(everything.findings), f"row {row + 1}"
        analysis.closed(URI)
        analysis.quick(program(text))


TWO = """\
import torch


def f(x):
    return torch.log(torch.softmax(x, dim=1))


class A:
    def g(self, x):
        return torch.log(torch.softmax(x, dim=1))

    def h(self, x):
        return x
"""


def test_what_is_mended_goes_and_the_rest_stays() -> None:
    analysis, first = analysed(TWO)
    assert [finding.location.row for finding in first.findings] == [5, 10]
    quick = analysis.quick(program(TWO.replace("        return torch.log(torch", "        return torch.exp(torch")))
    assert not quick.whole
    assert [finding.location.row for finding in quick.findings] == [5]
    # In another method of the same class.
    quick = analysis.quick(program(TWO.replace("return x\n", "return x + 1\n")))
    assert [finding.location.row for finding in quick.findings] == [5, 10]
    # A line is taken away before both.
    quick = analysis.quick(program(TWO.replace("\n\ndef f", "\ndef f")))
    assert [finding.location.row for finding in quick.findings] == [4, 9]


def test_a_check_ends_when_there_is_something_newer_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    analysis, _ = analysed(TWO)
    changed = program(TWO + "\n")
    analysis.quick(changed)
    clear = analysis._abandoned.clear
    monkeypatch.setattr(analysis._abandoned, "clear", lambda: (clear(), analysis.abandon()))
    with pytest.raises(AbandonedError):
        analysis.whole(changed, may_end=True)
    assert len(analysis.whole(changed).findings) == 2


@pytest.mark.parametrize(
    ("encoding", "lengths"), [("utf-8", [1, 4, 3, 2]), ("utf-16", [1, 2, 1, 1]), ("utf-32", [1, 1, 1, 1])]
)
def test_columns_go_to_units_and_back(encoding: str, lengths: list[int]) -> None:
    line = "a🔥漢é\r\n"
    columns = Columns(encoding)
    starts = [sum(lengths[:number]) for number in range(5)]
    assert [columns.units(line, column) for column in range(5)] == starts
    assert [columns.character(line, start) for start in starts] == [0, 1, 2, 3, 4]
    # Behind the end, and in the middle of a character.
    assert columns.character(line, 100) == 4
    assert columns.character(line, starts[1] + lengths[1] - 1) == 1


@pytest.mark.parametrize(
    ("options", "mistake"),
    [
        ({"select": ["TLT1"], "delay": 10}, ""),
        ({"torchlint": {"minSeverity": "error"}}, ""),
        ({"settings": {"hover-values": False}}, ""),
        ({"delay": True}, "delay: expected milliseconds, 0 to 10,000, found True"),
        ({"enable": "no"}, "enable: expected true or false, found 'no'"),
        ({"confguration": "x.toml"}, "unknown key 'confguration'; did you mean 'configuration'?"),
        (["TLT1"], "expected a table, found list"),
    ],
)
def test_what_a_client_sets_is_checked(options: object, mistake: str) -> None:
    mistakes = read_settings(options).mistakes
    assert [*mistakes] == ([f"the editor's settings: {mistake}"] if mistake else [])


@pytest.mark.parametrize(
    ("settings", "section"),
    [
        ({}, None),
        (None, None),
        ({"pylsp": {"plugins": {}}}, None),
        ({"pylsp": {}, "torchlint": {"enable": False}}, {"enable": False}),
        ({"minSeverity": "error"}, {"minSeverity": "error"}),
    ],
)
def test_what_is_set_for_other_servers_is_passed_over(settings: object, section: object) -> None:
    assert section_of(settings) == section


def test_all_settings_are_documented() -> None:
    page = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
    table = page.partition("| setting | meaning |")[2].partition("\n\n")[0]
    named = {name for line in table.splitlines() for name in re.findall(r"`([a-z-]+)`", line.partition(" | ")[0])}
    assert named == {*client_settings._EXPECTED, *client_settings._KEYS_OF_TABLE}


def test_a_selector_that_names_no_rule_is_said_and_the_file_is_checked() -> None:
    analysis = Analysis(read_settings({"select": ["TLT9999"]}), ["/project"])
    found = analysis.quick(program(dedent(TWO)))
    assert len(found.findings) == 2
    (notice,) = analysis.configurations.take_notices()
    assert notice.text.startswith("torchlint: the editor's settings: select: unknown rule selector 'TLT9999'")
    assert analysis.configurations.take_notices() == []
