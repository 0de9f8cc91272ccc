"""What users read of a rule: what is wrong, what happens, what to write instead, each in one line."""

from __future__ import annotations

import re
from functools import cache

import pytest
from checkout import FIXTURES

from torchlint import lint, registry
from torchlint.finding import Finding
from torchlint.source import Source
from torchlint.syntax.import_index import of_process
from torchlint.verify import fixtures

LONGEST = 100
RULES = [info.code for info in registry.rules()]


@cache
def findings() -> tuple[Finding, ...]:
    """All findings of all rules in all fixtures, as they are and after fixing."""
    found: list[Finding] = []
    for path in sorted(FIXTURES.glob("*/*.py")):
        for text in (fixtures.read(path), fixtures.fixed(path)):
            found += lint.check(Source(str(path), text), RULES, indexes=of_process).findings
    return tuple(found)


def is_sentence(text: str) -> bool:
    """One line that begins with a capital, a number or code, and has no full stop at its end."""
    return text.isprintable() and bool(re.match(r"[A-Z`']|-?\d|torch ", text)) and not text.endswith((".", " ", ":"))


@pytest.mark.parametrize("code", RULES)
def test_a_rule_says_what_is_wrong_and_what_to_write_instead(code: str) -> None:
    rule = registry.load(code)
    assert is_sentence(rule.message)
    assert len(rule.message) <= LONGEST
    assert is_sentence(rule.help), "say in `help` what to write instead where there is no fix"
    assert len(rule.help) <= LONGEST
    assert not rule.title or is_sentence(rule.title)


def test_every_finding_says_what_to_do() -> None:
    silent = [found for found in findings() if (found.fix.title if found.fix else found.help) == ""]
    assert not silent
    assert any(found.fix is None and found.unfixed for found in findings()), "no fixture has a fix that is withheld"


def test_what_is_said_of_a_finding_is_a_sentence() -> None:
    said = {text for found in findings() for text in (found.message, found.fix.title if found.fix else found.help)}
    assert sorted(text for text in said if not is_sentence(text)) == []


def test_a_related_place_says_what_it_is_and_where_it_ends() -> None:
    places = {(place.message, place.location, place.end_location) for found in findings() for place in found.related}
    assert [place for place in places if not place[0] or place[2] <= place[1]] == []
