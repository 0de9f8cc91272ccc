"""`torchlint rule`: explain one rule, or all."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from torchlint import registry
from torchlint.certificates import evidence, times
from torchlint.commands.rule_lookup import found, is_one, listed
from torchlint.commands.terminal import COLOR_CHOICES, use_color
from torchlint.registry import RuleInfo


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `torchlint rule` takes."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "rule", nargs="?", metavar="RULE", help="its code or its name, or the beginning of codes to list rules"
    )
    which.add_argument("--all", action="store_true", help="explain all rules")
    parser.add_argument("--output-format", choices=("text", "json", "markdown"), default="text", help="[text]")
    parser.add_argument("--color", choices=COLOR_CHOICES, default="auto", help="[auto; env: NO_COLOR, FORCE_COLOR]")


def run(arguments: argparse.Namespace) -> int:
    """Print the pages. Returns the exit code; raises `ConfigError` for a word that names none."""
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
    text = "\n".join(map(_page, infos))
    if arguments.output_format == "text" and use_color(arguments.color, sys.stdout):
        # Start-up: it imports rich.
        from torchlint.reporters.full import write_page

        write_page(text, sys.stdout)
    else:
        sys.stdout.write(text)
    return 0


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
        "evidence": evidence(info.code),
    }


def _page(info: RuleInfo) -> str:
    rule = registry.load(info.code)
    facts = f"Severity {info.severity}, {'on' if info.default else 'off'} by default, since {rule.since}."
    fix = f" Fix: {rule.title}." if rule.title else ""
    page = f"# {info.name} ({info.code})\n\n{facts}{fix}\n\n{rule.docs().strip()}\n"
    found = _evidence(info.code)
    return f"{page}\n## Evidence\n{found}\n" if found else page


def _evidence(code: str) -> str:
    """What `torchlint verify` saw: a line for each pair, and one for all programs of the fixtures."""
    rows = evidence(code)
    lines = [_seen(row) for row in rows if row["kind"] == "pair"]
    programs: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        if row["kind"] == "program":
            programs.setdefault((row["verdict"], row["device"], row["torch"]), []).append(row)
    for (verdict, device, version), group in sorted(programs.items()):
        points = sum(row["points"] for row in group)
        count = f"{len(group)} program{'s' if len(group) > 1 else ''} of its fixtures"
        text = f"- {count}: {_word(verdict)}, verified on {points:,} inputs ({device}, torch {version})"
        ratios = [row["speed"][0] for row in group if row.get("speed")]
        if ratios:
            text += f"; forward {times(min(ratios))} to {times(max(ratios))} the speed"
        lines.append(text)
    return "\n".join(lines)


def _seen(row: dict[str, Any]) -> str:
    dtypes = f"{len(row['dtypes'])} dtypes, " if row.get("dtypes") else ""
    where = f"{dtypes}{row['device']}, torch {row['torch']}"
    text = f"- `{row['label']}`: {_word(row['verdict'])}, verified on {row['points']:,} inputs ({where})"
    if row.get("condition"):
        text += f"; only where {row['condition']}" if row["verdict"] == "CONDITIONAL" else f"; {row['condition']}"
    worst = row.get("errors", {}).get("float32 value")
    if worst:
        text += f"; float32: worst error {worst['ulps_before']:.3g} ulp before, {worst['ulps_after']:.3g} after"
        if worst["nonfinite_before"] or worst["nonfinite_after"]:
            text += f", nan or inf {worst['nonfinite_before']:g} times before, {worst['nonfinite_after']:g} after"
    if any(row.get("speed", ())):
        forward, both = row["speed"]
        with_backward = f", {times(both)} with backward" if both else ""
        text += f"; forward {times(forward)} the speed{with_backward} ({row['speed_shape']} on {row['machine']})"
    return text


def _word(verdict: str) -> str:
    return verdict.lower().replace("_", " ")
