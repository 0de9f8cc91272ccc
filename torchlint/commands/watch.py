"""`--watch`: check again whenever a file changes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from torchlint.settings.config_table import FILES, ConfigError
from torchlint.terminal import complain

_CLEAR = "\x1b[2J\x1b[H"


def run(paths: Sequence[str], check: Callable[[], int]) -> int:
    """Check, and again after each change below the paths, until interrupted. Raises `ConfigError`."""
    try:
        # Optional: extra `watch`.
        import watchfiles
    except ModuleNotFoundError:
        raise ConfigError("--watch needs watchfiles: pip install 'torchlint[watch]'") from None
    _check(check)
    for _ in watchfiles.watch(*paths, watch_filter=_is_of_interest):
        if sys.stdout.isatty():
            sys.stdout.write(_CLEAR)
        _check(check)
    return 0


def _check(check: Callable[[], int]) -> None:
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
