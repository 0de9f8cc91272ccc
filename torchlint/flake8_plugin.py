"""The flake8 plugin, entry point `TLT`.

flake8 imports this module for every run and calls the plugin for every file. So only the standard library is imported
here, and everything else when a file mentions torch, or may concern a rule that is about all files.
"""

from __future__ import annotations

import gc
import logging
import os
import re
from functools import cache
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import argparse
    import ast
    from collections.abc import Iterator, Sequence
    from typing import Any, Protocol

    from torchlint.finding import Finding
    from torchlint.settings.config import Configuration, Settings
    from torchlint.source import Source
    from torchlint.syntax.import_index import ImportIndexes

    class OptionManager(Protocol):
        """flake8's, which has no type annotations for others to see."""

        def add_option(self, *flags: str, **keywords: Any) -> None: ...


_LOG = logging.getLogger("flake8.torchlint")
# The code of a mistake of ours, see `torchlint.faults`, which is not imported for files without one.
_INTERNAL_ERROR = "TLT000"
# The names of configuration files, as in the settings, and the keys by which there may be rules about files without
# torch: those of a file that is extended count too.
_CONFIGURATIONS = (".torchlint.toml", "torchlint.toml", "pyproject.toml")
_NAMES_RULES = re.compile(rb"""renames|local-rules|\bextend["']?\s*=""")
# After so many files: by then most rules are loaded, and few enough times that what is spared by mistake is little.
_SPARED_AFTER = frozenset({8, 64, 512, 4096})


class Plugin:
    """Findings of one file, as flake8 wants them: `(row, column, "TLT101 message", type)`, the column 0-based.

    flake8 itself filters by `# noqa`, `--select` and `--ignore`; we filter by `# torchlint: ignore[...]`.
    """

    _config: ClassVar[str | None] = None
    _target: ClassVar[str | None] = None
    _chosen: ClassVar[tuple[str, ...]] = ()
    _only_chosen: ClassVar[bool] = False
    _checked: ClassVar[int] = 0

    def __init__(self, tree: ast.Module, lines: Sequence[str], filename: str) -> None:
        self._tree = tree
        self._lines = lines
        self._filename = filename

    @staticmethod
    def add_options(manager: OptionManager) -> None:
        """Where the configuration is, and the torch that the code is for; everything else is said in
        `[tool.torchlint]`, which the command line reads too."""
        manager.add_option(
            "--torchlint-config",
            metavar="PATH",
            default=None,
            parse_from_config=True,
            normalize_paths=True,
            help="pyproject.toml with the [tool.torchlint] table to use instead of the nearest one of each file",
        )
        manager.add_option(
            "--torchlint-target-torch",
            metavar="RANGE",
            default=None,
            parse_from_config=True,
            help="the versions of torch that the code is for, such as >=1.13; as target-torch in [tool.torchlint]",
        )

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        cls._config = options.torchlint_config
        cls._target = options.torchlint_target_torch
        cls._chosen = (*(options.select or ()), *(options.extend_select or ()))
        cls._only_chosen = bool(options.select)
        # A rule that crashes is seen whatever rules were selected and ignored: only its own code keeps it quiet.
        options.extend_select = [*(options.extend_select or ()), _INTERNAL_ERROR]
        # By itself flake8 reports only what begins with the name of a plugin.
        options.extended_default_select = [*(options.extended_default_select or ()), *cls._own_codes()]

    @classmethod
    def _own_codes(cls) -> list[str]:
        """The codes of rules of installed packages, and of folders that the user's own configuration lets run."""
        # Start-up: a module of few lines.
        from torchlint.own_rules.user_file import user_file

        file = user_file()
        if not _has_packages() and not (file and os.path.exists(file)):
            return []
        # Start-up: few people have rules of their own.
        from torchlint import registry

        _settings_for("file.py", cls._config, cls._chosen, cls._target)
        return [info.code for info in registry.rules() if info.file]

    def _may_concern_all(self) -> bool:
        """Whether there may be rules about files without torch: of an installed package, or by a configuration."""
        folder = os.path.dirname(os.path.abspath(self._filename))
        return self._config is not None or _has_packages() or _has_configuration(folder)

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        is_about_torch = any("torch" in line for line in self._lines)
        if not is_about_torch and not self._may_concern_all():
            return
        # Start-up: flake8 loads the plugin for files without torch too.
        from torchlint.source import Source
        from torchlint.suppress import Suppressions

        settings = _settings_for(self._filename, self._config, self._chosen, self._target)
        codes = settings.codes_for(self._filename)
        if settings.local_rules:
            _ask_folders(settings)
        if self._only_chosen:  # flake8 would drop the findings of all others
            codes = frozenset(code for code in codes if code.startswith(self._chosen))
        if not is_about_torch and not _on_all_files(codes):
            return
        source = Source(self._filename, "".join(self._lines))
        findings, failures = _check(source, codes, self._tree, settings)
        failures += _new_faults(self._config, self._chosen, self._target)
        for failure in failures:
            # On row 0, as flake8 does with E902: no comment can stand there to silence it.
            yield 0, 0, f"{_INTERNAL_ERROR} {failure}; all other findings stand, `flake8 -v` shows where", type(self)
        Plugin._checked += 1
        if Plugin._checked in _SPARED_AFTER:
            _spare_what_stays()
        if not findings:
            return
        suppressions = Suppressions(source)
        for finding in findings:
            if settings.reports(settings.weighed(finding)) and not suppressions.ignores(finding):
                row, column = finding.location
                yield row, column - 1, f"{finding.code} {finding.message}", type(self)


