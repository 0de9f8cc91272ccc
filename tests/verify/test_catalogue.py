"""171 rewrites of which it is known what they do: the harness is told their inputs and nothing else."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("gmpy2")

from torchlint.verify.judge.unit_verdict import Result, verify_unit  # noqa: E402
from torchlint.verify.judge.verdict import GOOD, SILENT  # noqa: E402
from torchlint.verify.run.units import from_text  # noqa: E402

pytestmark = pytest.mark.xdist_group("catalogue")

CATALOGUE = Path(__file__).parents[3] / "shared" / "reference" / "rewrite_catalogue.py"

# The catalogue's kinds of inputs, as annotations say it.
KINDS = {
    **dict.fromkeys(("f", "f1", "off", "fz", "zrow", "const", "near", "fnan", "asym"), "float"),
    **dict.fromkeys(("pos", "pz"), "positive"),
    **dict.fromkeys(("unit", "open01"), "unit"),
    **dict.fromkeys(("w", "pos1"), "weight"),
    **dict.fromkeys(("mask", "maskrow"), "bool"),
    **dict.fromkeys(("spd", "spdbig"), "spd"),
    "neg": "negative",
    "open11": "inner",
    "prob": "prob",
    "onehot": "onehot",
    "bin": "binary",
    "well": "regular",
    "ill": "ill",
}


def input_text(spec: tuple[str, ...]) -> str:
    kind, *shape = spec
    if kind in ("lab", "labign"):
        return f"labels {' '.join(shape[1:])} < {shape[0]}"
    return f"{KINDS[kind]} {' '.join(shape)}"


def entries() -> list[dict[str, Any]]:
    if not CATALOGUE.exists():
        return []
    spec = importlib.util.spec_from_file_location("rewrite_catalogue", CATALOGUE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: list[dict[str, Any]] = module.CAT
    return found


def verify(entry: dict[str, Any]) -> Result:
    inputs = {name: input_text(spec) for name, spec in entry["ins"].items()}
    return verify_unit(from_text(entry["before"], entry["after"], inputs))


@pytest.fixture(scope="module")
def results() -> list[tuple[dict[str, Any], Result]]:
    if not CATALOGUE.exists():
        pytest.skip("the catalogue of rewrites lies beside the repository, and this checkout has none")
    torch.set_num_threads(1)
    return [(entry, verify(entry)) for entry in entries()]


def describe(entry: dict[str, Any], result: Result) -> str:
    decision = result.decision
    seen = decision.witness
    what = f"{seen.dtype}, {seen.cell.label}: {seen.effect}: {seen.text}" if seen else decision.condition
    return f"{entry['id']:6} {entry['cls']:9} {decision.verdict} ({decision.condition}) {what}"


def test_traps_and_changes_are_not_granted(results: list[tuple[dict[str, Any], Result]]) -> None:
    bad = [(entry, result) for entry, result in results if entry["cls"] in ("trap", "change")]
    granted = [describe(*case) for case in bad if case[1].decision.verdict in GOOD]
    print(f"refused {len(bad) - len(granted)} of {len(bad)} traps and changes; granted:", *granted, sep="\n")
    assert len(bad) == 28
    assert granted == []


def test_safe_rewrites_are_granted_or_refused_for_a_difference(results: list[tuple[dict[str, Any], Result]]) -> None:
    good = [(entry, result) for entry, result in results if entry["cls"] in ("safe", "stabilise")]
    refused = [case for case in good if case[1].decision.verdict not in GOOD]
    print(f"granted {len(good) - len(refused)} of {len(good)} safe rewrites; refused:")
    print(*[describe(*case) for case in refused], sep="\n")
    unclear = [case for case in refused if case[1].decision.verdict in SILENT or case[1].decision.witness is None]
    assert len(good) == 143
    assert unclear == []
    assert len(good) - len(refused) >= 126


def test_a_fully_masked_row_is_tried(results: list[tuple[dict[str, Any], Result]]) -> None:
    case = next(case for case in results if case[0]["id"] == "EL30")
    assert case[1].decision.verdict not in GOOD
    assert case[1].decision.witness is not None
