"""A line on a terminal that says how far a long run is, and is gone at its end."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from checkout import RIG
from hang_guard import HANG_GUARD

from torchlint import cli
from torchlint.commands import instances, progress
from torchlint.finding import Finding
from torchlint.source import Source

pytestmark = pytest.mark.usefixtures("directory", "interruptible")

SLOW = "import torch\ntorch.wait()\n"
BAD = "import torch\ntorch.bad(1)\n"
CODE = "import torch\n\n\ndef f(x):\n    return torch.log(torch.softmax(x, dim=1))\n"


class Terminal:
    """What a program writes to a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        import pty

        self._master, slave = pty.openpty()
        command = [sys.executable, str(RIG), "--output-format=concise", "--color=never", *arguments]
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        self.text = ""

    def read_until(self, text: str) -> None:
        end = time.monotonic() + HANG_GUARD
        while text not in self.text:
            assert self._read(), self.text
            assert time.monotonic() < end, self.text

    def rest(self) -> str:
        """All that is written until the end, and the end."""
        while self._read():
            pass
        os.close(self._master)
        self.process.wait(HANG_GUARD)
        return self.text

    def _read(self) -> bool:
        try:
            data = os.read(self._master, 4096)
        except OSError:  # Linux: nobody has the other end open
            data = b""
        self.text += data.decode()
        return bool(data)


def screen(text: str) -> list[str]:
    """The lines that a terminal shows after this."""
    lines = []
    for line in text.split("\n"):
        shown = ""
        for part in line.split("\r"):
            shown = part + shown[len(part) :]
        lines.append(shown.rstrip())
    return lines


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no terminals of this kind")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_long_run_says_how_far_it_is_and_cleans_up(jobs: str) -> None:
    Path("a.py").write_text(BAD + "# the largest file\n")
    Path("b.py").write_text(SLOW)
    terminal = Terminal(f"-j{jobs}")
    terminal.read_until("Checked 1 of 2 files")
    Path("go").touch()
    shown = screen(terminal.rest())
    assert terminal.process.returncode == 1
    assert shown[0].startswith("a.py:2:1: TLT101")
    assert shown[1] == "Found 1 error."
    assert not [line for line in shown if "Checked" in line]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no terminals of this kind")
def test_an_interrupt_on_a_terminal_shows_what_was_found() -> None:
    Path("a.py").write_text(BAD)
    Path("b.py").write_text(SLOW)
    terminal = Terminal("-j1")
    terminal.read_until("Checked 1 of 2 files")
    terminal.process.send_signal(signal.SIGINT)
    shown = screen(terminal.rest())
    assert terminal.process.returncode == 130
    assert shown[0] == "Interrupted: 1 of 2 files were checked."
    assert shown[1].startswith("a.py:2:1: TLT101")


class Screen(io.StringIO):
    def __init__(self, watched: bool) -> None:
        super().__init__()
        self._watched = watched

    def isatty(self) -> bool:
        return self._watched


@pytest.mark.parametrize(("out", "err"), [(True, True), (True, False), (False, True), (False, False)])
def test_nothing_is_shown_unless_both_streams_are_terminals(
    monkeypatch: pytest.MonkeyPatch, out: bool, err: bool
) -> None:
    written: list[str] = []
    monkeypatch.setattr(progress, "_PATIENCE", 0.0)
    monkeypatch.setattr(progress, "_write", written.append)
    monkeypatch.setattr(sys, "stdout", Screen(out))
    monkeypatch.setattr(sys, "stderr", Screen(err))
    with progress.Progress("Checked {done} of {total} files", 3) as shown:
        shown.done = 2
        end = time.monotonic() + HANG_GUARD
        while out and err and "2 of 3" not in "".join(written):
            assert time.monotonic() < end
            time.sleep(0.01)
    assert bool(written) is (out and err)
    if written:
        assert re.fullmatch(r"(\rChecked \d of 3 files)+\r +\r", "".join(written))


def test_a_short_run_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(progress, "_PATIENCE", float(HANG_GUARD))
    monkeypatch.setattr(progress, "_write", written.append)
    monkeypatch.setattr(sys, "stdout", Screen(True))
    monkeypatch.setattr(sys, "stderr", Screen(True))
    with progress.Progress("{done}{total}", 3) as shown:
        shown.done = 3
    assert written == []


class Harness:
    """A session that validates fixes without running them, until it is interrupted."""

    def __init__(self, answers: int) -> None:
        self.records: list[str] = []
        self._answers = answers

    def judge(self, source: Source, finding: Finding) -> Finding:
        if source.path not in self.records:
            if len(self.records) == self._answers:
                raise KeyboardInterrupt
            self.records.append(source.path)
        return finding


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Interrupts `--verify` after so many fixes."""

    def after(answers: int) -> list[tuple[str, int]]:
        told: list[tuple[str, int]] = []

        @contextmanager
        def opened(tier: str, device: str, folder: Path | None) -> Iterator[Harness]:
            yield Harness(answers)

        class Told(progress.Progress):
            def __init__(self, text: str, total: int) -> None:
                super().__init__(text, total)
                told.append((text, total))

        monkeypatch.setattr(instances, "opened", opened)
        monkeypatch.setattr(instances, "summary", lambda records, unsafe: "")
        monkeypatch.setattr("torchlint.commands.check.Progress", Told)
        return told

    return after


def test_fixes_that_were_not_tried_are_not_offered(interrupted: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b", "c"):
        Path(f"{name}.py").write_text(CODE)
    told = interrupted(1)
    assert cli.main(["--isolated", "--no-cache", "--verify", "--unsafe-fixes", "--output-format=concise", "."]) == 130
    shown = capsys.readouterr()
    assert ["[*]" in line for line in shown.out.splitlines() if "TLT202" in line] == [True, False, False]
    assert shown.err == "Interrupted: 1 of 3 fixes were tried, and the others are not offered.\n"
    assert told == [("Checked {done} of {total} files", 3), ("Tried {done} of {total} fixes", 3)]


def test_files_that_were_fixed_before_an_interrupt_stay_fixed(
    interrupted: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        Path(f"{name}.py").write_text(CODE)
    interrupted(1)
    assert cli.main(["--isolated", "--no-cache", "--fix", "--unsafe-fixes", "--verify", "."]) == 130
    assert "log_softmax" in Path("a.py").read_text()
    assert Path("b.py").read_text() == CODE
    assert "1 fixed, 1 remaining" in capsys.readouterr().out
