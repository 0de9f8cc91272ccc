"""Certificates: written by the harness, read without it, void as soon as the text changes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from torchlint import certificates, registry, verdicts
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
    said = "the same results where the old code is right, better ones elsewhere"
    text = f"verified on 1,176 inputs (cpu, torch 2.13.0): {said}"
    assert grant("TLT999", 0, "d") == Grant("IMPROVES", Applicability.SAFE, text)


@pytest.mark.parametrize(("index", "digest"), [(0, "other"), (1, "d")])
def test_a_stale_or_missing_certificate_grants_nothing(
    table: dict[str, list[dict[str, Any]]], index: int, digest: str
) -> None:
    table["TLT999"] = [row()]
    assert grant("TLT999", index, digest) == Grant("", Applicability.UNSAFE, "not verified", verified=False)


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


def page(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The evidence of a rule's page."""
    assert main(["rule", "TLT202", "--color=never"]) == 0
    return capsys.readouterr().out.rpartition("## Evidence\n")[2].splitlines()


def gain(**changes: Any) -> dict[str, Any]:
    plain = {"dtype": "float32", "quantity": "value", "inputs": 17, "rescued": 111, "kinds": []}
    return plain | {"sizes": [90.0, 1e4], "tried": [1e-8, 1.0, 90.0, 1e4]} | changes


def test_a_rule_page_says_first_what_was_run_and_what_came_out(
    table: dict[str, list[dict[str, Any]]], capsys: pytest.CaptureFixture[str]
) -> None:
    errors = {"float32 value": {"ulps_before": 5e5, "ulps_after": 5e5, "nonfinite_before": 111, "nonfinite_after": 0}}
    speed = {"speed": [2.1, 1.4], "speed_shape": "9x5", "machine": "CPU, 1 thread"}
    table["TLT202"] = [
        row(label="f", errors=errors, gains=[gain(relative_before=0.003, relative_after=1e-7)], **speed),
        row(label="g", verdict="CONDITIONAL", condition="rank in {1}"),
        row(label="h", verdict="CHANGES", intended_change=True, claim="changes: eps goes", errors=errors),
        row(label="i", verdict="EQUAL", errors={"float32 value": errors["float32 value"] | {"ulps_after": 0.5}}),
    ]
    assert page(capsys) == [
        "- `f`: run before and after on 1,176 inputs: the same results where the old code is right, better ones "
        "elsewhere. Values are better for inputs of size 90 and more: the old code gives NaN or infinity (111 float32 "
        "values), the new code right numbers; where it is finite, it has 3 of 7 digits right at worst, the new code 7.",
        "  Figures: improves; cpu, torch 2.13.0; forward 2.1x the speed, 1.4x with backward (9x5 on CPU, 1 thread).",
        "- `g`: run before and after on 1,176 inputs: the same results, but only where rank in {1}.",
        "  Figures: conditional; cpu, torch 2.13.0.",
        "- `h`: run before and after on 1,176 inputs: other results, as intended (eps goes).",
        "  Figures: changes; cpu, torch 2.13.0.",
        "- `i`: run before and after on 1,176 inputs: the same results, up to rounding.",
        "  Figures: equal; cpu, torch 2.13.0; worst float32 error 5e+05 ulp before, 0.5 after; NaN or infinity 111 "
        "times before, 0 after.",
        "",
        "The words, of what came out on all inputs together:",
        "",
        "- equal: the same results, up to rounding.",
        "- improves: the same results where the old code is right, better ones elsewhere.",
        "- conditional: the same results only under a condition.",
        "- changes: other results.",
        "- ulp: a unit in the last place, the distance to the next number of the dtype.",
    ]
    assert main(["rule", "TLT202", "--output-format=json"]) == 0
    assert json.loads(capsys.readouterr().out)["evidence"] == table["TLT202"]
    table.clear()
    assert main(["rule", "TLT202", "--color=never"]) == 0
    assert "## Evidence" not in capsys.readouterr().out


