"""Markdown as text: headings, code blocks and links, told apart by their lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import NamedTuple

_FENCE = re.compile(r" *(`{3,}|~{3,})")
_HEADING = re.compile(r"(#+) +(.+)")
_ITEM = re.compile(r" *([-*]|1\.) ")
# A list item whose text begins on the next line.
_SIGN_ALONE = re.compile(r"^-\n(?=\[)", re.MULTILINE)
# Inline code and links, which prose stands between.
_NOT_PROSE = re.compile(r"(`+)(?:.+?)\1|!?\[[^]]*\]\([^)]*\)")
_LINK = re.compile(r"(?<!!)\[(?P<text>(?:[^]`]|`[^`]*`)*)\]\((?P<target>[^)\s]+)\)")


class Section(NamedTuple):
    """A heading and the lines below it, up to the next heading of any level. What precedes all has level 0."""

    level: int
    title: str
    body: str


def lines(text: str) -> Iterator[tuple[str, int]]:
    """The lines, each with the number of the fenced code block that it belongs to, its fences included; 0 for none."""
    fence = ""
    number = 0
    for line in text.splitlines():
        found = _FENCE.match(line)
        if fence:
            yield line, number
            fence = "" if line.strip().startswith(fence) and not line.strip().strip(fence[0]) else fence
        elif found:
            fence = found[1]
            number += 1
            yield line, number
        else:
            yield line, 0


def sections(text: str) -> list[Section]:
    """All sections, one after the other."""
    found: list[tuple[int, str, list[str]]] = [(0, "", [])]
    for line, block in lines(text):
        heading = None if block else _HEADING.fullmatch(line)
        if heading:
            found.append((len(heading[1]), heading[2], []))
        else:
            found[-1][2].append(line)
    return [Section(level, title, "\n".join(body).strip("\n")) for level, title, body in found]


def written(parts: list[Section]) -> str:
    """Sections as text again."""
    texts = [f"{'#' * part.level} {part.title}\n\n{part.body}" if part.level else part.body for part in parts]
    return "\n\n".join(text.strip("\n") for text in texts if text) + "\n"


def code_blocks(text: str) -> list[str]:
    """What stands in the fenced code blocks."""
    blocks = groupby(lines(text), key=lambda pair: pair[1])
    return ["\n".join([line for line, _ in rows][1:-1]) for number, rows in blocks if number]


def with_prose(text: str, change: Callable[[str], str]) -> str:
    """The text with its prose changed: neither headings nor code nor links."""
    changed = []
    for line, block in lines(text):
        is_prose = not block and not _HEADING.fullmatch(line)
        changed.append(_prose(line, change) if is_prose else line)
    return "\n".join(changed) + "\n"


def _prose(line: str, change: Callable[[str], str]) -> str:
    parts = []
    end = 0
    for found in _NOT_PROSE.finditer(line):
        parts += [change(line[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*parts, change(line[end:])])


def targets(text: str) -> list[str]:
    """Where the links outside of code lead."""
    outside = (line for line, block in lines(text) if not block)
    return [found["target"] for line in outside for found in _LINK.finditer(re.sub(r"(`+).+?\1", "", line))]


def with_targets(text: str, change: Callable[[str], str]) -> str:
    """The text with the targets of its links changed."""

    def link(found: re.Match[str]) -> str:
        return f"[{found['text']}]({change(found['target'])})"

    return "\n".join(line if block else _LINK.sub(link, line) for line, block in lines(text)) + "\n"


def for_mkdocs(text: str) -> str:
    """The same text for Python-Markdown, where lists and tables need a blank line before them; no comments."""
    kept: list[str] = []
    for line, block in lines(_SIGN_ALONE.sub("- ", text)):
        if not block and line.startswith("<!--") and line.endswith("-->"):
            continue
        if not block and kept and _begins(line, kept[-1]):
            kept.append("")
        kept.append(line)
    return "\n".join(kept) + "\n"


def _begins(line: str, before: str) -> bool:
    """Whether a list or a table begins at a line right below a paragraph."""
    if not before or before.startswith((" ", "#", "<!--")) or _ITEM.match(before):
        return False
    is_table = line.startswith("|") and not before.startswith("|")
    return is_table or bool(_ITEM.match(line) and not line.startswith(" "))
