"""What each output format writes."""

from __future__ import annotations

import importlib
import io
import json
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import pytest

from torchlint.finding import Applicability, Edit, Finding, Fix, Location, Related, Severity, Validation
from torchlint.formats import FORMATS
from torchlint.links import page_url
from torchlint.reporters import (
    concise,
    full,
    github,
    gitlab,
    grouped,
    json_,
    json_lines,
    junit,
    rdjson,
    sarif,
)
from torchlint.reporters import pylint as pylint_
from torchlint.running.outcome import Outcome, Run
from torchlint.source import Source


def finding(source: Source, part: str, fix: Fix | None = None, related: tuple[Related, ...] = ()) -> Finding:
    start = source.text.index(part)
    places = source.location(start), source.location(start + len(part))
    return Finding("TLT101", "bad-call", "a [red]message[/red]", Severity.WARNING, *places, fix, related)


def fix(source: Source, *changes: tuple[str, str], applicability: Applicability = Applicability.SAFE) -> Fix:
    starts = [source.text.index(old) for old, _ in changes]
    edits = [Edit(start, start + len(old), new) for start, (old, new) in zip(starts, changes, strict=True)]
    return Fix("Use the other", applicability, tuple(edits), "verified on 12 inputs on cpu")


def run(source: Source, *findings: Finding, unsafe: bool = False, color: bool = False) -> Run:
    return Run([Outcome("other.py"), Outcome(source.path, source, list(findings))], unsafe, color)


def written(module: object, what: Run) -> str:
    out = io.StringIO()
    module.report(what, out)  # type: ignore[attr-defined]
    return out.getvalue()


def full_text(text: str, part: str, *changes: tuple[str, str]) -> list[str]:
    source = Source("a.py", text)
    return written(full, run(source, finding(source, part, fix(source, *changes) if changes else None))).splitlines()


def test_full_shows_source_fix_and_evidence() -> None:
    source = Source("dir/a.py", "import torch\n\n\ndef f(x):\n    y = bad(x)\n    return y\n\n\nz = 1\n")
    repair = fix(source, ("bad", "good"), applicability=Applicability.UNSAFE)
    assert written(full, run(source, finding(source, "bad(x)", repair))) == (
        "TLT101 warning: a [red]message[/red]\n"
        " --> dir/a.py:5:9\n"
        "  |\n"
        "4 | def f(x):\n"
        "5 |     y = bad(x)\n"
        "  |         ^^^^^^\n"
        "6 |     return y\n"
        "  |\n"
        "help: Use the other\n"
        "  |\n"
        "4 | def f(x):\n"
        "  -     y = bad(x)\n"
        "5 +     y = good(x)\n"
        "6 |     return y\n"
        "  |\n"
        "note: This is an unsafe fix, which may change results; `--fix --unsafe-fixes` applies it\n"
        "note: verified on 12 inputs on cpu\n"
        "\n"
    )


@pytest.mark.parametrize(
    ("line", "before", "part"),
    [
        ("x = bad", "x = ", "bad"),
        ("\tx = bad", "    x = ", "bad"),
        ("ab\tbad", "ab  ", "bad"),
        ("漢字, bad", "漢字, ", "bad"),
        ("e\u0301, bad", "e\u0301, ", "bad"),
        ("'\U0001f525', bad", "'\U0001f525', ", "bad"),
        ("\x0cbad", "\u240c", "bad"),
        ("'\u202e', bad", "'\ufffd', ", "bad"),
        ("x = 漢字", "x = ", "漢字"),
    ],
)
def test_carets_stand_below_what_they_mark(line: str, before: str, part: str) -> None:
    shown, carets = full_text(f"{line}\n", part)[3:5]
    assert shown == f"1 | {before}{part}"
    assert carets == "  | " + " " * width(before) + "^" * width(part)


def width(text: str) -> int:
    wide = {"W": 2, "F": 2}
    return sum(0 if unicodedata.combining(c) else wide.get(unicodedata.east_asian_width(c), 1) for c in text)


def test_a_span_of_several_lines_has_a_bar() -> None:
    assert full_text("a\nx = f(\n    1,\n)\nb\n", "f(\n    1,\n)")[2:-1] == [
        "  |",
        "1 |   a",
        "2 |   x = f(",
        "  |  _____^",
        "3 | |     1,",
        "4 | | )",
        "  | |_^",
        "5 |   b",
        "  |",
    ]
    assert full_text("f(\n1)\n", "f(\n1)")[2:-1] == ["  |", "1 | / f(", "2 | | 1)", "  | |__^", "  |"]


