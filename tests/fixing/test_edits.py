"""Edits apply exactly, fixes apply whole or not at all, and a file is written in one step as it was encoded."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchlint.finding import Applicability, Edit, Finding, Fix, Location, Severity
from torchlint.fixing.editor import CannotFix, Editor
from torchlint.fixing.edits import PASSES, FixResult, fix
from torchlint.source import Source, apply

Lint = Callable[[Source], list[Finding]]


def finding(source: Source, edits: Iterable[Edit], code: str = "TLT101", at: int | None = None) -> Finding:
    edits = tuple(edits)
    start = min((edit.start for edit in edits), default=0) if at is None else at
    place, end = source.location(start), source.location(max((edit.end for edit in edits), default=0))
    return Finding(code, "rule", "message", Severity.ERROR, place, end, Fix("title", Applicability.SAFE, edits))


def run(text: str, lint: Lint) -> FixResult:
    return fix(Source("a.py", text), lint, lambda finding: True)


def once(text: str, *fixes: tuple[str, Iterable[Edit]]) -> FixResult:
    """Fix a text that has these fixes, by rule code, until it changes."""

    def lint(source: Source) -> list[Finding]:
        return [finding(source, edits, code) for code, edits in fixes] if source.text == text else []

    return run(text, lint)


def renames(source: Source) -> list[Finding]:
    """Replaces each call of `old`, as a whole, by one of `new`."""
    tree = ast.parse(source.text)
    findings = []
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or ast.unparse(call.func) != "old":
            continue
        editor = Editor(source, tree)
        try:
            editor.template(call, ast.parse("new(X)", mode="eval").body, {"X": call.args[0]})
        except CannotFix:
            continue
        findings.append(finding(source, editor.edits()))
    return findings


@st.composite
def texts_and_edits(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    """A text and edits that do not overlap."""
    text = draw(st.text("ab\n\r\f\t🔥é'(", max_size=30))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=10)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    return text, [Edit(start, end, draw(st.text("xy\n🔥", max_size=3))) for start, end in pairs]


@given(texts_and_edits())
def test_text_outside_edits_is_untouched(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    rest = text
    for edit in reversed(edits):
        rest = rest[: edit.start] + edit.content + rest[edit.end :]
    assert apply(text, edits) == rest
    assert apply(text, []) == text


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(0, 2, "x"), Edit(1, 3, "y")],
        [Edit(0, 3, "x"), Edit(1, 2, "y")],
        [Edit(0, 3, "x"), Edit(1, 1, "y")],
        [Edit(0, 2, "x"), Edit(0, 2, "y")],
        [Edit(2, 1, "x")],
    ],
)
def test_overlapping_edits_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="overlap"):
        apply("abcd", edits)


def test_edits_that_touch_and_insertions_keep_their_order() -> None:
    edits = [Edit(1, 2, "X"), Edit(2, 2, "2"), Edit(1, 1, "0"), Edit(2, 3, "Y"), Edit(1, 1, "1")]
    assert apply("abcd", edits) == "a01X2Yd"


@given(st.lists(texts_and_edits().map(lambda case: case[1]), min_size=1, max_size=4))
@settings(max_examples=200)
def test_a_fix_is_applied_whole_or_not_at_all(fixes: list[list[Edit]]) -> None:
    text = "#" * 32
    fixes = [
        [Edit(edit.start + 1, edit.end + 1, edit.content.replace("\n", "\n#")) for edit in edits] for edits in fixes
    ]
    result = once(text, *((f"TLT{index}", edits) for index, edits in enumerate(fixes)))
    subsets = chain.from_iterable(combinations(fixes, size) for size in range(len(fixes) + 1))
    assert result.text in {applied(text, subset) for subset in subsets}
    assert not result.error or "undo each other or nothing" in result.error


def applied(text: str, fixes: Iterable[list[Edit]]) -> str | None:
    try:
        return apply(text, dict.fromkeys(chain.from_iterable(fixes)))
    except ValueError:
        return None


@given(st.lists(st.sampled_from(["old({})", "-{}", "f(\n    {})"]), max_size=8))
def test_nested_fixes_all_arrive_and_fixing_again_changes_nothing(layers: list[str]) -> None:
    text = "y = a  # why\n"
    for layer in layers:
        text = text.replace("a", layer.format("a"), 1)
    result = run(text, renames)
    assert result.text == text.replace("old", "new")
    assert result.applied.total() == text.count("old")
    again = run(result.text, renames)
    assert (again.text, again.applied, again.findings, again.error) == (result.text, {}, [], "")


def test_fixes_beside_each_other_arrive_in_one_pass() -> None:
    passes: list[str] = []

    def lint(source: Source) -> list[Finding]:
        passes.append(source.text)
        return renames(source)

    assert run("y = old(a) + old(\n    b\n)\n", lint).text == "y = new(a) + new(\n    b\n)\n"
    assert len(passes) == 2


def test_the_import_that_two_fixes_need_is_inserted_once() -> None:
    line = Edit(0, 0, "import torch\n")
    result = once("a\nb\n", ("TLT101", [line, Edit(0, 1, "torch.a")]), ("TLT102", [line, Edit(2, 3, "torch.b")]))
    assert result.text == "import torch\ntorch.a\ntorch.b\n"
    assert result.applied == {"TLT101": 1, "TLT102": 1}


def test_the_same_parenthesis_at_one_place_is_not_shared() -> None:
    wraps = [("TLT101", [Edit(0, 0, "f("), Edit(1, 1, ")")]), ("TLT102", [Edit(0, 0, "f("), Edit(3, 3, ")")])]
    assert once("a.b\n", *wraps).text == "f(a).b\n"


def test_different_insertions_at_one_place_wait_for_each_other() -> None:
    result = once("a\n", ("TLT101", [Edit(0, 0, "import b\n")]), ("TLT102", [Edit(0, 0, "import c\n")]))
    assert result.text == "import b\na\n"


def test_a_fix_that_conflicts_in_one_edit_leaves_none_of_its_edits() -> None:
    result = once("a + b\n", ("TLT101", [Edit(0, 1, "x")]), ("TLT102", [Edit(0, 1, "y"), Edit(4, 5, "y")]))
    assert result.text == "x + b\n"
    assert result.applied == {"TLT101": 1}


def test_a_fix_that_overlaps_itself_is_not_applied() -> None:
    result = once("abc\n", ("TLT101", [Edit(0, 2, "x"), Edit(1, 3, "y")]))
    assert (result.text, result.applied, result.error) == ("abc\n", {}, "")


def test_only_accepted_fixes_are_applied() -> None:
    source = Source("a.py", "a\nb\n")
    findings = [finding(source, [Edit(0, 1, "x")]), finding(source, [Edit(2, 3, "y")], "TLT102")]

    def lint(source: Source) -> list[Finding]:
        return findings if source.text == "a\nb\n" else findings[1:]

    result = fix(source, lint, lambda finding: finding.code == "TLT101")
    assert (result.text, result.findings, result.error) == ("x\nb\n", findings[1:], "")
    assert result.applied == {"TLT101": 1}


@pytest.mark.parametrize("content", ["(", "\0", "-" * 100_000 + "1", "\udc80 = 1"])
def test_a_fix_that_breaks_the_file_is_undone_and_its_rule_named(content: str) -> None:
    result = once("a\nb\n", ("TLT101", [Edit(0, 1, content)]))
    assert result.text == "a\nb\n"
    assert not result.applied
    assert result.error == "the fix of TLT101 leaves a file that does not parse"
    assert [found.code for found in result.findings] == ["TLT101"]


def test_a_fix_that_breaks_the_file_leaves_the_fixes_before_it() -> None:
    def lint(source: Source) -> list[Finding]:
        found = [finding(source, [Edit(at, at + 1, "x")], "TLT101") for at in range(2) if source.text[at] == "a"]
        return [*found, finding(source, [Edit(3, 4, "(")], "TLT102")]

    result = run("a;\na\n".replace("a;\na", "aa\nb"), lint)
    assert result.text == "xx\nb\n"
    assert result.applied == {"TLT101": 2}
    assert result.error == "the fix of TLT102 leaves a file that does not parse"


def test_two_deletions_that_would_empty_a_block_leave_pass() -> None:
    def lint(source: Source) -> list[Finding]:
        tree = ast.parse(source.text)
        findings = []
        for stmt in ast.walk(tree):
            if isinstance(stmt, ast.Assign):
                editor = Editor(source, tree)
                editor.delete_statement(stmt)
                findings.append(finding(source, editor.edits()))
        return findings

    result = run("if a:\n    b = 1\n    c = 2\n", lint)
    assert (result.text, result.error, result.applied) == ("if a:\n    pass\n", "", {"TLT101": 2})


def test_fixes_that_undo_each_other_are_reported() -> None:
    def lint(source: Source) -> list[Finding]:
        code, new = ("TLT101", "b") if source.text == "a\n" else ("TLT102", "a")
        return [finding(source, [Edit(0, 1, new)], code)]

    result = run("a\n", lint)
    assert result.text == "b\n"
    assert result.error == "the fixes of TLT102 undo each other or nothing"


def test_a_fix_that_never_settles_is_reported() -> None:
    result = run("a\n", lambda source: [finding(source, [Edit(0, 0, "a")])])
    assert result.text == "a" * (PASSES + 1) + "\n"
    assert result.error == f"the fixes of TLT101 do not settle in {PASSES} passes"


def test_the_outcome_does_not_depend_on_the_order_of_the_findings() -> None:
    fixes = [("TLT102", [Edit(0, 3, "x")]), ("TLT101", [Edit(0, 3, "y")]), ("TLT103", [Edit(2, 4, "z")])]
    assert {once("abcd\n", *order).text for order in (fixes, fixes[::-1])} == {"yd\n"}


def test_locations_decide_what_comes_first() -> None:
    source = Source("a.py", "a\nb\n")
    first = finding(source, [Edit(2, 3, "x")], "TLT102", at=0)
    second = finding(source, [Edit(2, 3, "y")], "TLT101", at=2)
    assert (first.location, second.location) == (Location(1, 1), Location(2, 1))
    result = run("a\nb\n", lambda source: [second, first] if source.text == "a\nb\n" else [])
    assert result.text == "a\nx\n"
