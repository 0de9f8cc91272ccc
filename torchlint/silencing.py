"""Comments that silence findings, written at the ends of their lines."""

from __future__ import annotations

import tokenize
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from torchlint import faults, registry
from torchlint.finding import Edit, Finding
from torchlint.source import Source
from torchlint.suppress import NOQA, Suppressions, comments_of, tokens_of


class Silenced(NamedTuple):
    """A text with new comments: how many there are, and the findings that none of them silences."""

    source: Source
    comments: int
    left: Sequence[Finding]


def silence(source: Source, findings: Iterable[Finding], reason: str = "") -> Silenced:
    """Add `# noqa: CODE - reason` to the lines of findings, or codes to one that is there. Where that does not silence
    them, as beside one without codes, it is `# torchlint: ignore[CODE]`. What is wrong with comments is left."""
    about_comments = {rule.code for rule in registry.rules() if rule.on_comments}
    found = [finding for finding in findings if finding.code not in faults.KINDS]
    silenceable = [finding for finding in found if finding.code not in about_comments]
    wanted = _by_row(source, silenceable)
    comments = comments_of(source)
    edits = {row: _noqa(source, row, comments.get(row), codes, reason) for row, codes in wanted.items()}
    visible = _visible(source, silenceable, edits)
    for row in _by_row(source, visible):
        edits[row] = _ours(source, row, wanted[row], reason)
    left = _visible(source, silenceable, edits)
    for row in _by_row(source, left):
        edits.pop(row, None)
    after = source.edited(edits.values())
    if _code(after) != _code(source):  # a comment would have become something else
        return Silenced(source, 0, found)
    return Silenced(
        after, len(edits), [finding for finding in found if finding in left or finding.code in about_comments]
    )


def _by_row(source: Source, findings: Iterable[Finding]) -> dict[int, list[str]]:
    """The codes to write at the end of each row. What is not Python as it stands, such as a magic, takes no comment."""
    suppressions, rows = Suppressions(source), dict[int, set[str]]()
    for finding in findings:
        row = suppressions.noqa_row(finding.location.row)
        if source.displayed(row) == source.line(row):
            rows.setdefault(row, set()).add(finding.code)
    return {row: sorted(codes) for row, codes in rows.items()}


def _visible(source: Source, findings: Iterable[Finding], edits: dict[int, Edit]) -> list[Finding]:
    """What is not silenced after these edits, none of which adds a row."""
    suppressions = Suppressions(source.edited(edits.values()))
    return [finding for finding in findings if not suppressions.hides(finding)]


def _noqa(source: Source, row: int, column: int | None, codes: Sequence[str], reason: str) -> Edit:
    line = source.line(row)
    there = NOQA.search(line, column) if column is not None else None
    if there is None or there["codes"] is None:
        return _at_end(source, row, f"# noqa: {', '.join(codes)}", reason)
    written = there["codes"].rstrip(", \t\r\n")
    end = source.line_starts[row - 1] + there.start("codes") + len(written)
    return Edit(end, end, "".join(f", {code}" for code in codes if code not in written))


def _ours(source: Source, row: int, codes: Sequence[str], reason: str) -> Edit:
    return _at_end(source, row, f"# torchlint: ignore[{', '.join(codes)}]", reason)


def _at_end(source: Source, row: int, comment: str, reason: str) -> Edit:
    line = source.line(row)
    text = line.rstrip("\r\n").rstrip(" \t")
    start = source.line_starts[row - 1] + len(text)
    # What stands after a dash is not read as a code.
    return Edit(start, start, f"  {comment}{f' - {reason}' if reason else ''}")


def _code(source: Source) -> list[tuple[int, str]]:
    silent = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE)
    return [(token.type, token.string) for token in tokens_of(source) if token.type not in silent]
