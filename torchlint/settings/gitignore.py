"""`.gitignore` files, nested ones included. pathspec is imported only where there is such a file."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, NamedTuple

from torchlint.reading import read

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern


class Ignores(NamedTuple):
    """The patterns of one .gitignore file and the absolute directory that they are relative to."""

    directory: str
    spec: GitIgnoreSpec


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
    return (*chain, Ignores(directory, _spec(lines)))


def _spec(lines: list[str]) -> GitIgnoreSpec:
    """What the lines say, without those that are no pattern: git passes over them too."""
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except (ValueError, re.error):
        return GitIgnoreSpec([pattern for line in lines for pattern in _patterns(line)])


def _patterns(line: str) -> Iterable[GitIgnoreSpecPattern]:
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines([line]).patterns
    except (ValueError, re.error):
        return ()


def ignores(chain: Chain, path: str, *, is_directory: bool) -> bool:
    """Whether git would ignore this absolute path. The innermost file that has something to say decides."""
    for directory, spec in reversed(chain):
        relative = path[len(directory.rstrip(os.sep)) + 1 :] + ("/" if is_directory else "")
        if (included := spec.check_file(relative).include) is not None:
            return included
    return False
