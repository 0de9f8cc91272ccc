"""Findings for people: the source, carets, related places, and the fix as a diff. rich is imported only for colour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TextIO

from torchlint.commands.terminal import printable
from torchlint.finding import Applicability, Finding, Fix, Location, Related
from torchlint.reporters.frame import Line, frame
from torchlint.reporters.hunks import hunks
from torchlint.running.outcome import Run
from torchlint.source import Source

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {
    "code": "bold red",
    "mark": "cyan",
    "message": "bold",
    "gutter": "blue",
    "marker": "bold red",
    "title": "bold cyan",
    "removed": "red",
    "added": "green",
}
_NOTES = {
    Applicability.UNSAFE: "This is an unsafe fix and may change runtime behavior",
    Applicability.DISPLAY: "This fix is only displayed and never applied",
}


def report(run: Run, out: TextIO) -> None:
    """Write every finding with its frame."""
    write = _colored(out) if run.color else _plain(out)
    for source, findings in run.files():
        for finding in findings:
            for line in _lines(finding, source, applies=run.applies(finding)):
                write(line)
            write([])


def _plain(out: TextIO) -> Callable[[Line], None]:
    def write(line: Line) -> None:
        out.write("".join(text for text, _ in line) + "\n")

    return write


def write_page(markdown: str, out: TextIO) -> None:
    """Write a page of Markdown in colour, for a terminal."""
    # Start-up: the reporter for people writes most lines without rich.
    from rich.markdown import Markdown

    _console(out).print(Markdown(markdown))


def _console(out: TextIO) -> Console:
    # Start-up, as above.
    from rich.console import Console

    # Whether to colour is decided already: the environment must not decide again.
    return Console(file=out, force_terminal=True, color_system="standard", no_color=False)


def _colored(out: TextIO) -> Callable[[Line], None]:
    # Start-up, as above.
    from rich.text import Text

    console = _console(out)

    def write(line: Line) -> None:
        text = Text.assemble(*((text, _STYLES.get(role, "")) for text, role in line))
        console.print(text, soft_wrap=True, highlight=False)

    return write


def _lines(finding: Finding, source: Source, *, applies: bool) -> Iterator[Line]:
    mark = [("[*]", "mark"), (" ", "")] if applies else []
    yield [(finding.code, "code"), (" ", ""), *mark, (finding.message, "message")]
    yield _arrow(source.path, finding.location, finding.end_location)
    yield from frame(source, finding.location, finding.end_location)
    for related in finding.related:
        yield from _related(related, source)
    if finding.fix is not None:
        yield from _fix(finding.fix, source)


def _arrow(path: str, location: Location, end: Location) -> Line:
    gutter = " " * len(str(end.row))
    return [(f"{gutter}--> ", "gutter"), (f"{printable(path)}:{location.row}:{location.column}", "")]


def _related(related: Related, source: Source) -> Iterator[Line]:
    yield [("info", "title"), (f": {related.message}", "")]
    yield _arrow(related.path, related.location, related.location)
    if related.path == source.path:
        yield from frame(source, related.location, related.location, marker="-")


def _fix(fix: Fix, source: Source) -> Iterator[Line]:
    yield [("help", "title"), (f": {fix.title}", "")]
    yield from hunks(source, fix.edits)
    for note in filter(None, (_NOTES.get(fix.applicability), fix.condition, fix.verification)):
        yield [("note", "title"), (f": {note}", "")]
