"""The harness where nothing is installed: other devices, missing packages, missing limits, one command."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from checkout import ROOT
from hang_guard import HANG_GUARD

torch = pytest.importorskip("torch")
pytest.importorskip("gmpy2")

from torchlint import registry  # noqa: E402
from torchlint.cli import main  # noqa: E402
from torchlint.verify import command, worker, workers  # noqa: E402
from torchlint.verify.judge.repeat import same_results, widened  # noqa: E402
from torchlint.verify.judge.unit_verdict import Walk, verify_pair, verify_unit  # noqa: E402
from torchlint.verify.judge.verdict import Verdict  # noqa: E402
from torchlint.verify.reference.meaning import Reference  # noqa: E402
from torchlint.verify.report.row import Row  # noqa: E402
from torchlint.verify.run import process  # noqa: E402
from torchlint.verify.run.execution import Outcome, flatten  # noqa: E402
from torchlint.verify.run.speed import measure  # noqa: E402
from torchlint.verify.run.units import from_text  # noqa: E402
from torchlint.verify.suite import Task  # noqa: E402

CODE = "TLT206"
torch.set_num_threads(1)


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_elsewhere", ROOT / "tools" / "verify_elsewhere.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Devices


def test_another_device_goes_through_the_cpu_first() -> None:
    """`cpu:0` is no `cpu`: what is done for a GPU is done for it, on the CPU."""
    pair = registry.load(CODE).pairs[0]  # type: ignore[attr-defined]
    result = verify_pair(pair, "cpu:0", "full")
    assert result.decision.verdict is Verdict.IMPROVES
    assert result.unit is not None
    assert measure(result.unit, "cpu:0") is not None


def test_what_raises_on_the_cpu_never_reaches_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    from torchlint.verify.judge import unit_verdict

    seen: list[tuple[str, int]] = []
    original = unit_verdict.typed

    def typed(values: Any, dtype: Any, device: str) -> Any:
        seen.append((device, values["y"].numel()))
        return original(values, dtype, device)

    monkeypatch.setattr(unit_verdict, "typed", typed)
    # A label out of range is a device-side assert on CUDA, after which the process is of no use.
    verify_unit(from_text("x[y + 10_000]", "x[10_000 + y]", {"x": "float N", "y": "labels N < N"}), "cpu:0")
    assert ("cpu", 3) in seen
    assert {count for device, count in seen if device == "cpu:0"} <= {0}


def test_float64_is_not_asked_of_apples_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    unit = from_text("x.sin()", "x.sin()", {"x": "float N"})
    walk = Walk(unit, "mps")
    asked: list[str] = []
    monkeypatch.setattr(walk, "_compare", lambda cell, dtype, values, reference: asked.append(dtype))
    from torchlint.verify.inputs.lattice import lattice

    for cell in lattice(unit.specs, "fast"):
        walk.visit(cell)
    assert set(asked) == {"float32", "float16", "bfloat16"}


def test_what_before_does_not_repeat_is_not_blamed_on_after() -> None:
    one, two = torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.25])
    first, second = (Outcome(leaves=flatten(value), grads={"x": value}) for value in (one, two))
    assert same_results(first, first)
    assert not same_results(first, second)
    zero = torch.zeros(2, dtype=torch.float64)
    wider = widened(Reference("mp", [zero], {"x": zero}, [zero], {"x": zero}), first, second, torch.float32)
    half = torch.finfo(torch.float32).eps / 2
    assert (wider.value_noise[0] * half).tolist() == [0.0, 0.25]
    assert (wider.grad_noise["x"] * half).tolist() == [0.0, 0.25]


# What is missing


def test_without_gmpy2_the_rows_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gmpy2", None)
    for name in ("precise", "scalar", "exact", "exact_math", "exact_losses", "exact_shape"):
        monkeypatch.delitem(sys.modules, f"torchlint.verify.reference.{name}", raising=False)
    result = verify_unit(from_text("torch.log(1 + x)", "torch.log1p(x)", {"x": "float N"}))
    assert "mp" not in result.record.references
    assert any("gmpy2" in reason for reason in result.record.reasons)


def test_a_system_without_limits_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)
    assert {workers.LIMITS[name] for name in worker._limit(on_cpu=True)} == {
        "memory",
        "CPU time",
        "file size",
        "processes",
    }
    worker._limit_cpu(10)  # nothing to do, and no reason to fail


def test_missing_limits_are_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "run_all", lambda *arguments: workers.Run([], [], ["memory", "processes"]))
    assert main(["verify", CODE]) == 0
    message = "note: this system has no limit on memory, processes of a process: workers run without\n"
    assert capsys.readouterr().err == message


def test_a_worker_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_BOOT", "raise SystemExit('no torch here') # {root}")
    started = process.Process("cpu")
    try:
        with pytest.raises(process.StartError, match="no torch here"):
            started.ask({}, HANG_GUARD)
    finally:
        started.close()


def test_a_poisoned_worker_is_replaced_before_the_next_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        process,
        "_BOOT",
        "import os, sys, time; sys.path.insert(0, {root!r})\n"
        "from torchlint.verify.worker import send, receive\n"
        "out, into = os.fdopen(os.dup(1), 'wb'), os.fdopen(os.dup(0), 'rb')\n"
        "send(out, {{'missing': [], 'device': 'GPU'}}); receive(into)\n"
        "send(out, {{'rows': [], 'poisoned': True, 'id': os.getpid()}}); time.sleep(60)\n",
    )
    started = process.Process("cuda")
    try:
        answers = [started.ask({}, HANG_GUARD) for _ in range(2)]
        assert started.device_name == "GPU"
    finally:
        started.close()
    assert all(isinstance(answer, dict) and "poisoned" not in answer for answer in answers)
    assert answers[0] != answers[1]


# The command


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is one")
def test_a_device_that_is_not_here_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", CODE, "--device", "cpu", "--device", "cuda"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "finds no cuda device here" in captured.err


def test_auto_and_repeated_devices_are_each_used_once() -> None:
    assert command._devices(["cpu", "auto", "cpu"])[0] == "cpu"
    assert command._devices(["cpu", "auto", "cpu"]).count("cpu") == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--report", "no/such/folder/report.html"], "there is no folder"),
        (["--jobs", "-1"], "must not be negative"),
        (["--from", "rows.json", "--write"], "nothing to --write"),
        (["--from", "no-such-file.json"], "no such file"),
    ],
)
def test_what_cannot_work_is_refused_first(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "run_all", lambda *arguments: pytest.fail("nothing must run"))
    assert main(["verify", CODE, *arguments]) == 2
    assert text in capsys.readouterr().err


def test_rows_are_shown_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", CODE, "--jobs", "0", "--json"]) == 0
    (tmp_path / "rows.json").write_text(capsys.readouterr().out)
    report = tmp_path / "report.html"
    assert main(["verify", "--from", str(tmp_path / "rows.json"), "--report", str(report)]) == 0
    assert "IMPROVES" in capsys.readouterr().out
    assert "verified on" in report.read_text()
    (tmp_path / "rows.json").write_text("[1]")
    assert main(["verify", "--from", str(tmp_path / "rows.json")]) == 2


def test_nothing_is_begun_after_the_budget() -> None:
    found = workers.run_all([Task("pair", CODE)], 1, lambda task: None, budget=0)
    assert found.rows == []
    assert [task.code for task in found.skipped] == [CODE]


def test_an_interruption_ends_the_workers() -> None:
    begun: list[Task] = []

    def interrupted(task: Task) -> None:
        begun.append(task)
        raise KeyboardInterrupt

    before = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt):
        workers.run_all([Task("pair", CODE, index=index % 2) for index in range(50)], 2, interrupted)
    assert len(begun) <= 2
    # A timer that was cancelled still takes a moment to end its thread.
    started = [thread for thread in threading.enumerate() if thread not in before]
    for thread in started:
        thread.join(HANG_GUARD)
    assert not any(thread.is_alive() for thread in started)


class Terminal:
    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


def test_the_bar_fits_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal: Any = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "60")
    progress = command._Progress(2)
    for _ in range(2):
        progress.step(Task("program", CODE, path="a_rule_with_a_long_name/a_case_with_a_long_name.py"))
    progress.end()
    lines = terminal.text.split("\r\033[K")[1:]
    assert "1/2" in lines[0]
    assert "2/2" in lines[1]
    assert all(len(line.rstrip("\n")) < 60 for line in lines)
    assert terminal.text.endswith("\n")


# One command


def test_wheels_of_other_versions_are_passed_over() -> None:
    fits = script().fits
    own = f"cp{sys.version_info.major}{sys.version_info.minor}"
    assert fits(f"gmpy2-2.2.1-{own}-{own}-manylinux_2_17_x86_64.whl")
    assert fits("cycler-0.12.1-py3-none-any.whl")
    assert fits("six-1.16.0-py2.py3-none-any.whl")
    assert not fits("numpy-2.0.0-cp39-cp39-manylinux_2_17_x86_64.whl")


def test_the_command_for_elsewhere_runs_from_plain_files(tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["--device", "cpu", "--tier", "fast", "--rule", CODE, "--out", str(out)]
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "verify_elsewhere.py"), *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=HANG_GUARD,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [Row(**row) for row in json.loads((out / "rows.json").read_text())]
    assert "IMPROVES" in {row.verdict for row in rows} <= {"IMPROVES", "EQUAL"}
    assert (out / "certificates.json").exists()
    assert "<svg" in (out / "report.html").read_text()
    assert "0 contradict" in (out / "table.txt").read_text()
