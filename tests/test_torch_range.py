"""What a range of versions of torch means, and what is said of a text that is none."""

from __future__ import annotations

import pytest

from torchlint.torch_range import CURRENT, RangeError, parse_range, version_of, widest


@pytest.mark.parametrize(
    ("text", "lowest", "end"),
    [
        (">=1.13", (1, 13, 0), None),
        (">=2.0,<2.6", (2, 0, 0), (2, 6, 0)),
        (" >= 2.0 , < 2.6 ", (2, 0, 0), (2, 6, 0)),
        ("==2.1.2", (2, 1, 2), (2, 1, 3)),
        ("==2.1.*", (2, 1, 0), (2, 2, 0)),
        ("==2.*", (2, 0, 0), (3, 0, 0)),
        ("~=2.3", (2, 3, 0), (3, 0, 0)),
        ("~=2.3.1", (2, 3, 1), (2, 4, 0)),
        (">2.3", (2, 3, 1), None),
        ("<=2.5", None, (2, 5, 1)),
        ("<2.6", None, (2, 6, 0)),
        (">=1.8,!=1.9.1", (1, 8, 0), None),
        ("==2.1.0+cu118", (2, 1, 0), (2, 1, 1)),
        (">=2.6.0.dev20250101", (2, 6, 0), None),
        (">=2.1.0a0", (2, 1, 0), None),
    ],
)
def test_a_range_has_the_bounds_that_requirements_mean(
    text: str, lowest: tuple[int, ...] | None, end: tuple[int, ...] | None
) -> None:
    found = parse_range(text)
    assert (found.lowest, found.end) == (lowest, end)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2.3", "did you mean '>=2.3'?"),
        ("", "expected a range"),
        ("newest", "expected a range"),
        ("^2.0", "expected a range"),
        (">=2.0;<3", "expected a range"),
        ("=>2.0", "expected a range"),
        (">=2.0,", "expected a range"),
        ("~=2", "expected a range"),
        (">=9999999", "expected a range"),
        (">=2.6,<2.3", "no version is in the range"),
        (">=2.6,<2.6", "no version is in the range"),
        (">=\n2.0 or so", "expected a range"),
    ],
)
def test_what_is_no_range_gets_one_clear_line(text: str, said: str) -> None:
    with pytest.raises(RangeError, match=r"^[^\n]+$") as raised:
        parse_range(text)
    assert said in str(raised.value)


def test_the_newest_version_of_a_range_decides_what_is_gone() -> None:
    assert CURRENT.reaches("99.0")
    assert parse_range(">=1.0").reaches("99.0")
    assert parse_range("<2.7").reaches("2.6")
    assert not parse_range("<2.7").reaches("2.7")
    assert parse_range("<=2.7").reaches("2.7")


def test_the_oldest_version_of_a_range_decides_what_is_there() -> None:
    assert not CURRENT.lacks("99.0")
    assert parse_range(">=1.13").lacks("2.0")
    assert not parse_range(">=1.13").lacks("1.13")
    assert parse_range(">=1.9").lacks("1.13")
    assert not parse_range(">=1.13").lacks("")
    assert parse_range("<2.0").lacks("2.0")
    assert not parse_range("<2.0").lacks("1.13")


def test_several_ranges_have_the_versions_of_all() -> None:
    both = widest([parse_range(">=1.8,<2.0"), parse_range("==2.1.0")])
    assert (both.lowest, both.end) == ((1, 8, 0), (2, 1, 1))
    assert parse_range(both.text)[1:] == both[1:]
    assert widest([parse_range(">=1.8"), parse_range("<2.0")])[1:] == (None, None)


def test_a_version_has_three_numbers() -> None:
    assert version_of("2.13") == (2, 13, 0)
    assert version_of("1.13.1+cpu") == (1, 13, 1)
    with pytest.raises(RangeError):
        version_of("two")
