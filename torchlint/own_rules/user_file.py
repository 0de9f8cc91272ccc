"""Where the user's own configuration is, which no repository brings along."""

from __future__ import annotations

import os
import sys


def user_file() -> str | None:
    """The configuration file of the user; None if the environment does not say where such files are.

    `$XDG_CONFIG_HOME/torchlint/config.toml`, else below `~/.config`; on Windows below `%APPDATA%`.
    """
    base = os.environ.get("XDG_CONFIG_HOME", "")
    # A relative path is to be ignored, says the XDG Base Directory Specification.
    if not os.path.isabs(base):
        base = os.environ.get("APPDATA", "") if sys.platform == "win32" else os.path.expanduser("~/.config")
    return os.path.join(base, "torchlint", "config.toml") if os.path.isabs(base) else None
