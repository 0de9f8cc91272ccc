"""The pages of the rules on the site: `torchlint rule`, with what only a page has room for.

These are the example as a diff, the numbers and both programs of the demonstration, the error curves of its rewrites,
and the programs of the fixture in which the rule stays silent.
"""

from __future__ import annotations

import ast
import difflib
import re
import textwrap
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from torchlint import certificates, demonstrated, registry, verdicts
from torchlint.commands.rule_pages import page as shown
from torchlint.registry import RuleInfo
from torchlint.verify import demonstrations

from . import error_curves, markdown_text
from .markdown_text import Section

ROOT = Path(__file__).resolve().parent.parent.parent
_INDEX = """\
# Rules

{count} rules, {default} of them on by default. The first digit of a code is its subject. `torchlint rule CODE` prints a
page in the terminal, [Configuration](../configuration.md) says how rules are turned on and off.
"""
# A page has room to say what happens before what to write, and what was seen of the fix below the fix.
_ORDER = (
    "What it does",
    "Why is this bad?",
    "Demonstration",
    "Example",
    "Fix safety",
    "Evidence",
    "Near misses",
    "When not to use it",
    "How to turn it off",
    "Related rules",
)
_EVIDENCE_HEAD = """\
| rewrite | where | inputs | result | NaN or infinity | worst relative error | speed |
|---|---|---:|---|---|---|---|"""
_EVIDENCE_NOTES = """\
NaN or infinity (how many) and the worst relative error are those of float32 values, before → after; the speed is that
of the new code forward, in times that of the old."""
_CODE = re.compile(r"\bTLT\d{3}\b")


def path_of(info: RuleInfo) -> str:
    """Where a rule's page is in the tree, as `torchlint.links.page_url` has it."""
    return f"rules/{info.name}.md"


def by_subject() -> list[tuple[str, list[RuleInfo]]]:
    """Subjects in the order of the codes, each with its rules."""
    rules = sorted(registry.rules(), key=lambda info: info.code)
    return [(_title(int(digit)), list(infos)) for digit, infos in groupby(rules, key=lambda info: info.code[3])]


def _title(hundred: int) -> str:
    subject = registry.SUBJECTS[hundred]
    return subject if subject.startswith("torchlint") else subject[0].upper() + subject[1:]


def index() -> str:
    """The page that lists all rules."""
    rules = registry.rules()
    parts = [_INDEX.format(count=len(rules), default=sum(info.default for info in rules))]
    for subject, infos in by_subject():
        rows = "\n".join(_row(info) for info in infos)
        parts.append(f"## {subject}\n\n| code | name | what it reports | on by default |\n|---|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def _row(info: RuleInfo) -> str:
    shown = "yes" if info.default else "no"
    return f"| {info.code} | [{info.name}]({info.name}.md) | {info.summary.rstrip('.')} | {shown} |"


def page(info: RuleInfo) -> str:
    """A rule's page."""
    parts = [_extended(part, info) for part in markdown_text.sections(shown(info))]
    parts += _near_misses(info)
    return markdown_text.written(sorted(parts, key=_place))


def _place(part: Section) -> int:
    """The title first, then the sections that have a place, then all others in the order of `torchlint rule`."""
    if part.level < 2:
        return -1
    return _ORDER.index(part.title) if part.title in _ORDER else len(_ORDER)


def linked(text: str, page: str) -> str:
    """The text of a page with the codes of rules as links to their pages."""
    folder = "" if page.startswith("rules/") else "rules/"
    names = {info.code: info.name for info in registry.rules() if path_of(info) != page}

    def link(found: re.Match[str]) -> str:
        return f"[{found[0]}]({folder}{names[found[0]]}.md)" if found[0] in names else found[0]

    return markdown_text.with_prose(text, lambda prose: _CODE.sub(link, prose))


def _extended(part: Section, info: RuleInfo) -> Section:
    if part.title == "Example":
        return part._replace(body=f"{part.body}\n\n{_example_diff(part.body)}")
    if part.title == "Demonstration":
        return part._replace(body="\n\n".join([part.body, *_numbers(info.code), *_programs(info)]))
    if part.title == "Evidence":
        return part._replace(body=_evidence(part.body, info.code))
    return part


def _evidence(said: str, code: str) -> str:
    """A table of the rewrites and where they were run; what was said of them is folded below it."""
    rows = [_evidence_row(row) for row in certificates.evidence(code) if row["kind"] == "pair"]
    if not rows:
        return said
    parts = ["\n".join([_EVIDENCE_HEAD, *rows]), _EVIDENCE_NOTES, *_curves(code), _folded("In words", said)]
    return "\n\n".join(parts)


def _curves(code: str) -> Iterator[str]:
    """The pictures of the first rewrite, and those of the others folded below it."""
    figures = [figure for _, figure in error_curves.figures(code)]
    yield from figures[:1]
    if len(figures) > 1:
        others = len(figures) - 1
        title = f"Error curves of {others} other rewrite{'s' if others > 1 else ''}"
        yield _folded(title, "\n\n".join(figures[1:]))


def _evidence_row(row: dict[str, Any]) -> str:
    worst = row.get("errors", {}).get("float32 value")
    lost = f"{worst['nonfinite_before']:,.0f} → {worst['nonfinite_after']:,.0f}" if worst else ""
    # Where another result is intended, its distance from the old one is not an error.
    is_error = worst and row["verdict"] != "CHANGES"
    error = f"{_power(worst['relative_before'])} → {_power(worst['relative_after'])}" if is_error else ""
    speed = certificates.times(row["speed"][0]) if row.get("speed") else ""
    cells = (f"`{row['label']}`", f"{row['device']}, torch {row['torch']}", f"{certificates.inputs(row):,}")
    return "| " + " | ".join([*cells, verdicts.word(row["verdict"]), lost, error, speed]) + " |"


def _power(relative: float) -> str:
    return f"{relative:.0e}".replace("e-0", "e-") if relative else "0"


def _example_diff(example: str) -> str:
    """What turns the first program of an example into the second."""
    before, after = markdown_text.code_blocks(example)
    changed = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=99)
    return "As a diff:\n\n```diff\n" + "\n".join(list(changed)[3:]) + "\n```"


