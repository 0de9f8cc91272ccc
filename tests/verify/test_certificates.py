"""Certificates: written by the harness, read without it, void as soon as the text changes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from torchlint import certificates, registry
from torchlint.certificates import HARNESS, Grant, grant, grant_program
from torchlint.claims import Floats, Logits, Pair, Same, Stabilises
from torchlint.cli import main
from torchlint.digests import pair_digest, program_digest
from torchlint.finding import Applicability


def before(x: Floats) -> Any:
    return x.log()


def after(x: Floats) -> Any:
    return x.log()


def same_after(x: Floats) -> Any:
    # A comment and another layout.
    return (
        x.log()
    )  # fmt: skip


def other_after(x: Floats) -> Any:
    return x.log1p()


FACTOR = 2.0


def helper(x: Any) -> Any:
    return inner(x) * FACTOR


def inner(x: Any) -> Any:
    return x.log()


def calls_a_helper(x: Floats) -> Any:
    return helper(x)


def made(depth: int) -> Any:
    def closure(x: Floats) -> Any:
        return x**depth

    return closure


def calls_itself(x: Floats) -> Any:
    return calls_itself(x.log())


def digest_of(after: Any) -> str:
    # Past the cache, as another run of Python would.
    return pair_digest.__wrapped__(Pair(before, after, Same()))


def row(**changes: Any) -> dict[str, Any]:
    plain = {"kind": "pair", "index": 0, "digest": "d", "verdict": "IMPROVES", "points": 1176, "device": "cpu"}
    return plain | {"torch": "2.13.0", "agrees": True} | changes


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    monkeypatch.setattr(certificates, "_table", lambda: rows)
    return rows


def test_digest_ignores_comments_and_layout() -> None:
    digest = pair_digest(Pair(before, after, Same()))
    assert digest == pair_digest(Pair(before, same_after, Same()))
    assert digest != pair_digest(Pair(before, other_after, Same()))
    assert digest != pair_digest(Pair(after, other_after, Same()))


def doubled(x: Any) -> Any:
    return x.log() * 2


def test_digest_covers_helpers_of_helpers(monkeypatch: pytest.MonkeyPatch) -> None:
    digest = digest_of(calls_a_helper)
    monkeypatch.setitem(helper.__globals__, "inner", doubled)
    assert digest_of(calls_a_helper) != digest


def test_digest_covers_constants(monkeypatch: pytest.MonkeyPatch) -> None:
    digest = digest_of(calls_a_helper)
    monkeypatch.setitem(helper.__globals__, "FACTOR", 3.0)
    assert digest_of(calls_a_helper) != digest


def test_digest_covers_the_kinds_of_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    digest = digest_of(before)
    monkeypatch.setitem(before.__globals__, "Floats", Logits)
    assert digest_of(before) != digest


def test_digest_covers_what_a_function_closes_over_and_the_kind_of_claim() -> None:
    assert digest_of(made(2)) != digest_of(made(3))
    assert pair_digest(Pair(before, made(2), Same())) != pair_digest(Pair(before, made(2), Stabilises()))
    assert digest_of(calls_itself) == digest_of(calls_itself)


def test_digest_needs_no_torch() -> None:
    code = (
        "import sys; from torchlint import digests as c, registry\n"
        "for i in registry.rules():\n"
        "    for p in getattr(registry.load(i.code), 'pairs', ()): c.pair_digest(p)\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_good_verdict_is_safe_and_says_on_how_many_inputs(table: dict[str, list[dict[str, Any]]]) -> None:
    table["TLT999"] = [row()]
    text = "verified on 1,176 inputs (cpu, torch 2.13.0): improves"
    assert grant("TLT999", 0, "d") == Grant("IMPROVES", Applicability.SAFE, text)


@pytest.mark.parametrize(("index", "digest"), [(0, "other"), (1, "d")])
def test_a_stale_or_missing_certificate_grants_nothing(
    table: dict[str, list[dict[str, Any]]], index: int, digest: str
) -> None:
    table["TLT999"] = [row()]
    assert grant("TLT999", index, digest) == Grant("", Applicability.UNSAFE, "not verified")


@pytest.mark.parametrize(
    ("changes", "applicability"),
    [
        ({"verdict": "CHANGES"}, Applicability.UNSAFE),
        ({"verdict": "EQUAL", "intended_change": True}, Applicability.UNSAFE),
        ({"verdict": "CONDITIONAL", "condition": "rank in {1}"}, Applicability.DISPLAY),
        ({"verdict": "EQUAL", "agrees": False}, Applicability.UNSAFE),
        ({"verdict": "TRADEOFF"}, Applicability.UNSAFE),
        ({"verdict": "IDENTICAL"}, Applicability.SAFE),
    ],
)
def test_what_a_verdict_grants(
    table: dict[str, list[dict[str, Any]]], changes: dict[str, Any], applicability: Applicability
) -> None:
    table["TLT999"] = [row(**changes)]
    assert grant("TLT999", 0, "d").applicability is applicability


def test_the_device_that_allows_least_decides(table: dict[str, list[dict[str, Any]]]) -> None:
    table["TLT999"] = [row(), row(device="NVIDIA H100", verdict="REGRESSES")]
    assert grant("TLT999", 0, "d").applicability is Applicability.UNSAFE


def test_all_programs_of_a_rule_must_agree(table: dict[str, list[dict[str, Any]]]) -> None:
    good = row(kind="program", label="a")
    table["TLT999"] = [good, good | {"label": "b"}]
    assert grant_program("TLT999").applicability is Applicability.SAFE
    table["TLT999"].append(good | {"label": "c", "verdict": "EXCEPTION", "agrees": False})
    assert grant_program("TLT999").applicability is Applicability.UNSAFE


def test_reading_needs_no_torch() -> None:
    code = "import sys, torchlint.certificates as c; c.grant('TLT202', 0, ''); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def stored() -> dict[str, list[dict[str, Any]]]:
    path = Path(certificates.__file__).parent / "data" / "certificates.json"
    if not path.exists():
        pytest.skip("no certificates have been written: run `torchlint verify --write`")
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["harness"] == HARNESS
    rules: dict[str, list[dict[str, Any]]] = content["rules"]
    return rules


def test_certificates_of_all_pairs_are_up_to_date() -> None:
    rows = stored()
    stale = []
    for info in registry.rules():
        for index, pair in enumerate(getattr(registry.load(info.code), "pairs", ())):
            digests = {
                kept["digest"]
                for kept in rows.get(info.code, ())
                if kept["kind"] == "pair" and kept["index"] == index and kept["device"] == "cpu"
            }
            if digests != {pair_digest(pair)}:
                stale.append(f"{info.code} pair {index} ({pair.before.__name__})")
    assert not stale, "run `torchlint verify --write`"


def test_certificates_of_all_programs_are_up_to_date() -> None:
    pytest.importorskip("torch")
    from torchlint.verify.fixtures import fixture_digest

    rows = stored()
    stale = []
    for code, kept in rows.items():
        digests = {entry["digest"] for entry in kept if entry["kind"] == "program"}
        if digests and digests != {fixture_digest(code)}:
            stale.append(code)
    assert not stale, "run `torchlint verify --write`"


def test_no_certificate_contradicts_its_rule() -> None:
    against = [f"{code} {kept['label']}" for code, rows in stored().items() for kept in rows if not kept["agrees"]]
    assert not against


def test_program_digest_depends_on_order_and_text() -> None:
    assert program_digest(["a", "b"]) != program_digest(["b", "a"])
    assert program_digest(["ab"]) != program_digest(["a", "b"])


def test_a_rule_page_ends_with_the_evidence(
    table: dict[str, list[dict[str, Any]]], capsys: pytest.CaptureFixture[str]
) -> None:
    errors = {"ulps_before": 1e6, "ulps_after": 0.5, "nonfinite_before": 54, "nonfinite_after": 0}
    table["TLT202"] = [
        row(label="f", errors={"float32 value": errors}, speed=[2.1, 1.4], speed_shape="9x5", machine="CPU, 1 thread"),
        row(label="g", verdict="CONDITIONAL", condition="rank in {1}"),
        row(kind="program", label="a", speed=[3.0, 0.0]),
        row(kind="program", label="b", speed=[9.0, 0.0]),
    ]
    assert main(["rule", "TLT202", "--color=never"]) == 0
    seen = capsys.readouterr().out.rpartition("## Evidence\n")[2].splitlines()
    assert seen == [
        "- `f`: improves, verified on 1,176 inputs (cpu, torch 2.13.0); float32: worst error 1e+06 ulp before, 0.5 "
        "after, nan or inf 54 times before, 0 after; forward 2.1x the speed, 1.4x with backward (9x5 on CPU, 1 thread)",
        "- `g`: conditional, verified on 1,176 inputs (cpu, torch 2.13.0); only where rank in {1}",
        "- 2 programs of its fixtures: improves, verified on 2,352 inputs (cpu, torch 2.13.0); "
        "forward 3x to 9x the speed",
    ]
    assert main(["rule", "TLT202", "--output-format=json"]) == 0
    assert json.loads(capsys.readouterr().out)["evidence"] == table["TLT202"]
    table.clear()
    assert main(["rule", "TLT202", "--color=never"]) == 0
    assert "## Evidence" not in capsys.readouterr().out
