"""`--watch`: check again whenever a file changes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import suppress

from torchlint.commands.options import overrides
from torchlint.running.stop import exit_code
from torchlint.settings.config import Configuration
from torchlint.settings.config_table import FILES, ConfigError
from torchlint.terminal import complain

# Milliseconds that a change may wait, of which a look at nothing costs next to nothing.
_PAUSE = 200
_CLEAR = "\x1b[2J\x1b[H"


def run(arguments: argparse.Namespace, check: Callable[[], int]) -> int:
    """Check, and again after each change below the paths, until interrupted. Returns the exit code; raises
    `ConfigError`."""
    paths = _watched(arguments)
    try:
        # Optional: extra `watch`.
        import watchfiles
    except ModuleNotFoundError:
        raise ConfigError("--watch needs watchfiles: pip install 'torchlint[watch]'") from None
    try:
        # The first check comes when the watch has begun, so that no change is missed while it goes on.
        for number, changes in enumerate(
            watchfiles.watch(*paths, watch_filter=_is_of_interest, rust_timeout=_PAUSE, yield_on_timeout=True)
        ):
            if not number or changes:
                _check(check)
    except KeyboardInterrupt as interrupt:
        return exit_code(interrupt)
    return 0


def _watched(arguments: argparse.Namespace) -> list[str]:
    if "-" in arguments.paths or arguments.stdin_filename is not None:
        raise ConfigError("--watch: standard input does not change")
    paths = arguments.paths or ["."]
    return [*paths, *_rule_folders(paths, Configuration(overrides(arguments)))]


def _rule_folders(paths: list[str], configuration: Configuration) -> dict[str, None]:
    """The folders of rules that are run on some paths; none where the configuration has a mistake, which a run says."""
    whole = [os.path.abspath(path) for path in paths]
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in whole]
    with suppress(ConfigError):
        return {rules.path: None for folder in folders for rules in configuration.settings_in(folder).local_rules}
    return {}


def _check(check: Callable[[], int]) -> None:
    if sys.stdout.isatty():
        sys.stdout.write(_CLEAR)
    try:
        check()
    except ConfigError as error:
        complain(f"error: {error}")
    sys.stdout.flush()
    complain("Watching for changes; Ctrl-C ends it.")


def _is_of_interest(change: object, path: str) -> bool:
    """Whether a change may change what is found: of what we write ourselves, it may not."""
    name = os.path.basename(path)
    return name.endswith((".py", ".ipynb", ".md")) or name in FILES
