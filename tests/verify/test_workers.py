"""Isolated workers, fixture programs, the command, the report."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from hang_guard import HANG_GUARD

torch = pytest.importorskip("torch")
pytest.importorskip("gmpy2")

from torchlint import registry  # noqa: E402
from torchlint.certificates import grant  # noqa: E402
from torchlint.claims import Changes, Same, Stabilises  # noqa: E402
from torchlint.cli import main  # noqa: E402
from torchlint.digests import pair_digest  # noqa: E402
from torchlint.finding import Applicability  # noqa: E402
from torchlint.verify import certify, fixture_programs, suite, workers  # noqa: E402
from torchlint.verify.fixture_programs import verify_programs  # noqa: E402
from torchlint.verify.fixtures import write_golden  # noqa: E402
from torchlint.verify.report.row import Row  # noqa: E402
from torchlint.verify.run import process  # noqa: E402

CODE = "TLT202"

FIXTURE = """
import torch
from torch import nn

def equal(x: "float 5 7"):
    return torch.exp(x) * 2

def better(x: "float 5 7"):
    return torch.log(torch.softmax(x, 1))

def other(x: "float 5 7"):
    return x.sum(0)

def draws(x: "float 5 7"):
    return nn.Dropout(0.5)(nn.Linear(7, 3)(x))

def broken(x: "float 5 7"):
    return x + 1

def repaired(x: "float 5 7"):
    return x.no_such_method()

def unknown(model):
    return model(1)

def untouched(x: "float 5 7"):
    return x * 3
"""
GOLDEN = (
    FIXTURE.replace("torch.exp(x) * 2", "2 * x.exp()")
    .replace("torch.log(torch.softmax(x, 1))", "torch.log_softmax(x, 1)")
    .replace("x.sum(0)", "x.mean(0)")
    .replace("nn.Dropout(0.5)(nn.Linear(7, 3)(x))", "nn.Dropout(p=0.5)(nn.Linear(7, 3)(x))")
    .replace("x + 1", "x.no_such_method()")
    .replace("x.no_such_method()\n\ndef unknown", "x * 2\n\ndef unknown")
    .replace("model(1)", "model(2)")
)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Row]:
    path = tmp_path / "case.py"
    path.write_text(FIXTURE)
    write_golden(path, GOLDEN)
    monkeypatch.setattr(fixture_programs, "fixture_digest", lambda code: "0")
    rows = verify_programs("TLT999", "a-rule", path, (Same(), Stabilises()), "cpu")
    return {row.label.removeprefix("case."): row for row in rows}


@pytest.mark.parametrize(
    ("name", "verdict", "agrees"),
    [
        ("equal", "IDENTICAL", True),
        ("better", "IMPROVES", True),
        ("other", "CHANGES", False),
        ("draws", "IDENTICAL", True),
        ("broken", "EXCEPTION", False),
        ("repaired", "REPAIRS", False),
        ("unknown", "UNSUPPORTED", True),
    ],
)
def test_programs(programs: dict[str, Row], name: str, verdict: str, agrees: bool) -> None:
    assert programs[name].verdict == verdict
    assert (programs[name].contradiction == "") is agrees


def test_unchanged_programs_are_not_listed_and_unknown_inputs_are_named(programs: dict[str, Row]) -> None:
    assert "untouched" not in programs
    assert "parameter model" in programs["unknown"].condition


def test_worker_is_warm_and_replaced_when_it_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = workers.Worker("cpu")
    task = suite.Task("pair", CODE)
    pairs = registry.load(CODE).pairs
    changing = next(index for index, pair in enumerate(pairs) if isinstance(pair.claim, Changes))
    try:
        assert worker.run(task)[0].points > 100
        first = worker._process
        assert worker.run(suite.Task("pair", CODE, index=changing))[0].verdict == "CHANGES"
        assert worker._process is first
        assert first is not None
        first.kill()
        first.wait()
        assert worker.run(task)[0].verdict == "IMPROVES"
        monkeypatch.setitem(workers.PATIENCE, "fast", 0.05)
        late = worker.run(task)[0]
        assert late.verdict == "TIMEOUT"
        assert late.contradiction
        unknown = suite.Task("pair", "TLT000")
        monkeypatch.setitem(workers.PATIENCE, "fast", HANG_GUARD)
        assert "KeyError" in worker.run(unknown)[0].contradiction
    finally:
        worker.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals of this kind")
def test_how_a_worker_ended_is_told() -> None:
    assert process._ending(-signal.SIGSEGV) == "SIGSEGV"
    assert process._ending(3) == "status 3"


def test_command_prints_a_table_and_writes_certificates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "certificates.json"
    monkeypatch.setattr(certify, "TABLE", table)
    monkeypatch.setattr(certify.write, "__defaults__", (table, None))
    report = tmp_path / "report.html"
    assert main(["verify", "--rule", CODE, "--jobs", "0", "--write", "--report", str(report)]) == 0
    out = capsys.readouterr().out
    assert "IMPROVES" in out
    assert "0 contradict" in out
    content = json.loads(table.read_text())
    assert {row["kind"] for row in content["rules"][CODE]} >= {"pair"}
    page = report.read_text()
    assert "<svg" in page
    assert "http" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    )


def test_written_certificates_grant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = suite.execute(suite.Task("pair", CODE))
    path = tmp_path / "certificates.json"
    certify.write(rows, complete=False, path=path)
    content: dict[str, Any] = json.loads(path.read_text())
    monkeypatch.setattr("torchlint.certificates._table", lambda: content["rules"])
    pair = registry.load(CODE).pairs[0]  # type: ignore[attr-defined]
    granted = grant(CODE, 0, pair_digest(pair))
    assert granted.applicability is Applicability.SAFE
    assert granted.text.startswith("verified on ")


def test_unknown_rules_and_devices_are_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--rule", "TLT000"]) == 2
    assert "unknown rule 'TLT000'" in capsys.readouterr().err
    if not torch.cuda.is_available():
        assert main(["verify", "--rule", CODE, "--device", "cuda"]) == 2
