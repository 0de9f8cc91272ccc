"""Settings: `[tool.torchlint]` of the nearest pyproject.toml or torchlint.toml, and what the command line says instead.

One `Settings` object serves the command line, the flake8 plugin and the editor.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from torchlint import registry
from torchlint.finding import Finding, Severity
from torchlint.kept import kept
from torchlint.renames import Rename, renames_of
from torchlint.settings import selection
from torchlint.settings.config_table import FILES, Layer, layers_of, parse_inline, table_of
from torchlint.settings.globs import Glob, Globs
from torchlint.settings.own_rules import OwnRules, left_out, named_folders
from torchlint.settings.project_torch import ProjectTorch
from torchlint.torch_range import CURRENT, Range, parse_range

if TYPE_CHECKING:
    from torchlint.own_rules.found import Fault
    from torchlint.own_rules.rule_folder import RuleFolder

# The names that ruff leaves out too.
DEFAULT_EXCLUDE = (
    *(".bzr", ".direnv", ".eggs", ".git", ".git-rewrite", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox"),
    *(".pants.d", ".pyenv", ".pytest_cache", ".pytype", ".ruff_cache", ".svn", ".tox", ".venv", ".vscode"),
    *("__pypackages__", "_build", "buck-out", "build", "dist", "node_modules", "site-packages", "venv"),
)


class Settings(NamedTuple):
    """What holds for the files of one directory. Codes are those of single rules: prefixes are resolved.

    `file` is the configuration file that was read, if any. `safe` and `unsafe` are the rules whose fixes count as safe
    or as unsafe whatever the harness says of them. `include` are patterns of the files that are checked in directories
    instead of the usual ones, if any, `extend_include` of further files. `severities` are how bad the findings of some
    rules are, other than these say themselves. `baseline` and `cache_dir` are absolute paths. `target_torch` are the
    versions of torch that the code is for: as the configuration says, else as the project's metadata do, else the
    newest. `local_rules` are the folders of rules that run besides, `renames` the project's old names and new ones.
    """

    file: str | None
    codes: frozenset[str]
    fixable: frozenset[str]
    safe: frozenset[str]
    unsafe: frozenset[str]
    per_file_ignores: tuple[tuple[Globs, frozenset[str]], ...]
    exclude: tuple[str, ...]
    excluded: Globs
    extend_include: tuple[str, ...]
    also_included: Globs
    respect_gitignore: bool
    output_format: str
    min_severity: Severity
    target_torch: Range = CURRENT
    severities: tuple[tuple[str, Severity], ...] = ()
    include: tuple[str, ...] = ()
    included: Globs | None = None
    force_exclude: bool = False
    fix: bool = False
    unsafe_fixes: bool = False
    baseline: str | None = None
    cache_dir: str | None = None
    local_rules: tuple[RuleFolder, ...] = ()
    renames: tuple[Rename, ...] = ()

    def codes_for(self, path: str) -> frozenset[str]:
        """The rules to run on this file, after `per-file-ignores`. The file need not exist."""
        path = os.path.abspath(path)
        ignored = (codes for globs, codes in self.per_file_ignores if globs.matches(path))
        return self.codes.difference(*ignored)

    def excludes(self, path: str) -> bool:
        """Whether the file, or a directory above it, is excluded."""
        return self.excluded.matches_within(os.path.abspath(path))

    def leaves_out(self, path: str) -> bool:
        """Whether the file is not checked even if it is named."""
        return self.force_exclude and self.excludes(path)

    def weighed(self, finding: Finding) -> Finding:
        """The finding, as bad as the configuration says."""
        severity = next((severity for code, severity in self.severities if code == finding.code), None)
        return finding if severity is None else finding._replace(severity=severity)

    def reports(self, finding: Finding) -> bool:
        """Whether the finding is bad enough to be reported."""
        return finding.severity.reaches(self.min_severity)

    def described(self, path: str) -> dict[str, Any]:
        """Everything that holds for a file, by key of the configuration; `rules` are the codes of those that run."""
        return {
            "rules": sorted(self.codes_for(path)),
            "fixable": sorted(self.fixable),
            "extend-safe-fixes": sorted(self.safe),
            "extend-unsafe-fixes": sorted(self.unsafe),
            "severity": {code: str(severity) for code, severity in self.severities},
            "min-severity": str(self.min_severity),
            "target-torch": self.target_torch.text or None,
            "local-rules": [folder.path for folder in self.local_rules],
            "renames": {row.old: row.new or row.message for row in self.renames},
            "fix": self.fix,
            "unsafe-fixes": self.unsafe_fixes,
            "include": list(self.include),
            "extend-include": list(self.extend_include),
            "exclude": list(self.exclude),
            "force-exclude": self.force_exclude,
            "respect-gitignore": self.respect_gitignore,
            "baseline": self.baseline,
            "cache-dir": self.cache_dir,
            "output-format": self.output_format,
        }


class Overrides(NamedTuple):
    """What wins over the configuration files.

    `table` has the keys of `[tool.torchlint]`; `config` is a TOML file to read instead of the nearest one,
    `inline` holds lines of TOML, and with `isolated` no file is read. `origin` is what messages call the table: nothing
    where its keys are flags of the command line. With `allow_local_rules` the rules of the project itself are run,
    which else the user's own configuration decides.
    """

    table: Mapping[str, Any] = MappingProxyType({})
    config: str | None = None
    inline: tuple[str, ...] = ()
    isolated: bool = False
    origin: str = ""
    allow_local_rules: bool = False


class Configuration:
    """The settings of every directory, each file read once."""

    def __init__(self, overrides: Overrides | None = None) -> None:
        self._overrides = overrides or Overrides()
        self._directories: dict[str, Settings] = {}
        self._targets: dict[tuple[str | None, Range], Settings] = {}
        self._projects = ProjectTorch()
        self._warnings: dict[str, None] = {}
        self._faults: dict[Fault, None] = {}
        self._own_rules = OwnRules(allowed=self._overrides.allow_local_rules)

    @property
    def notes(self) -> list[str]:
        """A line for each folder of rules that was not run, because nobody allows it."""
        return list(self._own_rules.notes)

    @property
    def faults(self) -> list[Fault]:
        """What is wrong with rules of folders and of installed packages, which did not run for that."""
        return list(self._faults)

    @property
    def warnings(self) -> list[str]:
        """A line for each selector without effect in the settings that were asked for so far."""
        return list(self._warnings)

    def named_rules_in(self, directory: str) -> list[str]:
        """The folders of rules that the configuration of a directory names; none of them is read. Raises
        `ConfigError`."""
        while (file := _file_in(directory)) is None and (parent := os.path.dirname(directory)) != directory:
            directory = parent
        return [path for _, _, path in named_folders(layers_of(file))] if file else []

    def settings_for(self, path: str) -> Settings:
        """The settings of a file, which need not exist. Raises `ConfigError`."""
        return self.settings_in(os.path.dirname(os.path.abspath(path)))

    def settings_in(self, directory: str) -> Settings:
        """The settings of the files in an absolute directory. Raises `ConfigError`."""
        settings = self._configured_in(directory)
        if settings.target_torch is not CURRENT or self._overrides.isolated:
            return settings
        target = self._projects.of(directory)
        if target is None:
            return settings
        # One object for all folders of a project: what is asked of settings is remembered by them.
        return self._targets.setdefault((settings.file, target), settings._replace(target_torch=target))

    def _configured_in(self, directory: str) -> Settings:
        if self._overrides.isolated or self._overrides.config is not None:
            return self._without_search
        pending: list[str] = []
        while directory not in self._directories:
            pending.append(directory)
            file = _file_in(directory)
            if file is not None:
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
        layers = [*(layers_of(file) if file else ()), *self._said]
        # Before all else is read: it may name the rules.
        folders = self._own_rules.read(layers)
        with registry.asking(folders):
            settings = _resolve(file, layers, folders)
            self._faults.update(dict.fromkeys(registry.faults()))
        self._warnings.update(dict.fromkeys(line for layer in layers for line in layer.warnings()))
        return settings

    @kept
    def _said(self) -> list[Layer]:
        here = os.getcwd()
        inline = [Layer(parse_inline(text), here, "--config") for text in self._overrides.inline]
        return [*inline, Layer(self._overrides.table, here, self._overrides.origin)]


def _file_in(directory: str) -> str | None:
    """The configuration file in a directory, if there is one. Raises `ConfigError`."""
    files = (os.path.join(directory, name) for name in FILES)
    return next((file for file in files if table_of(file) is not None), None)


def find_settings(path: str, overrides: Overrides | None = None) -> Settings:
    """The settings of one file, which need not exist. Raises `ConfigError`. For many files use a `Configuration`."""
    return Configuration(overrides).settings_for(path)


def _resolve(file: str | None, layers: list[Layer], folders: tuple[RuleFolder, ...]) -> Settings:
    for layer in layers:
        layer.validate()
    exclude = _exclude(layers)
    renames = renames_of({old: new for layer in layers for old, new in layer.table.get("renames", {}).items()})
    keys = {"renames"} if renames else set()
    only = _include(layers)
    include = [Glob(text, layer.root) for layer in layers for text in layer.table.get("extend-include", ())]
    fixable = selection.expand_all(_last(layers, "fixable", ["ALL"]))
    return Settings(
        file=file,
        codes=_selected(layers) - registry.lacking(keys),
        fixable=fixable - selection.expand_all(_last(layers, "unfixable", [])),
        safe=_extended(layers, "extend-safe-fixes"),
        unsafe=_extended(layers, "extend-unsafe-fixes"),
        per_file_ignores=_per_file_ignores(layers),
        exclude=tuple(glob.text for glob in exclude),
        excluded=Globs.of(exclude),
        extend_include=tuple(glob.text for glob in include),
        also_included=Globs.of(include),
        respect_gitignore=_last(layers, "respect-gitignore", True),
        output_format=_last(layers, "output-format", "full"),
        min_severity=Severity(_last(layers, "min-severity", "info")),
        target_torch=_target_torch(layers),
        severities=_severities(layers),
        include=tuple(glob.text for glob in only),
        included=Globs.of(only) if only else None,
        force_exclude=_last(layers, "force-exclude", False),
        fix=_last(layers, "fix", False),
        unsafe_fixes=_last(layers, "unsafe-fixes", False),
        baseline=_last_path(layers, "baseline"),
        cache_dir=_cache_dir(layers),
        local_rules=folders,
        renames=renames,
    )


def _last(layers: list[Layer], key: str, default: Any) -> Any:
    return next((layer.table[key] for layer in reversed(layers) if key in layer.table), default)


def _target_torch(layers: list[Layer]) -> Range:
    text = _last(layers, "target-torch", "")
    return parse_range(text) if text else CURRENT


def _selected(layers: list[Layer]) -> frozenset[str]:
    codes = selection.defaults()
    for layer in layers:
        table = layer.table
        ignore = (*table.get("ignore", ()), *table.get("extend-ignore", ()))
        codes = selection.choose(codes, table.get("select"), table.get("extend-select", ()), ignore)
    return codes


def _extended(layers: list[Layer], key: str) -> frozenset[str]:
    return selection.expand_all(selector for layer in layers for selector in layer.table.get(key, ()))


def _severities(layers: list[Layer]) -> tuple[tuple[str, Severity], ...]:
    """The rules whose severity is another one: of two selectors in a table the longer one wins, of two tables the
    later one."""
    found: dict[str, Severity] = {}
    for layer in layers:
        table = layer.table.get("severity", {})
        for selector in sorted(table, key=selection.weight):
            found.update(dict.fromkeys(selection.expand(selector), Severity(table[selector])))
    return tuple(sorted(found.items()))


def _last_path(layers: list[Layer], key: str) -> str | None:
    return next((path for layer in reversed(layers) if (path := layer.resolved(key))), None)


def _cache_dir(layers: list[Layer]) -> str | None:
    """A folder for the cache that a configuration file names. A repository may not have files written elsewhere."""
    layer = next((layer for layer in reversed(layers) if "cache-dir" in layer.table), None)
    if layer is None:
        return None
    root, folder = os.path.realpath(layer.root), os.path.realpath(layer.resolved("cache-dir") or "")
    if layer.origin and os.path.commonpath([root, folder]) != root:
        message = "the folder is not within that of the configuration file; use --cache-dir or TORCHLINT_CACHE_DIR"
        raise layer.error("cache-dir", message)
    return folder


def _include(layers: list[Layer]) -> list[Glob]:
    for layer in reversed(layers):
        if "include" in layer.table:
            return [Glob(text, layer.root) for text in layer.table["include"]]
    return []


def _exclude(layers: list[Layer]) -> list[Glob]:
    """The last `exclude`, or the default names, and every `extend-exclude`."""
    exclude = [Glob(name, "") for name in DEFAULT_EXCLUDE]
    extended: list[Glob] = []
    for layer in layers:
        if "exclude" in layer.table:
            exclude = [Glob(text, layer.root) for text in layer.table["exclude"]]
        extended += [Glob(text, layer.root) for text in layer.table.get("extend-exclude", ())]
    return [*exclude, *extended, *left_out(layers)]


def _per_file_ignores(layers: list[Layer]) -> tuple[tuple[Globs, frozenset[str]], ...]:
    """Those of the last table that has any, and all that extend them."""
    ignores: list[tuple[Globs, frozenset[str]]] = []
    last = next((layer for layer in reversed(layers) if "per-file-ignores" in layer.table), None)
    tables = [(last, last.table["per-file-ignores"])] if last else []
    tables += [(layer, layer.table.get("extend-per-file-ignores", {})) for layer in layers]
    for layer, table in tables:
        ignores += [(Globs.of([Glob(text, layer.root)]), selection.expand_all(codes)) for text, codes in table.items()]
    return tuple(ignores)
