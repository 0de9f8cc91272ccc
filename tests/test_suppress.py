"""Suppression comments: `# noqa` exactly as flake8 reads it, and our own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hang_guard import HANG_GUARD

from torchlint.finding import Finding, Location, Severity
from torchlint.source import Source
from torchlint.suppress import Suppressions

# Programs in which flake8 reports F821 for `bad`. Ours must hide and show the same rows for a rule of that code.
PROGRAMS = {
    "no comment": "bad\n",
    "blanket": "bad  # noqa\n",
    "blanket in capitals": "bad  # NOQA\n",
    "without a space": "bad  #noqa\n",
    "two spaces": "bad  #  noqa\n",
    "code": "bad  # noqa: F821\n",
    "code without a space": "bad  # noqa:F821\n",
    "two spaces before the code": "bad  # noqa:  F821\n",
    "space before the colon": "bad  # noqa : E501\n",
    "another code": "bad  # noqa: E501\n",
    "prefix": "bad  # noqa: F8\n",
    "letters only": "bad  # noqa: F\n",
    "lower case": "bad  # noqa: f821\n",
    "several": "bad  # noqa: E501,F821\n",
    "several with spaces": "bad  # noqa: E501, F821\n",
    "several without commas": "bad  # noqa: E501 F821\n",
    "several in one word": "bad  # noqa: E501F821\n",
    "semicolons": "bad  # noqa: E501; F821\n",
    "a reason after": "bad  # noqa: E501 because F821\n",
    "a reason with a dash": "bad  # noqa: F821 - why not\n",
    "a rule name": "bad  # noqa: undefined-name\n",
    "words after": "bad  # noqa for good\n",
    "prefix of a word": "bad  # noqable\n",
    "after another comment": "bad  # type: ignore # noqa: F821\n",
    "two comments": "bad  # noqa: E501  # noqa: F821\n",
    "inside of a string": "print(bad, '# noqa')\n",
    "first line of brackets": "print(  # noqa\n    bad,\n)\n",
    "last line of brackets": "print(\n    bad,\n)  # noqa\n",
    "own line of brackets": "print(\n    bad,  # noqa\n)\n",
    "other lines of brackets": "print(bad,\n    bad,  # noqa\n    bad)\n",
    "end of a multi-line string": 'print(bad, """\n# text\n""")  # noqa\n',
    "after a multi-line string": 'print(\n    bad, """\n""", bad)  # noqa\nbad\n',
    "inside of a multi-line string": 'x = bad, """\n# noqa\n"""\nbad\n',
    "string between brackets": 'print(bad, [\n    """\n    """, bad,  # noqa\n    bad])\n',
    "continuation": "x = 1 + \\\n    bad  # noqa\n",
    "start of a continuation": "x = bad + \\\n    1  # noqa: F821\n",
    "continuation in brackets": "x = (bad + \\\n    bad +  # noqa\n    bad)\n",
    "own line before": "# noqa\nbad\n",
    "own line after": "bad\n# noqa\n",
    "decorator": "@bad  # noqa\ndef f():\n    return bad\n",
    "compound statement": "if bad:  # noqa\n    bad\n",
    "file": "# flake8: noqa\nbad\n",
    "file at the end": "bad\n# FLAKE8: NOQA\n",
    "file with an equals sign": "# flake8=noqa\nbad\n",
    "file with a code": "# flake8: noqa: E501\nbad\n",
    "file, indented": "if x:\n    # flake8: noqa\n    bad\n",
    "file, trailing": "bad\nx = 1  # flake8: noqa\nbad\n",
    "file, in a docstring": '"""Text.\n\n# flake8: noqa\n"""\nbad\n',
    "f-string": "x = f'''{bad}\n'''  # noqa\n",
    "carriage returns": "bad  # noqa\r\nbad\r\n",
    "form feed": "x = 1\n\x0c\nbad  # noqa\nbad\n",
    "no final line end": "bad\nbad  # noqa",
    "separator in a comment": "bad  # a\u2028b # noqa\nbad\n",
    "empty lines": "\n\n\nbad  # noqa: F821\n\n\nbad\n",
    "byte order mark": "\ufeffbad  # noqa\nbad\n",
}


def finding(row: int, code: str = "F821", name: str = "undefined-name") -> Finding:
    return Finding(code, name, "message", Severity.ERROR, Location(row, 1), Location(row, 2))


def test_noqa_hides_what_flake8_hides(tmp_path: Path) -> None:
    paths = [tmp_path / f"program_{index}.py" for index in range(len(PROGRAMS))]
    for path, program in zip(paths, PROGRAMS.values(), strict=True):
        path.write_bytes(program.encode())
    everything, shown = (flake8(tmp_path, *options) for options in (["--disable-noqa"], []))
    assert any(everything.values())
    different = {}
    for path, (name, program) in zip(paths, PROGRAMS.items(), strict=True):
        suppressions = Suppressions(Source.from_bytes(str(path), program.encode()))
        ours = sorted({row for row in everything[path.name] if not suppressions.hides(finding(row))})
        if ours != sorted(set(shown[path.name])):
            different[name] = {"flake8 shows": shown[path.name], "we show": ours}
    assert different == {}


