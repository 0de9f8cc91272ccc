"""Settings: `[tool.torchlint]` of the nearest pyproject.toml, and what the command line says instead.

One `Settings` object serves the command line, the flake8 plugin and the editor.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from torchlint.kept import kept
from torchlint.settings import selection
from torchlint.settings.globs import Glob, Globs
from torchlint.settings.layers import Layer, layers_of, parse_inline, table_of

# The names that ruff leaves out too.
DEFAULT_EXCLUDE = (
    *(".bzr", ".direnv", ".eggs", ".git", ".git-rewrite", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox"),
    *(".pants.d", ".pyenv", ".pytest_cache", ".pytype", ".ruff_cache", ".svn", ".tox", ".venv", ".vscode"),
    *("__pypackages__", "_build", "buck-out", "build", "dist", "node_modules", "site-packages", "venv"),
)


class Settings(NamedTuple):
    """What holds for the files of one directory. Codes are those of single rules: prefixes are resolved.

    `file` is the pyproject.toml that was read, if any. `safe` and `unsafe` are the rules whose fixes count as safe or
    as unsafe whatever the harness says of them.
    """

    file: str | None
    codes: frozenset[str]
    fixable: frozenset[str]
    safe: frozenset[str]
    unsafe: frozenset[str]
    per_file_ignores: tuple[tuple[Globs, frozenset[str]], ...]
    exclude: tuple[str, ...]
    excluded: Globs
    respect_gitignore: bool
    output_format: str

    def codes_for(self, path: str) -> frozenset[str]:
        """The rules to run on this file, after `per-file-ignores`. The file need not exist."""
        path = os.path.abspath(path)
        ignored = (codes for globs, codes in self.per_file_ignores if globs.matches(path))
        return self.codes.difference(*ignored)

    def excludes(self, path: str) -> bool:
        """Whether the file, or a directory above it, is excluded."""
        return self.excluded.matches_within(os.path.abspath(path))

    def described(self, path: str) -> Iterator[tuple[str, str]]:
        """Key and value of everything that holds for a file, for people to read."""
        yield "rules", _listed(self.codes_for(path))
        yield "fixable", _listed(self.fixable)
        yield "extend-safe-fixes", _listed(self.safe)
        yield "extend-unsafe-fixes", _listed(self.unsafe)
        yield "exclude", ", ".join(self.exclude)
        yield "respect-gitignore", str(self.respect_gitignore).lower()
        yield "output-format", self.output_format


def _listed(codes: frozenset[str]) -> str:
    return ", ".join(sorted(codes)) or "none"


class Overrides(NamedTuple):
    """What wins over the configuration files.

    `table` has the keys of `[tool.torchlint]`; `config` is a TOML file to read instead of the nearest pyproject.toml,
    `inline` holds lines of TOML, and with `isolated` no file is read.
    """

    table: Mapping[str, Any] = MappingProxyType({})
    config: str | None = None
    inline: tuple[str, ...] = ()
    isolated: bool = False


class Configuration:
    """The settings of every directory, each file read once."""

    def __init__(self, overrides: Overrides | None = None) -> None:
        self._overrides = overrides or Overrides()
        self._directories: dict[str, Settings] = {}

    def settings_for(self, path: str) -> Settings:
        """The settings of a file, which need not exist. Raises `ConfigError`."""
        return self.settings_in(os.path.dirname(os.path.abspath(path)))

    def settings_in(self, directory: str) -> Settings:
        """The settings of the files in an absolute directory. Raises `ConfigError`."""
        if self._overrides.isolated or self._overrides.config is not None:
            return self._without_search
        pending: list[str] = []
        while directory not in self._directories:
            pending.append(directory)
            file = os.path.join(directory, "pyproject.toml")
            if table_of(file) is not None:
                self._directories[directory] = self._settings(file)
            elif (parent := os.path.dirname(directory)) != directory:
                directory = parent
            else:
                self._directories[directory] = self._without_search
        settings = self._directories[directory]
        self._directories.update(dict.fromkeys(pending, settings))
        return settings

    @kept
    def _without_search(self) -> Settings:
        if self._overrides.isolated or self._overrides.config is None:
            return self._settings(None)
        return self._settings(os.path.abspath(self._overrides.config))

    def _settings(self, file: str | None) -> Settings:
        return _resolve(file, [*(layers_of(file) if file else ()), *self._said])

    @kept
    def _said(self) -> list[Layer]:
        here = os.getcwd()
        inline = [Layer(parse_inline(text), here, "--config") for text in self._overrides.inline]
        return [*inline, Layer(self._overrides.table, here, "")]


def find_settings(path: str, overrides: Overrides | None = None) -> Settings:
    """The settings of one file, which need not exist. Raises `ConfigError`. For many files use a `Configuration`."""
    return Configuration(overrides).settings_for(path)


def _resolve(file: str | None, layers: list[Layer]) -> Settings:
    for layer in layers:
        layer.validate()
    exclude = _exclude(layers)
    fixable = selection.expand_all(_last(layers, "fixable", ["ALL"]))
    return Settings(
        file=file,
        codes=_selected(layers),
        fixable=fixable - selection.expand_all(_last(layers, "unfixable", [])),
        safe=_extended(layers, "extend-safe-fixes"),
        unsafe=_extended(layers, "extend-unsafe-fixes"),
        per_file_ignores=_per_file_ignores(layers),
        exclude=tuple(glob.text for glob in exclude),
        excluded=Globs.of(exclude),
        respect_gitignore=_last(layers, "respect-gitignore", True),
        output_format=_last(layers, "output-format", "full"),
    )


def _last(layers: list[Layer], key: str, default: Any) -> Any:
    return next((layer.table[key] for layer in reversed(layers) if key in layer.table), default)


def _selected(layers: list[Layer]) -> frozenset[str]:
    codes = selection.defaults()
    for layer in layers:
        table = layer.table
        ignore = (*table.get("ignore", ()), *table.get("extend-ignore", ()))
        codes = selection.choose(codes, table.get("select"), table.get("extend-select", ()), ignore)
    return codes


def _extended(layers: list[Layer], key: str) -> frozenset[str]:
    return selection.expand_all(selector for layer in layers for selector in layer.table.get(key, ()))


def _exclude(layers: list[Layer]) -> list[Glob]:
    """The last `exclude`, or the default names, and every `extend-exclude`."""
    exclude = [Glob(name, "") for name in DEFAULT_EXCLUDE]
    extended: list[Glob] = []
    for table, root, _ in layers:
        if "exclude" in table:
            exclude = [Glob(text, root) for text in table["exclude"]]
        extended += [Glob(text, root) for text in table.get("extend-exclude", ())]
    return [*exclude, *extended]


def _per_file_ignores(layers: list[Layer]) -> tuple[tuple[Globs, frozenset[str]], ...]:
    for table, root, _ in reversed(layers):
        if "per-file-ignores" in table:
            patterns = table["per-file-ignores"].items()
            return tuple((Globs.of([Glob(text, root)]), selection.expand_all(codes)) for text, codes in patterns)
    return ()
