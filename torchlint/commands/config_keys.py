"""`torchlint config`: the keys of `[tool.torchlint]`, and their JSON schema."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Iterator
from typing import Any

from torchlint import DOCUMENTATION
from torchlint.finding import SEVERITIES
from torchlint.formats import FORMATS
from torchlint.selectors import suggestion
from torchlint.settings import keys
from torchlint.settings.config_table import ConfigError
from torchlint.settings.keys import KEYS, Key

_WIDTH = 100
_INDENT = "    "


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `torchlint config` takes."""
    parser.add_argument("key", nargs="?", metavar="KEY", help="explain this key [list all of them]")
    parser.add_argument("--schema", action="store_true", help="print a JSON schema of the table, for editors")
    parser.add_argument("--output-format", choices=("text", "json", "markdown"), default="text", help="[text]")


def run(arguments: argparse.Namespace) -> int:
    """Print the keys or the schema. Returns the exit code; raises `ConfigError` for a key that there is not."""
    if arguments.schema:
        print(json.dumps(schema(), indent=2))
        return 0
    if arguments.key is not None and arguments.key not in KEYS:
        raise ConfigError(f"unknown key {arguments.key!r}{suggestion(arguments.key, KEYS)}")
    chosen = KEYS if arguments.key is None else {arguments.key: KEYS[arguments.key]}
    match arguments.output_format:
        case "json":
            print(json.dumps({name: _values(name, key) for name, key in chosen.items()}, indent=2))
        case "markdown":
            print(reference(chosen), end="")
        case _ if arguments.key is None:
            print("\n".join(chosen))
        case _:
            print("\n".join(_page(arguments.key, KEYS[arguments.key])))
    return 0


def flag(name: str, key: Key) -> str:
    """The option of the command line that says the same as a key, or nothing."""
    return f"--{name}" if key.flag is None else key.flag


def reference(chosen: dict[str, Key] = KEYS) -> str:
    """The keys as a part of a page in Markdown."""
    return "\n".join(line for name, key in chosen.items() for line in _section(name, key))


def _section(name: str, key: Key) -> Iterator[str]:
    option = f" Command line: `{flag(name, key)}`." if flag(name, key) else ""
    default = f"`{key.default}`" if key.default[0] in '"[{' or key.default in ("true", "false") else key.default
    yield f"### `{name}`"
    yield ""
    yield textwrap.fill(key.text, 120, break_on_hyphens=False, break_long_words=False)
    yield ""
    yield from textwrap.wrap(f"Takes: {key.kind.type}. Default: {default}.{option}", 120, break_on_hyphens=False)
    yield ""
    yield from ("```toml", key.example, "```", "")


def _page(name: str, key: Key) -> Iterator[str]:
    yield name
    yield textwrap.fill(key.text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False)
    yield ""
    yield f"{_INDENT}takes:   {key.kind.type}"
    yield f"{_INDENT}default: {key.default}"
    yield f"{_INDENT}example: {key.example}"
    if option := flag(name, key):
        yield f"{_INDENT}option:  {option}"


def _values(name: str, key: Key) -> dict[str, Any]:
    return {
        "type": key.kind.type,
        "default": key.default,
        "example": key.example,
        "text": key.text,
        "option": flag(name, key) or None,
    }


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of the table."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{DOCUMENTATION}torchlint.schema.json",
        "title": "torchlint",
        "description": "The keys of [tool.torchlint] in pyproject.toml, and of torchlint.toml.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {"description": key.text, **_TYPES[key.kind.type], "x-default": key.default}
            for name, key in KEYS.items()
        },
        "$defs": {
            "rule": {
                "description": "The code of a rule, the beginning of codes, a rule's name, or ALL; in any case.",
                "type": "string",
                "pattern": _selector(),
            },
            "pattern": {"description": "A file pattern, such as tests/**.", "type": "string", "minLength": 1},
            "severity": {"enum": [str(severity) for severity in SEVERITIES]},
        },
    }


def _selector() -> str:
    """A regular expression for what may stand for rules. Which rules there are it does not say: they are many, and a
    schema outlives a version."""
    codes = "[A-Za-z]{1,3}|[A-Za-z]{2,3}[0-9]{1,3}"
    return f"^(?:{codes}|[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+)$"


def _any_case(word: str) -> str:
    return "".join(f"[{letter.upper()}{letter.lower()}]" for letter in word)


_RULE, _PATTERN, _SEVERITY = ({"$ref": f"#/$defs/{name}"} for name in ("rule", "pattern", "severity"))
_RULES = {"type": "array", "items": _RULE}
_RANGE = {"type": "string", "minLength": 1}
_DOTTED = {"type": "string", "pattern": r"^[^\W\d]\w*(?:\.[^\W\d]\w*)+$"}
_TEXT = {"type": "string"}
_ROW = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"new": _DOTTED, "since": _TEXT, "message": _TEXT, "fix": {"type": "boolean"}},
}
_TYPES: dict[str, dict[str, Any]] = {
    keys.SELECTORS.type: _RULES,
    keys.PATTERNS.type: {"type": "array", "items": _PATTERN},
    keys.RULES_BY_PATH.type: {"type": "object", "propertyNames": _PATTERN, "additionalProperties": _RULES},
    keys.SEVERITIES_BY_RULE.type: {"type": "object", "propertyNames": _RULE, "additionalProperties": _SEVERITY},
    keys.FLAG.type: {"type": "boolean"},
    keys.PATH.type: {"type": "string", "minLength": 1},
    keys.SEVERITY.type: _SEVERITY,
    keys.FORMAT.type: {"enum": list(FORMATS)},
    keys.RANGE.type: _RANGE,
    keys.FOLDERS.type: {"type": "array", "items": {"type": "string", "minLength": 1}},
    keys.RENAMES.type: {"type": "object", "propertyNames": _DOTTED, "additionalProperties": {"anyOf": [_DOTTED, _ROW]}},
}
