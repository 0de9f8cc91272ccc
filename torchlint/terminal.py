"""What people read: standard streams, colour, names that their encoding cannot hold, reasons of failures."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TextIO

# Of a message, in characters: some lines of a terminal.
_LONGEST = 600
# Terminals that print what they do not understand.
_WITHOUT_LINKS = ("dumb", "linux")
COLOR_CHOICES = ("auto", "always", "never")


def use_color(choice: str, stream: TextIO) -> bool:
    """Whether to colour what goes to the stream, for `--color` auto, always or never."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def use_links(stream: TextIO, *, color: bool) -> bool:
    """Whether what goes to the stream, coloured or not, may hold links: only a terminal understands them."""
    return color and stream.isatty() and os.environ.get("TERM") not in _WITHOUT_LINKS


def linked(text: str, url: str) -> str:
    """A text that leads to an address in a terminal (OSC 8)."""
    return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\" if url else text


def tame_streams() -> None:
    """Let standard streams that are closed fail when they are used, and not before; let no file name and no message
    raise for a character that the terminal's encoding lacks: it is escaped."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _reopen()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _reopen() -> None:
    """Give closed streams a descriptor that can only be used in the wrong direction.

    Else the next file that is opened, such as one of the cache, would be standard output.
    """
    for number, way in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_RDONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, way)  # the lowest number that is free
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", buffering=1, closefd=False)  # noqa: SIM115


def drop(stream: TextIO) -> None:
    """Send what is still buffered for a standard stream nowhere: its reader is gone, or it takes no more."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())


def write_bytes(data: bytes) -> None:
    """Write bytes to standard output as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def complain(line: str) -> None:
    """One line on standard error, if that can be written."""
    try:
        print(line, file=sys.stderr)
    except OSError:
        drop(sys.stderr)


def printable(path: str) -> str:
    """A path on one line, whatever characters are in it."""
    return path if path.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in path)


def shortened(message: str) -> str:
    """A message of which the middle is left out if it quotes very long names or values."""
    return message if len(message) <= _LONGEST else f"{message[: _LONGEST // 2]} .. {message[-_LONGEST // 4 :]}"


def reason(error: OSError) -> str:
    """Why something could not be read or written, in a few words."""
    return (error.strerror or str(error)).lower()
