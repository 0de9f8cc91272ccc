"""Where findings lead: the pages of rules, from one base address."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from checkout import ROOT
from command_line import MIXED, torchlint
from pseudo_terminal import on_terminal

from torchlint import DOCUMENTATION, faults, registry
from torchlint.links import page_url

PAGE = f"{DOCUMENTATION}rules/bad-call/"
LINK = re.compile("\x1b\\]8;[^;]*;(?P<url>[^\x1b]*)\x1b\\\\(?P<text>.*?)\x1b\\]8;;\x1b\\\\")
COLOR = re.compile("\x1b\\[[0-9;]*m")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text(MIXED)
    return "a.py"


def test_the_metadata_name_the_same_site_and_the_repository_that_publishes_it() -> None:
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    assert DOCUMENTATION.endswith("/")
    assert urls["Documentation"] == urls["Homepage"] == DOCUMENTATION
    assert urls["Changelog"] == f"{DOCUMENTATION}changelog/"
    assert urls["Issues"] == f"{urls['Repository']}/issues"
    owner, name = urls["Repository"].removeprefix("https://github.com/").split("/")
    assert f"https://{owner}.github.io/{name}/" == DOCUMENTATION


@pytest.mark.parametrize("name", ["README.md", "CITATION.cff", "docs/ci.md"])
def test_texts_name_no_other_repository_than_the_metadata(name: str) -> None:
    repository = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Repository"]
    text = (ROOT / name).read_text(encoding="utf-8")
    named = set(re.findall(r"https://github\.com/[\w-]+/torchlint", text))
    named |= {f"https://github.com/{found}" for found in re.findall(r"[`:] ?([\w-]+/torchlint)[`@]", text)}
    assert named == {repository}


def test_every_rule_has_a_page_of_its_own() -> None:
    urls = {page_url(rule.code) for rule in registry.rules()}
    assert len(urls) == len(registry.rules())
    assert page_url(registry.rules()[0].code) == f"{DOCUMENTATION}rules/{registry.rules()[0].name}/"


@pytest.mark.parametrize("code", [*faults.KINDS, "TLT999", ""])
def test_what_is_not_a_rule_has_no_page(code: str) -> None:
    assert page_url(code) == ""


def test_json_and_rdjson_have_the_address(program: str) -> None:
    assert json.loads(torchlint(program, "--output-format=json").out)[0]["url"] == PAGE
    diagnostics = json.loads(torchlint(program, "--output-format=rdjson").out)["diagnostics"]
    assert diagnostics[0]["code"] == {"value": "TLT101", "url": PAGE}
    assert json.loads(torchlint("rule", "TLT101", "--output-format=json").out)["url"] == PAGE


def test_sarif_has_the_page_and_its_address(program: str) -> None:
    driver = json.loads(torchlint(program, "--output-format=sarif").out)["runs"][0]["tool"]["driver"]
    assert driver["informationUri"] == DOCUMENTATION
    rule = driver["rules"][0]
    assert rule["helpUri"] == PAGE
    assert rule["fullDescription"] == {"text": "Reports [bold]calls[/bold]."}
    assert "## What it does" in rule["help"]["markdown"]
    assert rule["help"]["text"].endswith(PAGE)


@pytest.mark.parametrize("form", ["full", "concise", "grouped"])
def test_codes_are_links_on_a_terminal(program: str, form: str) -> None:
    shown = on_terminal(program, f"--output-format={form}")
    links = [(link["url"], COLOR.sub("", link["text"])) for link in LINK.finditer(shown)]
    assert links[0] == (PAGE, "TLT101")
    assert [text for _, text in links] == ["TLT101", "TLT102", "TLT201"]
    plain = COLOR.sub("", LINK.sub(lambda link: link["text"], shown))
    assert plain == torchlint(program, f"--output-format={form}").out


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_is_not_coloured_has_no_links(program: str, environment: dict[str, str]) -> None:
    assert "\x1b" not in on_terminal(program, "--output-format=concise", **environment)


@pytest.mark.parametrize("form", ["full", "concise", "grouped"])
def test_a_pipe_gets_no_links_even_in_colour(program: str, form: str) -> None:
    colored = torchlint(program, f"--output-format={form}", "--color=always").out
    assert "\x1b[" in colored
    assert "\x1b]8" not in colored
