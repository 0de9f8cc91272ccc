"""Standard streams that are closed or full, and few files that may be open: one line at most, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import RIG
from hang_guard import HANG_GUARD

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is always full")

CLOSED = "error: standard output is closed\n"
FULL = "error: standard output: no space left on device\n"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        Path(f"{name}.py").write_text("import torch\ntorch.bad(1)\n")
    return tmp_path


def shell(line: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command of bash, in which `torchlint` is the rig."""
    command = f'torchlint() {{ "{sys.executable}" "{RIG}" "$@"; }}; {line}'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=HANG_GUARD)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("to", "said"), [(">&-", CLOSED), ("> /dev/full", FULL)])
@pytest.mark.parametrize(
    "arguments",
    [
        "a.py",
        "-j2 .",
        "a.py --output-format=json",
        "a.py --output-format=concise",
        "a.py --diff",
        "a.py --statistics",
        "--show-files",
        "--show-settings",
        "--version",
        "--help",
        "rule TLT101",
        "- --fix < a.py",
    ],
)
def test_an_output_that_cannot_be_written_is_one_line(arguments: str, to: str, said: str) -> None:
    assert shell(f"torchlint {arguments} {to}") == (2, "", said)


@pytest.mark.parametrize("to", ["2>&-", "2> /dev/full"])
def test_findings_do_not_need_standard_error(to: str) -> None:
    code, out, err = shell(f"torchlint a.py no.py --output-format=concise {to}")
    assert (code, err) == (2, "")
    assert out.startswith("a.py:2:1: TLT101")
    assert "no.py" not in out
    assert shell(f"torchlint a.py -e {to}")[0] == 0
    assert shell(f"torchlint --no-such-option {to}") == (2, "", "")


def test_standard_input_is_missed_only_where_it_is_read() -> None:
    assert shell("torchlint - <&-") == (2, "", "error: standard input is closed\n")
    assert shell("torchlint a.py --output-format=concise <&-")[0] == 1


def test_all_streams_may_be_closed() -> None:
    assert shell("torchlint a.py <&- >&- 2>&-") == (2, "", "")
    assert shell("torchlint a.py -o out.txt --output-format=concise <&- >&- 2>&-") == (1, "", "")
    assert Path("out.txt").read_text().startswith("a.py:2:1: TLT101")


def test_an_output_file_on_a_full_disk_is_one_line() -> None:
    assert shell("torchlint a.py -o /dev/full") == (2, "", "error: /dev/full: no space left on device\n")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_few_open_files_are_enough(jobs: str) -> None:
    shell("true")
    for number in range(30):
        Path(f"f{number}.py").write_text("import torch\ntorch.bad(1)\n")
    code, out, err = shell(f"ulimit -n 8; torchlint -j{jobs} --output-format=concise .")
    assert (code, out.count("TLT101"), err) == (1, 32, "")
