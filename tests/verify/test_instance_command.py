"""`torchlint --verify`: what is written, what is held back and why, what is remembered."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hang_guard import HANG_GUARD

pytest.importorskip("torch")
pytest.importorskip("gmpy2")

from torchlint import lint
from torchlint.cli import main
from torchlint.finding import Report
from torchlint.verify.instance import session as sessions
from torchlint.verify.run.process import Process

pytestmark = pytest.mark.xdist_group("worker")

GOOD = "import torch\n\n\ndef f(x):\n    return torch.log(torch.softmax(x, dim=1))\n"
FIXED = "import torch\n\n\ndef f(x):\n    return torch.log_softmax(x, dim=1)\n"
# A safe fix of which nothing can be run: it changes which method of an unknown module is called.
OPAQUE = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 4)

    def forward(self, x):
        return self.layer.forward(x)
"""
Break = Callable[[str, str], None]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Break:
    """Makes the fixes of all rules wrong: a text in what they write is replaced by another."""
    check = lint.check

    def breaks(right: str, wrong: str) -> None:
        def checked(*arguments: Any, **options: Any) -> Report:
            report = check(*arguments, **options)
            for place, finding in enumerate(report.findings):
                if finding.fix is not None:
                    edits = tuple(
                        edit._replace(content=edit.content.replace(right, wrong)) for edit in finding.fix.edits
                    )
                    report.findings[place] = finding._replace(fix=finding.fix._replace(edits=edits))
            return report

        monkeypatch.setattr(lint, "check", checked)

    return breaks


@pytest.fixture(scope="module", autouse=True)
def one_worker() -> Iterator[None]:
    """All tests share a worker: starting torch costs more than everything that it is asked."""
    shared = Process("cpu")
    made, closed = sessions.Process, Process.close
    sessions.Process = lambda device: shared  # type: ignore[assignment, misc]
    Process.close = lambda self: None  # type: ignore[method-assign]
    yield
    sessions.Process, Process.close = made, closed  # type: ignore[misc, method-assign]
    shared.close()


def run(path: Path, *options: str, cache: Path | None = None) -> int:
    where = ["--cache-dir", str(cache)] if cache else ["--no-cache"]
    return main(["--isolated", *where, *options, str(path)])


