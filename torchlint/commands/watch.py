"""`--watch`: check again whenever a file changes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from torchlint.running.stop import exit_code
from torchlint.settings.config_table import FILES, ConfigError
from torchlint.terminal import complain

# Milliseconds that a change may wait, of which a look at nothing costs next to nothing.
_PAUSE = 200
_CLEAR = "\x1b[2J\x1b[H"


def run(paths: Sequence[str], check: Callable[[], int]) -> int:
    """Check, and again after each change below the paths, until interrupted. Returns the exit code; raises
    `ConfigError`."""
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
