"""`.gitignore` files, nested ones included."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import NamedTuple

from torchlint.reading import read
from torchlint.settings.ignored import Group, groups


class Ignores(NamedTuple):
    """What one .gitignore file says and the absolute directory that it is relative to."""

    directory: str
    said: list[Group]


# The files that hold for a directory, the outermost first.
Chain = tuple[Ignores, ...]


def chain_above(directory: str) -> Chain:
    """The .gitignore files above an absolute directory, up to the root of its git repository.

    Without a repository there are none. There are none either where they ignore the directory itself: who names an
    ignored directory wants to see it.
    """
    above: list[str] = []
    parent = directory
    while not os.path.exists(os.path.join(parent, ".git")):
        if os.path.dirname(parent) == parent:
            return ()
        parent = os.path.dirname(parent)
        above.insert(0, parent)
    chain: Chain = ()
    for parent in above:
        chain = deeper(chain, parent, {".gitignore"})
    inner = directory
    while above and inner != above[0]:
        if ignores(chain, inner, is_directory=True):
            return ()
        inner = os.path.dirname(inner)
    return chain


def deeper(chain: Chain, directory: str, names: Collection[str]) -> Chain:
    """What holds inside of a directory, given what holds around it and the names of what it contains."""
    if ".git" in names:
        chain = ()
    if ".gitignore" not in names:
        return chain
    try:
        data, _ = read(os.path.join(directory, ".gitignore"))
    except OSError:
        return chain
    lines = data.decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n")
    return (*chain, Ignores(directory, groups(lines)))


def ignores(chain: Chain, path: str, *, is_directory: bool) -> bool:
    """Whether git would ignore this absolute path. The innermost file that has something to say decides, by the last of
    its lines that does."""
    for directory, said in reversed(chain):
        relative = path[len(directory.rstrip(os.sep)) + 1 :].replace(os.sep, "/")
        for group in reversed(said):
            if group.matches(relative, is_directory=is_directory):
                return not group.keeps
    return False
