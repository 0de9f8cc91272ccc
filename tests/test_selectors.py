"""What words name rules, and what is said of words that do not."""

from __future__ import annotations

import pytest
from fake_rules import fake

from torchlint import registry
from torchlint.selectors import advice, covered, intended, turned_on

RULES = [
    fake("TLT101", "softmax-before-loss"),
    fake("TLT202", "log-of-softmax"),
    fake("TLT203", "log-of-sigmoid", default=False),
    fake("TLT501", "dataset-method-typo"),
    fake("TLT802", "deprecated-api"),
]


@pytest.fixture(autouse=True)
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "rules", lambda: RULES)


@pytest.mark.parametrize(
    ("word", "all_of_them", "on"),
    [
        ("TLT202", ["TLT202"], ["TLT202"]),
        ("tlt202", ["TLT202"], ["TLT202"]),
        ("TLT203", ["TLT203"], ["TLT203"]),
        ("tlt2", ["TLT202", "TLT203"], ["TLT202"]),
        ("TLT20", ["TLT202", "TLT203"], ["TLT202"]),
        ("log-of-sigmoid", ["TLT203"], ["TLT203"]),
        ("Log-Of-Softmax", ["TLT202"], ["TLT202"]),
        ("TLT", ["TLT101", "TLT202", "TLT203", "TLT501", "TLT802"], ["TLT101", "TLT202", "TLT501", "TLT802"]),
        ("ALL", [rule.code for rule in RULES], [rule.code for rule in RULES]),
        ("all", [rule.code for rule in RULES], [rule.code for rule in RULES]),
        ("log-of", [], []),
        ("", [], []),
        ("E501", [], []),
    ],
)
def test_a_word_stands_for_rules(word: str, all_of_them: list[str], on: list[str]) -> None:
    assert [rule.code for rule in covered(word)] == all_of_them
    assert [rule.code for rule in turned_on(word)] == on


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("TLT2O2", "TLT202"),
        ("TLT1O1", "TLT101"),
        ("tltl01", "TLT101"),
        ("TL202", "TLT202"),
        ("TTL202", "TLT202"),
        ("TLLT202", "TLT202"),
        ("TRT202", "TLT202"),
        ("TLT-202", "TLT202"),
        ("TLT 8O2", "TLT802"),
        ("TTL2", "TLT2"),
        ("log-of-sofmax", "log-of-softmax"),
        ("log_of_softmax", "log-of-softmax"),
        ("deprecated api", "deprecated-api"),
    ],
)
def test_a_slip_is_told_from_what_was_meant(word: str, meant: str) -> None:
    assert not covered(word)
    assert intended(word) == meant
    assert advice(word) == f"; did you mean {meant!r}?"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("E501", "; torchlint's codes begin with TLT: `torchlint rule TLT` lists them"),
        ("TOR101", "; torchlint's codes begin with TLT: `torchlint rule TLT` lists them"),
        ("F802", "; torchlint's codes begin with TLT: `torchlint rule TLT` lists them"),
        ("T201", "; torchlint's codes begin with TLT: `torchlint rule TLT` lists them"),
        ("TLT299", "; `torchlint rule TLT2` lists the rules that begin with TLT2"),
        ("tlt209", "; `torchlint rule TLT20` lists the rules that begin with TLT20"),
        ("TLT999", "; `torchlint rule TLT` lists all rules"),
        ("call", "; `torchlint rule TLT` lists all rules"),
        ("", "; `torchlint rule TLT` lists all rules"),
    ],
)
def test_another_number_or_another_linters_code_is_no_slip(word: str, said: str) -> None:
    assert intended(word) == ""
    assert advice(word) == said
