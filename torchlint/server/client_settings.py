"""What a client sets: `initializationOptions`, or the section `torchlint` of its configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from torchlint.selectors import suggestion

# What messages call the settings.
ORIGIN = "the editor's settings"
# Keys of `[tool.torchlint]`; those that take paths are for a configuration file, which says what they are relative to.
_KEYS_OF_TABLE = (
    *("select", "ignore", "extend-select", "extend-ignore", "fixable", "unfixable", "extend-safe-fixes"),
    *("extend-unsafe-fixes", "min-severity", "target-torch"),
)
_CAPITAL = re.compile(r"[A-Z]")
# Milliseconds: changes that an editor makes at once, as with several cursors, come within it.
_DELAY = 20
_LONGEST_DELAY = 10_000


class ClientSettings(NamedTuple):
    """`configuration` is the path of a TOML file to read instead of the nearest pyproject.toml, relative to the folder
    that is open; `delay` the milliseconds to wait after a change; `hover_values` whether to show what is known of
    values. `table` has keys of `[tool.torchlint]`, which win over the configuration file. `mistakes` are lines that say
    what was not understood."""

    enable: bool = True
    configuration: str | None = None
    delay: int = _DELAY
    syntax_errors: bool = True
    hover_values: bool = True
    table: Mapping[str, Any] = {}
    mistakes: tuple[str, ...] = ()


def read_settings(options: object) -> ClientSettings:
    """The settings that a client sends: with keys as in a configuration file or in camel case, by themselves or in a
    table `torchlint` or `settings`."""
    if options is None:
        return ClientSettings()
    for name in ("torchlint", "settings"):
        if isinstance(options, Mapping) and isinstance(options.get(name), Mapping):
            options = options[name]
    if not isinstance(options, Mapping):
        return ClientSettings(mistakes=(f"{ORIGIN}: expected a table, found {type(options).__name__}",))
    values = {_kebab(key): value for key, value in options.items()}
    own = {key: value for key, value in values.items() if key in _EXPECTED}
    known = [*_EXPECTED, *_KEYS_OF_TABLE]
    unknown = [key for key in values if key not in known]
    mistakes = [f"{ORIGIN}: unknown key {key!r}{suggestion(key, known)}" for key in unknown]
    mistakes += _mistakes(own)
    right = {key.replace("-", "_"): value for key, value in own.items() if _EXPECTED[key].accepts(value)}
    table = {key: values[key] for key in _KEYS_OF_TABLE if key in values}
    return ClientSettings(**right)._replace(table=table, mistakes=tuple(mistakes))


def section_of(settings: object) -> object:
    """What is meant for this server of the settings that a client sends to all of its servers; None if nothing is."""
    if not isinstance(settings, Mapping):
        return None
    if "torchlint" in settings:
        return settings["torchlint"]
    known = {*_EXPECTED, *_KEYS_OF_TABLE}
    return settings if any(_kebab(key) in known for key in settings) else None


def _kebab(key: object) -> str:
    return _CAPITAL.sub(lambda match: f"-{match[0].lower()}", str(key))


class _Expected(NamedTuple):
    """What a key takes."""

    kinds: tuple[type, ...]
    said: str

    def accepts(self, value: object) -> bool:
        if int in self.kinds:
            return type(value) is int and 0 <= value <= _LONGEST_DELAY
        return isinstance(value, self.kinds)


_FLAG = _Expected((bool,), "true or false")
_EXPECTED = {
    "enable": _FLAG,
    "configuration": _Expected((str, type(None)), "the path of a TOML file"),
    "delay": _Expected((int,), f"milliseconds, 0 to {_LONGEST_DELAY:,}"),
    "syntax-errors": _FLAG,
    "hover-values": _FLAG,
}


def _mistakes(own: Mapping[str, object]) -> Iterator[str]:
    for key, value in own.items():
        if not _EXPECTED[key].accepts(value):
            yield f"{ORIGIN}: {key}: expected {_EXPECTED[key].said}, found {value!r:.60}"
