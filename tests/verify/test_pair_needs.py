"""The needs of pairs: what is found by trying the opposites of their inputs is declared, and stands in certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from torchlint import certificates, registry
from torchlint.claims import BinaryTargets, Dim, Floats, Logits, Pair, Stabilises
from torchlint.fixing.proof.declared_needs import declared_needs
from torchlint.rule import Rewrite

pytest.importorskip("torch")

import torch

from torchlint.verify.pair_needs import found_needs
from torchlint.verify.run.units import from_pair
from torchlint.verify.suite import Task, execute

if TYPE_CHECKING:
    from torch import Tensor

SAFE = ("IDENTICAL", "EQUAL", "IMPROVES", "EXTENDS")
PAIRS = [
    (info.code, index)
    for info in registry.rules()
    for index, _ in enumerate(getattr(registry.load(info.code), "pairs", ()))
]


@pytest.mark.parametrize(("code", "index"), PAIRS)
def test_the_needs_in_a_certificate_are_declared(code: str, index: int) -> None:
    rule = registry.load(code)
    rows = [
        row
        for row in certificates.evidence(code)
        if (row["kind"], row.get("index"), row["device"]) == ("pair", index, "cpu")
    ]
    assert rows
    for row in rows:
        assert "needs" in row, "run `python -m tools.make_needs`"
        if row["verdict"] in SAFE and not row.get("intended_change"):
            assert set(row["needs"]) <= declared_needs(rule, rule.pairs[index])  # type: ignore[arg-type, attr-defined]


@pytest.mark.parametrize(("code", "index"), [("TLT203", 0), ("TLT206", 1), ("TLT208", 0), ("TLT112", 0)])
def test_the_needs_in_a_certificate_are_those_that_are_found(code: str, index: int) -> None:
    found = found_needs(from_pair(registry.load(code).pairs[index]))  # type: ignore[attr-defined]
    stored = [one for one in certificates.evidence(code) if one.get("index") == index and one["device"] == "cpu"]
    assert [one["needs"] for one in stored if one["kind"] == "pair"] == [found]


def test_a_run_of_a_pair_finds_its_needs() -> None:
    (row,) = execute(Task("pair", "TLT206"))
    assert row.needs == []


def log_sigmoid(x: Floats) -> Tensor:
    return torch.log(torch.sigmoid(x))  # torchlint: ignore[TLT203]


def logsigmoid(x: Floats) -> Tensor:
    return torch.nn.functional.logsigmoid(x)


def softmax_by_hand(x: Floats, dim: Dim) -> Tensor:
    return torch.exp(x) / torch.exp(x).sum(dim, keepdim=True)


def softmax(x: Floats, dim: Dim) -> Tensor:
    return torch.softmax(x, dim)


def stacked(x: Floats) -> Tensor:
    return torch.stack([torch.exp(row) for row in x])


def at_once(x: Floats) -> Tensor:
    return torch.exp(x)


def weighed(x: Logits, t: BinaryTargets) -> Tensor:
    return t * torch.log(torch.sigmoid(x))  # torchlint: ignore[TLT203]


def weighed_at_once(x: Logits, t: BinaryTargets) -> Tensor:
    return t * torch.nn.functional.logsigmoid(x)


@pytest.mark.parametrize(
    ("before", "after", "also_for", "undeclared"),
    [
        (log_sigmoid, logsigmoid, (), set()),
        (log_sigmoid, logsigmoid, ("int",), {"int tensors"}),
        (log_sigmoid, logsigmoid, ("bool", "complex"), {"bool tensors", "complex tensors"}),
        (softmax_by_hand, softmax, (), set()),
        (softmax_by_hand, softmax, ("dims", "no dim"), {"a tuple of dims", "no dim"}),
        (stacked, at_once, (), set()),
        (stacked, at_once, ("layout",), {"transposed tensors"}),
        (weighed, weighed_at_once, (), set()),
    ],
)
def test_a_need_that_is_not_declared_is_found(
    before: object, after: object, also_for: tuple[str, ...], undeclared: set[str]
) -> None:
    pair = Pair(before, after, Stabilises())  # type: ignore[arg-type]
    rule = type("Rule", (Rewrite,), {"also_for": also_for, "pairs": (pair,)})
    assert set(found_needs(from_pair(pair))) - declared_needs(rule, pair) == undeclared
