"""Comments that are meant to silence findings and do not, or silence more than they say."""

from __future__ import annotations

import pytest
from fake_rules import fake

from torchlint import registry
from torchlint.directives import mistakes
from torchlint.source import Source
from torchlint.suppression_rows import suppression_rows

RULES = [
    fake("TLT101", "softmax-before-loss"),
    fake("TLT202", "log-of-softmax"),
    fake("TLT303", "not-called", default=False),
]
OF_OTHERS = "torchlint's codes begin with TLT: `torchlint rule TLT` lists them"
ANY = ", with the code or the name of a rule, or ALL"


@pytest.fixture(autouse=True)
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "rules", lambda: RULES)


def found(text: str) -> list[tuple[str, str]]:
    """The marked part and the message of each mistake."""
    source = Source("a.py", text)
    return [(text[start:end], message) for start, end, message in mistakes(source, suppression_rows(source))]


@pytest.mark.parametrize(
    ("comment", "meant"),
    [
        ("# torchlint: ignore", f"ignore[CODE]`{ANY}"),
        ("# torchlint: ignore the next line", f"ignore[CODE]`{ANY}"),
        ("# torchlint: ignore TLT202", "ignore[TLT202]`"),
        ("# torchlint: ignore TLT202, TLT1O1", "ignore[TLT202, TLT101]`"),
        ("# torchlint: ignore(log-of-softmax)", "ignore[log-of-softmax]`"),
        ("# torchlint: ignore [TLT202]", "ignore[TLT202]`"),
        ("# torchlint: ignore[TLT202", "ignore[TLT202]`"),
        ("# torchlint: ignore=TLT202", "ignore[TLT202]`"),
        ("# torchlint: Ignore[TLT202]", "ignore[TLT202]`"),
        ("# torchlint: ignored[log-of-sofmax]", "ignore[log-of-softmax]`"),
        ("# torchlint: igrone[TLT202]", "ignore[TLT202]`"),
        ("# torchlint: ignore-next-line[TLT202]", "ignore[TLT202]`"),
        ("# torchlint : ignore[TLT202]", "ignore[TLT202]`"),
        ("# torchlint ignore[TLT202]", "ignore[TLT202]`"),
        ("# torchlint-ignore[TLT202]", "ignore[TLT202]`"),
        ("#torchlint ignore", f"ignore[CODE]`{ANY}"),
        ("# TorchLint: ignore[TLT202]", "ignore[TLT202]`"),
        ("# torch-lint: ignore[TLT202]", "ignore[TLT202]`"),
        ("# tochlint: ignore[TLT202]", "ignore[TLT202]`"),
        ("# torchlit: file-ignore[log-of-softmax]", "file-ignore[log-of-softmax]`"),
        ("# torchlint: disable", f"ignore[CODE]`{ANY}"),
        ("# torchlint: disable=TLT202", "ignore[TLT202]`"),
        ("# torchlint: disable=log-of-softmax,TLT101", "ignore[log-of-softmax, TLT101]`"),
        ("# torchlint: disable-next-line TLT202", "ignore[TLT202]`"),
        ("# torchlint: noqa", f"ignore[CODE]`{ANY}"),
        ("# torchlint: noqa: TLT202", "ignore[TLT202]`"),
        ("# torchlint: skip", f"ignore[CODE]`{ANY}"),
        ("# torchlint: TLT202", "ignore[TLT202]`"),
        ("# torchlint: [TLT202]", "ignore[TLT202]`"),
        ("# torchlint: not-called", "ignore[not-called]`"),
        ("# torchlint: file-ignore", f"file-ignore[CODE]`{ANY}"),
        ("# torchlint: file_ignore[TLT202]", "file-ignore[TLT202]`"),
        ("# torchlint: file ignore[TLT202]", "file-ignore[TLT202]`"),
        ("# torchlint: fileignore[TLT2O2]", "file-ignore[TLT202]`"),
        ("# torchlint: ignore-file[TLT202]", "file-ignore[TLT202]`"),
        ("# torchlint: skip-file", f"file-ignore[CODE]`{ANY}"),
    ],
)
def test_a_comment_of_the_wrong_form_is_told_with_the_right_one(comment: str, meant: str) -> None:
    said = f"`{comment}` silences nothing; write `# torchlint: {meant}"
    assert found(f"x = 1  {comment}\n") == [(comment, said)]
    assert found(f"{comment}\nx = 1\n") == [(comment, said)]


@pytest.mark.parametrize(
    ("comment", "part", "why"),
    [
        ("# torchlint: ignore[TLT999]", "TLT999", "`torchlint rule TLT` lists all rules"),
        ("# torchlint: ignore[TLT202, TLT2O2]", "TLT2O2", "did you mean 'TLT202'?"),
        ("# torchlint: ignore[log-of-sofmax]", "log-of-sofmax", "did you mean 'log-of-softmax'?"),
        (
            "# torchlint: file-ignore[ E501 ]",
            "E501",
            "torchlint's codes begin with TLT: `torchlint rule TLT` lists them",
        ),
        ("# torchlint: ignore[TLT101 TLT202]", "TLT101 TLT202", "separate rules with commas"),
        ("# torchlint: ignore[TLT101; TLT202]", "TLT101; TLT202", "separate rules with commas"),
        ("# noqa: TLT2O2", "TLT2O2", "did you mean 'TLT202'?"),
        ("# noqa: E501, TLT999", "TLT999", "`torchlint rule TLT` lists all rules"),
        ("# noqa: TLT10I", "TLT10I", "did you mean 'TLT101'?"),
        ("# NOQA:TLT2022", "TLT2022", "`torchlint rule TLT202` lists the rules that begin with TLT202"),
    ],
)
def test_a_rule_that_does_not_exist_is_told(comment: str, part: str, why: str) -> None:
    said = f"{part!r} names no rule, so nothing is silenced by it; {why}"
    assert found(f"x = 1  {comment}\n") == [(part, said)]


