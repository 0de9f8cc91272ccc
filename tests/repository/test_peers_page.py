"""docs/coming_from_torchfix.md names rules that there are, and the aliases that the rules declare."""

from __future__ import annotations

import re

from checkout import ROOT

from torchlint import registry

PAGE = (ROOT / "docs" / "coming_from_torchfix.md").read_text()
ROWS = {match[1]: match[2] for match in re.finditer(r"^\| ((?:TOR|TG)\d{3}) \| ([^|]*)\|", PAGE, re.MULTILINE)}


def _codes(cell: str) -> set[str]:
    return set(re.findall(r"TLT\d{3}", cell))


def test_all_codes_of_the_page_are_rules() -> None:
    assert set(re.findall(r"TLT\d{3}", PAGE)) <= {info.code for info in registry.rules()}


def test_the_page_and_the_rules_agree_on_the_codes_of_torchfix() -> None:
    declared: dict[str, set[str]] = {}
    for info in registry.rules():
        for alias in registry.load(info.code).aliases:
            declared.setdefault(alias, set()).add(info.code)
    assert declared == {code: _codes(cell) for code, cell in ROWS.items() if code.startswith("TOR") and _codes(cell)}


def test_no_code_is_left_out() -> None:
    first = [f"TOR{number:03}" for number in (1, 2, 3, 4, *range(101, 109), 201, 202, 203, 401, 402, 901)]
    assert [code for code in ROWS if code.startswith("TOR")] == first
    assert [code for code in ROWS if code.startswith("TG")] == [
        f"TG{number:03}" for number in range(1, 15) if number != 9
    ]
