"""The files of a project's modules, by dotted names as importers write them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache

from torchlint.syntax.project_root import project_root


def located(importer: str, qualname: str) -> tuple[list[str], str]:
    """The parts of a dotted name, and the folder in which to look for the first of them."""
    folder = os.path.dirname(os.path.abspath(importer))
    level = len(qualname) - len(qualname.lstrip("."))
    for _ in range(level - 1):
        folder = os.path.dirname(folder)
    parts = [part for part in qualname.lstrip(".").split(".") if part]
    if level == 0 and parts:
        folder = _folder_with(folder, parts[0])
    return parts, folder


def split(importer: str, qualname: str) -> tuple[str | None, list[str]]:
    """The file of the module that a dotted name begins with, as long a beginning as there is, and the rest of it."""
    parts, folder = located(importer, qualname)
    for count in range(len(parts), 0, -1):
        path = module_path(folder, parts[:count])
        if path is not None:
            return path, parts[count:]
    return (package_file(folder) if qualname.startswith(".") else None), parts


def module_path(folder: str, parts: Sequence[str]) -> str | None:
    """The file of a module or package below a folder."""
    return _module_path(folder, tuple(parts))


def package_file(folder: str) -> str | None:
    """The file that makes a folder a package."""
    path = os.path.join(folder, "__init__.py")
    return path if os.path.isfile(path) else None


def outermost_package(folder: str) -> str:
    """The folder of the package that holds all others which a folder belongs to; without one, the folder itself."""
    above, parts = _package_root(folder), package_of(folder)
    return os.path.join(above, parts[0]) if parts else folder


def package_of(folder: str) -> list[str]:
    """The parts of the name of the package that an absolute folder is; none for one that is in no package."""
    above = _package_root(folder)
    return [] if above == folder else os.path.relpath(folder, above).split(os.sep)


def is_same_file(path: str, other: str) -> bool:
    """Whether two paths lead to one file. What comes from an editor or a pipe may not be on the disk."""
    try:
        return os.path.samefile(path, other)
    except OSError:
        return os.path.abspath(path) == os.path.abspath(other)


@lru_cache(maxsize=4096)
def _folder_with(folder: str, name: str) -> str:
    """The folder in which an absolute import finds a module: that of the importer, which Python puts first for a
    script, that which holds the package of the importer, and those in which the project may keep its packages."""
    first, *others = _search_path(folder)
    if _exists(first, name):
        return first
    found = (other for other in others if _module_path(other, (name,)))
    return next(found, None) or next((other for other in others if _exists(other, name)), first)


@lru_cache(maxsize=1024)
def _search_path(folder: str) -> tuple[str, ...]:
    """The folders in which an importer's folder makes us look, without those that are not there."""
    root = project_root(folder)
    found = [folder, _package_root(folder)]
    above = folder
    while root is not None and above != root:
        above = os.path.dirname(above)
        found.append(above)
    # Installed from there, the package of a `src` layout is what scripts and tests beside that folder import.
    sources = os.path.join(root, "src") if root is not None else ""
    return tuple(dict.fromkeys([*found, *((sources,) if os.path.isdir(sources) else ())]))


@lru_cache(maxsize=4096)
def _exists(folder: str, name: str) -> bool:
    base = os.path.join(folder, name)
    return os.path.isfile(f"{base}.py") or os.path.isdir(base)


@lru_cache(maxsize=1024)
def _package_root(folder: str) -> str:
    """The folder that holds the package which a folder belongs to."""
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder)
    return folder


@lru_cache(maxsize=4096)
def _module_path(folder: str, parts: tuple[str, ...]) -> str | None:
    base = os.path.join(folder, *parts)
    return f"{base}.py" if os.path.isfile(f"{base}.py") else package_file(base)
