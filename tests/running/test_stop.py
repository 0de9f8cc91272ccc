"""Runs that end early: what was found is reported and remembered, and no process is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import RIG
from hang_guard import HANG_GUARD

from tools import stop_runs
from torchlint.running import pool, run_process
from torchlint.running.job import Job, Mode
from torchlint.settings.config import Configuration, Overrides

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals of this kind")

BAD = "import torch\ntorch.bad(1)\n"
WAITS = "import torch\ntorch.wait()\n"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interruptible: None) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**files: str) -> None:
    for name, text in files.items():
        Path(f"{name}.py").write_text(text)


def begin(*arguments: str) -> subprocess.Popen[str]:
    """A run in a group of its own."""
    command = [sys.executable, str(RIG), "--output-format=concise", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def wait_for(*marks: str) -> None:
    end = time.monotonic() + HANG_GUARD
    while not all(map(os.path.exists, marks)):
        assert time.monotonic() < end, marks
        time.sleep(0.01)


def remembered() -> list[str]:
    stored = json.loads(Path(".torchlint_cache/findings.json").read_bytes())
    return sorted(os.path.basename(path) for path in stored["files"])


@pytest.fixture(params=["1", "2"])
def busy(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """A run that is done with one file, waits over all that it has begun, and has not begun the last one."""
    write(a=BAD + "# the largest file\n", b=WAITS, c=WAITS, d=BAD)
    process = begin("-j", request.param)
    wait_for("waiting-b.py", *["waiting-c.py"] * (request.param == "2"))
    yield process
    Path("go").touch()


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
@pytest.mark.parametrize("send", [os.kill, os.killpg])
def test_a_stop_loses_only_what_was_not_done(busy: subprocess.Popen[str], name: str, code: int, send: object) -> None:
    assert callable(send)
    send(busy.pid, getattr(signal, name))
    out, err = busy.communicate(timeout=HANG_GUARD)
    assert stop_runs.left(busy.pid) == 0
    assert busy.returncode == code
    assert [line.split(":")[0] for line in out.splitlines() if "TLT101" in line] == ["a.py"]
    assert err == "Interrupted: 1 of 4 files were checked.\n"
    assert remembered() == ["a.py"]


def test_a_stopped_run_has_not_passed() -> None:
    write(a=WAITS)
    process = begin()
    wait_for("waiting-a.py")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=HANG_GUARD)
    assert (process.returncode, out, err) == (130, "", "Interrupted: 0 of 1 files were checked.\n")


def test_a_run_that_is_stopped_before_its_first_file_says_so() -> None:
    process = subprocess.Popen(
        [sys.executable, str(RIG), "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    # More than a pipe holds: when all is written, the run reads.
    process.stdin.write("#" * 1_000_000)
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=HANG_GUARD)
    assert (process.returncode, out, err) == (130, "", "Interrupted before everything was reported.\n")


def test_a_program_gets_a_whole_document_of_what_was_found() -> None:
    write(a=BAD, b=WAITS)
    process = begin("--output-format=json")
    wait_for("waiting-b.py")
    process.send_signal(signal.SIGTERM)
    (finding,) = json.loads(process.communicate(timeout=HANG_GUARD)[0])
    assert finding["code"] == "TLT101"


def test_processes_end_with_a_parent_that_is_killed(busy: subprocess.Popen[str]) -> None:
    busy.kill()
    assert busy.communicate(timeout=HANG_GUARD) == ("", "")
    assert stop_runs.left(busy.pid) == 0


def test_what_is_found_is_remembered_while_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    write(a=BAD, b=WAITS)
    code = f"""\
import runpy, sys
from torchlint.running import findings_cache
findings_cache._PAUSE = 0
sys.argv[0] = {str(RIG)!r}
sys.path.insert(0, {str(RIG.parent)!r})
runpy.run_path(sys.argv[0], run_name="__main__")
"""
    command = [sys.executable, "-c", code, "-j1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    wait_for("waiting-b.py")
    process.kill()
    process.communicate(timeout=HANG_GUARD)
    assert remembered() == ["a.py"]


def test_a_file_is_written_to_its_end() -> None:
    """A worker whose parent is gone, and a run that is told to stop, in the middle of a write."""
    code = """
import os, signal, sys, threading
from multiprocessing import Pipe
from queue import SimpleQueue

from torchlint.running import run_process, stop

