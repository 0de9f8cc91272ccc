"""One HTML page for a team, which loads nothing: findings by rule and by file, their source, their fixes, the evidence.

It is plain ASCII, so that it reads the same however a stream or a server encodes it, and the same run gives the same
bytes. Without JavaScript it is complete; with it, findings can be filtered and searched.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TextIO

from torchlint import DOCUMENTATION, __version__, faults
from torchlint.finding import SEVERITIES, Finding
from torchlint.links import page_url
from torchlint.reporters import html_evidence
from torchlint.reporters.html_assets import SCRIPT, STYLE
from torchlint.reporters.html_finding import article, linked, severity_badge, standing, text
from torchlint.reporters.places import fingerprinted
from torchlint.running.outcome import Run
from torchlint.source import Source

# Whatever a page contained, a browser would load nothing and send nothing.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
_STANDINGS = {
    "safe": "with --fix",
    "unsafe": "with --fix --unsafe-fixes",
    "display": "by hand, as shown",
    "none": "no fix offered",
}


class _Entry(NamedTuple):
    source: Source
    finding: Finding
    anchor: str


def report(run: Run, out: TextIO) -> None:
    """Write the page."""
    out.write("".join(_page(run)).encode("ascii", "xmlcharrefreplace").decode("ascii"))


def _page(run: Run) -> Iterator[str]:
    entries = [_Entry(source, finding, f"f-{digest[:16]}") for source, finding, digest in fingerprinted(run)]
    broken = [entry for entry in entries if entry.finding.code in faults.KINDS]
    found = [entry for entry in entries if entry.finding.code not in faults.KINDS]
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    by_file: dict[str, list[_Entry]] = defaultdict(list)
    for entry in found:
        by_rule[entry.finding.code].append(entry.finding)
        by_file[entry.source.path].append(entry)
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>torchlint report</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<header><h1>torchlint report</h1>\n{_totals(run, found)}</header>\n"
    )
    yield from _faults(run, broken)
    if found:
        yield from _overview(run, by_rule, by_file)
        yield from _findings(run, by_rule, by_file)
        yield from html_evidence.sections({code: findings[0].name for code, findings in sorted(by_rule.items())})
    yield f'<footer>torchlint {__version__} &middot; <a href="{text(DOCUMENTATION)}">documentation</a></footer>\n'
    yield f"<script>{SCRIPT}</script>\n" if found else ""
    yield "</body>\n</html>\n"


def _totals(run: Run, found: Sequence[_Entry]) -> str:
    files = _counted(len(run.outcomes), "file")
    fixed = f"<p>{_counted(run.fixed, 'finding')} fixed in this run, and not listed.</p>\n" if run.fixed else ""
    if not found and run.broken:
        return f'<p class="total">No findings in what could be checked of {files}.</p>\n{fixed}'
    if not found:
        return f'<p class="total clean">All checks passed! ({files})</p>\n{fixed}'
    severities = Counter(entry.finding.severity for entry in found)
    words = [_counted(severities[word], str(word)) for word in reversed(SEVERITIES) if severities[word]]
    affected = len({entry.source.path for entry in found})
    findings = _counted(len(found), "finding")
    return f'<p class="total">{findings} in {affected} of {files}: {", ".join(words)}.</p>\n{fixed}'


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _faults(run: Run, broken: Iterable[_Entry]) -> Iterator[str]:
    """What kept files from being checked, above everything else: findings may be missing."""
    articles = [article(run, *entry) for entry in broken]
    if not (articles or run.broken):
        return
    yield '<section class="faults" id="faults">\n<h2>Not checked in full</h2>\n'
    yield "<p>Findings may be missing, because of what is listed here.</p>\n"
    if run.stopped:
        yield "<p>The run was interrupted before all files were checked.</p>\n"
    yield from articles
    yield "</section>\n"


def _overview(run: Run, by_rule: dict[str, list[Finding]], by_file: dict[str, list[_Entry]]) -> Iterator[str]:
    order = sorted(by_rule.items(), key=lambda item: (-_worst(item[1]), -len(item[1]), item[0]))
    yield '<nav class="overview">\n<details open><summary><h2>By rule</h2></summary>\n<div class="wide"><table>\n<tr>'
    yield '<th>Rule</th><th>Severity</th><th class="number">Findings</th><th class="number">Fixable</th>'
    yield "<th>Evidence</th></tr>\n"
    for code, findings in order:
        name, fixable = findings[0].name, sum(map(run.applies, findings))
        # The configuration can change the severity of a rule in some files.
        found = {finding.severity for finding in findings}
        badges = " ".join(severity_badge(word) for word in reversed(SEVERITIES) if word in found)
        evidence = f'<a href="#evidence-{text(code)}">shown</a>' if html_evidence.known(code) else ""
        yield (
            f"<tr><td>{linked(code, page_url(code))} {text(name)}</td><td>{badges}</td>"
            f'<td class="number">{len(findings):,}</td><td class="number">{fixable:,}</td><td>{evidence}</td></tr>\n'
        )
    yield f"</table></div></details>\n<details{' open' if len(by_file) <= 30 else ''}><summary><h2>By file</h2>"
    yield '</summary>\n<div class="wide"><table>\n<tr><th>File</th>'
    yield "".join(f'<th class="number">{word.capitalize()}s</th>' for word in reversed(SEVERITIES)) + "</tr>\n"
    for place, (path, entries) in enumerate(by_file.items(), 1):
        counts = Counter(entry.finding.severity for entry in entries)
        cells = "".join(f'<td class="number">{counts[word] or ""}</td>' for word in reversed(SEVERITIES))
        yield f'<tr><td class="path"><a href="#file-{place}">{text(path)}</a></td>{cells}</tr>\n'
    yield "</table></div></details>\n</nav>\n"


def _worst(findings: Iterable[Finding]) -> int:
    return max(SEVERITIES.index(finding.severity) for finding in findings)


def _findings(run: Run, by_rule: dict[str, list[Finding]], by_file: dict[str, list[_Entry]]) -> Iterator[str]:
    found = [finding for findings in by_rule.values() for finding in findings]
    severities = Counter(finding.severity for finding in found)
    standings = Counter(map(standing, found))
    yield '<form id="filter" hidden>\n'
    yield _select("rule", "Rule", {code: f"{code} {of[0].name} ({len(of):,})" for code, of in sorted(by_rule.items())})
    yield _select("file", "File", {path: f"{path} ({len(entries):,})" for path, entries in by_file.items()})
    worst_first = [word for word in reversed(SEVERITIES) if severities[word]]
    yield _select("severity", "Severity", {str(word): f"{word} ({severities[word]:,})" for word in worst_first})
    known = {key: said for key, said in _STANDINGS.items() if standings[key]}
    yield _select("fix", "Fixable", {key: f"{said} ({standings[key]:,})" for key, said in known.items()})
    yield '<label>Search <input type="search" name="q" autocomplete="off" placeholder="words in a finding"></label>\n'
    yield '<button type="reset">Show all</button> <output aria-live="polite"></output>\n</form>\n<main>\n'
    for place, (path, entries) in enumerate(by_file.items(), 1):
        yield f'<section id="file-{place}" data-file="{text(path)}">\n<h2 class="path">{text(path)}</h2>\n'
        yield from (article(run, *entry) for entry in entries)
        yield "</section>\n"
    yield "</main>\n"


def _select(name: str, label: str, options: dict[str, str]) -> str:
    rows = "".join(f'<option value="{text(value)}">{text(said)}</option>' for value, said in options.items())
    return f'<label>{label} <select name="{name}"><option value="">all</option>{rows}</select></label>\n'
