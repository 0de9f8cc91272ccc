"""Shape functions and the harness that compares them with torch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from torchlint import data
from torchlint.torch_facts import ops, shape_functions
from torchlint.torch_facts.dims import Shape
from torchlint.torch_facts.shape_functions.refusal import Given, Refusal
from torchlint.verify.shape_proofs import shape_proof
from torchlint.verify.shape_proofs.drawn import makers

_CALLS = 25


def test_no_shape_function_says_what_is_not_so() -> None:
    proofs = [shape_proof.prove(name, _CALLS, seed=1) for name in sorted(makers())]
    assert [line for each in proofs for line in each.contradictions] == []
    accepted, known = sum(each.accepted for each in proofs), sum(each.known for each in proofs)
    raised, refused = sum(each.raised for each in proofs), sum(each.refused for each in proofs)
    assert known > 0.95 * accepted
    assert refused > 0.7 * raised


def test_all_that_is_used_was_proven_by_many_calls() -> None:
    calls = data.read("shapes.json")["calls"]
    assert set(calls) <= set(makers())
    assert (
        shape_functions.proven() - calls.keys()
        == ops.that(moves=True) & shape_functions.FUNCTIONS.keys() - calls.keys()
    )
    assert min(count for count, _, _ in calls.values()) >= 60


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
    monkeypatch.setitem(shape_functions.FUNCTIONS, "exp", wrong)  # type: ignore[arg-type]
    assert shape_proof.prove("exp", _CALLS).contradictions


def test_a_refusal_of_what_torch_takes_is_contradicted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(given: Given) -> Shape:
        raise Refusal(f"it does not like {given.tensor()}")

    monkeypatch.setitem(shape_functions.FUNCTIONS, "exp", refuse)  # type: ignore[arg-type]
    assert shape_proof.prove("exp", _CALLS).contradictions
