"""The HTML page: whole without a server, whatever was checked; its filter runs in a browser."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hang_guard import HANG_GUARD

from torchlint import __version__, certificates, cli, demonstrated, registry
from torchlint.finding import Applicability, Edit, Finding, Fix, Location, Related, Severity, Validation
from torchlint.links import page_url
from torchlint.reporters import html_
from torchlint.running.outcome import Outcome, Run
from torchlint.source import Source

VOID = frozenset({"meta", "input", "br", "hr", "img", "link"})
NASTY = '</script></style></pre><b onload="x">&amp;\'\udce9\u202e\x1b'
NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": ["# </script>"]},
        {
            "cell_type": "code",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": ["import torch\n", "x = torch.ones(3)\n", "y = torch.log(torch.softmax(x, dim=0))  # </pre>"],
        },
    ],
}


class Page(HTMLParser):
    """A page that was read: its elements, its text outside of style and script, and whether tags match."""

    def __init__(self, written: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(written)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.text += data

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        return [
            attributes
            for name, attributes in self.elements
            if name == tag
            and wanted.items() <= {key.replace("-", "_"): said for key, said in attributes.items()}.items()
        ]


def written(run: Run) -> str:
    out = io.StringIO()
    html_.report(run, out)
    return out.getvalue()


def read(*outcomes: Outcome, **options: bool) -> Page:
    return Page(written(Run(outcomes, **options)))


def finding(source: Source, part: str, code: str = "TLT202", fix: Fix | None = None) -> Finding:
    start = source.text.index(part)
    places = source.location(start), source.location(start + len(part))
    return Finding(code, "bad-call", "a message", Severity.WARNING, *places, fix)


def fix(source: Source, old: str, new: str, applicability: Applicability = Applicability.SAFE) -> Fix:
    start = source.text.index(old)
    return Fix("Use the other", applicability, (Edit(start, start + len(old), new),), "verified on 12 inputs on cpu")


def test_a_finding_has_its_place_source_fix_and_evidence() -> None:
    source = Source("dir/a.py", "import torch\n\n\ndef f(x):\n    y = bad(x)\n    return y\n")
    page = read(
        Outcome("dir/a.py", source, [finding(source, "bad(x)", fix=fix(source, "bad", "good"))]), Outcome("b.py")
    )
    assert "1 finding in 1 of 2 files: 1 warning." in page.text
    assert "dir/a.py:5:9" in page.text
    assert "5 |     y = bad(x)\n  |         ^^^^^^\n6 |     return y\n" in page.text
    assert "help: Use the other" in page.text
    assert "  -     y = bad(x)\n5 +     y = good(x)\n" in page.text
    assert "note: verified on 12 inputs on cpu (evidence)" in page.text
    assert page.all("a", href=page_url("TLT202"))
    assert page.all("article", data_rule="TLT202", data_severity="warning", data_fix="safe")
    assert page.all("span", **{"class": "caret warning"})


def test_every_link_within_the_page_leads_somewhere() -> None:
    source = Source("a.py", "bad(x)\n")
    codes = [rule.code for rule in registry.rules()]
    page = read(Outcome("a.py", source, [finding(source, "bad", code, fix(source, "bad", "good")) for code in codes]))
    names = [said["id"] for _, said in page.elements if said.get("id")]
    assert len(names) == len(set(names))
    targets = {said["href"].removeprefix("#") for said in page.all("a") if (said["href"] or "").startswith("#")}
    assert len(targets) > 100
    assert targets <= set(names)


def test_the_most_serious_rules_come_first_with_each_severity_that_they_have() -> None:
    source = Source("a.py", "good, bad\n")
    mixed = [finding(source, "good", "TLT301")._replace(severity=word) for word in (Severity.INFO, Severity.ERROR)]
    page = read(Outcome("a.py", source, [finding(source, "bad"), *mixed]))
    overview = page.text[page.text.index("By rule") : page.text.index("By file")]
    assert re.findall(r"TLT\d+|error|warning|info", overview) == ["TLT301", "error", "info", "TLT202", "warning"]
    assert "3 findings in 1 of 1 file: 1 error, 1 warning, 1 info." in page.text


def test_what_was_run_for_a_rule_is_shown_once() -> None:
    source = Source("a.py", "good, bad\n")
    found = [finding(source, "good"), finding(source, "bad"), finding(source, "bad", "TLT999")]
    page = read(Outcome("a.py", source, found))
    assert [said["id"] for said in page.all("h3") if said.get("id")] == ["evidence-TLT202"]
    seen = demonstrated.kept("TLT202")
    assert seen is not None
    assert page.text.count(seen.harm) == 1
    pairs = [row for row in certificates.evidence("TLT202") if row["kind"] == "pair"]
    for row in pairs:
        assert row["label"].replace("_", " ") in page.text
        assert f"{certificates.inputs(row):,}" in page.text


def test_the_sizes_at_which_a_fix_is_better_are_dots(monkeypatch: pytest.MonkeyPatch) -> None:
    gain = {"dtype": "float32", "quantity": "value", "rescued": 3, "relative_before": 0.5, "relative_after": 1e-7}
    row = {"kind": "pair", "label": "by_hand", "verdict": "IMPROVES", "points": 5, "device": "cpu", "torch": "2.13.0"}
    row |= {"gains": [{**gain, "sizes": [90.0, 300.0], "tried": [0.001, 1.0, 90.0, 300.0]}]}
    row |= {"errors": {"float32 value": {"nonfinite_before": 1200, "nonfinite_after": 0}}}
    monkeypatch.setattr(certificates, "evidence", lambda code: [row])
    source = Source("a.py", "bad(x)\n")
    page = read(Outcome("a.py", source, [finding(source, "bad")]))
    assert ["class" in said for said in page.all("circle")] == [False, False, True, True]
    assert page.all("svg", aria_label="better at sizes 90, 300")
    assert "0.5 → 1e-07" in page.text
    assert "1,200 → 0" in page.text


def test_errors_of_results_that_are_meant_to_change_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"kind": "pair", "label": "by_hand", "verdict": "EQUAL", "points": 5, "device": "cpu", "torch": "2.13.0"}
    row |= {"errors": {"float32 value": {"ulps_before": 1.5, "ulps_after": 123.4}}}
    source = Source("a.py", "bad(x)\n")
    for verdict, is_shown in (("EQUAL", True), ("CHANGES", False)):
        changed = {**row, "verdict": verdict}
        monkeypatch.setattr(certificates, "evidence", lambda code, changed=changed: [changed])
        page = read(Outcome("a.py", source, [finding(source, "bad")]))
        assert ("1.5 → 123 ulp" in page.text) == is_shown


@pytest.mark.parametrize(
    ("applicability", "said"),
    [
        (Applicability.UNSAFE, "note: This is an unsafe fix, which may change results"),
        (Applicability.DISPLAY, "note: This fix is only shown and never applied"),
    ],
)
def test_a_fix_that_is_not_applied_says_so(applicability: Applicability, said: str) -> None:
    source = Source("a.py", "bad(x)\n")
    repair = fix(source, "bad", "good", applicability)._replace(needs=("x is <b>2</b>",))
    page = read(Outcome("a.py", source, [finding(source, "bad", fix=repair)]))
    assert said in page.text
    assert "note: safe if x is <b>2</b>" in page.text
    assert page.all("article", data_fix=str(applicability))
    assert page.all("option", value=str(applicability))
    assert not page.all("option", value="safe")


def test_a_finding_without_a_fix_says_what_to_do_and_why_there_is_none() -> None:
    source = Source("a.py", "bad(x)\n")
    found = finding(source, "bad")._replace(help="Use the other", unfixed="a comment would be lost")
    page = read(Outcome("a.py", source, [found]))
    assert "help: Use the other" in page.text
    assert "note: no fix is offered: a comment would be lost" in page.text


def test_nothing_that_was_checked_becomes_part_of_the_page() -> None:
    path = f"{NASTY}.py"
    source = Source(path, f"bad  # {NASTY}\n")
    repair = fix(source, "bad", NASTY)._replace(
        title=NASTY, verification=NASTY, needs=(NASTY,), validation=Validation("changes", "CHANGES", reproducer=NASTY)
    )
    related = (
        Related(path, Location(1, 1), Location(1, 4), NASTY),
        Related(NASTY, Location(1, 1), Location(1, 2), "x"),
    )
    nasty = finding(source, "bad", fix=repair)._replace(message=NASTY, name=NASTY, code=NASTY, related=related)
    advice = finding(source, "bad")._replace(help=NASTY, unfixed=NASTY)
    out = Outcome(path, source, [nasty, advice], error=NASTY)
    out.failures = [NASTY]
    whole = written(Run([out], complete=True))
    page = Page(whole)
    assert whole.isascii()
    assert not re.search(r"&#(5[5-6]\d{3}|57[0-2]\d{2}|573[0-3]\d|5734[0-3]);", whole), "a surrogate"
    assert len(page.all("script")) == len(page.all("style")) == whole.count("</script>") == whole.count("</style>") == 1
    assert not page.all("b", onload="x")
    assert '</script></style></pre><b onload="x">&amp;\'\\udce9\\u202e\\x1b' in page.text
    assert [said["value"] for said in page.all("option") if "onload" in (said["value"] or "")]


def test_nothing_is_loaded_from_anywhere() -> None:
    source = Source("a.py", "bad(x)\n")
    page = read(Outcome("a.py", source, [finding(source, "bad")]))
    assert not [tag for tag, said in page.elements if {"src", "srcset", "action", "background"} & set(said)]
    assert not page.all("link")
    whole = written(Run([Outcome("a.py", source, [finding(source, "bad")])]))
    assert not re.search(r"@import|url\(|fetch\(|XMLHttp", whole)
    (policy,) = page.all("meta", http_equiv="Content-Security-Policy")
    assert (policy["content"] or "").startswith("default-src 'none'")


def test_without_a_finding_all_checks_passed() -> None:
    page = read(Outcome("a.py"), Outcome("b.py"))
    assert "All checks passed! (2 files)" in page.text
    assert __version__ in page.text
    assert not page.all("script")
    assert not page.all("form")


def test_what_was_fixed_is_counted() -> None:
    outcome = Outcome("a.py")
    outcome.fixed["TLT202"] = 2
    assert "2 findings fixed in this run" in read(outcome).text


def test_what_kept_files_from_being_checked_stands_at_the_top() -> None:
    source = Source("a.py", "bad(x)\n")
    crashed = Outcome("a.py", source, [finding(source, "bad")])
    crashed.failures = ["rule TLT201 crashed: ZeroDivisionError"]
    page = read(crashed, Outcome("no.py", error="no such file or directory"), complete=True, stopped=True)
    heads = ["Not checked in full", "interrupted", "rule TLT201 crashed", "no such file", "By rule", "a message"]
    places = [page.text.index(said) for said in heads]
    assert places == sorted(places)
    assert "1 finding in 1 of 2 files" in page.text
    assert "TLT000" not in {said.get("value") for said in page.all("option")}


def test_a_run_that_was_not_complete_claims_no_success() -> None:
    for page in (read(Outcome("a.py", error="permission denied"), complete=True), read(stopped=True)):
        assert "No findings in what could be checked" in page.text
        assert "passed" not in page.text
        assert "Not checked in full" in page.text


def test_the_page_of_a_thousand_findings_is_of_reasonable_size() -> None:
    source = Source("a.py", "".join(f"y{number} = bad(x, {number})\n" for number in range(1000)))
    found = [
        finding(source, f"bad(x, {number})", fix=fix(source, f"bad(x, {number}", "good(x")) for number in range(1000)
    ]
    whole = written(Run([Outcome("a.py", source, found)]))
    assert len(Page(whole).all("article")) == 1000
    assert len(whole) < 2_000_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "n.ipynb").write_text(json.dumps(NOTEBOOK))
    return tmp_path


def test_cells_of_a_notebook_are_named_and_the_page_is_the_same_each_time(folder: Path) -> None:
    options = ["--isolated", "--no-cache", "-j1", "--output-format", "html", "n.ipynb", "-o"]
    assert [cli.main([*options, name]) for name in ("first.html", "second.html")] == [1, 1]
    whole = (folder / "first.html").read_bytes()
    assert whole == (folder / "second.html").read_bytes()
    assert str(folder) not in whole.decode()
    page = Page(whole.decode())
    assert "n.ipynb:cell 2:3:5" in page.text
    assert "3 | y = torch.log(torch.softmax(x, dim=0))  # </pre>" in page.text
    assert "::: cell 2" in page.text


@pytest.mark.skipif(not shutil.which("chromium"), reason="needs a browser, which runs the page's script")
@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("", ["one", "two", "three"]),
        ("#rule=TLT202", ["one", "two"]),
        ("#file=b+%C3%A9.py", ["three"]),
        ("#fix=safe", ["one"]),
        ("#q=BAD+of+two", ["two"]),
        ("#rule=TLT202&severity=error", []),
        ("#rule=TLT999", ["one", "two", "three"]),
        ("#evidence-TLT202", ["one", "two", "three"]),
    ],
)
def test_a_browser_shows_what_the_address_asks_for(tmp_path: Path, address: str, shown: list[str]) -> None:
    first, second = Source("a.py", "good(1)\nbad(2)\n"), Source("b é.py", "bad(3)\n")
    found = [
        finding(first, "good", fix=fix(first, "good", "x"))._replace(message="of one"),
        finding(first, "bad")._replace(message="of two"),
    ]
    other = finding(second, "bad", "TLT301")._replace(severity=Severity.ERROR, message="of three")
    path = tmp_path / "page.html"
    path.write_text(written(Run([Outcome("a.py", first, found), Outcome("b é.py", second, [other])])))
    page = Page(dumped(path.as_uri() + address, tmp_path / "profile"))
    hidden = ["hidden" in said for said in page.all("article")]
    assert [word for word, gone in zip(("one", "two", "three"), hidden, strict=True) if not gone] == shown
    assert f"{len(shown)} of 3 shown" in page.text
    assert "hidden" not in page.all("form")[0]


def dumped(address: str, profile: Path) -> str:
    """The page after its script has run."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    options += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command = ["chromium", *options, f"--user-data-dir={profile}", "--dump-dom", address]
    return subprocess.run(command, capture_output=True, text=True, timeout=HANG_GUARD, check=True).stdout
