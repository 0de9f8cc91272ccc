"""Shape functions and the harness that compares them with torch."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from torchlint import data
from torchlint.torch_facts import ops, shape_functions
from torchlint.torch_facts.dims import Shape
from torchlint.torch_facts.shape_functions import FUNCTIONS, proof_digests
from torchlint.torch_facts.shape_functions.proof_digests import sources
from torchlint.torch_facts.shape_functions.refusal import Given, Refusal
from torchlint.verify.shape_proofs import shape_proof
from torchlint.verify.shape_proofs.drawn import makers
from torchlint.verify.shape_proofs.prove_shapes import prove_shapes

_CALLS = 15


def test_no_shape_function_says_what_is_not_so() -> None:
    proofs = [shape_proof.prove(name, _CALLS, seed=1) for name in sorted(makers())]
    assert [line for each in proofs for line in each.contradictions] == []
    accepted, known = sum(each.accepted for each in proofs), sum(each.known for each in proofs)
    raised, refused = sum(each.raised for each in proofs), sum(each.refused for each in proofs)
    assert known > 0.95 * accepted
    assert refused > 0.7 * raised


def test_all_that_is_used_was_proven_by_many_calls_of_the_function_as_it_is() -> None:
    table = data.read("shapes.json")
    calls = table["calls"]
    current = {*proof_digests.current({name: row[-1] for name, row in calls.items()}, table["modules"], FUNCTIONS)}
    assert calls.keys() - current == set(), "python -m torchlint verify --shapes --write brings them up to date"
    assert shape_functions.proven() - calls.keys() == ops.that(moves=True) & FUNCTIONS.keys() - calls.keys()
    assert min(row[0] for row in calls.values()) >= 1000


def test_all_that_can_be_drawn_is_proven() -> None:
    assert makers().keys() - data.read("shapes.json")["calls"].keys() == set()


def test_a_proof_of_another_function_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    table = data.read("shapes.json")
    rows = {name: table["calls"][name][-1] for name in ("exp", "matmul")}
    assert {*proof_digests.current(rows, table["modules"], FUNCTIONS)} == {"exp", "matmul"}
    monkeypatch.setitem(FUNCTIONS, "exp", FUNCTIONS["matmul"])
    assert {*proof_digests.current(rows, table["modules"], FUNCTIONS)} == {"matmul"}


def test_comments_docstrings_and_layout_do_not_make_a_proof_void(monkeypatch: pytest.MonkeyPatch) -> None:
    table = data.read("shapes.json")
    rows = {"exp": table["calls"]["exp"][-1]}
    name = FUNCTIONS["exp"].__module__
    plain = dict(sources(name))
    commented = {each: text + b"\n# more\n" for each, text in plain.items()}
    changed = {each: text + b"\nMORE = 1\n" for each, text in plain.items()}
    for texts, expected in ((commented, {"exp"}), (changed, set())):
        monkeypatch.setattr(proof_digests, "sources", lambda module, texts=texts: texts.items())
        proof_digests.code_digest.cache_clear()
        proof_digests.bytes_digest.cache_clear()
        assert {*proof_digests.current(rows, table["modules"], FUNCTIONS)} == expected
    monkeypatch.undo()
    proof_digests.code_digest.cache_clear()
    proof_digests.bytes_digest.cache_clear()


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty table that is written to instead of the package's."""
    path = tmp_path / "shapes.json"
    path.write_text('{"torch": "none", "modules": {}, "calls": {}}')
    monkeypatch.setattr(data, "path", lambda name: str(path))
    return path


def test_a_run_goes_on_where_it_was(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prove_shapes(["cat", "erf*"], 20, write=True) == 0
    assert {*json.loads(written.read_text())["calls"]} == {
        "cat",
        "erf",
        "erf_",
        "erfc",
        "erfc_",
        "erfcx",
        "erfinv",
        "erfinv_",
    }
    capsys.readouterr()
    assert prove_shapes(["cat", "exp"], 20, write=True) == 0
    assert capsys.readouterr().out.startswith("1 operations, 20 calls")
    assert prove_shapes(["cat", "exp"], 30, write=True) == 0
    assert capsys.readouterr().out.startswith("2 operations, 60 calls")


def test_what_is_contradicted_is_not_kept(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FUNCTIONS, "exp", lambda given: Shape(()))
    assert prove_shapes(["exp"], 20, write=True) == 1
    assert json.loads(written.read_text())["calls"] == {}


def test_nothing_more_is_begun_when_the_time_is_over(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prove_shapes(["cat", "exp"], 20, write=True, budget=-1.0) == 0
    assert "2 operations were not begun" in capsys.readouterr().err


def test_a_pattern_that_fits_no_operation_is_refused() -> None:
    assert prove_shapes(["no_such_operation"], 1, write=False) == 2


def _wrong(change: Callable[[Shape], Shape]) -> Callable[[Given], Shape]:
    return lambda given: change(given.tensor())


@pytest.mark.parametrize(
    "wrong",
    [
        _wrong(lambda shape: Shape((*shape.sizes, 1))),
        _wrong(lambda shape: Shape(tuple(size + 1 for size in shape.sizes))),
        _wrong(lambda shape: Shape(shape.sizes[::-1])),
    ],
)
def test_a_wrong_function_is_contradicted(wrong: Callable[[Given], Shape], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(shape_functions.FUNCTIONS, "exp", wrong)
    assert shape_proof.prove("exp", _CALLS).contradictions


def test_a_refusal_of_what_torch_takes_is_contradicted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(given: Given) -> Shape:
        raise Refusal(f"it does not like {given.tensor()}")

    monkeypatch.setitem(shape_functions.FUNCTIONS, "exp", refuse)
    assert shape_proof.prove("exp", _CALLS).contradictions
