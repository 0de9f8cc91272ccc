"""A finding as a piece of an HTML page: its place, its source, its related places and its fix."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from torchlint.finding import Finding, Fix, Related, Severity
from torchlint.links import page_url
from torchlint.reporters import html_evidence
from torchlint.reporters.excerpt import Line, frame
from torchlint.reporters.hunks import hunks
from torchlint.reporters.places import place_in
from torchlint.reporters.remarks import NOTES
from torchlint.running.outcome import Run
from torchlint.source import Source
from torchlint.terminal import printable

# Halves of characters, which no encoding has, and bytes of names that are not UTF-8.
_SURROGATES = re.compile("[\ud800-\udfff]")


def text(said: str) -> str:
    """A text on one line, as content or as the value of an attribute, which stands in double quotes."""
    return html.escape(printable(said), quote=False).replace('"', "&quot;")


def severity_badge(severity: Severity) -> str:
    """The severity as a word, and in its colour."""
    return f'<span class="severity {severity}">{severity}</span>'


def linked(said: str, address: str) -> str:
    """A text that leads to an address, if there is one."""
    return f'<a href="{text(address)}">{text(said)}</a>' if address else text(said)


def standing(finding: Finding) -> str:
    """Who can apply its fix: `safe`, `unsafe`, `display` or `none`."""
    return "none" if finding.fix is None else str(finding.fix.applicability)


def article(run: Run, source: Source, finding: Finding, anchor: str) -> str:
    """The finding; `anchor` is the name by which a link finds it."""
    return "".join(_article(run, source, finding, anchor))


def _article(run: Run, source: Source, finding: Finding, anchor: str) -> Iterator[str]:
    code, word = text(finding.code), finding.severity
    mark = ' <span class="mark" title="--fix applies it">[*]</span>' if run.applies(finding) else ""
    yield f'<article id="{anchor}" data-rule="{code}" data-severity="{word}" data-fix="{standing(finding)}">\n'
    name = f" {text(finding.name)}" if finding.name != finding.code else ""
    yield f"<h3>{linked(finding.code, page_url(finding.code))}{name} {severity_badge(word)}{mark}</h3>\n"
    yield f'<p class="message">{text(finding.message)}</p>\n'
    # Of a file that could not be read there are no lines.
    place = f"{source.path}:{source.place(finding.location)}" if source.text else source.path
    yield f'<p class="place"><a href="#{anchor}">{text(place)}</a></p>\n'
    if source.text:
        yield _quoted(frame(source, finding.location, finding.end_location), str(word))
    for related in finding.related:
        yield from _related(related, source)
    yield from _fix(finding.fix, source, finding.code) if finding.fix is not None else _advice(finding)
    yield "</article>\n"


def _quoted(lines: Iterable[Line], marker: str = "marker") -> str:
    """Lines of source; `marker` is the class of what marks a place in them."""
    shown = "\n".join("".join(_piece(said, role, marker) for said, role in line) for line in lines)
    # A line end directly after the tag is not part of the text.
    return f"<pre>\n{shown}</pre>\n"


def _piece(said: str, role: str, marker: str) -> str:
    # Control characters are visible already; each character keeps its width, for the carets.
    escaped = html.escape(_SURROGATES.sub("\ufffd", said), quote=False)
    if not role:
        return escaped
    return f'<span class="{f"caret {marker}" if role == "marker" else role}">{escaped}</span>'


def _related(related: Related, source: Source) -> Iterator[str]:
    place = place_in(source, related.path, related.location)
    yield f'<p><b>note</b>: {text(related.message)} <span class="place">{text(f"{related.path}:{place}")}</span></p>\n'
    if related.path == source.path:
        yield _quoted(frame(source, related.location, related.end_location, marker="-"))


def _fix(fix: Fix, source: Source, code: str) -> Iterator[str]:
    yield f"<p><b>help</b>: {text(fix.title)}</p>\n"
    if fix.edits:
        yield _quoted(hunks(source, fix.edits))
    for note in filter(None, (NOTES.get(fix.standing), fix.condition)):
        yield f"<p><b>note</b>: {text(note)}</p>\n"
    if fix.verification:
        more = f' (<a href="#evidence-{text(code)}">evidence</a>)' if html_evidence.known(code) else ""
        yield f'<p class="verification"><b>note</b>: {text(fix.verification)}{more}</p>\n'
    if fix.validation is not None and fix.validation.reproducer:
        program = _quoted([(line, "")] for line in fix.validation.reproducer.splitlines())
        yield f"<details><summary>Program that shows the difference</summary>{program}</details>\n"


def _advice(finding: Finding) -> Iterator[str]:
    """What to do about a finding without a fix, and why it has none."""
    if finding.help:
        yield f"<p><b>help</b>: {text(finding.help)}</p>\n"
    if finding.unfixed:
        yield f"<p><b>note</b>: no fix is offered: {text(finding.unfixed)}</p>\n"
