"""Docstrings, comments, messages and pages are in plain English: no riddles, no particles at the end of a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from checkout import ROOT

# What is hard to read, and what to write instead.
RIDDLES = {
    r"by the looks of": "as far as its text tells; clearly",
    r"\baside[.,:;]": "except for ..",
    r"\b(?:is|are) such[.,;\n]": "say what it is",
    r"\b(?:and|or) the like\b": "such as ..",
    r"\bof what [^.]{1,30} of what\b": "name the thing",
    r"(?<!there )\b(?:is|are) no (?!longer|more|less|matter|other|one)[a-z`]": "is not a ..",
}
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def riddles(text: str) -> list[str]:
    lines = " ".join(line.strip().removeprefix("# ") for line in text.splitlines())
    return [
        f"{found[0]!r}: {instead}"
        for pattern, instead in RIDDLES.items()
        for found in re.finditer(pattern, lines, re.IGNORECASE)
    ]


@pytest.mark.parametrize("folder", ["torchlint", "rules", "tools", "benchmarks"])
def test_modules_are_in_plain_english(folder: str) -> None:
    paths = sorted((ROOT / folder).rglob("*.py"))
    found = {path.relative_to(ROOT).as_posix(): riddles(path.read_text(encoding="utf-8")) for path in paths}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_are_in_plain_english(page: Path) -> None:
    assert riddles(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "A plain value by the looks of it.",
        "The nodes of a class,\n    its subclasses aside.",
        "functions that return one are such.",
        "`torch.zeros`, `torch.ones` and the like are called",
        "Which words a region reaches: those of what it names, and of what names it, of what names that",
        "a value that is no tensor",
    ],
)
def test_a_riddle_is_found(text: str) -> None:
    assert riddles(text)


def test_plain_sentences_are_left_alone() -> None:
    assert not riddles(
        "There is no tensor. It is no longer finite. It is a set, such as `{1}`. Leave it aside from that"
    )