def _check(
    source: Source, codes: frozenset[str], tree: ast.Module, settings: Settings
) -> tuple[list[Finding], list[str]]:
    """Findings, and what went wrong: a mistake of ours costs the findings of one rule or of one file, and never stops
    flake8."""
    # Start-up, as above.
    from torchlint import lint

    try:
        # a fix would load LibCST
        report = lint.check(
            source,
            codes,
            tree=tree,
            fixes=False,
            indexes=_indexes,
            target=settings.target_torch,
            renames=settings.renames,
        )
    except Exception as error:
        _LOG.exception("torchlint failed on %s", source.path)
        return [], [f"internal error: {type(error).__name__}: {' '.join(str(error).split())}"]
    for traceback in report.tracebacks:
        _LOG.error("torchlint failed on %s\n%s", source.path, traceback)
    return report.findings, [" ".join(failure.split()) for failure in report.failures]


def _ask_folders(settings: Settings) -> None:
    # Start-up, as above.
    from torchlint import registry

    registry.ask_folders(settings.local_rules)


def _on_all_files(codes: frozenset[str]) -> frozenset[str]:
    # Start-up, as above.
    from torchlint import registry

    return registry.on_all_files(codes)


@cache
def _has_packages() -> bool:
    """Whether an installed package may bring rules. It is asked for each file, and found out once."""
    # Start-up: a module of few lines.
    from torchlint.own_rules.entry_points import GROUP, entry_points

    return any(entry_points(GROUP))


@cache
def _has_configuration(folder: str) -> bool:
    """Whether a folder, or one above it, has a configuration of ours that may list renamed names or folders of rules.
    Most files under flake8 have nothing to do with torch, so that little may be done to tell."""
    for name in _CONFIGURATIONS:
        try:
            with open(os.path.join(folder, name), "rb") as stream:
                text = stream.read()
        except OSError:
            continue
        if (name != "pyproject.toml" or b"torchlint" in text) and _NAMES_RULES.search(text):
            return True
    parent = os.path.dirname(folder)
    return parent != folder and _has_configuration(parent)


_said: set[str] = set()


def _new_faults(config: str | None, chosen: tuple[str, ...], target: str | None) -> list[str]:
    """What is wrong with rules of somebody's own, once for each process."""
    faults = [f"{file}: {text}" for file, text in _configuration(config, chosen, target).faults]
    new = [line for line in faults if line not in _said]
    _said.update(new)
    return new


def _indexes() -> ImportIndexes:
    # Start-up, as above.
    from torchlint.syntax.import_index import of_process

    return of_process()


def _spare_what_stays() -> None:
    """Take rules, tables and modules of the project out of what Python's collector walks over.

    pyflakes ties each tree into cycles, so under flake8 the collector has much to do, and each of its full rounds would
    walk over all that we keep for the next file: on a large tree that cost half as much as the checks themselves. What
    is garbage already goes first; of what is not, the tree of one file stays for good.
    """
    gc.collect()
    gc.freeze()


def _settings_for(filename: str, config: str | None, chosen: tuple[str, ...], target: str | None) -> Settings:
    # Start-up, as above.
    from torchlint.settings.config_table import ConfigError

    try:
        return _configuration(config, chosen, target).settings_for(filename)
    except ConfigError as error:
        # Optional: flake8 is there where this is called.
        from flake8.exceptions import ExecutionError  # type: ignore[import-untyped]

        # The only exception of a plugin that flake8 turns into a message and an exit code.
        raise ExecutionError(f"torchlint: {error}") from error


@cache
def _configuration(config: str | None, chosen: tuple[str, ...], target: str | None) -> Configuration:
    """The settings of all files, as the command line would read them with `--config` and `--extend-select`.

    `chosen` is what flake8's `--select` and `--extend-select` name; rules that are off by default run if their full
    code is among it, or `ALL`, since a prefix means the rules that are on by default. flake8 has a way of its own to
    keep rules off, `extend_default_ignore`, but any explicit `--ignore` cancels it, and it would hide what
    `[tool.torchlint]` turns on.
    """
    # Start-up, as above.
    from torchlint import registry
    from torchlint.selectors import EVERYTHING
    from torchlint.settings.config import Configuration, Overrides

    off = [rule.code for rule in registry.rules() if not rule.default]
    more = [code for code in off if code in chosen or EVERYTHING in chosen]
    table: dict[str, object] = {"extend-select": more} if more else {}
    if target is not None:
        table["target-torch"] = target
    return Configuration(Overrides(table=table, config=config))
