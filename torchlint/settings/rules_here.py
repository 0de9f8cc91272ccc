"""The rules that the configuration of the working directory names, for commands that check no files."""

from __future__ import annotations

import os

from torchlint.settings.config import Configuration, Overrides
from torchlint.settings.config_table import shown
from torchlint.terminal import complain, printable


def use_rules_here(*, allowed: bool) -> None:
    """Have them among all others, as far as they may be run, and say where some are not. Raises `ConfigError`."""
    configuration = Configuration(Overrides(allow_local_rules=allowed))
    configuration.settings_in(os.getcwd())
    tell_of_own_rules(configuration)


def tell_of_own_rules(configuration: Configuration, *, quiet: bool = False) -> None:
    """Say which rules were not run, and what is wrong with others."""
    for line in () if quiet else configuration.notes:
        complain(f"note: {line}")
    for file, text in configuration.faults:
        complain(f"{printable(shown(file))}: error: {text}; other rules do not depend on it")
