"""Comments that silence nothing: found where all rules that they name have run, and taken out without a trace."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hang_guard import HANG_GUARD
from notebook_files import notebook, sources

from torchlint import lint, registry
from torchlint.cli import main
from torchlint.finding import Finding
from torchlint.source import Source, apply

CODE = "TLT900"
FOUND = "torch.log(torch.softmax(x, 1))"
ALL = frozenset(rule.code for rule in registry.rules())


def unused(text: str, codes: frozenset[str] = ALL) -> list[Finding]:
    report = lint.check(Source("a.py", f"import torch\n{text}\n"), codes)
    return [finding for finding in report.findings if finding.code == CODE]


def fixed(text: str) -> str:
    """The text after all fixes of one pass, less the import."""
    whole = f"import torch\n{text}\n"
    edits = {edit for finding in unused(text) if finding.fix for edit in finding.fix.edits}
    return apply(whole, edits).removeprefix("import torch\n").removesuffix("\n")


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("y = 1  # noqa: TLT202", "y = 1"),
        ("y = 1  # noqa:TLT202,TLT101", "y = 1"),
        ("y = 1  # noqa: TLT202 - it was so", "y = 1"),
        ("y = 1  # why  # noqa: TLT202", "y = 1  # why"),
        ("y = 1  # noqa: TLT202  # type: ignore", "y = 1  # type: ignore"),
        ("y = 1  # noqa: E501, TLT202", "y = 1  # noqa: E501"),
        ("y = 1  # noqa: TLT202 E501", "y = 1  # noqa: E501"),
        ("y = 1  # torchlint: ignore[log-of-softmax]", "y = 1"),
        ("y = 1  # torchlint: ignore[ TLT202 , E501 ]", "y = 1  # torchlint: ignore[ E501 ]"),
        ("# torchlint: ignore[TLT202]\ny = 1", "y = 1"),
        ("# torchlint: file-ignore[TLT202]\ny = 1", "y = 1"),
        ("if y:\n    # torchlint: ignore[TLT202]\n    z = 1", "if y:\n    z = 1"),
        (f"y = {FOUND}  # noqa: TLT202, TLT101", f"y = {FOUND}  # noqa: TLT202"),
        (f"y = f(\n    {FOUND},\n)  # noqa: TLT202", f"y = f(\n    {FOUND},\n)"),
        ('y = """\n# noqa: E501\n"""  # torchlint: ignore[TLT202]', 'y = """\n# noqa: E501\n"""'),
    ],
)
def test_what_silences_nothing_is_taken_out(line: str, left: str) -> None:
    assert unused(line)
    assert fixed(line) == left
    assert not unused(left)


@pytest.mark.parametrize(
    "line",
    [
        "y = 1  # noqa",
        "y = 1  # noqa: E501",
        "y = 1  # noqa: TLT900",
        "y = 1  # noqa: TLT999",
        "y = 1  # noqa: tlt202",
        "y = 1  # torchlint: ignore[no-such-rule]",
        "y = 1  # torchlint: ignored",
        f"y = {FOUND}  # noqa: TLT202",
        f"y = {FOUND}  # noqa: TLT2",
        f"y = {FOUND}  # torchlint: ignore[LOG-OF-SOFTMAX]",
        f"y = {FOUND}  # noqa: E501  # torchlint: ignore[TLT202]",
        f"# torchlint: ignore[TLT202]\ny = f(\n    1, {FOUND},\n)",
        f"# torchlint: file-ignore[TLT2]\ny = 1\nz = {FOUND}",
        f'y = """{{}}\n""".format({FOUND})  # noqa: TLT202',
        'y = "# noqa: TLT202"',
        'y = """\n# noqa: E501\n"""  # noqa: TLT202',
    ],
)
def test_what_silences_something_or_cannot_be_told_stays(line: str) -> None:
    assert unused(line) == []


def test_rules_that_did_not_run_say_nothing() -> None:
    line = "y = 1  # noqa: TLT202, TLT101"
    assert [len(unused(line, codes | {CODE})) for codes in (ALL, {"TLT202"}, frozenset[str]())] == [2, 1, 0]
    assert unused("y = 1  # noqa: TLT2", ALL - {"TLT203"}) == []
    assert len(unused("y = 1  # noqa: TLT2")) == 1


def test_each_item_is_named_where_it_stands() -> None:
    finding, other = unused("y = 1  # noqa: TLT202, TLT101")
    assert (finding.location, finding.end_location) == ((2, 16), (2, 22))
    assert finding.message == "`TLT202` in this comment silences nothing: there is no such finding here"
    assert other.location == (2, 24)
    assert unused("# torchlint: file-ignore[TLT101]")[0].message.endswith("no such finding in this file")


def test_the_command_line_fixes_them_and_added_comments_are_none(directory: Path) -> None:
    program = f"import torch\n\n\ndef f(x):\n    y = x + 1  # noqa: TLT202\n    return {FOUND} + y\n"
    path = directory / "a.py"
    path.write_text(program)
    run = ["--isolated", "--select=TLT202,TLT900", "a.py"]
    # No comment says that another one says nothing.
    assert main([*run, "--add-noqa"]) == 1
    assert path.read_text().count("# noqa: TLT202") == 2
    assert main([*run, "--fix"]) == 0
    assert path.read_text() == program.replace("  # noqa: TLT202", "").replace("+ y", "+ y  # noqa: TLT202")
    assert main(run) == 0


def test_comments_in_notebooks_are_taken_out_of_their_cell(directory: Path) -> None:
    cells = ("import torch\n", "# torchlint: ignore[TLT202]\ny = 1\n", "z = 1  # noqa: TLT202")
    (directory / "n.ipynb").write_bytes(notebook(*cells))
    assert main(["--isolated", "--no-cache", "--fix", "n.ipynb"]) == 0
    assert sources((directory / "n.ipynb").read_bytes()) == ["import torch\n", "y = 1\n", "z = 1"]


def test_flake8_tells_of_them_too(directory: Path) -> None:
    (directory / "a.py").write_text(
        f"import torch\n\ny = 1  # torchlint: ignore[TLT202]\nz = {FOUND}  # noqa: TLT202\n"
    )
    command = [sys.executable, "-m", "flake8", "--isolated", "--select=TLT", "a.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_GUARD)
    assert [line.split()[1] for line in done.stdout.splitlines()] == [CODE]


def test_a_crash_of_a_rule_makes_no_comment_unused(monkeypatch: pytest.MonkeyPatch) -> None:
    line = "y = torch.exp(x)  # noqa: TLT202"
    assert len(unused(line)) == 1
    monkeypatch.setattr(lint, "_run", lambda *given: given[3].failures.append("crashed"))
    assert unused(line) == []
