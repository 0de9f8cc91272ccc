"""`torchlint rule`: explain one rule, or all."""

from __future__ import annotations

import argparse
import sys
import textwrap
from typing import Any

from torchlint import certificates, demonstrated, registry
from torchlint.commands import evidence
from torchlint.commands.options import add_allowance
from torchlint.commands.rule_lookup import found, is_one, listed
from torchlint.links import page_url
from torchlint.registry import RuleInfo
from torchlint.settings.rules_here import use_rules_here
from torchlint.terminal import COLOR_CHOICES, use_color

_WIDTH = 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `torchlint rule` takes."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "rule", nargs="?", metavar="RULE", help="its code or its name, or the beginning of codes to list rules"
    )
    which.add_argument("--all", action="store_true", help="explain all rules")
    parser.add_argument("--output-format", choices=("text", "json", "markdown"), default="text", help="[text]")
    parser.add_argument("--color", choices=COLOR_CHOICES, default="auto", help="[auto; env: NO_COLOR, FORCE_COLOR]")
    add_allowance(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the pages. Returns the exit code; raises `ConfigError` for a word that names none."""
    use_rules_here(allowed=arguments.allow_local_rules)
    infos = registry.rules() if arguments.all else found(arguments.rule)
    several = arguments.all or not is_one(arguments.rule)
    if arguments.output_format == "json":
        # Start-up: only this output format needs it.
        import json

        values = [_values(info) for info in infos]
        print(json.dumps(values if several else values[0], indent=2))
        return 0
    if several and not arguments.all:
        sys.stdout.write(listed(infos, markdown=arguments.output_format == "markdown"))
        return 0
    text = "\n".join(map(page, infos))
    color = use_color(arguments.color, sys.stdout)
    if arguments.output_format == "text" and (color or sys.stdout.isatty()):
        # Start-up: it imports rich.
        from torchlint.reporters.full import write_page

        write_page(text, sys.stdout, color=color)
    else:
        sys.stdout.write(text)
    return 0


def _values(info: RuleInfo) -> dict[str, Any]:
    rule = registry.load(info.code)
    return {
        "code": info.code,
        "name": info.name,
        "summary": info.summary,
        "url": page_url(info.code) or None,
        "file": info.file or None,
        "severity": info.severity,
        "default": info.default,
        "since": rule.since or None,
        "fix": rule.title or None,
        "explanation": rule.docs(),
        "help": rule.help or None,
        "demonstration": _demonstration(info.code),
        "related": list(info.related),
        "evidence": certificates.evidence(info.code),
    }


def page(info: RuleInfo) -> str:
    """The page of a rule in Markdown: what it finds and why, how to turn it off, what was seen when its fix was run."""
    rule = registry.load(info.code)
    known = f", since {rule.since}" if rule.since else ""
    own = f" It is not one of torchlint's own rules: {info.file}." if info.file else ""
    facts = f"Severity {info.severity}, {'on' if info.default else 'off'} by default{known}.{own}"
    told = [facts, *(f"{label}: {text}." for label, text in (("Fix", rule.title), ("What to do", rule.help)) if text)]
    text = f"# {info.name} ({info.code})\n\n{' '.join(told)}\n\n{rule.docs().strip()}\n"
    sections = {
        "How to turn it off": _turned_off(info),
        "Related rules": _related(info),
        "Demonstration": demonstrated.section(info.code),
        "Evidence": evidence.section(info.code),
    }
    return text + "".join(f"\n## {title}\n{section}\n" for title, section in sections.items() if section)


def _turned_off(info: RuleInfo) -> str:
    """What to write to silence one finding and all, or to be told of any."""
    table = "under `[tool.torchlint]` in pyproject.toml"
    line = f"`# torchlint: ignore[{info.name}]` at the end of a line silences the finding there"
    if info.default:
        text = f'{line}, `ignore = ["{info.name}"]` {table} all of them.'
    else:
        text = f'It is off by default: `extend-select = ["{info.name}"]` {table} turns it on. {line}.'
    return textwrap.fill(text, _WIDTH, break_on_hyphens=False)


def _related(info: RuleInfo) -> str:
    others = (other for other in registry.rules() if other.code in info.related)
    return "\n".join(f"- {other.code} {other.name}: {other.summary}" for other in others)


def _demonstration(code: str) -> dict[str, Any] | None:
    seen = demonstrated.kept(code)
    return seen._asdict() if seen else None
