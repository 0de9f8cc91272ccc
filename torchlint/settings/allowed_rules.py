"""Whether the rules of a folder may be run, which its repository cannot say of itself.

The user says it outside of any repository: `allow-local-rules = ["~/work/acme"]`, or `true` for all, in a file of the
user's own.
"""

from __future__ import annotations

import os
import tomllib
from typing import Any

from torchlint.own_rules.user_file import user_file
from torchlint.settings.config_table import ConfigError, shown
from torchlint.terminal import reason

KEY = "allow-local-rules"


def is_allowed(folder: str, root: str) -> bool:
    """Whether the user lets the rules of a folder run, which a configuration file in `root` names.

    A file of the user's within that root says nothing: it came with what it is about. Raises `ConfigError`.
    """
    file = user_file()
    if file is None or _is_within(file, root):
        return False
    allowed = _allowed(file)
    if isinstance(allowed, bool):
        return allowed
    return any(_is_within(folder, os.path.expanduser(trusted)) for trusted in allowed)


def _is_within(path: str, folder: str) -> bool:
    path, folder = os.path.realpath(path), os.path.realpath(folder)
    return path == folder or path.startswith(os.path.join(folder, ""))


def _allowed(file: str) -> bool | list[str]:
    table = _table(file)
    for key in table:
        if key != KEY:
            raise ConfigError(f"{shown(file)}: unknown key {key!r}: the user's own file has only {KEY!r}")
    allowed = table.get(KEY, False)
    if isinstance(allowed, bool):
        return allowed
    if not (isinstance(allowed, list) and all(isinstance(folder, str) for folder in allowed)):
        raise ConfigError(f"{shown(file)}: {KEY}: expected true, false or a list of folders")
    relative = [folder for folder in allowed if not os.path.isabs(os.path.expanduser(folder))]
    if relative:
        raise ConfigError(f"{shown(file)}: {KEY}: {relative[0]!r} is not an absolute path, nor does it begin with ~")
    return allowed


def _table(file: str) -> dict[str, Any]:
    try:
        with open(file, "rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"{shown(file)}: {reason(error)}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{shown(file)}: not valid TOML: {error}") from None