def test_several_rules_that_do_not_exist_are_told_one_by_one() -> None:
    assert [part for part, _ in found("x = 1  # torchlint: ignore[TLT998, TLT202, TLT999]\n")] == ["TLT998", "TLT999"]


def test_empty_brackets_are_told() -> None:
    assert found("x = 1  # torchlint: ignore[ ]\n") == [
        (
            "# torchlint: ignore[ ]",
            "`# torchlint: ignore[ ]` silences nothing: the brackets are empty; "
            "put the codes or names of rules into them",
        )
    ]


def test_noqa_knows_codes_in_capitals_only() -> None:
    said = "'tlt202' silences nothing: `noqa` reads codes in capitals only; write 'TLT202'"
    assert found("x = 1  # noqa: tlt202\n") == [("tlt202", said)]


@pytest.mark.parametrize(
    ("comment", "written", "meant"),
    [
        ("# noqa: TLT", "# noqa: TLT", "CODE`, with the full code of a rule"),
        ("# noqa: log-of-softmax", "# noqa: log-of-softmax", "TLT202`"),
        ("# noqa:log-of-sofmax", "# noqa:log-of-sofmax", "TLT202`"),
        ("# noqa TLT202", "# noqa TLT202", "TLT202`"),
        ("# noqa : TLT202", "# noqa : TLT202", "TLT202`"),
        ("# noqa - TLT202 because", "# noqa - TLT202", "TLT202`"),
        ("# noqa[TLT202]", "# noqa[TLT202", "TLT202`"),
    ],
)
def test_a_noqa_that_silences_everything_by_mistake_is_told(comment: str, written: str, meant: str) -> None:
    said = f"`{written}` silences everything on this line: it names no code; write `# noqa: {meant}"
    assert found(f"x = 1  {comment}\n") == [(written, said)]


@pytest.mark.parametrize(
    "comment",
    [
        "# torchlint: ignore[TLT202]",
        "#torchlint:ignore[ TLT202 , TLT101 ]",
        "# torchlint: ignore[TLT202,]",
        "# torchlint: ignore[tlt2]",
        "# torchlint: ignore[TLT303]",
        "# torchlint: ignore[ALL]",
        "# torchlint: file-ignore[log-of-softmax] because it is a test",
        "# noqa",
        "# noqa: TLT202",
        "# noqa: TLT2",
        "# noqa:TLT202,E501 - because",
        "# noqa: E501 TLT202",
        "# noqa: E501",
        "# noqa: some-name",
        "# noqa for all of torchlint",
        "# noqable TLT",
        "# type: ignore[TLT202]",
        "# type: ignore[attr-defined]",
        "# torchfix: ignore[TLT202]",
        "# torchlint",
        "# see torchlint",
        "# torchlint ignores this line",
        "# torchlint reports TLT202 here",
        "# torchlint: the rule TLT202 is right here",
        "# torchlint: TLT202 is right here",
        "# torchlint: not-called is wrong here",
        "# torchlint: skip connections are no mistake",
        "# torchlint: allow the user to decide",
        "# torchlint: enable=TLT202",
        "# torchlint: call me",
        "# torchlint: https://example.org/#ignore",
        "# run torchlint --ignore TLT202",
        "# torchlint --fix",
    ],
)
def test_right_comments_sentences_and_other_linters_are_left_alone(comment: str) -> None:
    assert found(f"x = 1  {comment}\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "x = '# torchlint: ignore'\n",
        '"""\n# torchlint: ignore\nx  # noqa: TLT2O2\n"""\n',
        "x = '# torchlint: ignore'  # text\n",
        "x = (\n  # torchlint: ignore\n",  # cannot be tokenized
    ],
)
def test_only_comments_count(text: str) -> None:
    assert found(text) == []


def test_a_comment_behind_a_string_and_behind_another_comment_counts() -> None:
    text = "x = '# text'  # why  # torchlint: disable\n"
    assert [part for part, _ in found(text)] == ["# torchlint: disable"]
    assert [part for part, _ in found("x = 1  # torchlint: ignore  # noqa: TLT2O2\n")] == [
        "# torchlint: ignore",
        "TLT2O2",
    ]


def test_rows_and_line_ends_do_not_move_the_place() -> None:
    for newline in ("\n", "\r\n", "\r"):
        text = newline.join(["é = 1", "\f", "x = 1  # torchlint: disable", "y = 1", ""])
        assert [part for part, _ in found(text)] == ["# torchlint: disable"]


def test_a_message_is_one_short_line_whatever_is_quoted() -> None:
    ((_, message),) = found(f"x = 1  # torchlint: ignore \x1b[2J{'word ' * 100}\n")
    assert message.isprintable()
    assert len(message) < 250


def test_a_text_without_a_suspicion_is_not_tokenized(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenize.generate_tokens", lambda _: pytest.fail("tokenized"))
    assert found("x = 1  # noqa: F401\ny = 1  # torchlint: ignore[TLT202]\nz = 1\n") == []
