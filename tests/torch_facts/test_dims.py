"""Sizes as polynomials: what is certain of them, and what is not."""

from __future__ import annotations

from torchlint.torch_facts.dims import (
    certainly_differ,
    certainly_less,
    floor,
    may_be,
    never_divides,
    quotient,
    symbol,
    unknown,
)

H, W = symbol("h", "h"), symbol("w", "w")


def test_sums_and_products_have_one_form() -> None:
    assert (H + 1) * (H - 1) == H * H - 1
    assert H - H == 0
    assert str(H * 2 + W - 3) == "2*h + w - 3"
    assert 2 - H == -H + 2


def test_a_multiple_differs_from_its_symbol() -> None:
    assert certainly_differ(H * 2, H * 4)
    assert certainly_differ(H + 1, H)
    assert not certainly_differ(H, W)
    assert not certainly_differ(H, 120)


def test_what_may_be_added_as_nothing_makes_no_difference() -> None:
    assert not certainly_differ(H, H + W)
    assert certainly_differ(H, H + W + 1)


def test_a_multiple_of_two_is_no_odd_number() -> None:
    assert certainly_differ(H * 2, 5)
    assert not certainly_differ(H * 2, 6)
    assert not may_be(H * 2, 1)


def test_nothing_is_certain_of_the_sign_of_what_is_not_known() -> None:
    assert not certainly_differ(unknown() + 5, 3)
    assert not certainly_less(1, unknown() + 5)
    assert certainly_less(1, H + 5)


def test_quotients_are_exact_or_none() -> None:
    assert quotient(H * W * 6, H * 2) == W * 3
    assert quotient(H + 1, 2) is None
    assert quotient(H * 2 + W * 4, H + W * 2) == 2
    assert never_divides(H * 4 + 2, 4)
    assert not never_divides(H, 4)


def test_floors_of_the_same_are_the_same() -> None:
    assert floor(H * 2 + 5, 2) == H + 2
    assert floor(H + 5, 2) == floor(H + 1, 2) + 2
    assert floor(H, 2) != floor(W, 2)
    assert not certainly_differ(floor(H, 2), 0)
