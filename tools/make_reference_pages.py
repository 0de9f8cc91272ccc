"""Write what the documentation says of keys and options: `python -m tools.make_reference_pages`.

docs/settings.md has the keys of the configuration, docs/command_line.md the options of each command, docs/ci.md the
inputs of the GitHub Action, all between markers; docs/torchlint.schema.json is what editors check a configuration with.
All of it comes from the code and from action.yml.
"""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Iterator
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from tools.generated_parts import with_part
from torchlint.command_table import COMMANDS
from torchlint.commands.config_keys import reference, schema

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = ROOT / "docs" / "settings.md"
COMMAND_LINE = ROOT / "docs" / "command_line.md"
CI = ROOT / "docs" / "ci.md"
ACTION = ROOT / "action.yml"
SCHEMA = ROOT / "docs" / "torchlint.schema.json"


def pages() -> dict[Path, str]:
    """The files as they should be."""
    return {
        SETTINGS: with_part(SETTINGS.read_text(encoding="utf-8"), "settings", reference().rstrip()),
        COMMAND_LINE: with_part(COMMAND_LINE.read_text(encoding="utf-8"), "options", "\n".join(_commands()).rstrip()),
        CI: with_part(CI.read_text(encoding="utf-8"), "inputs", "\n".join(_inputs())),
        SCHEMA: json.dumps(schema(), indent=2) + "\n",
    }


def _inputs() -> Iterator[str]:
    """The table of the action's inputs."""
    yield from ("| input | meaning | default |", "|---|---|---|")
    for name, row in yaml.safe_load(ACTION.read_text(encoding="utf-8"))["inputs"].items():
        default = f"`{row['default']}`" if row["default"] else ""
        yield f"| `{name}` | {row['description']} | {default} |"


def parsers() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """The parser of each command."""
    for name, (module, _) in COMMANDS.items():
        parser = argparse.ArgumentParser(prog=f"torchlint {name}", add_help=False)
        importlib.import_module(module).add_arguments(parser)
        yield name, parser


def _commands() -> Iterator[str]:
    for name, parser in parsers():
        yield from (f"## `torchlint {name}`", "", COMMANDS[name][1], "")
        rows = list(_rows(parser))
        if rows:
            yield from ("| option | meaning |", "|---|---|", *rows, "")


def _rows(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        spelled = ", ".join(f"`{option}`" for option in action.option_strings)
        value = action.metavar or (",".join(map(str, action.choices)) if action.choices else "")
        shown = f"`{value}`" if value and action.nargs != 0 else ""
        text = " ".join((action.help or "").split()).replace("|", "\\|").replace("*", "\\*")
        label = " ".join(filter(None, (spelled, shown))).replace("|", "\\|")
        yield f"| {label} | {text} |"


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
