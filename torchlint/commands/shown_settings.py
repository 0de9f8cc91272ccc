"""`torchlint --show-settings`: what holds for one file, to be read by people or as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from torchlint import registry
from torchlint.settings.config import Settings
from torchlint.settings.config_table import shown
from torchlint.terminal import printable

_WIDTH = 100
_INDENT = "    "


def as_json(settings: Settings, path: str) -> str:
    """An object with the keys of `[tool.torchlint]`; `rules` are the codes of those that run."""
    return json.dumps({"file": shown(path), "configuration": settings.file, **settings.described(path)}, indent=2)


def as_text(settings: Settings, path: str) -> str:
    """A line for each key; lists stand below theirs, each rule with its name."""
    values = {"file": printable(shown(path)), "configuration": settings.file, **settings.described(path)}
    return "\n".join(line for key, value in values.items() for line in _lines(key, value))


def _lines(key: str, value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{key}: {_word(value)}"
        return
    names = {rule.code: rule.name for rule in registry.rules()}
    if key == "rules":
        yield f"{key}: {len(value)} of {len(names)}"
        yield from (f"{_INDENT}{code} {names[code]}" for code in value)
    elif not value or value == list(names):
        yield f"{key}: {'all rules' if value else 'none'}"
    else:
        yield f"{key}:"
        text = ", ".join(value)
        yield from textwrap.wrap(
            text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False
        )


def _word(value: Any) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
