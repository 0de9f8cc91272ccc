"""Whether a file is a test."""

from __future__ import annotations

import os
import re
from functools import cache

from torchlint.syntax.module import Module
from torchlint.syntax.per_file import once_per_file
from torchlint.syntax.project_root import project_root

_TEST = re.compile(r"^test_|_test\.py$|_test_case\.py$|^conftest\.py$")
_TEST_FOLDERS = frozenset({"test", "tests", "testing"})


@once_per_file
def is_test(module: Module) -> bool:
    """Whether a file is a test, which may do on purpose what is a mistake elsewhere."""
    return is_test_file(module.source.path)


def is_test_file(path: str) -> bool:
    """The same of a file by its path."""
    folder, name = os.path.split(os.path.abspath(path))
    return _TEST.search(name) is not None or not _TEST_FOLDERS.isdisjoint(_project_folders(folder))


@cache
def _project_folders(folder: str) -> tuple[str, ...]:
    """The names of the folders below the project's root, down to this one; where a project lies says
    nothing of what is in it. Without a root in sight, those below the working directory."""
    root = project_root(folder)
    if root is not None:
        return _names_below(root, folder)
    working = os.getcwd()
    if folder == working or folder.startswith(os.path.join(working, "")):
        return _names_below(working, folder)
    return (os.path.basename(folder),)


def _names_below(root: str, folder: str) -> tuple[str, ...]:
    return () if folder == root else tuple(os.path.relpath(folder, root).split(os.sep))
