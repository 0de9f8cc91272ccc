"""Ranges of versions of torch, as requirements state them: `>=1.13`, `>=2.0,<2.6`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

Version = tuple[int, int, int]

_RELEASE = r"v?(?P<release>\d{1,6}(?:\.\d{1,6})*)"
# Pre-releases, post-releases, development releases and local versions count as the release that they belong to.
_SUFFIX = (
    r"(?:[-_.]?(?:a|b|c|rc|alpha|beta|pre|preview)[-_.]?\d*)?(?:-\d+|[-_.]?(?:post|rev|r)[-_.]?\d*)?"
    r"(?:[-_.]?dev[-_.]?\d*)?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?"
)
_CLAUSE = re.compile(rf"(?P<operator>~=|={{2,3}}|!=|<=?|>=?)\s*{_RELEASE}(?:(?P<any>\.\*)|{_SUFFIX})", re.IGNORECASE)
_BARE = re.compile(_RELEASE + _SUFFIX, re.IGNORECASE)


class RangeError(ValueError):
    """A text is not a range of versions; the message is one line and says what one looks like."""


class Range(NamedTuple):
    """Versions from `lowest` to below `end`, or without a bound where there is None; `text` is how it is written."""

    text: str = ""
    lowest: Version | None = None
    end: Version | None = None

    def holds(self, version: str) -> bool:
        """Whether a version is in the range."""
        number = version_of(version)
        return (self.lowest is None or self.lowest <= number) and (self.end is None or number < self.end)

    def reaches(self, version: str) -> bool:
        """Whether the newest torch of the range is this version or a later one."""
        return self.end is None or version_of(version) < self.end

    def lacks(self, version: str) -> bool:
        """Whether the range has a torch that is older than this version. Without a lower bound, the newest counts."""
        if not version:
            return False
        return version_of(version) > self.lowest if self.lowest is not None else not self.reaches(version)


# Every release from the newest on: nothing is lacking, what was removed is gone.
CURRENT = Range()


def version_of(text: str) -> Version:
    """The first three numbers of a version. Raises `RangeError`."""
    found = _BARE.fullmatch(text.strip())
    if found is None:
        raise RangeError(f"{text!r} is not a version")
    return _three([int(part) for part in found["release"].split(".")])


def parse_range(text: str) -> Range:
    """The range that a text such as `>=2.0,<2.6` stands for. Raises `RangeError`."""
    clauses = [clause.strip() for clause in text.split(",")]
    bounds = [_bounds(clause, text) for clause in clauses]
    lowest = max((low for low, _ in bounds if low is not None), default=None)
    end = min((end for _, end in bounds if end is not None), default=None)
    if lowest is not None and end is not None and lowest >= end:
        raise RangeError(f"no version is in the range {text!r}")
    return Range(",".join(clauses), lowest, end)


def widest(ranges: Sequence[Range]) -> Range:
    """The range from the lowest to the highest version that any of some ranges has. At least one is given."""
    if len(ranges) == 1:
        return ranges[0]
    lows, ends = [each.lowest for each in ranges], [each.end for each in ranges]
    lowest = min((low for low in lows if low is not None), default=None) if None not in lows else None
    end = max((end for end in ends if end is not None), default=None) if None not in ends else None
    return Range(",".join(_written(lowest, end)), lowest, end)


def _written(lowest: Version | None, end: Version | None) -> Iterator[str]:
    for operator, bound in ((">=", lowest), ("<", end)):
        if bound is not None:
            yield f"{operator}{'.'.join(map(str, bound)).removesuffix('.0')}"


def _bounds(clause: str, text: str) -> tuple[Version | None, Version | None]:
    """The lowest version of a clause, and the first one that is too high. Raises `RangeError`."""
    found = _CLAUSE.fullmatch(clause)
    if found is None or (found["operator"] == "~=" and "." not in found["release"]):
        meant = f"; did you mean '>={clause}'?" if _BARE.fullmatch(clause) else ""
        raise RangeError(f"expected a range of versions such as '>=1.13' or '>=2.0,<2.6', found {text[:60]!r}{meant}")
    numbers = [int(part) for part in found["release"].split(".")]
    version, following = _three(numbers), _three(_counted_up(numbers[:3] if found["any"] else _three(numbers)))
    match found["operator"]:
        case "==" | "===":
            return version, following
        case "~=":
            return version, _three(_counted_up(numbers[:-1][:3]))
        case ">=":
            return version, None
        case ">":
            return following, None
        case "<=":
            return None, following
        case "<":
            return None, version
    return None, None  # `!=` leaves both bounds where they are


def _three(numbers: Sequence[int]) -> Version:
    first, second, third = (*numbers, 0, 0, 0)[:3]
    return first, second, third


def _counted_up(numbers: Sequence[int]) -> list[int]:
    return [*numbers[:-1], numbers[-1] + 1]