orphaned = sys.argv[1] == "orphaned"
stop.listen()
taken, given = Pipe(duplex=False)
thread = threading.Thread(target=run_process._listen, args=(taken, SimpleQueue()), daemon=True)
with stop.undivided():
    if orphaned:
        given.close()
        thread.start()
        thread.join(0.2)
    else:
        os.kill(os.getpid(), signal.SIGTERM)
    print("written", flush=True)
if orphaned:
    thread.join()
try:
    stop.check()
except stop.Stopped as stopped:
    sys.exit(stop.exit_code(stopped))
"""
    for kind, status in (("orphaned", 0), ("told", 143)):
        done = subprocess.run([sys.executable, "-c", code, kind], capture_output=True, text=True, timeout=HANG_GUARD)
        assert (done.returncode, done.stdout, done.stderr) == (status, "written\n", "")


def test_a_signal_that_python_drops_is_not_lost() -> None:
    code = """
import os, signal, sys
from torchlint.running import stop

class Late:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass

stop.listen()
Late()
try:
    stop.check()
except KeyboardInterrupt as stopped:
    sys.exit(stop.exit_code(stopped))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=HANG_GUARD)
    assert (done.returncode, done.stderr) == (130, "")


def test_an_interrupt_while_it_starts_is_no_traceback(directory: Path) -> None:
    """The first module that the command line imports interrupts it."""
    (directory / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "class Interrupts:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'torchlint.cli':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupts())\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "torchlint", "--version"],
        env={**os.environ, "PYTHONPATH": str(directory)},
        capture_output=True,
        text=True,
        timeout=HANG_GUARD,
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_a_signal_that_the_parent_ignores_is_ignored() -> None:
    write(a=WAITS)
    process = subprocess.Popen(["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, str(RIG)])
    wait_for("waiting-a.py")
    process.send_signal(signal.SIGINT)
    Path("go").touch()
    assert process.wait(HANG_GUARD) == 0


def jobs_of(folder: Path, count: int) -> list[Job]:
    settings = Configuration(Overrides(isolated=True)).settings_in(str(folder))
    for number in range(count):
        (folder / f"m{number}.py").write_text("import torch\n\n\ndef f(x):\n    return torch.log(x.softmax(1))\n")
    return [Job(str(folder / f"m{number}.py"), settings, Mode()) for number in range(count)]


def found(jobs: list[Job], processes: int) -> dict[int, list[str]]:
    return {place: [finding.code for finding in outcome.findings] for place, outcome in pool.run_files(jobs, processes)}


def test_other_ways_to_start_a_process_do_as_well(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux forks; other systems start Python anew."""
    from multiprocessing import get_context

    jobs = jobs_of(directory, 6)
    monkeypatch.setattr(run_process, "_CONTEXT", get_context("spawn"))
    assert found(jobs, 2) == {place: ["TLT202"] for place in range(6)}


def test_where_no_process_starts_the_run_goes_on_in_its_own(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = jobs_of(directory, 6)

    def no_more(process: object) -> None:
        raise BlockingIOError("resource temporarily unavailable")

    monkeypatch.setattr(run_process, "_start", no_more)
    assert found(jobs, 2) == {place: ["TLT202"] for place in range(6)}


def test_an_iteration_that_is_left_leaves_no_process(directory: Path) -> None:
    from multiprocessing import active_children

    outcomes = pool.run_files(jobs_of(directory, 6), 2)
    next(outcomes)
    assert active_children()
    outcomes.close()
    assert not active_children()


def test_runs_that_are_stopped_at_random_moments_leave_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """The same with its full counts: `python -m tools.stop_runs`."""
    assert stop_runs.main(["--runs", "1", "--files", "12", "--patience", str(HANG_GUARD)]) == 0
    rows = [line.split()[:4] for line in capsys.readouterr().out.splitlines()[1:]]
    assert rows == [[name, "1", "1", "0"] for name in ("none", "SIGINT", "SIGTERM", "SIGKILL")]


def test_a_process_that_is_left_is_counted() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    assert stop_runs.left(process.pid, looks=1) == 1
    process.communicate(b"\n")
    assert stop_runs.left(process.pid) == 0


def test_a_worker_that_cannot_answer_ends_without_a_word() -> None:
    code = """
from multiprocessing import Pipe
from torchlint.running import run_process

class Unspeakable:
    path = "x.py"
    def __reduce__(self):
        raise ValueError("cannot be sent")

run_process.run_file = lambda job: Unspeakable()
jobs, taken = Pipe()
answers, given = Pipe()
jobs.send([1])
run_process._serve(taken, given, ())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=HANG_GUARD)
    assert (done.returncode, done.stderr) == (1, "")
