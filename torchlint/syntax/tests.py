"""Whether a file is a test."""

from __future__ import annotations

import os
import re
from functools import cache

from torchlint.syntax.module import Module

_TEST = re.compile(r"^test_|_test\.py$|_test_case\.py$|^conftest\.py$")


_ROOT_MARKERS = (".git", "pyproject.toml", "setup.py", "setup.cfg")


_TEST_FOLDERS = frozenset({"test", "tests", "testing"})


def is_test(module: Module) -> bool:
    """Whether a file is a test, which may do on purpose what is a mistake elsewhere."""
    folder, name = os.path.split(os.path.abspath(module.source.path))
    return _TEST.search(name) is not None or not _TEST_FOLDERS.isdisjoint(_project_folders(folder))


@cache
def _project_folders(folder: str) -> tuple[str, ...]:
    """The names of the folders below the project's root, down to this one; where a project lies says
    nothing of what is in it. Without a root in sight, those below the working directory."""
    names: list[str] = []
    above = folder
    while not any(os.path.exists(os.path.join(above, marker)) for marker in _ROOT_MARKERS):
        above, name = os.path.split(above)
        if not name:
            working = os.getcwd()
            inside = folder == working or folder.startswith(os.path.join(working, ""))
            return tuple(os.path.relpath(folder, working).split(os.sep)) if inside else tuple(names[:1])
        names.append(name)
    return tuple(reversed(names))
