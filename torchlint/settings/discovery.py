"""Which files to check: the arguments of the command line, directories walked, exclusions applied."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from torchlint.settings.config import Configuration, Settings
from torchlint.settings.config_table import shown
from torchlint.settings.gitignore import Chain, chain_above, deeper, ignores
from torchlint.terminal import reason


class Target(NamedTuple):
    """A file to check, or an argument or directory that could not be read: then `error` says why."""

    path: str
    error: str = ""


class _Place(NamedTuple):
    """Something to visit: its path as shown, absolute and without links, and the .gitignore files above."""

    path: str
    absolute: str
    real: str
    is_directory: bool
    ignores: Chain


def discover(paths: Sequence[str], configuration: Configuration) -> Iterator[Target]:
    """The files in the order of the arguments, in directories by name, none twice.

    What is named is checked, whatever its suffix and whatever excludes it, unless the configuration has
    `force-exclude`. Directories that are symbolic links are followed only where they are named. Raises `ConfigError`.
    """
    seen: set[str] = set()
    for argument in paths:
        for target, real in _below(argument, configuration):
            if real in seen:
                continue
            seen.add(real)
            yield target


def _below(argument: str, configuration: Configuration) -> Iterator[tuple[Target, str]]:
    path, absolute, real = shown(argument), os.path.abspath(argument), os.path.realpath(argument)
    if not os.path.lexists(argument):
        yield Target(path, "no such file or directory"), real
    elif configuration.settings_for(absolute).leaves_out(absolute):
        return
    elif not os.path.isdir(argument):
        yield Target(path), real
    else:
        respect = configuration.settings_in(absolute).respect_gitignore
        yield from _walk(_Place(path, absolute, real, True, chain_above(absolute) if respect else ()), configuration)


def _walk(start: _Place, configuration: Configuration) -> Iterator[tuple[Target, str]]:
    pending = [start]
    while pending:
        place = pending.pop()
        if not place.is_directory:
            yield Target(place.path), place.real
            continue
        try:
            entries = _entries(place, configuration)
        except OSError as error:
            yield Target(place.path, reason(error)), place.real
            continue
        pending += reversed(entries)


def _entries(place: _Place, configuration: Configuration) -> list[_Place]:
    """What a directory holds that is to be checked, and the directories in it, by name, less what is excluded."""
    settings = configuration.settings_in(place.absolute)
    with os.scandir(place.absolute) as scan:
        entries = sorted(scan, key=lambda entry: entry.name)
    chain: Chain = ()
    if settings.respect_gitignore:
        chain = deeper(place.ignores, place.absolute, {entry.name for entry in entries})
    found: list[_Place] = []
    for entry in entries:
        is_directory = entry.is_dir(follow_symlinks=False)
        if not is_directory and not (_is_wanted(entry, settings) and _is_file(entry)):
            continue
        if settings.excluded.matches(entry.path) or ignores(chain, entry.path, is_directory=is_directory):
            continue
        path = entry.name if place.path == "." else os.path.join(place.path, entry.name)
        real = os.path.realpath(entry.path) if entry.is_symlink() else os.path.join(place.real, entry.name)
        found.append(_Place(path, entry.path, real, is_directory, chain))
    return found


def _is_wanted(entry: os.DirEntry[str], settings: Settings) -> bool:
    if settings.also_included.matches(entry.path):
        return True
    if settings.included is not None:
        return settings.included.matches(entry.path)
    return entry.name.endswith((".py", ".ipynb"))


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether there is a file, perhaps at the end of a link; a link that leads nowhere or in a circle is none."""
    try:
        return entry.is_file()
    except OSError:
        return False
