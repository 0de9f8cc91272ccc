"""A rule's page says what the rule is for, when not to use it, how to turn it off, and what is related to it."""

from __future__ import annotations

import re
from functools import cache

import pytest
from checkout import FIXTURES

from torchlint import lint, registry
from torchlint.cli import main
from torchlint.registry import RuleInfo
from torchlint.source import Source
from torchlint.suppress import Suppressions

SECTIONS = ["What it does", "Why is this bad?", "Example", "When not to use it", "References"]
RULES = {info.name: info for info in registry.rules()}


@cache
def sections(code: str) -> dict[str, str]:
    parts = re.split(r"^## (.*)$", registry.load(code).docs(), flags=re.MULTILINE)
    return {title: text.strip() for title, text in zip(parts[1::2], parts[2::2], strict=True)}


@pytest.mark.parametrize("name", RULES)
def test_a_page_has_all_sections_in_order(name: str) -> None:
    titles = list(sections(RULES[name].code))
    assert [title for title in titles if title in SECTIONS] == SECTIONS


@pytest.mark.parametrize("name", RULES)
def test_a_page_says_in_a_sentence_when_not_to_use_the_rule(name: str) -> None:
    text = sections(RULES[name].code)["When not to use it"]
    assert text.endswith(".")
    assert len(text.split()) >= 8
    assert "Related rules" not in text, "name them in `related`"
    assert text.startswith("It is off by default: ") is not RULES[name].default


@pytest.mark.parametrize("name", RULES)
def test_related_rules_exist_and_name_each_other(name: str) -> None:
    info = RULES[name]
    others = {other.code: other for other in RULES.values()}
    assert set(info.related) <= others.keys() - {info.code}
    assert all(info.code in others[code].related for code in info.related)
    assert info.related


def page(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["rule", name]) == 0
    return capsys.readouterr().out


def test_the_printed_page_names_the_related_rules(capsys: pytest.CaptureFixture[str]) -> None:
    text = page("log-of-softmax", capsys)
    _, _, listed = text.partition("\n## Related rules\n")
    codes = re.findall(r"^- (TLT\d+) ([a-z-]+): ", listed.partition("\n## ")[0], re.MULTILINE)
    assert tuple(code for code, _ in codes) == RULES["log-of-softmax"].related
    assert all(RULES[name].code == code for code, name in codes)


def reported(info: RuleInfo, text: str) -> int:
    source = Source("case.py", text)
    silenced = Suppressions(source)
    return sum(not silenced.hides(finding) for finding in lint.check(source, [info.code]).findings)


@pytest.mark.parametrize("name", ["softmax-before-cross-entropy", "discarded-result", "loop-indexes-rows"])
def test_the_comment_that_a_page_offers_silences_the_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(page(name, capsys).split())
    comment = re.search(r"`(# torchlint: ignore\[[a-z-]+\])` at the end of a line", text)
    assert comment is not None
    info = RULES[name]
    program = (FIXTURES / name.replace("-", "_") / "case.py").read_text(encoding="utf-8")
    assert reported(info, program) > 1
    assert reported(info, re.sub(rf"# {info.code}$", comment[1], program, flags=re.MULTILINE)) == 0


@pytest.mark.parametrize("info", RULES.values(), ids=RULES)
def test_a_page_says_how_to_turn_the_rule_off_or_on(info: RuleInfo, capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(page(info.code, capsys).split())
    assert (f'`extend-select = ["{info.name}"]` under' in text) is not info.default
    assert (f'`ignore = ["{info.name}"]` under' in text) is info.default
