"""The folder that a project lies in."""

from __future__ import annotations

import os
from functools import cache

_MARKERS = (".git", "pyproject.toml", "setup.py", "setup.cfg")


@cache
def project_root(folder: str) -> str | None:
    """The nearest folder, this one or one above, that holds what lies in the root of a project; None without one."""
    while not any(os.path.exists(os.path.join(folder, marker)) for marker in _MARKERS):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder
