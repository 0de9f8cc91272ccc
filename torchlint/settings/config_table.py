"""One layer of configuration: a `[tool.torchlint]` table, checked by hand: each mistake gets a clear line."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from torchlint import __version__
from torchlint.reading import read
from torchlint.selectors import suggestion
from torchlint.settings.keys import KEYS, exact, found
from torchlint.settings.selection import idle
from torchlint.terminal import reason
from torchlint.torch_range import parse_range

# The files that are looked for in each directory; the first one counts. They may hold the keys at their top level,
# except for pyproject.toml.
FILES = (".torchlint.toml", "torchlint.toml", "pyproject.toml")
_REQUIRED = "required-version"


class ConfigError(Exception):
    """A configuration cannot be used; the message is one line and names the file or the option."""


class Table(NamedTuple):
    """The values of a `[tool.torchlint]` table, the text of its file and the path of the table in it."""

    values: Mapping[str, Any]
    text: str = ""
    path: tuple[str, ...] = ()


class Layer(NamedTuple):
    """A table, the directory that its paths are relative to, where it stands (empty: command line) and as what."""

    table: Mapping[str, Any]
    root: str
    origin: str
    text: str = ""
    path: tuple[str, ...] = ()

    def validate(self) -> None:
        """Raises `ConfigError` for an unknown key or rule, a value of the wrong kind, or if it is for another version
        of torchlint."""
        # First: another version may have other keys.
        for key in sorted(self.table, key=lambda key: key != _REQUIRED):
            if key not in KEYS:
                message = f"unknown key {key!r} in [tool.torchlint]{suggestion(key, KEYS)}"
                raise ConfigError(f"{self._file(key)}: {message}")
            self.validate_key(key)
            if key == _REQUIRED:
                self._check_version()

    def validate_key(self, key: str) -> None:
        """Raises `ConfigError` for a value of the wrong kind, if the key is there."""
        if key in self.table and (problem := KEYS[key].kind.problem(self.table[key])):
            raise ConfigError(f"{self._place(key, self._wrong_item(key))}: {problem}")

    def warnings(self) -> Iterator[str]:
        """A line for each selector of a valid table that has no effect."""
        for key in ("select", "extend-select"):
            for selector in self.table.get(key, ()):
                for line in idle([selector]):
                    yield f"{self._place(key, selector)}: {line}"

    def resolved(self, key: str) -> str | None:
        """The absolute path that a key holds, if it is there."""
        path = self.table.get(key)
        return os.path.normpath(os.path.join(self.root, os.path.expanduser(path))) if path else None

    def error(self, key: str, message: str) -> ConfigError:
        """What is wrong with the value of a key."""
        return ConfigError(f"{self._place(key)}: {message}")

    def _check_version(self) -> None:
        wanted = self.table[_REQUIRED]
        if not parse_range(exact(wanted)).holds(__version__):
            message = f"this is torchlint {__version__}, and the configuration asks for {wanted!r}"
            raise self.error(_REQUIRED, message)

    def _wrong_item(self, key: str) -> str:
        """The item that is wrong in a list or table; empty where no single one is."""
        value, problem = self.table[key], KEYS[key].kind.problem
        if isinstance(value, Mapping):
            return next((name for name, each in value.items() if problem({name: each})), "")
        if isinstance(value, list):
            return next((item for item in value if isinstance(item, str) and problem([item])), "")
        return ""

    def _place(self, key: str, item: str = "") -> str:
        return f"{self._file(key, item)}: {key}" if self.origin else f"--{key}"

    def _file(self, key: str, item: str = "") -> str:
        if not self.text:
            return self.origin
        # Start-up: only a mistake asks for it.
        from torchlint.settings.key_rows import row_of

        row = row_of(self.text, (*self.path, key), item)
        return f"{self.origin}:{row}" if row else self.origin


def layers_of(file: str) -> list[Layer]:
    """The table of a TOML file, after those that it extends. Which rules they name is not asked: that is for those
    who know which rules there are. Raises `ConfigError`."""
    layers: list[Layer] = []
    seen: set[str] = set()
    while file:
        if file in seen:
            raise ConfigError(f"{shown(file)}: extends itself")
        seen.add(file)
        table = table_of(file)
        if table is None:
            raise ConfigError(f"{shown(file)}: no such file, or no [tool.torchlint] in it")
        layers.insert(0, Layer(table.values, os.path.dirname(file), shown(file), table.text, table.path))
        layers[0].validate_key("extend")
        file = layers[0].resolved("extend") or ""
    return layers


def table_of(file: str) -> Table | None:
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
    text = data.decode().replace("\r\n", "\n")
    if table is None and ours:
        return Table(document, text)
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{shown(file)}: [tool.torchlint] is not a table but {found(table)}")
    return None if table is None else Table(table, text, ("tool", "torchlint"))


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
