"""One layer of configuration: a `[tool.torchlint]` table, checked by hand: each mistake gets a clear line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from torchlint.finding import SEVERITIES
from torchlint.formats import FORMATS
from torchlint.reading import read
from torchlint.selectors import suggestion
from torchlint.settings.globs import mistake
from torchlint.settings.selection import UnknownSelectorError, expand, idle
from torchlint.terminal import reason
from torchlint.torch_range import RangeError, parse_range

# Of a value that is wrong, so many characters are enough to find it.
_SHOWN = 60


class ConfigError(Exception):
    """A configuration cannot be used; the message is one line and names the file or the option."""


class Layer(NamedTuple):
    """A table, the directory that its paths are relative to, and where it stands (empty: command line)."""

    table: Mapping[str, Any]
    root: str
    origin: str

    def validate(self) -> None:
        """Raises `ConfigError` for an unknown key or rule, or a value of the wrong kind."""
        for key, value in self.table.items():
            if key not in _KINDS:
                raise ConfigError(f"{self.origin}: unknown key {key!r} in [tool.torchlint]{suggestion(key, _KINDS)}")
            if problem := _KINDS[key](value):
                raise ConfigError(f"{self._place(key)}: {problem}")

    def warnings(self) -> Iterator[str]:
        """A line for each selector of a valid table that has no effect."""
        for key in ("select", "extend-select"):
            for line in idle(self.table.get(key, ())):
                yield f"{self._place(key)}: {line}"

    def _place(self, key: str) -> str:
        return f"{self.origin}: {key}" if self.origin else f"--{key}"


def _selectors(value: Any) -> str:
    if problem := _strings(value):
        return problem
    try:
        for selector in value:
            expand(selector)
    except UnknownSelectorError as error:
        return str(error)
    return ""


def _strings(value: Any) -> str:
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return ""
    return f"expected a list of strings, found {_found(value)}"


def _globs(value: Any) -> str:
    if problem := _strings(value):
        return problem
    return next(filter(None, map(mistake, value)), "")


def _selectors_by_path(value: Any) -> str:
    if not isinstance(value, Mapping):
        return f"expected a table from file patterns to lists of rules, found {_found(value)}"
    return next(filter(None, [_globs(list(value)), *map(_selectors, value.values())]), "")


def _flag(value: Any) -> str:
    return "" if isinstance(value, bool) else f"expected true or false, found {_found(value)}"


def _path(value: Any) -> str:
    return "" if isinstance(value, str) else f"expected the path of a TOML file, found {_found(value)}"


def _severity(value: Any) -> str:
    if value in SEVERITIES:
        return ""
    found = repr(value) if isinstance(value, str) else f"a value of type {type(value).__name__}"
    return f"expected {', '.join(SEVERITIES[:-1])} or {SEVERITIES[-1]}, found {found}"


def _format(value: Any) -> str:
    if not isinstance(value, str):
        return f"expected the name of an output format, found {_found(value)}"
    return "" if value in FORMATS else f"unknown output format {value!r}{suggestion(value, FORMATS)}"


def _range(value: Any) -> str:
    if not isinstance(value, str):
        return f"expected a range of versions such as '>=1.13', found {_found(value)}"
    try:
        parse_range(value)
    except RangeError as error:
        return str(error)
    return ""


def _found(value: Any) -> str:
    """A value of the configuration as a message shows it: on one line, however long and deep it is."""
    # Start-up: only a mistake asks for it.
    import reprlib

    shortened = reprlib.Repr()
    shortened.maxstring = shortened.maxother = shortened.maxlong = _SHOWN
    return shortened.repr(value)


# What each key of `[tool.torchlint]` takes: a function that says what is wrong with a value, or nothing.
_KINDS: dict[str, Callable[[Any], str]] = {
    "select": _selectors,
    "ignore": _selectors,
    "extend-select": _selectors,
    "extend-ignore": _selectors,
    "per-file-ignores": _selectors_by_path,
    "exclude": _globs,
    "extend-exclude": _globs,
    "extend-include": _globs,
    "fixable": _selectors,
    "unfixable": _selectors,
    "extend-safe-fixes": _selectors,
    "extend-unsafe-fixes": _selectors,
    "respect-gitignore": _flag,
    "min-severity": _severity,
    "output-format": _format,
    "target-torch": _range,
    "extend": _path,
}


def layers_of(file: str) -> list[Layer]:
    """The table of a TOML file, after those that it extends. Raises `ConfigError`."""
    layers: list[Layer] = []
    seen: set[str] = set()
    while file:
        if file in seen:
            raise ConfigError(f"{shown(file)}: extends itself")
        seen.add(file)
        table = table_of(file)
        if table is None:
            raise ConfigError(f"{shown(file)}: no such file, or no [tool.torchlint] in it")
        layers.insert(0, Layer(table, os.path.dirname(file), shown(file)))
        file = _extended(layers[0])
    return layers


def _extended(layer: Layer) -> str:
    layer.validate()
    path = layer.table.get("extend", "")
    return os.path.normpath(os.path.join(layer.root, os.path.expanduser(path))) if path else ""


def table_of(file: str) -> Mapping[str, Any] | None:
    """The `[tool.torchlint]` table of a TOML file, if both are there. Raises `ConfigError`.

    A file of another name than pyproject.toml may also hold the keys at its top level.
    """
    try:
        data, _ = read(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        # In a directory that may not be entered nobody can tell; that is for those who read the directory to say.
        if not os.path.exists(file):
            return None
        raise ConfigError(f"{shown(file)}: {reason(error)}") from None
    except ValueError as error:  # a NUL in its name
        raise ConfigError(f"{shown(file)}: cannot be read: {error}") from None
    ours = os.path.basename(file) != "pyproject.toml"
    # tomllib costs more start-up than all else here, and most pyproject.toml files do not concern us.
    if not ours and b"torchlint" not in data:
        return None
    document = _parse(data, shown(file))
    tools = document.get("tool", {})
    if not isinstance(tools, dict):
        raise ConfigError(f"{shown(file)}: `tool` is not a table: write [tool.torchlint]")
    table = tools.get("torchlint")
    if table is None and ours:
        return document
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{shown(file)}: [tool.torchlint] is not a table but {_found(table)}")
    return table


def parse_inline(text: str) -> Mapping[str, Any]:
    """A line of TOML from `--config`, such as `output-format = "json"`. Raises `ConfigError`."""
    return _parse(text.encode("utf-8", "surrogateescape"), "--config")


def _parse(data: bytes, origin: str) -> dict[str, Any]:
    # Start-up: only a tree with a pyproject.toml needs it.
    import tomllib

    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{origin}: not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{origin}: not valid TOML: nested too deeply") from None


def shown(file: str) -> str:
    """A path as it is best read: relative to the working directory where it lies below that."""
    relative = os.path.relpath(file) if os.path.isabs(file) else os.path.normpath(file)
    return file if relative.startswith("..") else relative
