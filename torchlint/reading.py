"""Files that are read: regular ones only, so that no run waits for the other end of a pipe or reads a device for
ever."""

from __future__ import annotations

import errno
import os
import stat

# Opening a pipe that nobody writes to would wait. Windows has neither flag, but one against changed line ends.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


class NotAFileError(OSError):
    """A pipe, a socket or a device."""

    def __init__(self, path: str) -> None:
        super().__init__(errno.EINVAL, "not a regular file", path)


def read(path: str) -> tuple[bytes, os.stat_result]:
    """The content of a regular file, and its state when it was opened. Raises `OSError`, `NotAFileError` among them."""
    try:
        handle = os.open(path, _FLAGS)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket
            raise NotAFileError(path) from None
        raise
    with open(handle, "rb") as stream:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            raise NotAFileError(path)
        return stream.read(), state
