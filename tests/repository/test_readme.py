"""README says what is so."""

from __future__ import annotations

import re
import subprocess
import sys

from checkout import ROOT
from hang_guard import HANG_GUARD

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_generated_parts_are_up_to_date() -> None:
    code = (
        "from tools.make_readme import README, render\n"
        "import sys\n"
        "sys.stdout.reconfigure(encoding='utf-8', newline='')\n"
        "sys.stdout.write(render(README.read_text(encoding='utf-8')))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=HANG_GUARD
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == README, "run `python -m tools.make_readme`"


def test_it_begins_with_a_finding_its_fix_and_its_evidence() -> None:
    example = re.search(r"<!-- example:begin -->(.*?)<!-- example:end -->", README, re.DOTALL)
    assert example is not None
    assert "docs/example.py:" in example[1]
    assert re.search(r"^ *\d* *- .*softmax", example[1], re.MULTILINE)
    assert re.search(r"^ *\d* *\+ .*log_softmax", example[1], re.MULTILINE)
    assert "verified on" in example[1]


def test_its_two_commands_are_marked_for_those_that_run_them() -> None:
    """The script that decides whether a change lands takes them from here."""
    marked = re.findall(r"^<!-- command:(\w+) -->\n```console\n(.+)\n```$", README, re.MULTILINE)
    commands = dict(marked)
    assert set(commands) == {"example", "test"}
    assert commands["example"].endswith("torchlint docs/example.py")
    assert "-m pytest" in commands["test"]


def test_the_files_it_names_exist() -> None:
    for name in re.findall(r"\b(?:docs|tools|tests|rules|benchmarks)/[\w./]+\w", README):
        assert (ROOT / name).exists(), name
