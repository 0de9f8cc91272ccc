"""The comment that silences a finding where it stands."""

from __future__ import annotations

from torchlint.finding import Edit, Finding
from torchlint.source import Source
from torchlint.suppress import NOQA, OURS, Suppressions, comments_of


def ignoring_edit(source: Source, finding: Finding) -> Edit | None:
    """The edit that silences a finding on its line: in the way that the file silences others, `# noqa: CODE` or
    `# torchlint: ignore[CODE]`; None where no comment can stand at the end of the line."""
    row = Suppressions(source).noqa_row(finding.location.row)
    line = source.displayed(row).rstrip("\r\n")
    end = source.line_starts[row - 1] + len(line)
    column = comments_of(source).get(row)
    if column is None and line.endswith("\\"):
        return None
    return _added(source, finding, row, column) or Edit(end, end, f"{'  ' if line else ''}{_comment(source, finding)}")


def silences(source: Source, finding: Finding, edit: Edit) -> bool:
    """Whether a finding is silenced after an edit, as it is not where its line is in a string of several."""
    return Suppressions(source.edited([edit])).hides(finding)


def _added(source: Source, finding: Finding, row: int, column: int | None) -> Edit | None:
    """The code, added to what a comment of the line names already."""
    if column is None:
        return None
    start = source.line_starts[row - 1] + column
    text = source.displayed(row)[column:]
    ours = next((comment for comment in OURS.finditer(text) if comment["kind"] == "ignore"), None)
    if ours is not None:
        at = start + ours.end("rules")
        return Edit(at, at, f", {finding.code}" if ours["rules"].strip() else finding.code)
    noqa = NOQA.search(text)
    if noqa is not None and noqa["codes"]:
        at = start + noqa.start("codes") + len(noqa["codes"].rstrip(", \t\r\n"))
        return Edit(at, at, f", {finding.code}")
    return None


def _comment(source: Source, finding: Finding) -> str:
    if NOQA.search(source.text) and not OURS.search(source.text):
        return f"# noqa: {finding.code}"
    return f"# torchlint: ignore[{finding.code}]"
