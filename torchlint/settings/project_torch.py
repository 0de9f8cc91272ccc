"""Which torch a project says that it needs: its own metadata, read and never run."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from torchlint.reading import read
from torchlint.syntax.project_root import project_root
from torchlint.torch_range import Range, RangeError, parse_range, widest

_REQUIREMENT = re.compile(r"torch\s*(?:\[[^\]]*\])?\s*\(?\s*(?P<range>[<>=!~][^;#()@]*)", re.IGNORECASE)
# To parse a file costs more than to look whether it may have a range of torch at all.
_MAY_STATE = re.compile(rb"\btorch\s*(?:\[[^\]\n]*\])?\s*\(?\s*[<>=!~]", re.IGNORECASE)
_REQUIREMENTS = re.compile(r"requirements.*\.txt")
_LISTS = ("install_requires", "extras_require")
# Metadata is short; what is longer is something else.
_MAX_BYTES = 1_000_000


class ProjectTorch:
    """The range of torch that each project states; every file is read once."""

    def __init__(self) -> None:
        self._roots: dict[str, Range | None] = {}

    def of(self, folder: str) -> Range | None:
        """The range for the files in an absolute folder; None where nothing states one."""
        root = project_root(folder)
        if root is None:
            return None
        if root not in self._roots:
            has_metadata = any(os.path.isfile(os.path.join(root, name)) for name in _READERS)
            self._roots[root] = _stated_in(root) if has_metadata else None
        return self._roots[root]


def _stated_in(root: str) -> Range | None:
    """The range that the first of a project's files with one states: of several in a file, all together."""
    for name, reader in _READERS.items():
        found = _ranges(_texts(os.path.join(root, name), reader))
        if found:
            return widest(found)
    try:
        names = sorted(filter(_REQUIREMENTS.fullmatch, os.listdir(root)))
    except OSError:
        return None
    found = [each for name in names for each in _ranges(_texts(os.path.join(root, name), str.splitlines))]
    return widest(found) if found else None


def _texts(path: str, reader: Callable[[str], Iterable[object]]) -> list[str]:
    """The requirements in a file; none where it cannot be read, or is not what its name says."""
    try:
        data, _ = read(path)
        if len(data) > _MAX_BYTES or not _MAY_STATE.search(data):
            return []
        return [text for text in reader(data.decode(errors="replace")) if isinstance(text, str)]
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return []


def _ranges(requirements: Iterable[str]) -> list[Range]:
    found: list[Range] = []
    for requirement in requirements:
        torch = _REQUIREMENT.match(requirement.strip())
        if torch is not None:
            try:
                found.append(parse_range(torch["range"].strip()))
            except RangeError:
                continue  # not ours to judge
    return found


def _of_pyproject(text: str) -> Iterator[object]:
    # Start-up: only a file that names a range of torch needs it.
    import tomllib

    project = tomllib.loads(text).get("project")
    if isinstance(project, dict):
        yield from _flat([project.get("dependencies"), project.get("optional-dependencies")])


def _of_setup_cfg(text: str) -> Iterator[object]:
    # Start-up, as above.
    import configparser

    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ValueError(str(error)) from None
    values = [parser.get("options", "install_requires", fallback="")]
    values += parser["options.extras_require"].values() if "options.extras_require" in parser else []
    for value in values:
        yield from value.splitlines()


def _of_setup_py(text: str) -> Iterator[object]:
    """What stands literally in the call of `setup`: the file itself is a program and not run."""
    # Start-up, as above.
    import ast

    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    for keyword in (keyword for call in calls for keyword in call.keywords if keyword.arg in _LISTS):
        try:
            yield from _flat(ast.literal_eval(keyword.value))
        except ValueError:
            continue  # it is computed


def _flat(value: Any) -> Iterator[object]:
    """The texts in lists and tables of lists."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            yield from _flat(each)
    else:
        yield value


# In the order in which they are asked; the requirement files beside them come last.
_READERS: dict[str, Callable[[str], Iterable[object]]] = {
    "pyproject.toml": _of_pyproject,
    "setup.cfg": _of_setup_cfg,
    "setup.py": _of_setup_py,
}