def program(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "net.py"
    path.write_bytes(text.encode())
    return path


def validations(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [entry["fix"]["validation"] for entry in json.loads(capsys.readouterr().out)]


def test_a_good_fix_is_validated_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = program(tmp_path, GOOD)
    assert run(path, "--fix", "--verify") == 0
    assert path.read_text() == FIXED
    out = capsys.readouterr().out
    assert "Fixed 1 warning." in out
    assert "Tried 1 fix before and after, on " in out
    assert "1 validated." in out
    assert "proven" not in out


def test_a_wrong_fix_is_refused_and_the_file_keeps_its_bytes(
    tmp_path: Path, broken: Break, capsys: pytest.CaptureFixture[str]
) -> None:
    broken("log_softmax(x, dim=1)", "log_softmax(x, dim=0)")
    path = program(tmp_path, GOOD.replace("\n", "\r\n"))
    assert run(path, "--fix", "--unsafe-fixes", "--verify") == 1
    assert path.read_bytes() == GOOD.replace("\n", "\r\n").encode()
    out = capsys.readouterr().out
    assert "the fix is refused, other results: " in out
    assert re.search(r"note: refused after a run of this very code, [\d,]+ inputs \(cpu\): other results; ", out)
    assert "# h0 stands for x" in out
    assert "1 refused." in out


def test_the_reproducer_of_a_refusal_runs(tmp_path: Path, broken: Break, capsys: pytest.CaptureFixture[str]) -> None:
    broken("log_softmax(x, dim=1)", "log_softmax(x, dim=1) * 1.01")
    assert run(program(tmp_path, GOOD), "--verify", "--output-format=json") == 1
    (found,) = validations(capsys)
    assert found["status"] == "refused"
    reproducer = tmp_path / "reproducer.py"
    reproducer.write_text(found["reproducer"])
    shown = subprocess.run(
        [sys.executable, reproducer], capture_output=True, text=True, timeout=HANG_GUARD, check=True
    ).stdout
    before, after = (line.partition(" gives ")[2] for line in shown.splitlines() if " gives " in line)
    assert before != after


def test_a_fix_that_raises_is_refused(tmp_path: Path, broken: Break, capsys: pytest.CaptureFixture[str]) -> None:
    broken("log_softmax(x, dim=1)", "log_softmax(x, dim=7)")
    path = program(tmp_path, GOOD)
    run(path, "--fix", "--verify", "--output-format=json")
    (found,) = validations(capsys)
    assert (found["status"], found["verdict"]) == ("refused", "EXCEPTION")
    assert "only after raises IndexError" in found["detail"]
    assert path.read_text() == GOOD


def test_what_cannot_be_verified_says_why_and_needs_unsafe_fixes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = program(tmp_path, OPAQUE)
    assert run(path, "--fix", "--verify") == 1
    assert path.read_text() == OPAQUE
    out = capsys.readouterr().out
    assert "note: not verified on this very code: calls change that cannot be run" in out
    assert "`self.layer(x)` for `self.layer.forward(x)`" in out
    assert "1 unsafe fix available" in out
    assert run(path, "--fix", "--unsafe-fixes", "--verify") == 0
    assert path.read_text() == OPAQUE.replace(".forward(x)", "(x)")


def test_a_fix_that_holds_at_some_ranks_is_conditional(
    tmp_path: Path, broken: Break, capsys: pytest.CaptureFixture[str]
) -> None:
    broken("log_softmax(x, dim=1)", "log_softmax(x, dim=-1)")
    path = program(tmp_path, GOOD)
    assert run(path, "--fix", "--verify", "--output-format=json") == 1
    (found,) = validations(capsys)
    assert (found["status"], found["condition"]) == ("conditional", "rank in {2}")
    assert path.read_text() == GOOD
    # Here the rank is known.
    known = GOOD.replace("(x):\n", "(z):\n    x = z.view(4, 5)\n")
    assert run(program(tmp_path, known), "--fix", "--verify") == 0


BETWEEN = """import torch
import torch.nn.functional as F


def f(x: torch.Tensor, y, write):
    lp = F.log_softmax(x, dim=1)
    {}
    return F.cross_entropy(lp, {})
"""


@pytest.mark.parametrize(
    ("between", "target"),
    [("write(x)", "y"), ("torch._foreach_zero_([x])", "y"), ("F.relu_(x)", "y"), ("pass", "write(x)")],
)
def test_a_call_that_may_write_what_is_read_leaves_a_fix_unverified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], between: str, target: str
) -> None:
    path = program(tmp_path, BETWEEN.format(between, target))
    run(path, "--verify", "--select", "TLT102", "--output-format", "json")
    assert [found["status"] for found in validations(capsys)] in (["unverifiable"], ["changes"], ["refused"])


def test_a_call_that_stands_outside_does_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = program(tmp_path, BETWEEN.format("pass", "y").replace("    lp", "    write(x)\n    lp"))
    run(path, "--verify", "--select", "TLT102", "--output-format", "json")
    assert [found["status"] for found in validations(capsys)] == ["validated"]


def test_without_fix_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = program(tmp_path, GOOD)
    assert run(path, "--verify") == 1
    assert path.read_text() == GOOD
    out = capsys.readouterr().out
    said = "the same results where the old code is right, better ones elsewhere"
    said += "; also for transposed tensors and expanded tensors"
    assert re.search(rf"note: verified on this very code, [\d,]+ inputs \(cpu\): {said}\n", out)
    assert "[*] 1 fixable with `--fix`." in out


def test_a_diff_holds_what_would_be_written(tmp_path: Path, broken: Break, capsys: pytest.CaptureFixture[str]) -> None:
    path = program(tmp_path, GOOD)
    assert run(path, "--diff", "--verify") == 1
    shown = capsys.readouterr()
    assert "+    return torch.log_softmax(x, dim=1)" in shown.out
    assert "Tried 1 fix before and after" in shown.err
    broken("dim=1", "dim=0")
    assert run(path, "--diff", "--verify") == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "the fix is refused" in shown.err
    assert path.read_text() == GOOD