def test_a_span_that_ends_with_a_line_end_is_that_line() -> None:
    assert full_text("ab\nc\n", "ab\n")[2:-1] == ["  |", "1 | ab", "  | ^^", "2 | c", "  |"]


def test_a_long_span_is_folded() -> None:
    lines = full_text("f(\n" + "1,\n" * 40 + ")\n", "f(\n" + "1,\n" * 40 + ")")
    assert [line.split()[0] for line in lines[3:-2]] == ["1", "2", "3", "4", "5", "...", "40", "41", "42", "|"]


def test_an_empty_span_has_one_caret_even_at_the_end_of_the_file() -> None:
    source = Source("a.py", "x = 1")
    place = Location(1, 6)
    empty = Finding("TLT101", "bad-call", "message", Severity.ERROR, place, place)
    assert "  |      ^\n" in written(full, run(source, empty))


def test_a_deleted_line_and_an_inserted_one_far_apart() -> None:
    text = "".join(f"line{number:02}\n" for number in range(1, 13))
    assert full_text(text, "line02", ("line01\n", "import torch\nline01\n"), ("line11\n", ""))[10:-2] == [
        "   |",
        " 1 + import torch",
        " 2 | line01",
        " 3 | line02",
        "...",
        "11 | line10",
        "   - line11",
        "12 | line12",
        "   |",
    ]


def test_a_fix_at_the_end_of_a_file_without_a_line_end() -> None:
    assert full_text("a\nbad", "bad", ("bad", "good"))[-6:-2] == ["1 | a", "  - bad", "2 + good", "  |"]


def test_related_places_are_marked_from_start_to_end() -> None:
    source = Source("a.py", "x = softmax(y)\nbad(x)\n")
    related = (
        Related("a.py", Location(1, 5), Location(1, 15), "softmax is here"),
        Related("other.py", Location(7, 2), Location(7, 9), "and there"),
    )
    text = written(full, run(source, finding(source, "bad", related=related)))
    marked = "  |\n1 | x = softmax(y)\n  |     ----------\n2 | bad(x)\n  |\n"
    assert f"note: softmax is here\n --> a.py:1:5\n{marked}" in text
    assert "note: and there\n --> other.py:7:2\n\n" in text


def test_a_related_place_of_several_lines_has_a_bar() -> None:
    source = Source("a.py", "x = f(\n    y,\n)\nbad(x)\n")
    related = (Related("a.py", Location(1, 5), Location(3, 2), "here"),)
    text = written(full, run(source, finding(source, "bad", related=related)))
    assert "1 |   x = f(\n  |  _____-\n2 | |     y,\n3 | | )\n  | |_-\n" in text


def test_a_finding_without_a_fix_says_what_to_do_and_why_there_is_none() -> None:
    source = Source("a.py", "bad(x)\n")
    found = finding(source, "bad")._replace(help="Use the other", unfixed="a comment would be lost")
    text = written(full, run(source, found))
    assert text.endswith("  |\nhelp: Use the other\nnote: no fix is offered: a comment would be lost\n\n")


@pytest.mark.parametrize(("severity", "code"), [("error", 31), ("warning", 33), ("info", 34)])
def test_severity_is_a_word_and_a_colour(severity: str, code: int) -> None:
    source = Source("a.py", "bad(x)\n")
    found = finding(source, "bad")._replace(severity=Severity(severity))
    assert written(full, run(source, found)).startswith(f"TLT101 {severity}: ")
    colored = written(full, run(source, found, color=True))
    assert f"\x1b[1;{code}m{severity}\x1b[0m" in colored
    assert f"\x1b[1;{code}m^^^\x1b[0m" in colored


def test_colour_adds_nothing_but_escapes_and_reads_no_markup() -> None:
    source = Source("a.py", "x = bad['[bold]', ':smile:']\n")
    found = finding(source, "bad", fix(source, ("bad", "good")))
    colored = written(full, run(source, found, color=True))
    assert "\x1b[" in colored
    plain = "".join(part if index == 0 else part.partition("m")[2] for index, part in enumerate(colored.split("\x1b[")))
    assert plain == written(full, run(source, found))


