"""`torchlint rule`: explain one rule, or all."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from torchlint import registry
from torchlint.commands.terminal import COLOR_CHOICES, use_color
from torchlint.registry import RuleInfo
from torchlint.settings.layers import ConfigError
from torchlint.settings.selection import suggestion


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `torchlint rule` takes."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("rule", nargs="?", metavar="RULE", help="its code or its name")
    which.add_argument("--all", action="store_true", help="explain all rules")
    parser.add_argument("--output-format", choices=("text", "json", "markdown"), default="text", help="[text]")
    parser.add_argument("--color", choices=COLOR_CHOICES, default="auto", help="[auto; env: NO_COLOR, FORCE_COLOR]")


def run(arguments: argparse.Namespace) -> int:
    """Print the pages. Returns the exit code; raises `ConfigError` for an unknown rule."""
    infos = registry.rules() if arguments.all else [_find(arguments.rule)]
    if arguments.output_format == "json":
        import json

        values = [_values(info) for info in infos]
        print(json.dumps(values if arguments.all else values[0], indent=2))
        return 0
    text = "\n".join(map(_page, infos))
    if arguments.output_format == "text" and use_color(arguments.color, sys.stdout):
        from torchlint.reporters.full import write_page

        write_page(text, sys.stdout)
    else:
        sys.stdout.write(text)
    return 0


def _find(rule: str) -> RuleInfo:
    infos = registry.rules()
    for info in infos:
        if rule in (info.code, info.name):
            return info
    names = [name for info in infos for name in (info.code, info.name)]
    raise ConfigError(f"unknown rule {rule!r}{suggestion(rule, names)}")


def _values(info: RuleInfo) -> dict[str, Any]:
    rule = registry.load(info.code)
    return {
        "code": info.code,
        "name": info.name,
        "summary": info.summary,
        "severity": info.severity,
        "default": info.default,
        "since": rule.since,
        "fix": rule.title or None,
        "explanation": rule.docs(),
    }


def _page(info: RuleInfo) -> str:
    rule = registry.load(info.code)
    facts = f"Severity {info.severity}, {'on' if info.default else 'off'} by default, since {rule.since}."
    fix = f" Fix: {rule.title}." if rule.title else ""
    return f"# {info.name} ({info.code})\n\n{facts}{fix}\n\n{rule.docs().strip()}\n"