def test_programs_of_a_rule_are_told_together(
    table: dict[str, list[dict[str, Any]]], capsys: pytest.CaptureFixture[str]
) -> None:
    better = gain(quantity="gradient", rescued=2, sizes=[1e-8])
    table["TLT202"] = [
        row(kind="program", label="a", speed=[3.0, 0.0], gains=[better]),
        row(kind="program", label="b", speed=[9.0, 0.0], gains=[better | {"kinds": ["zeros"], "sizes": []}]),
        row(kind="program", label="c", verdict="REPAIRS", points=0, repaired=100),
        row(kind="program", label="d", verdict="UNSUPPORTED", points=0, condition="not runnable: x is not annotated"),
    ]
    lines = page(capsys)
    assert lines[:2] == [
        "- 2 programs of its fixtures: run before and after on 2,352 inputs: the same results where the old code is "
        "right, better ones elsewhere. Gradients are better for inputs of size 1e-08 and less: the old code gives NaN "
        "or infinity (4 float32 gradients), the new code right numbers.",
        "  Figures: improves; cpu, torch 2.13.0; forward 3x to 9x the speed.",
    ]
    assert lines[2] == (
        "- 1 program of its fixtures: run before and after on 100 inputs: the old code raises on all of them, the new "
        "code on none."
    )
    assert lines[4] == "- 1 program of its fixtures: it cannot be run by itself (x is not annotated)."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sizes": [1e-8, 1.0, 90.0, 1e4]}, "for inputs of every size"),
        ({"sizes": [1e-8, 90.0]}, "for inputs of size 1e-08 and less and of size 90 and more"),
        ({"sizes": [], "kinds": ["zeros", "grid"]}, "on numbers between -60 and 60 or zeros"),
    ],
)
def test_a_rule_page_says_for_which_inputs_it_is_better(
    table: dict[str, list[dict[str, Any]]], changes: dict[str, Any], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table["TLT202"] = [row(label="f", gains=[gain(**changes)])]
    assert f"Values are better {said}: " in page(capsys)[0]


def test_every_verdict_and_every_kind_of_input_has_its_words() -> None:
    pytest.importorskip("torch")
    from torchlint.commands import evidence
    from torchlint.verify import fixture_programs
    from torchlint.verify.inputs import recipes as values
    from torchlint.verify.judge import verdict

    assert list(verdicts.MEANINGS) == list(verdict.Verdict)
    assert set(verdicts.SILENT) == verdict.SILENT
    recipes = (*values.SHAPED, *values.FULL_SHAPED, *values.SINGLE_ORDINALS, *fixture_programs._MORE_RECIPES)
    assert {recipe.name for recipe in recipes} - {"normal"} <= set(evidence._KINDS)


def test_a_note_counts_the_inputs_of_all_programs(table: dict[str, list[dict[str, Any]]]) -> None:
    table["TLT999"] = [
        row(kind="program", verdict="EQUAL", points=100),
        row(kind="program", verdict="IDENTICAL", points=2),
    ]
    said = "verified on 102 inputs (cpu, torch 2.13.0): the same results, up to rounding"
    assert grant_program("TLT999").text == said
    table["TLT999"] = [row(kind="program", verdict="REPAIRS", points=0, repaired=100)]
    said = "verified on 100 inputs (cpu, torch 2.13.0): the old code raises on all of them, the new code on none"
    assert grant_program("TLT999").text == said


def test_what_could_not_be_run_is_not_called_verified(table: dict[str, list[dict[str, Any]]]) -> None:
    table["TLT999"] = [row(kind="program", verdict="UNSUPPORTED", points=0)]
    granted = grant_program("TLT999")
    assert (granted.text, granted.verified) == ("not verified: it cannot be run by itself", False)


def test_certificates_rest_on_many_inputs_where_inputs_can_differ() -> None:
    """Of pairs, and of the programs of rules without pairs; fewer only where a program has no inputs to vary.

    Programs run on each input in two dtypes, and some in one of them only.
    """
    pytest.importorskip("torch")
    from torchlint.verify.fixture_programs import INPUTS

    few = [
        f"{code} {kept['label']}"
        for code, rows in stored().items()
        for kept in rows
        if (kept["kind"] == "pair" or not any(other["kind"] == "pair" for other in rows))
        and kept["verdict"] not in verdicts.SILENT
        and certificates.inputs(kept) < (100 if kept["kind"] == "pair" else INPUTS)
        and _varies(code, kept["label"])
    ]
    assert not few


def _varies(code: str, label: str) -> bool:
    """Whether a certificate is of a pair, or of a program that takes tensors or draws random numbers."""
    from torchlint.verify import fixture_programs
    from torchlint.verify.fixtures import FIXTURES, read
    from torchlint.verify.inputs.specs import of_program
    from torchlint.verify.run.units import Unit

    module, _, function = label.partition(".")
    if not function:
        return True
    path = FIXTURES / registry.load(code).name().replace("-", "_") / f"{module}.py"
    found = getattr(fixture_programs._load(read(path), path, "before"), function, None)
    return found is not None and fixture_programs._varies(Unit(found, found, of_program(found), "", ""))


def test_an_improvement_says_where_it_is_one() -> None:
    silent = [
        f"{code} {kept['label']}"
        for code, rows in stored().items()
        for kept in rows
        if kept["verdict"] == "IMPROVES" and not kept.get("gains")
    ]
    assert not silent