def flake8(directory: Path, *options: str) -> dict[str, list[int]]:
    """The rows of undefined names by file."""
    command = [
        sys.executable,
        "-m",
        "flake8",
        "--isolated",
        "--select=F821",
        "-j1",
        "--format=%(path)s %(row)d",
        *options,
    ]
    result = subprocess.run([*command, "."], cwd=directory, capture_output=True, text=True, timeout=HANG_GUARD)
    assert result.returncode in (0, 1), result.stderr
    rows: dict[str, list[int]] = {path.name: [] for path in directory.iterdir()}
    for line in result.stdout.splitlines():
        path, row = line.split(" ")
        rows[Path(path).name].append(int(row))
    return rows


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("bad  # torchlint: ignore[TLT101]\nbad\n", {1}),
        ("bad  #torchlint:ignore[ TLT201 , TLT101 ]\n", {1}),
        ("bad  # torchlint: ignore[TLT1]\n", {1}),
        ("bad  # torchlint: ignore[bad-call]\n", {1}),
        ("bad  # torchlint: ignore[ALL]\n", {1}),
        ("bad  # torchlint: ignore[TLT102]\n", set()),
        ("bad  # torchlint: ignore[bad]\n", set()),
        ("bad  # torchlint: ignore[]\n", set()),
        ("bad  # torchlint: ignore\n", set()),
        ("bad  # noqa: E501  # torchlint: ignore[TLT101]\n", {1}),
        ("print(bad, '# torchlint: ignore[TLT101]')\n", set()),
        ("# torchlint: ignore[TLT101]\nbad\nbad\n", {1, 2}),
        ("# torchlint: ignore[TLT101]\n\n# why\nbad(\n    bad,\n)\nbad\n", {1, 2, 3, 4, 5, 6}),
        ("def f():\n    # torchlint: ignore[TLT101]\n    bad\n    bad\n", {2, 3}),
        ("bad(\n    # torchlint: ignore[TLT101]\n    bad,\n)\nbad\n", {2, 3, 4}),
        ("bad(\n    bad,  # torchlint: ignore[TLT101]\n    bad)\n", {2}),
        ('bad("""\n""")  # torchlint: ignore[TLT101]\n', {1, 2}),
        ("bad\n# torchlint: ignore[TLT101]", {2}),
        ("bad\n\nbad\n# torchlint: file-ignore[TLT101]\n", {1, 2, 3, 4}),
        ("# torchlint: file-ignore[TLT102]\nbad\n", set()),
        ("x = '''\n# torchlint: file-ignore[TLT101]\n'''\nbad\n", set()),
    ],
)
def test_our_comments(text: str, hidden: set[int]) -> None:
    suppressions = Suppressions(Source("a.py", text))
    rows = range(1, len(text.splitlines()) + 1)
    assert {row for row in rows if suppressions.hides(finding(row, "TLT101", "bad-call"))} == hidden


def test_flake8_is_left_its_own_comments() -> None:
    source = Source("a.py", "bad  # noqa\nbad  # torchlint: ignore[TLT101]\n")
    assert [Suppressions(source).ignores(finding(row, "TLT101")) for row in (1, 2)] == [False, True]


def test_text_that_cannot_be_tokenized_is_searched_line_by_line() -> None:
    suppressions = Suppressions(Source("a.py", "bad  # noqa\nx = (\nbad  # torchlint: ignore[F821]\n"))
    assert [suppressions.hides(finding(row)) for row in (1, 2, 3)] == [True, False, False]


def test_nothing_is_tokenized_without_a_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenize.generate_tokens", lambda _: pytest.fail("tokenized"))
    assert not Suppressions(Source("a.py", "bad\n")).hides(finding(1))


def test_the_row_for_noqa_is_the_end_of_a_multi_line_string() -> None:
    suppressions = Suppressions(Source("a.py", 'bad\nprint(bad, """\n\n""")\n'))
    assert [suppressions.noqa_row(row) for row in (1, 2, 3, 4, 9)] == [1, 4, 4, 4, 9]


def test_a_blanket_comment_does_not_silence_what_is_said_of_itself() -> None:
    suppressions = Suppressions(Source("a.py", "bad  # noqa: TLT\n"))
    about_it = finding(1)._replace(location=Location(1, 6), end_location=Location(1, 17))
    assert suppressions.hides(finding(1))
    assert not suppressions.hides(about_it)
    assert Suppressions(Source("a.py", "bad  # noqa: F821\n")).hides(about_it)
    assert Suppressions(Source("a.py", "bad  # torchlint: ignore[F821]\n")).hides(about_it)