def test_escapes_in_the_source_do_not_reach_the_terminal() -> None:
    source = Source("a\x1b[2J.py", "bad('\x1b[2J')\n")
    assert "\x1b" not in written(full, run(source, finding(source, "bad")))


def test_concise_marks_what_the_flags_would_fix() -> None:
    source = Source("a.py", "good, bad\n")
    safe = finding(source, "good", fix(source, ("good", "better")))
    unsafe = finding(source, "bad", fix(source, ("bad", "good"), applicability=Applicability.UNSAFE))
    shown = finding(source, "bad", fix(source, ("bad", "good"), applicability=Applicability.DISPLAY))
    assert written(concise, run(source, safe, unsafe, shown, finding(source, "bad"))).splitlines() == [
        "a.py:1:1: TLT101 [*] a [red]message[/red]",
        "a.py:1:7: TLT101 a [red]message[/red]",
        "a.py:1:7: TLT101 a [red]message[/red]",
        "a.py:1:7: TLT101 a [red]message[/red]",
    ]
    assert written(concise, run(source, unsafe, shown, unsafe=True)).count("[*]") == 1


def test_a_path_stays_on_its_line() -> None:
    source = Source("a\nb\udce9.py", "bad\n")
    assert written(concise, run(source, finding(source, "bad"))) == (
        "a\\nb\\udce9.py:1:1: TLT101 a [red]message[/red]\n"
    )


def test_json_has_the_keys_that_scripts_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = Source("a.py", 'x = """é\n""", bad\n')
    related = (Related("b.py", Location(3, 4), Location(3, 9), "there"),)
    (entry,) = json.loads(written(json_, run(source, finding(source, "é", fix(source, ("bad", "good")), related))))
    assert entry == {
        "code": "TLT101",
        "name": "bad-call",
        "message": "a [red]message[/red]",
        "severity": "warning",
        "url": page_url("TLT101"),
        "filename": str(tmp_path / "a.py"),
        "location": {"row": 1, "column": 8},
        "end_location": {"row": 1, "column": 9},
        "fix": {
            "applicability": "safe",
            "message": "Use the other",
            "edits": [
                {
                    "content": "good",
                    "location": {"row": 2, "column": 6},
                    "end_location": {"row": 2, "column": 9},
                }
            ],
            "verification": "verified on 12 inputs on cpu",
            "verified": True,
        },
        "help": None,
        "unfixed": None,
        "related": [
            {
                "filename": str(tmp_path / "b.py"),
                "location": {"row": 3, "column": 4},
                "end_location": {"row": 3, "column": 9},
                "message": "there",
            },
        ],
        "noqa_row": 2,
        "cell": None,
    }


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_its_reporter(name: str) -> None:
    importlib.import_module(f"torchlint.reporters.{FORMATS[name]}").report(Run([]), io.StringIO())