def _numbers(code: str) -> Iterator[str]:
    seen = demonstrated.kept(code)
    if seen is None:
        return
    rows = [
        f"| {name.replace('_', ' ')} | {_cell(seen.mistaken.get(name))} | {_cell(seen.mended.get(name))} |"
        for name in dict.fromkeys([*seen.mistaken, *seen.mended])
    ]
    yield "\n".join(["| measured | with the mistake | mended |", "|---|---|---|", *rows])


def _cell(quantity: demonstrated.Quantity | None) -> str:
    if quantity is None:
        return ""
    if isinstance(quantity, bool):
        return "yes" if quantity else "no"
    return f"{quantity:,}" if isinstance(quantity, int) else str(quantity).replace("|", "\\|")


def _programs(info: RuleInfo) -> Iterator[str]:
    """Both programs of a demonstration, folded."""
    path = demonstrations.file_of(info)
    if path is None:
        return
    text = demonstrations.text_of(path)
    for title, entry in (("The mistake", demonstrations.MISTAKEN), ("Mended", demonstrations.MENDED)):
        yield _folded(f"{title}, as it was run", _code(demonstrations.program(text, entry)))


def _near_misses(info: RuleInfo) -> Iterator[Section]:
    """The programs of the rule's fixture that look like the mistake and are none."""
    folder = ROOT / "fixtures" / info.name.replace("-", "_")
    texts = (path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py")))
    programs = [program for text in texts for program in _silent_programs(text)]
    if not programs:
        return
    joined = "\n\n\n".join(programs)
    said = "Programs that look like the mistake, in which the rule stays silent. A test runs it on each of them."
    title = f"{len(programs)} program{'s' if len(programs) > 1 else ''} of its fixture"
    yield Section(2, "Near misses", f"{said}\n\n{_folded(title, _code(joined))}")


def _silent_programs(text: str) -> Iterator[str]:
    rows = text.splitlines()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and _is_near_miss(node.name):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            yield "\n".join(rows[first - 1 : node.end_lineno])


def _is_near_miss(name: str) -> bool:
    return name.lower().replace("_", "").startswith("nearmiss")


def _folded(title: str, text: str) -> str:
    return f'??? example "{title}"\n\n' + textwrap.indent(text, "    ")


def _code(program: str) -> str:
    return "```python\n" + program.strip("\n") + "\n```"
