"""Findings for people: the source, carets, related places, and the fix as a diff. rich is imported only for colour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TextIO

from torchlint.finding import Finding, Fix, Location, Related, Severity
from torchlint.links import page_url
from torchlint.reporters.excerpt import Line, frame
from torchlint.reporters.hunks import hunks
from torchlint.reporters.places import place_in
from torchlint.reporters.remarks import NOTES
from torchlint.running.outcome import Run
from torchlint.source import Source
from torchlint.terminal import printable

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {
    str(Severity.ERROR): "bold red",
    str(Severity.WARNING): "bold yellow",
    str(Severity.INFO): "bold blue",
    "mark": "cyan",
    "message": "bold",
    "gutter": "blue",
    "marker": "cyan",
    "title": "bold cyan",
    "removed": "red",
    "added": "green",
}


def report(run: Run, out: TextIO) -> None:
    """Write every finding with its frame."""
    write = _colored(out) if run.color else _plain(out)
    for source, findings in run.files():
        for finding in findings:
            for line in _lines(finding, source, run):
                write(line)
            write([])


def _plain(out: TextIO) -> Callable[[Line], None]:
    def write(line: Line) -> None:
        out.write("".join(text for text, _ in line) + "\n")

    return write


def write_page(markdown: str, out: TextIO, *, color: bool) -> None:
    """Write a page of Markdown for a terminal: as wide as it is, in colour or not."""
    # Start-up: it imports rich.
    from rich.markdown import Markdown

    _console(out, color=color).print(Markdown(markdown, hyperlinks=color))


def _console(out: TextIO, *, color: bool) -> Console:
    # Start-up: it imports rich.
    from rich.console import Console

    # Whether to colour is decided already: the environment must not decide again.
    return Console(
        file=out, force_terminal=color, color_system="standard" if color else None, no_color=not color, _environ={}
    )


def _colored(out: TextIO) -> Callable[[Line], None]:
    # Start-up, as above.
    from rich.text import Text

    console = _console(out, color=True)

    def write(line: Line) -> None:
        text = Text.assemble(*((text, _style(role)) for text, role in line))
        console.print(text, soft_wrap=True, highlight=False)

    return write


def _style(role: str) -> str:
    """The style of a role, which may be followed by the address that the text leads to."""
    name, _, url = role.partition(" ")
    return f"{_STYLES.get(name, '')} link {url}" if url else _STYLES.get(name, "")


def _lines(finding: Finding, source: Source, run: Run) -> Iterator[Line]:
    mark = [("[*]", "mark"), (" ", "")] if run.applies(finding) else []
    severity = str(finding.severity)
    linked = f"{severity} {page_url(finding.code)}".rstrip() if run.links else severity
    head = [(finding.code, linked), (" ", ""), *mark, (severity, severity), (": ", "")]
    yield [*head, (finding.message, "message")]
    yield _arrow(source, source.path, finding.location, finding.end_location)
    for line in frame(source, finding.location, finding.end_location):
        yield [(text, severity if role == "marker" else role) for text, role in line]
    for related in finding.related:
        yield from _related(related, source)
    yield from _fix(finding.fix, source) if finding.fix is not None else _advice(finding)


def _arrow(source: Source, path: str, location: Location, end: Location) -> Line:
    place, last = place_in(source, path, location), place_in(source, path, end)
    gutter = " " * len(str(last.row))
    return [(f"{gutter}--> ", "gutter"), (f"{printable(path)}:{place}", "")]


def _related(related: Related, source: Source) -> Iterator[Line]:
    yield _labelled("note", related.message)
    yield _arrow(source, related.path, related.location, related.end_location)
    if related.path == source.path:
        yield from frame(source, related.location, related.end_location, marker="-")


def _fix(fix: Fix, source: Source) -> Iterator[Line]:
    yield _labelled("help", fix.title)
    yield from hunks(source, fix.edits)
    for note in filter(None, (NOTES.get(fix.standing), fix.condition, fix.verification)):
        yield _labelled("note", note)


def _advice(finding: Finding) -> Iterator[Line]:
    """What to do about a finding without a fix, and why it has none."""
    if finding.help:
        yield _labelled("help", finding.help)
    if finding.unfixed:
        yield _labelled("note", f"no fix is offered: {finding.unfixed}")


def _labelled(label: str, text: str) -> Line:
    return [(label, "title"), (f": {text}", "")]
