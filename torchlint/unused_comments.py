"""Comments that silence nothing any more: the finding is gone, or never was.

Only what can be told is said: of a code of ours whose rules have all run on the file. `# noqa` without codes may be
another linter's, and so are all codes that are not ours.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from torchlint.finding import Edit, Finding
from torchlint.selectors import covered
from torchlint.source import Source
from torchlint.suppress import Directive, Item, Suppressions


class Unused(NamedTuple):
    """A part of a comment, by offsets into the text, what is wrong with it in one line, and what takes it out."""

    start: int
    end: int
    message: str
    edits: tuple[Edit, ...]


def unused(source: Source, findings: Iterable[Finding], codes: Collection[str]) -> Iterator[Unused]:
    """The comments that name rules among `codes`, all of which have run, and hide none of the findings."""
    found = list(findings)
    for directive in Suppressions(source).directives():
        idle = [item for item in directive.items if _is_idle(item, directive, found, codes)]
        if not idle:
            continue
        kept = [item for item in directive.items if item not in idle]
        edits = (_shortened(idle, kept, directive) if kept else _removed(source, directive),)
        for item in idle:
            yield Unused(item.start, item.end, _message(item, directive), edits)


def _is_idle(item: Item, directive: Directive, findings: Sequence[Finding], codes: Collection[str]) -> bool:
    rules = [rule.code for rule in covered(item.text)]
    if directive.kind == "noqa" and not item.text.isupper():
        return False  # it is not read as a code
    if not rules or not all(code in codes for code in rules):
        return False
    return not any(directive.covers(finding.location.row) and directive.names(item, finding) for finding in findings)


def _message(item: Item, directive: Directive) -> str:
    where = "in this file" if directive.kind == "file-ignore" else "here"
    return f"`{item.text}` in this comment silences nothing: there is no such finding {where}"


def _shortened(idle: Sequence[Item], kept: Sequence[Item], directive: Directive) -> Edit:
    """The list of rules without those that are idle."""
    return Edit(directive.items[0].start, directive.items[-1].end, ", ".join(item.text for item in kept))


def _removed(source: Source, directive: Directive) -> Edit:
    """The comment taken out, with the reason that follows it; what other tools read behind it stays. A line that has
    nothing else goes as a whole."""
    row, _ = source.location(directive.start)
    first, line = source.line_starts[row - 1], source.line(row)
    more = source.text.find("#", directive.start + 1, directive.end)
    end = more if more >= 0 else directive.end
    before = line[: directive.start - first].rstrip()
    if before or more >= 0:
        start = first + len(before) if more < 0 else directive.start
        return Edit(start, end, "")
    return Edit(first, first + len(line), "")