def test_json_without_findings_is_an_empty_array() -> None:
    assert json.loads(written(json_, Run([Outcome("a.py")]))) == []


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    """A source in a subdirectory of a repository, which is the working directory."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    return Source("a b.py", "é = good, bad\nbad\n")


def test_grouped_names_each_file_once() -> None:
    source = Source("a.py", "x\n" * 9 + "good, bad\n")
    first = finding(source, "good", fix(source, ("good", "better")))
    assert written(grouped, run(source, first, finding(source, "bad"))) == (
        "a.py:\n  10:1 warning TLT101 [*] a [red]message[/red]\n  10:7 warning TLT101 a [red]message[/red]\n\n"
    )


def test_json_lines_are_the_entries_of_json() -> None:
    source = Source("a.py", "good, bad\n")
    findings = run(source, finding(source, "good"), finding(source, "bad"))
    assert [json.loads(line) for line in written(json_lines, findings).splitlines()] == json.loads(
        written(json_, findings)
    )


def test_pylint() -> None:
    source = Source("a.py", "x\nbad\n")
    assert written(pylint_, run(source, finding(source, "bad"))) == "a.py:2: [TLT101] a [red]message[/red]\n"


def test_github_commands_escape_what_would_end_them(repository: Source) -> None:
    source = Source("a,b:c%.py", "bad\n")
    found = finding(source, "bad")._replace(message="100%", severity=Severity.INFO)
    assert written(github, run(source, found)) == (
        "::notice title=torchlint (TLT101),file=sub/a%2Cb%3Ac%25.py,line=1,col=1,endLine=1,endColumn=4"
        "::sub/a,b:c%25.py:1:1: TLT101 100%25\n"
    )


def test_gitlab_names_the_path_in_the_repository(repository: Source) -> None:
    (issue,) = json.loads(written(gitlab, run(repository, finding(repository, "bad"))))
    assert issue.pop("fingerprint")
    assert issue == {
        "check_name": "TLT101",
        "description": "TLT101: a [red]message[/red]",
        "severity": "minor",
        "location": {
            "path": "sub/a b.py",
            "positions": {"begin": {"line": 1, "column": 11}, "end": {"line": 1, "column": 14}},
        },
    }


def test_fingerprints_survive_moved_lines_and_tell_equal_findings_apart() -> None:
    def fingerprints(text: str, *parts: str) -> list[str]:
        source = Source("a.py", text)
        issues = json.loads(written(gitlab, run(source, *(finding(source, part) for part in parts))))
        return [issue["fingerprint"] for issue in issues]

    first, second = fingerprints("good, bad\n", "bad", "bad")
    assert first != second
    assert fingerprints("x\n\n  good, bad\n", "bad", "bad") == [first, second]
    assert fingerprints("bad\n", "bad") != [first]


def test_rdjson_counts_bytes(repository: Source) -> None:
    found = finding(repository, "bad", fix(repository, ("good", "é")))
    (entry,) = json.loads(written(rdjson, run(repository, found)))["diagnostics"]
    assert entry == {
        "message": "a [red]message[/red]",
        "severity": "WARNING",
        "code": {"value": "TLT101", "url": page_url("TLT101")},
        "location": {
            "path": "sub/a b.py",
            "range": {"start": {"line": 1, "column": 12}, "end": {"line": 1, "column": 15}},
        },
        "suggestions": [
            {"range": {"start": {"line": 1, "column": 6}, "end": {"line": 1, "column": 10}}, "text": "é"},
        ],
    }


def fixes_of_all_kinds(source: Source) -> dict[str, Fix]:
    """A fix of each kind: safe, unsafe, unverified without and with `--verify`, and for display."""
    safe = fix(source, ("bad", "good"))
    unsafe = safe._replace(applicability=Applicability.UNSAFE)
    tried = Validation("unverifiable", "UNSUPPORTED", "an unknown call")
    return {
        "safe": safe,
        "unsafe": unsafe,
        "unverified": unsafe._replace(verification="not verified", verified=False),
        "unverifiable": unsafe._replace(verification="not verified on this very code", validation=tried),
        "display": safe._replace(applicability=Applicability.DISPLAY),
    }


STANDINGS = ("safe", "unsafe", "unverified", "unverifiable", "display")
SAID = {
    "unsafe": "Unsafe fix, which may change results",
    "unverified": "Unsafe fix, of which nothing is known by running it",
    "unverifiable": "Unsafe fix, of which nothing is known by running it",
    "display": "Fix to be made by hand, which torchlint never applies",
}


@pytest.mark.parametrize("kind", STANDINGS)
@pytest.mark.parametrize("unsafe", [False, True])
def test_only_safe_fixes_are_suggested_to_review_services(kind: str, unsafe: bool) -> None:
    source = Source("a.py", "bad(x)\n")
    what = run(source, finding(source, "bad", fixes_of_all_kinds(source)[kind]), unsafe=unsafe)
    (diagnostic,) = json.loads(written(rdjson, what))["diagnostics"]
    (result,) = json.loads(written(sarif, what))["runs"][0]["results"]
    assert bool(diagnostic["suggestions"]) == ("fixes" in result) == (kind == "safe")
    standing = "unverified" if kind == "unverifiable" else kind
    described = result["properties"]["fix"]
    assert (described["applicability"], described["description"]) == (standing, "Use the other")
    for message in (diagnostic["message"], result["message"]["text"]):
        head, *rest = message.splitlines()
        assert head == "a [red]message[/red]"
        if kind == "safe":
            assert not rest
        else:
            assert rest[0].startswith(SAID[kind])
            assert "Use the other" in rest[0]


def test_review_services_are_told_what_to_do_where_there_is_no_fix() -> None:
    source = Source("a.py", "bad(x)\n")
    what = run(source, finding(source, "bad")._replace(help="Use the other"))
    (diagnostic,) = json.loads(written(rdjson, what))["diagnostics"]
    (result,) = json.loads(written(sarif, what))["runs"][0]["results"]
    assert diagnostic["message"] == result["message"]["text"] == "a [red]message[/red]\nUse the other"
    assert "properties" not in result


def test_rdjson_makes_one_suggestion_of_a_fix_in_two_places() -> None:
    """Suggestions are committed one by one, and half a fix is none."""
    source = Source("a.py", "a(1, 2)\nb(3)\n")
    found = finding(source, "a(1", fix(source, ("a", "c"), ("b(3)", "d")))
    (entry,) = json.loads(written(rdjson, run(source, found)))["diagnostics"]
    place = {"start": {"line": 1, "column": 1}, "end": {"line": 2, "column": 5}}
    assert entry["suggestions"] == [{"range": place, "text": "c(1, 2)\nd"}]


def test_rdjson_suggests_no_patch_of_half_a_file() -> None:
    source = Source("a.py", "first\n" + "\n" * 50 + "last\n")
    found = finding(source, "last", fix(source, ("first", "x"), ("last", "y")))
    (entry,) = json.loads(written(rdjson, run(source, found)))["diagnostics"]
    assert entry["suggestions"] == []
    assert entry["message"].splitlines()[1].startswith("Safe fix in places that are too far apart for one suggestion")


def test_rdjson_has_the_related_places_of_its_file() -> None:
    source = Source("a.py", "é = softmax(y)\nbad(x)\n")
    related = (
        Related("a.py", Location(1, 5), Location(1, 15), "here"),
        Related("other.py", Location(7, 2), Location(7, 9), "there"),
    )
    (entry,) = json.loads(written(rdjson, run(source, finding(source, "bad", related=related))))["diagnostics"]
    (place,) = entry["relatedLocations"]
    assert place["message"] == "here"
    assert place["location"]["range"] == {"start": {"line": 1, "column": 6}, "end": {"line": 1, "column": 16}}


def test_junit_is_xml_whatever_the_message() -> None:
    source = Source("a.py", "bad\n")
    found = finding(source, "bad")._replace(message="<a> & \x1b")
    root = ElementTree.fromstring(written(junit, run(source, found)).encode())
    assert (root.get("tests"), root.get("failures")) == ("1", "1")
    (case,) = root.iter("testcase")
    assert (case.get("name"), case.get("classname")) == ("torchlint.TLT101", "a.py")
    assert case[0].get("message") == "<a> & \ufffd"
    assert case[0].text == "line 1, col 1, <a> & \ufffd\nat a.py:1:1"


def test_junit_without_findings_is_one_test_that_passed() -> None:
    root = ElementTree.fromstring(written(junit, Run([Outcome("a.py"), Outcome("b.py")])).encode())
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("1", "0", "0")
    (suite,) = root
    (case,) = suite
    assert (suite.get("tests"), suite.get("failures"), suite.get("name")) == ("1", "0", "torchlint")
    assert (case.get("name"), case.get("classname"), list(case)) == ("No errors found", "torchlint", [])


def test_junit_of_files_that_could_not_be_checked_claims_no_success() -> None:
    root = ElementTree.fromstring(written(junit, Run([Outcome("a.py", error="permission denied")])).encode())
    assert [case.get("name") for case in root.iter("testcase") if not list(case)] == []


def test_sarif_has_relative_addresses_fingerprints_and_fixes(repository: Source) -> None:
    related = (Related(repository.path, Location(2, 1), Location(2, 4), "there"),)
    log = json.loads(
        written(sarif, run(repository, finding(repository, "bad", fix(repository, ("good", "x")), related)))
    )
    assert log["version"] == "2.1.0"
    (only,) = log["runs"]
    assert only["columnKind"] == "unicodeCodePoints"
    assert [rule["id"] for rule in only["tool"]["driver"]["rules"]] == ["TLT101"]
    (result,) = only["results"]
    assert (result["ruleId"], result["level"]) == ("TLT101", "warning")
    region = {"startLine": 1, "startColumn": 11, "endLine": 1, "endColumn": 14}
    address = {"uri": "sub/a%20b.py"}
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": address, "region": region}}]
    assert len(result["partialFingerprints"]["torchlint/v1"]) == 32
    assert result["relatedLocations"][0]["message"] == {"text": "there"}
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"] == address
    assert change["replacements"][0] == {
        "deletedRegion": {"startLine": 1, "startColumn": 5, "endLine": 1, "endColumn": 9},
        "insertedContent": {"text": "x"},
    }
