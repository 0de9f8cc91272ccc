"""The Markdown tree of the documentation site, made from what the repository has: a page's text by its path."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from torchlint import DOCUMENTATION, demonstrated, registry
from torchlint.commands import evidence

from . import error_curves, markdown_text, site_rule_pages
from .markdown_text import Section

ROOT = Path(__file__).resolve().parent.parent.parent
HOME = "index.md"
STYLE = "site.css"
RULES = "rules/index.md"
# Pages that are files of the repository as they are, beside all of docs/.
_FILES = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md", "SECURITY.md": "security.md"}
# Pages that are parts of README.md, with their titles.
GETTING_STARTED, CONFIGURATION = "getting_started.md", "configuration.md"
FIXES, HOW_IT_WORKS = "fixes.md", "how_it_works.md"
_README_PAGES = {
    GETTING_STARTED: "Getting started",
    CONFIGURATION: "Configuration",
    FIXES: "Fixes",
    HOW_IT_WORKS: "How it works, and its limits",
}
# Where the sections of README.md go. A section that is not here goes where the one that it is part of goes, or to
# "Getting started"; an empty page leaves it out.
_SECTIONS = {
    "Configuration": CONFIGURATION,
    "Silence a finding": CONFIGURATION,
    "Rules": "",
    "When is a fix safe?": FIXES,
    "How it works": HOW_IT_WORKS,
    "Speed": HOW_IT_WORKS,
    "Limits": HOW_IT_WORKS,
    "License": "",
}
# Lines of 100 characters fit on a screen of 1,400 pixels; what a terminal prints is as dark as other text; no sign of a
# link has a line of its own below a title on a telephone.
_STYLE = """\
.md-grid { max-width: 74rem; }
.md-typeset .highlight .go { color: inherit; }
.md-typeset h1 .headerlink { display: none; }
.md-typeset .curves { display: flex; flex-wrap: wrap; gap: 1rem; width: auto; text-align: start; }
.curves { --before: #b8430b; --after: #1f6fb2; }
[data-md-color-scheme="slate"] .curves { --before: #ff9d63; --after: #7fbaf2; }
.curves svg { flex: 1 1 17rem; max-width: 26rem; height: auto; font-size: 10px; }
.curves text { fill: var(--md-default-fg-color--light); } .curves .title { fill: var(--md-default-fg-color); }
.curves .left { text-anchor: end; } .curves .below { text-anchor: middle; }
.curves polyline, .curves path { fill: none; } .curves .grid { stroke: var(--md-default-fg-color--lightest); }
.curves .before { stroke: var(--before); stroke-width: 3; } .curves .after { stroke: var(--after); stroke-width: 1.5; }
.curves path.before, .curves path.after { stroke-width: 1.5; }
.md-typeset .curves figcaption { flex-basis: 100%; max-width: none; margin: 0; font-style: normal; }
.curves span { white-space: nowrap; }
.curves span::before { content: ""; display: inline-block; width: 1.5em; margin: 0 0.3em; vertical-align: middle; }
.curves span.before::before { border-top: 3px solid var(--before); }
.curves span.after::before { border-top: 1.5px solid var(--after); }
"""
_SHOWN = "TLT202"  # the rule whose finding opens the README
_FILE_NAME = re.compile(r"(?<![\w/`])(?:docs/\w+|README|CONTRIBUTING|CHANGELOG|SECURITY)\.(?:md|txt)\b")


def written() -> dict[str, str]:
    """All files of the tree, links and lists as the generator of the site takes them."""
    pages = {**_readme_pages(), HOME: _home(), RULES: site_rule_pages.index(), STYLE: _STYLE}
    for source, page in _places().items():
        pages.setdefault(page, relinked((ROOT / source).read_text(encoding="utf-8"), source, page))
    pages |= {site_rule_pages.path_of(info): site_rule_pages.page(info) for info in registry.rules()}
    return {page: _finished(text, page) if page.endswith(".md") else text for page, text in pages.items()}


def _finished(text: str, page: str) -> str:
    return markdown_text.for_mkdocs(site_rule_pages.linked(text, page))


def guides() -> list[str]:
    """The pages that are files of docs/, in the order of their names."""
    return sorted(path.name for path in (ROOT / "docs").glob("*.md"))


def _places() -> dict[str, str]:
    """Files of the repository and where they are in the tree."""
    documents = {f"docs/{path.name}": path.name for path in (ROOT / "docs").iterdir() if path.is_file()}
    return {"README.md": GETTING_STARTED, **_FILES, **documents}


def relinked(text: str, source: str, page: str) -> str:
    """The text of a file of the repository with links to pages, also where it only names a file."""
    places = _places()

    def moved(target: str) -> str:
        if re.match(r"[a-z]+:|#", target):
            return target
        path, hash_, anchor = target.partition("#")
        file = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        if file not in places:
            raise SystemExit(f"{source} links to {target}, which has no page on the site")
        return _from(page, places[file]) + hash_ + anchor

    def named(found: re.Match[str]) -> str:
        place = places.get(found[0], page)
        return found[0] if place == page else f"[{found[0]}]({_from(page, place)})"

    linked = markdown_text.with_targets(text, moved)
    return markdown_text.with_prose(linked, lambda prose: _FILE_NAME.sub(named, prose))


def _from(page: str, place: str) -> str:
    return posixpath.relpath(place, posixpath.dirname(page) or ".")


def _readme() -> list[Section]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return markdown_text.sections(relinked(text, "README.md", HOME))


def _readme_pages() -> dict[str, str]:
    """The parts of README.md below the introduction, distributed over pages."""
    pages: dict[str, list[Section]] = {page: [Section(1, title, "")] for page, title in _README_PAGES.items()}
    above = ""
    for part in _readme():
        if part.level < 2:
            continue
        page = _SECTIONS.get(part.title, above if part.level > 2 else GETTING_STARTED)
        is_moved = part.level > 2 and page != above
        above = page if part.level == 2 else above
        if page:
            # One that has left what it was part of is a section of its own.
            pages[page].append(part._replace(level=2) if is_moved else part)
    return {page: markdown_text.written(parts) for page, parts in pages.items()}


def _home() -> str:
    """What torchlint is, a finding with its fix, what was measured of both, and where to go on."""
    introduction = next(part for part in _readme() if part.level == 1)
    name = next(info.name for info in registry.rules() if info.code == _SHOWN)
    # What was seen of the rewrite that the finding is an instance of.
    seen = evidence.section(_SHOWN).partition("\n- ")[0]
    curves = dict(error_curves.figures(_SHOWN))[seen.partition("`")[2].partition("`")[0]]
    more = f"[The page of the rule](rules/{name}.md) has the other rewrites, and those that were run on a GPU."
    rules = registry.rules()
    parts = [
        Section(0, "", "---\nhide:\n  - navigation\n---"),
        introduction,
        Section(2, "The harm, measured", demonstrated.section(_SHOWN)),
        Section(
            2,
            "The evidence for the fix",
            f"{seen}\n\n{curves}\n\n{more} [Verification](verification.md) says what this shows, and what not.",
        ),
        Section(2, "Where to go on", _ways(len(rules))),
    ]
    return markdown_text.written(parts)


def _ways(count: int) -> str:
    rows = (
        (GETTING_STARTED, "Getting started", "install, run, fix, flake8, notebooks"),
        (RULES, "Rules", f"{count} of them, each with its reasons, its harm in numbers and the evidence for its fix"),
        ("settings.md", "Settings", "all keys of the configuration"),
        ("old_code.md", "Old code", "begin with a code base that has findings"),
        ("editors.md", "Editors", "findings and fixes while you type"),
        ("ci.md", "Continuous integration", "GitHub, GitLab, reviewdog, Jenkins, pre-commit"),
        ("coming_from_torchfix.md", "Coming from TorchFix and other linters", "which rule took whose place"),
        ("verification.md", "Verification", "how a fix is run before and after"),
        ("writing_a_rule.md", "Rules of your own", "beside your code: one command writes rule, fixture and test"),
        ("contributing.md", "Contributing a rule", "two files and one command"),
        ("faq.md", "Questions", "and short answers"),
    )
    return "\n".join(f"- [{title}]({page}): {said}" for page, title, said in rows)


def address(page: str) -> str:
    """Where a page of the tree is published."""
    path = page.removesuffix(".md")
    return DOCUMENTATION + ("" if path == "index" else f"{path.removesuffix('/index')}/")
