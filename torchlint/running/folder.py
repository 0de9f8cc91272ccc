"""A folder in somebody's repository: what is written there never goes through a link to another place."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator, Sequence

# Where the system can name a file by an open folder, no link can be put in its way between a look and a step.
_ANCHORED = {os.open, os.mkdir, os.unlink, os.stat} <= os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
# A pipe with the name of a file would be waited for.
_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_BINARY = getattr(os, "O_BINARY", 0)
# A link is not one: which of these says so depends on the system.
_NO_FOLDER = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_TEMPORARY = re.compile(r"\.tmp-[0-9a-f]{16}")


class Folder:
    """A folder, and folders below it. Links on the way to the first one are followed, that one and those below not."""

    def __init__(self, root: str | os.PathLike[str], *below: str) -> None:
        self._root = os.fspath(root)
        self._below = below

    def read(self, name: str) -> bytes:
        """The content of a file. Raises `OSError`, also for what is not a plain file."""
        with self._opened() as (at, where):
            return read_plain(_beside(where, name), at)

    def write(self, name: str, content: bytes) -> None:
        """Replace a file in one step, in a folder that is made if need be. Raises `OSError`."""
        with self._opened(make=True) as (at, where):
            temporary = write_new(where, content, at)
            try:
                os.replace(temporary, _beside(where, name), src_dir_fd=at, dst_dir_fd=at)
            except BaseException:
                os.unlink(temporary, dir_fd=at)
                raise

    def add(self, name: str, content: bytes) -> None:
        """Write a file that is not there; nothing happens to one that is. Raises `OSError`."""
        with self._opened(make=True) as (at, where), contextlib.suppress(FileExistsError):
            _create(_beside(where, name), content, at)

    def remove(self, names: Sequence[str] = (), *, like: re.Pattern[str] | None = None) -> int:
        """Delete files of these names or forms, and the folder if it is empty then. Returns how many files were
        deleted; raises `OSError`."""
        removed = 0
        try:
            with self._opened() as (at, where):
                present = os.listdir(where if at is None else at)
                for name in present:
                    if name in names or _TEMPORARY.fullmatch(name) or (like and like.fullmatch(name)):
                        os.unlink(_beside(where, name), dir_fd=at)
                        removed += 1
        except OSError as error:
            if error.errno in _NO_FOLDER:
                return 0
            raise
        if removed and removed == len(present):
            os.rmdir(os.path.join(self._root, *self._below))
        return removed

    @contextlib.contextmanager
    def _opened(self, *, make: bool = False) -> Iterator[tuple[int | None, str]]:
        """A descriptor for the folder and an empty path, or, where the system has none, None and its path."""
        if make:
            os.makedirs(self._root, exist_ok=True)
        if not _ANCHORED:
            yield None, self._checked(make)
            return
        at = os.open(self._root, _FOLDER)
        try:
            for name in self._below:
                if make:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(name, dir_fd=at)
                above, at = at, os.open(name, _FOLDER, dir_fd=at)
                os.close(above)
            yield at, ""
        finally:
            os.close(at)

    def _checked(self, make: bool) -> str:
        path = self._root
        for name in ("", *self._below):
            path = os.path.join(path, name) if name else path
            if make and name:
                os.makedirs(path, exist_ok=True)
            if not stat.S_ISDIR(os.lstat(path).st_mode):
                raise NotADirectoryError(path)
        return path


def read_plain(path: str, at: int | None = None) -> bytes:
    """The content of a file that is neither a link nor a pipe or device. Raises `OSError`."""
    if not _ANCHORED and os.path.islink(path):
        raise OSError(f"{path} is a link")
    handle = os.open(path, os.O_RDONLY | _PLAIN | _BINARY, dir_fd=at)
    with open(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(f"{path} is not a plain file")
        return stream.read()


def write_new(folder: str, content: bytes, at: int | None = None) -> str:
    """Write a file under a new name, which only its owner can read; its path. Raises `OSError`."""
    path = _beside(folder, f".tmp-{os.urandom(8).hex()}")
    _create(path, content, at, 0o600)
    return path


def _create(path: str, content: bytes, at: int | None, mode: int = 0o666) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN | _BINARY, mode, dir_fd=at)
    try:
        with open(handle, "wb") as stream:
            stream.write(content)
    except BaseException:
        os.unlink(path, dir_fd=at)
        raise


def _beside(folder: str, name: str) -> str:
    return os.path.join(folder, name) if folder else name