def test_the_path_after_verify_is_a_path(tmp_path: Path) -> None:
    path = program(tmp_path, GOOD)
    assert main(["--isolated", "--no-cache", "--fix", "--verify", str(path)]) == 0
    assert path.read_text() == FIXED


def test_a_verdict_is_remembered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    asked: list[str] = []
    ask = Process.ask

    def counted(self: Process, question: dict[str, Any], patience: float) -> Any:
        asked.append(question["before"])
        return ask(self, question, patience)

    monkeypatch.setattr(Process, "ask", counted)
    path = program(tmp_path, GOOD)
    run(path, "--verify", "--output-format=json", cache=cache)
    (first,) = validations(capsys)
    assert (len(asked), first["cached"]) == (1, False)
    # The same rewrite under other names, in another file.
    other = tmp_path / "other.py"
    other.write_text("import torch as t\n\n\ndef g(a, b):\n    return b * t.log(t.softmax(b, dim=1))\n")
    run(other, "--verify", "--output-format=json", cache=cache)
    (second,) = validations(capsys)
    assert (len(asked), second["cached"]) == (1, True)
    assert first["digest"] == second["digest"]
    # What cannot be read is not there.
    (entry,) = (cache / "verdicts").iterdir()
    for garbage in ("{", "[]", '{"verdict": "IDENTICAL"}', '{"verdict": 1, "points": "many"}'):
        entry.write_text(garbage)
        run(other, "--verify", "--output-format=json", cache=cache)
        (again,) = validations(capsys)
        assert again["status"] == "validated"
        assert again["cached"] is False
    assert len(asked) == 5
    assert main(["clean", "--cache-dir", str(cache)]) == 0
    assert not cache.exists()


def test_without_torch_it_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "torch" else find(name, *rest))
    path = program(tmp_path, GOOD)
    assert run(path, "--fix", "--verify") == 2
    assert capsys.readouterr().err == "error: `--verify` needs torch: pip install 'torchlint[verify]'\n"
    assert path.read_text() == GOOD


def test_this_side_never_imports_torch(tmp_path: Path) -> None:
    path = program(tmp_path, GOOD)
    code = (
        "import sys\nfrom torchlint.cli import main\n"
        f"main(['--isolated', '--no-cache', '--fix', '--verify', {str(path)!r}])\n"
        "print('torch' in sys.modules)\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=HANG_GUARD, check=True)
    assert shown.stdout.splitlines()[-1] == "False"
    assert path.read_text() == FIXED


def test_the_users_module_is_never_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    text = f"open({str(mark)!r}, 'w')\nraise SystemExit(3)\n\n\ndef softmax(x):\n    open({str(mark)!r}, 'w')\n"
    path = program(tmp_path, GOOD.replace("import torch\n", f"import torch\n\n{text}"))
    assert run(path, "--fix", "--verify") == 0
    assert "torch.log_softmax(x, dim=1)" in path.read_text()
    assert not mark.exists()


def test_a_worker_that_dies_verifies_nothing_and_is_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = program(tmp_path, GOOD)
    monkeypatch.setitem(sessions.PATIENCE, "fast", 0.0)
    run(path, "--fix", "--verify", "--output-format=json")
    (found,) = validations(capsys)
    assert (found["status"], found["verdict"]) == ("unverifiable", "TIMEOUT")
    assert path.read_text() == GOOD
    monkeypatch.setitem(sessions.PATIENCE, "fast", 60.0)
    assert run(path, "--fix", "--verify") == 0


def test_no_such_device_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    if torch.backends.mps.is_available():
        pytest.skip("there is one")
    monkeyed = sessions.Process
    sessions.Process = Process  # type: ignore[misc]
    try:
        assert run(program(tmp_path, GOOD), "--verify", "--device", "mps") == 2
    finally:
        sessions.Process = monkeyed  # type: ignore[misc]
    assert "there is no mps device here" in capsys.readouterr().err
